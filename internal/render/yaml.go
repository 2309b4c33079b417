// YAML in block style, quoted so that no reader takes a string for anything else.

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

// YAML returns value as one YAML document with sorted keys: block style,
// lists not indented below their key, every string quoted that a YAML 1.1 or
// 1.2 reader might take for something else (dates, numbers, "no").
//
// It is written here because a general emitter takes a third of the time
// that a whole run may take; what it writes is checked by two YAML readers in
// the tests.
func YAML(value any) ([]byte, error) {
	var w yamlWriter
	w.node(value, 0, false, 0)
	if w.err != nil {
		return nil, fmt.Errorf("writing YAML: %w", w.err)
	}
	return w.Bytes(), nil
}

// yamlWriter has what was written so far, and the first error.
type yamlWriter struct {
	bytes.Buffer
	err error
}

// node writes a value. indent is the column of its keys or dashes; inList says
// that it stands right after a dash, so that its first line is begun already.
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

// yamlNumber returns a number as readers of YAML 1.1 and 1.2 read it: those of
// 1.1 take one with an exponent for a string unless it has a point and a sign.
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

// child writes the value of a key: a scalar or an empty collection on the
// same line, anything else on the lines below.
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

// key writes a key. One with more than 1,024 characters must be marked as one
// (YAML 1.2, 8.2.2 "Block Mappings"); those that are written count, escaped.
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

// scalar writes a string: plain where no reader can take it for anything
// else, single-quoted where that is possible, else double-quoted.
func (w *yamlWriter) scalar(s string) {
	switch {
	case isPlain(s):
		w.WriteString(s)
	case isPrintable(s):
		w.WriteByte('\'')
		w.WriteString(strings.ReplaceAll(s, "'", "''"))
		w.WriteByte('\'')
	default:
		// A JSON string is a YAML double-quoted scalar (YAML 1.2, 1.3
		// "Relation to JSON"), except for the escapes of characters above U+FFFF.
		w.WriteString(escape.YAML(quoted(s)))
	}
}

// isPlain reports whether s can stand unquoted: it begins with a letter or
// slash, holds only characters without a meaning in YAML, and is not a word that
// some reader takes for a boolean or null.
func isPlain(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isLetter(c), '0' <= c && c <= '9', strings.IndexByte("-_./*+=@()$", c) >= 0:
		case c == ' ' && s[i-1] != ' ' && i+1 < len(s): // single, inside
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

// isPrintable reports whether s can be in single quotes on one line.
func isPrintable(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return true
}
