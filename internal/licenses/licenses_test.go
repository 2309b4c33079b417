// Tests of the licenses that the program shows.

package licenses

import (
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]int{}
	for _, c := range all {
		kinds[c.Kind]++
		if c.Name == "" || c.License == "" || len(c.Files) == 0 {
			t.Errorf("incomplete: %+v", c)
		}
		for _, file := range c.Files {
			if len(file.Text) < 20 || !strings.HasSuffix(file.Text, "\n") {
				t.Errorf("%s, %s: text %q", c.Name, file.Path, file.Text)
			}
		}
		if c.Kind == Module && !strings.HasPrefix(c.Version, "v") {
			t.Errorf("%s has the version %q", c.Name, c.Version)
		}
	}
	if kinds[Program] != 1 || kinds[Standard] != 1 || kinds[Module] < 10 || kinds[Data] < 2 {
		t.Errorf("got %v", kinds)
	}
}

func TestText(t *testing.T) {
	same := File{"LICENSE", "the same license\n"}
	text := Text([]Component{
		{Kind: Module, Name: "a", Version: "v1", License: "MIT", Files: []File{same, {"NOTICE", "notice of a\n"}}},
		{Kind: Module, Name: "b", Version: "v2", License: "MIT", Files: []File{same}},
		{Kind: Data, Name: "d", License: "MIT", UsedFor: "one; two", Files: []File{{"LICENSE", "Copyright of another\n"}}},
	})
	for _, want := range []string{"a v1, LICENSE\nb v2, LICENSE\n\nthe same license\n", "a v1, NOTICE\n\nnotice of a\n", "d, LICENSE\n\nCopyright of another\n", "\nd\n- one\n- two\n"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q does not occur exactly once in\n%s", want, text)
		}
	}
	if strings.Count(text, "the same license") != 1 {
		t.Errorf("a text occurs twice:\n%s", text)
	}
}
