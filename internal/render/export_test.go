// Exports compact JSON for the tests, which compare it with the output of
// encoding/json, and its length with [Size].

package render

// CompactJSON returns value as JSON with sorted keys, without white space
// between its parts.
func CompactJSON(value any) ([]byte, error) {
	var w jsonWriter
	w.node(value, "", "", 0)
	return w.result("")
}
