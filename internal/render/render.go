// Package render writes structured results as JSON or YAML, deterministically:
// the same value gives the same bytes, with the keys of every object sorted,
// as clusterawsadm has them.
package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions below take any value. What is made of maps, lists, strings,
// booleans, json.Number and nil already is written as it is; the rest goes
// through Tree.

// Tree converts a value to maps, lists, strings, booleans, json.Number and nil,
// the names and omissions of its fields being those of its json tags. It knows
// no other tags than the name and omitempty, and calls no MarshalJSON: it does
// what encoding/json does for our own types, in a tenth of the time of a first
// call to it.
func Tree(value any) any { return tree(reflect.ValueOf(value)) }

var numberType = reflect.TypeFor[json.Number]()

func tree(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return tree(v.Elem())
	case reflect.String:
		if v.Type() == numberType {
			return json.Number(v.String())
		}
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int64:
		return json.Number(strconv.FormatInt(v.Int(), 10))
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = tree(v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		object := make(map[string]any, v.Len())
		for entries := v.MapRange(); entries.Next(); {
			object[entries.Key().String()] = tree(entries.Value())
		}
		return object
	case reflect.Struct:
		object := map[string]any{}
		addFields(object, v)
		return object
	default:
		panic("render: no tree for " + v.Type().String())
	}
}

// addFields adds the fields of a struct, those of embedded structs among them.
func addFields(object map[string]any, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			addFields(object, v.Field(i))
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || options == "omitempty" && isEmpty(v.Field(i)) {
			continue
		}
		if name == "" {
			name = f.Name
		}
		object[name] = tree(v.Field(i))
	}
}

// isEmpty is what omitempty means by empty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// CompactJSON returns value as JSON with sorted keys, without white space
// between its parts.
func CompactJSON(value any) []byte {
	var w jsonWriter
	w.node(value, "", "")
	return w.Bytes()
}

// JSON returns value as JSON with sorted keys, indented by two spaces and
// ended by a line break.
func JSON(value any) []byte {
	var w jsonWriter
	w.node(value, "\n", "  ")
	w.WriteByte('\n')
	return w.Bytes()
}

// OrderedJSON returns value as JSON, indented by two spaces and ended by a
// line break, its objects in the order of their Go fields.
func OrderedJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	// An IAM policy is no web page, and people read "<" better than "\u003c".
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return buffer.Bytes(), err
}

// Size returns how long value is as CompactJSON: in bytes, and in characters
// other than white space.
func Size(value any) (bytes, characters int) {
	add := func(b, c int) { bytes, characters = bytes+b, characters+c }
	switch v := value.(type) {
	case map[string]any:
		for key, value := range v {
			add(Size(key))
			add(Size(value))
		}
		add(punctuation(2, len(v)))
	case []any:
		for _, item := range v {
			add(Size(item))
		}
		add(punctuation(1, len(v)))
	case string:
		text := jsonString(v)
		add(len(text), len(text))
		for _, r := range text {
			if unicode.IsSpace(r) {
				characters--
			}
			characters -= utf8.RuneLen(r) - 1
		}
	case nil, bool, json.Number:
		text := literal(v)
		add(len(text), len(text))
	default:
		return Size(Tree(v))
	}
	return bytes, characters
}

// punctuation returns the size of the brackets and separators of a collection:
// of each entry, and none after the last.
func punctuation(perEntry, entries int) (bytes, characters int) {
	n := 2 + perEntry*entries
	if entries > 0 {
		n--
	}
	return n, n
}

type jsonWriter struct{ bytes.Buffer }

// node writes a value. line is a line break with the indentation of the value,
// or "" for the compact form; step is what a level is indented by.
func (w *jsonWriter) node(value any, line, step string) {
	switch v := value.(type) {
	case map[string]any:
		w.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			w.separate(i, line, step)
			w.WriteString(jsonString(key))
			w.WriteByte(':')
			if line != "" {
				w.WriteByte(' ')
			}
			w.node(v[key], indented(line, step), step)
		}
		w.close(len(v), line, '}')
	case []any:
		w.WriteByte('[')
		for i, item := range v {
			w.separate(i, line, step)
			w.node(item, indented(line, step), step)
		}
		w.close(len(v), line, ']')
	case string:
		w.WriteString(jsonString(v))
	case nil, bool, json.Number:
		w.WriteString(literal(v))
	default:
		w.node(Tree(v), line, step)
	}
}

// literal returns null, a boolean or a number as JSON and YAML have it.
func literal(value any) string {
	if value == nil {
		return "null"
	}
	return fmt.Sprint(value)
}

func (w *jsonWriter) separate(i int, line, step string) {
	if i > 0 {
		w.WriteByte(',')
	}
	w.WriteString(indented(line, step))
}

func (w *jsonWriter) close(length int, line string, bracket byte) {
	if length > 0 {
		w.WriteString(line)
	}
	w.WriteByte(bracket)
}

func indented(line, step string) string {
	if line == "" {
		return ""
	}
	return line + step
}

// jsonString returns a string as JSON has it. What needs no escape, as nearly
// all strings, is quoted at once; the rest is left to encoding/json, which
// takes longer at its first call than the whole template.
func jsonString(s string) string {
	if isPrintable(s) && !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil { // cannot be: a string always has a JSON form
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// YAML returns value as one YAML document with sorted keys: block style,
// lists not indented below their key, every string quoted that a YAML 1.1 or
// 1.2 reader might take for something else (dates, numbers, "no").
//
// It is written here because a general emitter takes a third of the time
// that a whole run may take; what it writes is checked by two YAML readers in
// the tests.
func YAML(value any) []byte {
	var w yamlWriter
	w.node(value, 0, false)
	return w.Bytes()
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
	case nil, bool, json.Number:
		w.WriteString(literal(v))
		w.WriteByte('\n')
	default:
		w.node(Tree(v), indent, inList)
	}
}

// child writes the value of a key: a scalar or an empty collection on the
// same line, anything else on the lines below.
func (w *yamlWriter) child(value any, indent int) {
	switch value.(type) {
	case map[string]any, []any, string, nil, bool, json.Number:
	default:
		value = Tree(value)
	}
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
		for _, r := range jsonString(s) {
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
