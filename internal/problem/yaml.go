// Hints for YAML that cannot be parsed.

package problem

import "strings"

// yamlHints maps a part of the YAML parser's message to a hint.
var yamlHints = [...]struct{ part, hint string }{
	{"cannot start any token", "indent with spaces, not with tabs; quote a text that begins with %, @ or a backquote"},
	{"mapping values are not allowed", "indent the line like the lines around it; quote a text that contains a colon and a space"},
	{"alphabetic or numeric", `quote a text that begins with *, such as "*"`},
	{"anchor", `quote a text that begins with *, such as "*"`},
	{"did not find expected key", "indent the line like the lines around it, and close quotes and brackets"},
	{"did not find expected '-' indicator", "indent all items of the list by the same number of spaces, and begin each item with a hyphen"},
	{"unexpected end of stream", "close the quote or bracket"},
	{"did not find expected ',' or", "close the bracket, and separate the items with commas"},
}

// InvalidYAML returns a message of the YAML parser with a hint, when there is
// one for it.
func InvalidYAML(message string) string {
	for _, known := range yamlHints {
		if strings.Contains(message, known.part) {
			return "invalid YAML: " + message + "; " + known.hint
		}
	}
	return "invalid YAML: " + message
}
