// Subjects: several names as one thing to look at, with what is known of it.

package source

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/catalog"
)

// Subject is what several names stand for together.
type Subject struct {
	// Of is what people call it.
	Of string
	// Release is the one that it was generated for, or else the one to take.
	Release catalog.Release
	// Settings and Partition are those that it was generated for; nil and "" when
	// they are unknown.
	Settings  *catalog.Settings
	Partition string
	// Streams are the names of what is not a file, as File of a principal has them.
	Streams map[string]bool

	configured *Found // see Configured
	all        []*Found
}

// Add adds what a name stands for. If alone, it is the only one: of one thing
// alone it is known which release and settings it is for. Those of a
// configuration that is piped, from standard input, are left out.
func (s *Subject) Add(name string, found *Found, alone, piped bool) {
	s.all = append(s.all, found)
	if alone {
		s.generatedFor(found, piped)
	}
	if !found.Stream {
		return
	}
	s.Streams[name] = true
	if alone {
		name = "" // it says nothing
	}
	found.From(name)
}

// Configured makes the subject what the configuration in a file generates; "" is
// for one without a file.
func (s *Subject) Configured(file string, found *Found) {
	s.configured = found
	s.generatedFor(found, false)
	found.From(file)
}

// generatedFor takes note of the release and the settings that something was
// generated for.
func (s *Subject) generatedFor(found *Found, piped bool) {
	g := found.Generated
	if g == nil {
		return
	}
	s.Release = g.Release
	if !piped {
		s.Settings, s.Partition = &g.Settings, g.Partition
	}
}

// Found returns everything that the subject has.
func (s *Subject) Found() *Found {
	if s.configured != nil {
		return s.configured
	}
	return Merge(s.all...)
}

// Subject reads what several names stand for. release is the one to take where they
// were generated for none. piped: the configuration is from standard input. What is
// wrong with several of the names is said together, see [Errors].
func (r *Reader) Subject(ctx context.Context, names []string, release catalog.Release, piped bool) (*Subject, error) {
	s := &Subject{Of: strings.Join(names, ", "), Release: release, Streams: map[string]bool{"standard input": true}}
	var problems Errors
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, errorf("%s is named twice", name)
		}
		found, err := r.Read(ctx, name)
		if err != nil {
			if !r.mistaken(err) {
				return nil, err
			}
			problems = append(problems, err)
			continue
		}
		s.Add(name, found, len(names) == 1, name == Stdin || found.Stream && piped)
	}
	switch len(problems) {
	case 0:
		return s, nil
	case 1:
		return nil, problems[0]
	}
	return nil, problems
}

// SubjectOf is what a configuration generates. Its place is the file of the
// configuration, if there is one: file may be "" or [Stdin], too.
func SubjectOf(file string, generated *Generated) (*Subject, error) {
	if file == Stdin {
		file = ""
	}
	s := &Subject{Of: cmp.Or(file, "the configuration")}
	found, err := Of(generated, s.Of)
	if err != nil {
		return nil, err
	}
	s.Configured(file, found)
	return s, nil
}

// All reads what several names stand for, as one. Each is shown as soon as it is
// read. With one name alone it is known what it was generated for.
func (r *Reader) All(ctx context.Context, names []string, show func(*Found)) (*Found, error) {
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

// CheckParameters refuses a value for a parameter that nothing that was read has.
func CheckParameters(values map[string]string, all ...*Found) error {
	var known []string
	for _, found := range all {
		known = append(known, found.Set.Parameters...)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !IsPseudo(name) && !slices.Contains(known, name) {
			return errorf("no template here has the parameter %q%s", name, nearword.DidYouMean(name, known))
		}
	}
	return nil
}

// Errors are what is wrong with several names. The text is that of the first.
type Errors []error

func (e Errors) Error() string   { return e[0].Error() }
func (e Errors) Unwrap() []error { return e }

// mistaken reports whether an error is about what somebody named.
func (r *Reader) mistaken(err error) bool {
	_, ours := errors.AsType[*Error](err)
	return ours || r.Mistaken != nil && r.Mistaken(err)
}
