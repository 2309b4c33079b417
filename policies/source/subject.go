// Subjects: several names as one thing to look at, with what is known of it.

package source

import (
	"capaboot/policies/catalog"
)

// Subject is what several names stand for together.
type Subject struct {
	// Of is what people call it.
	Of string
	// Release is the one that it was generated for, or else the one to take.
	Release catalog.Release
	// Settings and Partition are those that it was generated for; nil and "" when
	// they are not known.
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
