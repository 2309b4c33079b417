// Reads the templates of a set again, with other values of their parameters or
// without their defaults.

package document

import (
	"cmp"
	"maps"
	"slices"
)

// templateSource is what a set was read from.
type templateSource struct {
	file    string
	root    *node
	options Options
}

func (t *templateSource) read(options Options) (*Set, error) {
	return setFromNode(t.file, t.root, options)
}

// Templates returns the sets of those templates that have parameters without a
// given value, in the order of their files. For a set that was not merged, the
// result is the set itself, or nil if it has no such parameters.
func (s *Set) Templates() (all []*Set) {
	for _, part := range s.partsOrSelf() {
		if len(part.Defaults) > 0 {
			all = append(all, part)
		}
	}
	return all
}

func (s *Set) partsOrSelf() []*Set {
	if s.parts != nil {
		return s.parts
	}
	return []*Set{s}
}

// File returns the file of a template of [Set.Templates].
func (s *Set) File() string { return s.source.file }

// WithValues reads a template of [Set.Templates] with values for some of its parameters.
// The error is a [problem.List].
func (s *Set) WithValues(values map[string]string) (*Set, error) {
	options := s.source.options
	options.Parameters = maps.Clone(options.Parameters)
	if options.Parameters == nil {
		options.Parameters = map[string]string{}
	}
	maps.Copy(options.Parameters, values)
	return s.source.read(options)
}

// WithoutDefaults returns the set in which the values of the parameters are known
// only at deployment, as if the parameters had no default. The error says why the
// set cannot be read without their values.
func (s *Set) WithoutDefaults(parameters []string) (*Set, error) {
	replaced := map[*Set]*Set{}
	for _, t := range s.Templates() {
		if !slices.ContainsFunc(parameters, func(name string) bool { return slices.Contains(t.defaulted, name) }) {
			continue
		}
		options := t.source.options
		options.withoutDefaults = parameters
		again, err := t.source.read(options)
		if err != nil {
			return nil, err
		}
		replaced[t] = again
	}
	if len(replaced) == 0 {
		return s, nil
	}
	return s.Replaced(replaced), nil
}

// Replaced returns the set with other sets in place of some of its templates.
func (s *Set) Replaced(templates map[*Set]*Set) *Set {
	var parts []*Set
	for _, part := range s.partsOrSelf() {
		if other := templates[part]; other != nil {
			part = other
		}
		parts = append(parts, part)
	}
	if s.parts == nil {
		return parts[0]
	}
	merged := Merge(parts...)
	if s.linked {
		merged.copyLinked()
		merged.LinkBoundaries()
	}
	return merged
}

// copyLinked replaces the roles and users that have a permissions boundary with
// copies that are not linked to the document in another file.
func (s *Set) copyLinked() {
	copies := map[*Holder]*Holder{}
	for i, h := range s.Principals {
		if h.Boundary == "" {
			continue
		}
		one := *h
		if h.BoundaryFile != "" {
			one.BoundaryPolicy, one.BoundaryName, one.BoundaryLogicalID, one.BoundaryFile = nil, "", "", ""
		}
		s.Principals[i], copies[h] = &one, &one
	}
	for i, source := range s.CredentialSources {
		one := *source
		one.Principals = slices.Clone(source.Principals)
		for k, p := range one.Principals {
			one.Principals[k].Holder = cmp.Or(copies[p.Holder], p.Holder)
		}
		s.CredentialSources[i] = &one
	}
}
