// What to do about YAML that cannot be parsed.

package problem

import "strings"

// yamlHints are parts of the messages of the YAML parser, with what is probably
// wrong.
var yamlHints = [...]struct{ part, hint string }{
	{"cannot start any token", "indent with spaces, not with tabs; a text that begins with %, @ or a backquote needs quotes"},
	{"mapping values are not allowed", "indent it as the lines around it; a text that has a colon and a space in it needs quotes"},
	{"alphabetic or numeric", `a text that begins with * needs quotes: "*"`},
	{"anchor", `a text that begins with * needs quotes: "*"`},
	{"did not find expected key", "indent it as the lines around it, and close quotes and brackets"},
	{"did not find expected '-' indicator", "indent the items of the list alike, each after a hyphen"},
	{"unexpected end of stream", "close the quote or bracket"},
	{"did not find expected ',' or", "close the bracket, and put commas between"},
}

// InvalidYAML is a message of the YAML parser, with what is probably wrong when that
// is known.
func InvalidYAML(message string) string {
	for _, known := range yamlHints {
		if strings.Contains(message, known.part) {
			return "invalid YAML: " + message + "; " + known.hint
		}
	}
	return "invalid YAML: " + message
}
