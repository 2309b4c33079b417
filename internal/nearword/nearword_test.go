// Tests of the most similar word.

package nearword

import (
	"slices"
	"strings"
	"testing"
)

func TestClosest(t *testing.T) {
	fields := []string{"nodes", "namePrefix", "nameSuffix", "eks", "disable", "Effect"}
	for _, test := range []struct {
		name, word, want string
	}{
		{"a wrong letter", "nodez", "nodes"},
		{"a letter too many", "nodess", "nodes"},
		{"a letter missing", "nods", "nodes"},
		{"two letters swapped", "disbale", "disable"},
		{"letter case alone", "effect", "Effect"},
		{"three letters, one wrong", "eksx", "eks"},
		{"nothing like it", "zebra", ""},
		{"the beginning of one", "DISA", "disable"},
		{"the beginning of two", "name", ""},
		{"two letters of one", "no", ""},
		{"the beginning of one and another letter", "disy", "disable"},
		{"two letters of one and another letter", "diy", ""},
		{"the empty word", "", ""},
		{"a word of hostile length", strings.Repeat("n", 1<<20), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Closest(test.word, fields)
			if got != test.want || ok != (test.want != "") {
				t.Errorf("Closest(%.20q) = %q, %v; want %q", test.word, got, ok, test.want)
			}
		})
	}
}

func TestAllowed(t *testing.T) {
	words := []string{"yaml", "json", "cloudformation", "text", "terraform"}
	const list = " allowed: yaml, json, cloudformation, text, terraform"
	for word, want := range map[string]string{
		"jsn": `, did you mean "json"?` + list,
		"xml": ";" + list,
		"cfn": `, did you mean "cloudformation"?` + list,
		"CF":  `, did you mean "cloudformation"?` + list,
		"tf":  `, did you mean "terraform"?` + list,
		"tt":  `, did you mean "text"?` + list,
		"c":   ";" + list,
		"fn":  ";" + list,
		"nfc": ";" + list,
		"te":  ";" + list,
		"":    ";" + list,
	} {
		if got := Allowed(word, words); got != want {
			t.Errorf("Allowed(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestByDistance(t *testing.T) {
	names := []string{"staging", "prod", "production", "default"}
	got := ByDistance("prd", names)
	if want := []string{"prod", "staging", "default", "production"}; !slices.Equal(got[:1], want[:1]) {
		t.Errorf("ByDistance = %q, want %q first", got, want[0])
	}
	if !slices.Equal(names, []string{"staging", "prod", "production", "default"}) {
		t.Errorf("ByDistance changed its argument to %q", names)
	}
}
