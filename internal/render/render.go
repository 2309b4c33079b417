// Package render writes structured results as JSON or YAML, deterministically:
// the same value gives the same bytes, with the keys of every object sorted,
// as clusterawsadm has them.
package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Tree converts a value to what its JSON form holds: maps, lists, strings,
// booleans, json.Number and nil.
func Tree(value any) (any, error) {
	text, err := compact(value)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	return tree, nil
}

// compact is json.Marshal without the escapes for HTML: an IAM policy is
// no web page, and people read "<" better than "\u003c".
func compact(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// CompactJSON returns value as JSON without white space between its parts,
// its objects in the order of their Go fields.
func CompactJSON(value any) ([]byte, error) { return compact(value) }

// OrderedJSON returns value as JSON, indented by two spaces and ended by a
// line break, its objects in the order of their Go fields.
func OrderedJSON(value any) ([]byte, error) {
	text, err := compact(value)
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, err
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// JSON returns value as JSON with sorted keys, indented by two spaces and
// ended by a line break.
func JSON(value any) ([]byte, error) {
	tree, err := Tree(value)
	if err != nil {
		return nil, err
	}
	return OrderedJSON(tree)
}

// YAML returns value as one YAML document with sorted keys: block style,
// lists not indented below their key, every string quoted that a YAML 1.1 or
// 1.2 reader might take for something else (dates, numbers, "no").
//
// It is written here because a general emitter takes a third of the time
// that a whole run may take; what it writes is checked by two YAML readers in
// the tests.
func YAML(value any) ([]byte, error) {
	tree, err := Tree(value)
	if err != nil {
		return nil, err
	}
	var w yamlWriter
	w.node(tree, 0, false)
	return w.Bytes(), nil
}

type yamlWriter struct{ bytes.Buffer }

// node writes a value. indent is the column of its keys or dashes; inList says
// that it stands right after a dash, so that its first line is begun already.
func (w *yamlWriter) node(value any, indent int, inList bool) {
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
			w.scalar(key)
			w.WriteByte(':')
			w.child(v[key], indent)
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
			w.node(item, indent+2, true)
		}
	case string:
		w.scalar(v)
		w.WriteByte('\n')
	case nil:
		w.WriteString("null\n")
	default: // bool, json.Number
		fmt.Fprintf(w, "%v\n", v)
	}
}

// child writes the value of a key: a scalar or an empty collection on the
// same line, anything else on the lines below.
func (w *yamlWriter) child(value any, indent int) {
	switch v := value.(type) {
	case map[string]any:
		if len(v) > 0 {
			w.WriteByte('\n')
			w.node(v, indent+2, false)
			return
		}
	case []any:
		if len(v) > 0 {
			w.WriteByte('\n')
			w.node(v, indent, false)
			return
		}
	}
	w.WriteByte(' ')
	w.node(value, indent, false)
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
		// "Relation to JSON"); DEL and C1 controls must be escaped besides.
		text, err := compact(s)
		if err != nil { // cannot be: a string always has a JSON form
			panic(err)
		}
		for _, r := range string(text) {
			if r >= 0x7F && r <= 0x9F || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF {
				fmt.Fprintf(w, `\u%04x`, r)
			} else {
				w.WriteRune(r)
			}
		}
	}
}

// isPlain reports whether s can stand unquoted: it begins with a letter or
// slash, holds only characters without a meaning in YAML, and is no word that
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

// isPrintable reports whether s can stand in single quotes on one line.
func isPrintable(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return true
}
