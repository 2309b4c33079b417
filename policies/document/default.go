// Defaults of parameters, for comparing templates that differ in them.

package document

import (
	"cmp"
	"maps"
	"slices"
)

// Default is the default of a template parameter without a given value.
type Default struct {
	Value string
	// Missing is true if a deployment must pass a value: there is no default, or the
	// template does not allow it.
	Missing bool
	// Secret is true for a parameter with NoEcho or with the value of a secret: the
	// value must not be shown.
	Secret bool
	// FromSSM is true if the value comes from Systems Manager; Value is then the name
	// of that parameter.
	FromSSM bool
}

// parameterDefaults returns the defaults of the parameters without a given value.
func (r *resolver) parameterDefaults() map[string]Default {
	all := map[string]Default{}
	for name, p := range r.parameters {
		if p.givenValue != nil {
			continue
		}
		d := Default{Missing: true, Secret: p.secret, FromSSM: p.fromSSM}
		if p.defaultValue != nil && p.allows(*p.defaultValue) {
			d.Value, d.Missing = *p.defaultValue, false
		}
		all[name] = d
	}
	return all
}

// allows reports whether the allowed values of a parameter include a value.
func (p *parameter) allows(value string) bool {
	if len(p.allowedValues) == 0 || p.fromSSM {
		return true
	}
	return !slices.ContainsFunc(p.parts(value), func(part string) bool { return !slices.Contains(p.allowedValues, part) })
}

// hideDefaultsOfSecrets marks the defaults that are the value of a secret, even if
// the parameter has no NoEcho.
func (r *templateReader) hideDefaultsOfSecrets() {
	for _, s := range r.secrets {
		if d, ok := r.defaults[s.Parameter]; ok {
			d.Secret = true
			r.defaults[s.Parameter] = d
		}
	}
}

// templateSource is what a set was read from.
type templateSource struct {
	file    string
	root    *node
	options Options
}

// Templates returns the sets of the templates that have parameters without a given
// value, in the order of their files. The set is the only one of them if it was not
// merged.
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

// With reads a template of [Set.Templates] with values for some of its parameters.
// The error is a [problem.List].
func (s *Set) With(values map[string]string) (*Set, error) {
	given := maps.Clone(s.source.options.Parameters)
	if given == nil {
		given = map[string]string{}
	}
	maps.Copy(given, values)
	return setFromNode(s.source.file, s.source.root, Options{Parameters: given})
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
