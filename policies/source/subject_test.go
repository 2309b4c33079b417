// Tests of subjects: when their release and settings are known, and the file
// names in their positions.

package source_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/source"
)

func TestAddToSubject(t *testing.T) {
	reader := newReader(new([]string))
	read := func(name string) *source.Found {
		found, err := reader.Read(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	var assumed, generated catalog.Release
	for text, release := range map[string]*catalog.Release{"v2.9.1": &assumed, "v2.8.4": &generated} {
		if err := release.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	const name = "release:v2.8.4"
	for _, test := range []struct {
		name          string
		isOnly, piped bool
		release       catalog.Release
		settings      bool
		file          string
	}{
		{"alone", true, false, generated, true, ""},
		{"alone, from standard input", true, true, generated, false, ""},
		{"one of several", false, false, assumed, false, name},
	} {
		s := &source.Subject{Release: assumed, Streams: map[string]bool{}}
		s.Add(name, read(name), test.isOnly, test.piped)
		if s.Release != test.release || (s.Settings != nil) != test.settings || (s.Partition == "aws") != test.settings || !s.Streams[name] {
			t.Errorf("%s: got %+v", test.name, s)
		}
		if got := s.Found().Set.Principals[0].File; got != test.file {
			t.Errorf("%s: the place is %q, want %q", test.name, got, test.file)
		}
	}
	s := &source.Subject{Release: assumed}
	s.SetConfiguration("a.yaml", read(name))
	if s.Release != generated || s.Settings == nil || s.Found().Set.Principals[0].File != "a.yaml" {
		t.Errorf("a configuration: got %+v", s)
	}
}

// Errors about several inputs are returned together. An error that is not about
// an input ends reading.
func TestSubjectOfSeveralInputs(t *testing.T) {
	folder := writeFolder(t, "a.json", document, "b.json", document, "none.yaml", "generate nothing", "list.yaml", "- rule: x\n  reason: y\n")
	path := func(name string) string { return filepath.Join(folder, name) }
	for _, test := range []struct {
		name  string
		names []string
		want  []string // the errors
	}{
		{"two files", []string{path("a.json"), path("b.json")}, nil},
		{"a missing file", []string{path("a.json"), path("c.json")}, []string{path("c.json") + ": no such file"}},
		{"several invalid inputs", []string{path("c.json"), path("none.yaml"), path("list.yaml")},
			[]string{path("c.json") + ": no such file", "injected", path("list.yaml") + " is a suppression file, not a policy, template or configuration"}},
		{"the same file twice", []string{path("a.json"), path("c.json"), path("a.json")}, []string{path("a.json") + " is named twice"}},
	} {
		reader := newReader(new([]string))
		reader.AboutInput = func(err error) bool { return errors.Is(err, errInjected) }
		s, err := reader.ReadSubject(t.Context(), test.names, catalog.Release{}, false)
		var got []string
		if errs, ok := err.(source.Errors); ok {
			for _, e := range errs {
				got = append(got, e.Error())
			}
		} else if err != nil {
			got = []string{err.Error()}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: errors %q, want %q", test.name, got, test.want)
		}
		if err == nil && (s.Name != path("a.json")+", "+path("b.json") || len(s.Found().Set.Principals) != 2) {
			t.Errorf("%s: got %+v", test.name, s)
		}
	}
	if _, err := newReader(new([]string)).ReadSubject(t.Context(), []string{path("none.yaml"), path("c.json")}, catalog.Release{}, false); err != errInjected {
		t.Errorf("an error that is not about the names: %v", err)
	}
}

func TestSubjectOfAConfiguration(t *testing.T) {
	for file, want := range map[string][2]string{"a.yaml": {"a.yaml", "a.yaml"}, "-": {"the configuration", ""}, "": {"the configuration", ""}} {
		s, err := source.SubjectOf(file, &source.Generated{Template: template, Partition: "aws"})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{s.Name, s.Found().Set.Principals[0].File}; got != want {
			t.Errorf("%q: got %q, want %q", file, got, want)
		}
	}
}

func TestAllInputsAreMerged(t *testing.T) {
	folder := writeFolder(t, "a.json", document)
	file := filepath.Join(folder, "a.json")
	var shown int
	show := func(*source.Found) { shown++ }
	found, err := newReader(new([]string)).ReadAll(t.Context(), []string{"release:v2.8.4", file}, show)
	if err != nil || shown != 2 || len(found.Set.Principals) != 2 || found.Generated != nil {
		t.Errorf("two names: got %+v, shown %d, %v", found, shown, err)
	}
	found, err = newReader(new([]string)).ReadAll(t.Context(), []string{"release:v2.8.4"}, show)
	if err != nil || found.Generated == nil {
		t.Errorf("one name: got %+v, %v", found, err)
	}
	if _, err := newReader(new([]string)).ReadAll(t.Context(), []string{file, file}, show); err == nil || err.Error() != file+" is named twice" {
		t.Errorf("the same file twice: %v", err)
	}
}

func TestCheckParameters(t *testing.T) {
	found, err := source.FromText("t.json", `{"Parameters": {"Name": {"Type": "String"}}, "Resources": {}}`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Name": "", "AWS::AccountId": "",
		"Nane":  `no template has the parameter "Nane", did you mean "Name"?`,
		"Other": `no template has the parameter "Other"; allowed: "Name"`,
	} {
		got := ""
		if err := source.CheckParameters(map[string]string{name: "111122223333"}, found); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if err := source.CheckParameters(map[string]string{"AWS::AccountId": "11112222333"}, found); err == nil || err.Error() != `invalid account "11112222333" for AWS::AccountId: want 12 digits` {
		t.Error(err)
	}
}
