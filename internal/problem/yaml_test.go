// Tests of the hints for invalid YAML.

package problem

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// The parser's messages for common mistakes get a hint.
func TestInvalidYAMLHints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a:\n\tb: 1\n":              "indent with spaces",
		" a: 1\n  b: 2\n":           "indent the line like the lines around it",
		"a: b: c\n":                 "quote a text",
		"a: *\n":                    "quote a text",
		"a: @x\n":                   "quote a text",
		"a: [b, c\n":                "close the bracket",
		"a: \"b\n":                  "close the quote",
		"a:\n  - b\n c: d\n":        "indent the line like the lines around it",
		"a:\n   b: 1\n  c: 2\nd: 3": "indent the line like the lines around it",
	} {
		var value any
		err := yaml.Unmarshal([]byte(text), &value)
		if err == nil {
			t.Errorf("%q is valid", text)
			continue
		}
		if got := InvalidYAML(err.Error()); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
