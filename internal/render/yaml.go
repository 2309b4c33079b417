// Writes YAML in block style, and quotes strings so that every reader reads them
// as strings.

package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/escape"
)

// YAML returns value as one YAML document with sorted keys in block style.
// Lists are not indented below their key. A string is quoted if a YAML 1.1 or
// 1.2 reader might read it as something else (a date, a number, "no").
//
// The encoder of go.yaml.in/yaml/v4 takes 1 ms of a run of 7 ms, five times as
// long as this one. The tests read the output with two YAML libraries.
func YAML(value any) ([]byte, error) {
	var w yamlWriter
	w.node(value, 0, false, 0)
	if w.err != nil {
		return nil, fmt.Errorf("writing YAML: %w", w.err)
	}
	return w.Bytes(), nil
}

// yamlWriter has the output written so far, and the first error.
type yamlWriter struct {
	bytes.Buffer
	err error
}

// node writes a value. indent is the column of its keys or dashes. inList means
// that the value follows a dash, so that its first line has already begun.
func (w *yamlWriter) node(value any, indent int, inList bool, depth int) {
	if depth > maxDepth {
		w.err = errTooDeep
	}
	if w.err != nil {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		if len(v) == 0 {
			w.WriteString("{}\n")
			return
		}
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 || !inList {
				w.spaces(indent)
			}
			w.key(key, indent)
			w.WriteByte(':')
			w.child(v[key], indent, depth+1)
		}
	case []any:
		if len(v) == 0 {
			w.WriteString("[]\n")
			return
		}
		for i, item := range v {
			if i > 0 || !inList {
				w.spaces(indent)
			}
			w.WriteString("- ")
			w.node(item, indent+2, true, depth+1)
		}
	case string:
		w.scalar(v)
		w.WriteByte('\n')
	case nil, bool:
		w.WriteString(literal(v))
		w.WriteByte('\n')
	default:
		var tree any
		if tree, w.err = scalarOrTree(v); w.err != nil {
			return
		}
		if n, ok := tree.(json.Number); ok {
			w.WriteString(yamlNumber(n) + "\n")
			return
		}
		w.node(tree, indent, inList, depth)
	}
}

// yamlNumber returns a number in a form that both YAML 1.1 and YAML 1.2 readers
// read as a number. YAML 1.1 readers read a number with an exponent as a string
// unless it has a point and a sign.
func yamlNumber(n json.Number) string {
	text := string(n)
	e := strings.IndexAny(text, "eE")
	if e < 0 {
		return text
	}
	mantissa, exponent := text[:e], text[e+1:]
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if isDigit(exponent[0]) {
		exponent = "+" + exponent
	}
	return mantissa + "e" + exponent
}

// child writes the value of a key: a scalar or an empty collection on the same
// line, or any other collection on the next lines.
func (w *yamlWriter) child(value any, indent, depth int) {
	switch value.(type) {
	case map[string]any, []any, string, nil, bool, json.Number:
	default:
		var err error
		if value, err = Tree(value); err != nil {
			w.err = err
			return
		}
	}
	switch v := value.(type) {
	case map[string]any:
		if len(v) > 0 {
			w.WriteByte('\n')
			w.node(v, indent+2, false, depth)
			return
		}
	case []any:
		if len(v) > 0 {
			w.WriteByte('\n')
			w.node(v, indent, false, depth)
			return
		}
	}
	w.WriteByte(' ')
	w.node(value, indent, false, depth)
}

// key writes a key. A key of more than 1,024 characters, including quotes and
// escapes, needs a question mark (YAML 1.2, 8.2.2 "Block Mappings"). The limit
// here is lower, and in bytes.
func (w *yamlWriter) key(key string, indent int) {
	var written yamlWriter
	written.scalar(key)
	if written.Len() <= 1000 {
		w.Write(written.Bytes())
		return
	}
	w.WriteString("? ")
	w.Write(written.Bytes())
	w.WriteByte('\n')
	w.spaces(indent)
}

func (w *yamlWriter) spaces(n int) {
	for range n {
		w.WriteByte(' ')
	}
}

// scalar writes a string: plain if every reader reads it as a string, otherwise
// in single quotes if possible, and otherwise in double quotes.
func (w *yamlWriter) scalar(s string) {
	switch {
	case isPlain(s):
		w.WriteString(s)
	case isPrintable(s):
		w.WriteByte('\'')
		w.WriteString(strings.ReplaceAll(s, "'", "''"))
		w.WriteByte('\'')
	default:
		// A JSON string is also a double-quoted scalar of YAML, except for
		// escapes of characters above U+FFFF (YAML 1.2, 1.3 "Relation to JSON").
		w.WriteString(escape.YAML(quotedString(s)))
	}
}

// isPlain reports whether s needs no quotes: it begins with a letter or a
// slash, has only characters without a meaning in YAML, and is not a word that
// some readers read as a boolean or null.
func isPlain(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isLetter(c), '0' <= c && c <= '9', strings.IndexByte("-_./*+=@()$", c) >= 0:
		case c == ' ' && s[i-1] != ' ' && i+1 < len(s): // a single space inside
		case c == ':' && i+1 < len(s) && s[i+1] != ' ':
		default:
			return false
		}
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isPrintable reports whether s has only printable ASCII characters, which need
// no escapes in single quotes.
func isPrintable(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return true
}
