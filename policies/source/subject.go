// Subjects: one or several inputs that are analyzed together.

package source

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/internal/shortlist"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// Subject is one or several inputs together.
type Subject struct {
	// Name is the name of the subject in messages.
	Name string
	// Release is the release that the subject was generated for, or else the
	// release to assume.
	Release catalog.Release
	// HasOwnRelease means that Release is that of the only input, a release or the
	// deployed stack, and not the release to assume.
	HasOwnRelease bool
	// Settings and Partition are what the subject was generated for; nil and ""
	// if unknown.
	Settings  *catalog.Settings
	Partition string
	// Streams has the names of inputs that are not files or folders: releases,
	// [Deployed], ARNs of AWS managed policies, and "standard input". A principal
	// whose File is such a name was not read from a file.
	Streams map[string]bool

	configuration *Found // what a configuration generates; see SetConfiguration
	all           []*Found
}

// Add adds the content of an input. If isOnly is true, it is the only input,
// and the subject takes the release and the settings that the input was
// generated for. If piped is true too, the configuration comes from standard
// input, and the subject takes only the release. For an input with NoFile,
// Add sets the file name in positions to name, or to "" if isOnly is true.
func (s *Subject) Add(name string, found *Found, isOnly, piped bool) {
	s.all = append(s.all, found)
	if isOnly {
		s.takeSettings(found, piped)
	}
	if !found.NoFile {
		return
	}
	s.Streams[name] = true
	if isOnly {
		name = "" // the only input needs no name in positions
	}
	found.SetFile(name)
}

// SetConfiguration sets the subject to what a configuration generates. file is
// "" if the configuration has no file.
func (s *Subject) SetConfiguration(file string, found *Found) {
	s.configuration = found
	s.takeSettings(found, false)
	found.SetFile(file)
}

// takeSettings copies the release that an input was generated for and, unless
// piped is true, its settings and partition.
func (s *Subject) takeSettings(found *Found, piped bool) {
	g := found.Generated
	if g == nil {
		return
	}
	s.Release, s.HasOwnRelease = g.Release, found.NoFile
	if !piped {
		s.Settings, s.Partition = &g.Settings, g.Partition
	}
}

// Found returns what the configuration generates if SetConfiguration was
// called, and otherwise the content of all inputs.
func (s *Subject) Found() *Found {
	if s.configuration != nil {
		return s.configuration
	}
	return Merge(s.all...)
}

// ReadSubject reads several inputs by name. release is the release to assume
// for inputs that were not generated. piped says that the configuration comes
// from standard input. ReadSubject returns the errors about several inputs
// together, as [Errors].
func (r *Reader) ReadSubject(ctx context.Context, names []string, release catalog.Release, piped bool) (*Subject, error) {
	s := &Subject{Name: strings.Join(names, ", "), Release: release, Streams: map[string]bool{"standard input": true}}
	var problems Errors
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, errorf("%s is named twice", name)
		}
		found, err := r.Read(ctx, name)
		if err != nil {
			if !r.isAboutInput(err) {
				return nil, err
			}
			problems = append(problems, err)
			continue
		}
		s.Add(name, found, len(names) == 1, name == Stdin || found.NoFile && piped)
	}
	switch len(problems) {
	case 0:
		return s, nil
	case 1:
		return nil, problems[0]
	}
	return nil, problems
}

// SubjectOf returns what a configuration generates as a subject. file is the
// name of the configuration; it may be "" or [Stdin].
func SubjectOf(file string, generated *Generated) (*Subject, error) {
	if file == Stdin {
		file = ""
	}
	s := &Subject{Name: cmp.Or(file, "the configuration")}
	found, err := FromGenerated(generated, s.Name)
	if err != nil {
		return nil, err
	}
	s.SetConfiguration(file, found)
	return s, nil
}

// ReadAll reads several inputs by name and merges them. It calls show for each
// input as soon as it is read. If there is only one name, the result keeps its
// release and settings.
func (r *Reader) ReadAll(ctx context.Context, names []string, show func(*Found)) (*Found, error) {
	var all []*Found
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, errorf("%s is named twice", name)
		}
		found, err := r.Read(ctx, name)
		if err != nil {
			return nil, err
		}
		show(found)
		all = append(all, found)
	}
	merged := Merge(all...)
	if len(all) == 1 {
		merged.Generated = all[0].Generated
	}
	return merged, nil
}

// CheckParameters returns an error if a value is given for a parameter that no
// input has and that is not a pseudo parameter, or if the value of
// AWS::AccountId is not an account ID.
func CheckParameters(values map[string]string, all ...*Found) error {
	var known []string
	for _, found := range all {
		known = append(known, found.Set.Parameters...)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if value := values[name]; name == "AWS::AccountId" && !arn.IsAccount(value) {
			return errorf("invalid account %q for %s: want 12 digits", value, name)
		}
		if !IsPseudo(name) && !slices.Contains(known, name) {
			return errorf("no template has the parameter %q%s", name, existingParameters(name, known))
		}
	}
	return nil
}

// existingParameters returns the end of the error for an unknown parameter: the parameter
// that was probably meant, or else the first parameters that the templates have.
func existingParameters(name string, known []string) string {
	if len(known) == 0 {
		return "; the templates have no parameters"
	}
	if question := nearword.DidYouMean(name, known); question != "" {
		return question
	}
	known = slices.Compact(slices.Sorted(slices.Values(known)))
	return "; allowed: " + shortlist.Few(known, shortlist.Shown(len(known), 5), strconv.Quote)
}

// Errors are the errors about several inputs. The text is the text of the first
// error.
type Errors []error

func (e Errors) Error() string   { return e[0].Error() }
func (e Errors) Unwrap() []error { return e }

func (r *Reader) isAboutInput(err error) bool {
	_, isError := errors.AsType[*Error](err)
	return isError || r.AboutInput != nil && r.AboutInput(err)
}
