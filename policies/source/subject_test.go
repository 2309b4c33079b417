// Tests of subjects: of which things it is known what they were generated for,
// and what the place of each is.

package source_test

import (
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/source"
)

func TestSubject(t *testing.T) {
	reader := newReader(new([]string))
	read := func(name string) *source.Found {
		found, err := reader.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	var own, generated catalog.Release
	for text, release := range map[string]*catalog.Release{"v2.9.1": &own, "v2.8.4": &generated} {
		if err := release.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	const name = "release:v2.8.4"
	for _, test := range []struct {
		name         string
		alone, piped bool
		release      catalog.Release
		settings     bool
		file         string
	}{
		{"alone", true, false, generated, true, ""},
		{"alone, from standard input", true, true, generated, false, ""},
		{"one of several", false, false, own, false, name},
	} {
		s := &source.Subject{Release: own, Streams: map[string]bool{}}
		s.Add(name, read(name), test.alone, test.piped)
		if s.Release != test.release || (s.Settings != nil) != test.settings || (s.Partition == "aws") != test.settings || !s.Streams[name] {
			t.Errorf("%s: got %+v", test.name, s)
		}
		if got := s.Found().Set.Principals[0].File; got != test.file {
			t.Errorf("%s: the place is %q, want %q", test.name, got, test.file)
		}
	}
	s := &source.Subject{Release: own}
	s.Configured("a.yaml", read(name))
	if s.Release != generated || s.Settings == nil || s.Found().Set.Principals[0].File != "a.yaml" {
		t.Errorf("a configuration: got %+v", s)
	}
}
