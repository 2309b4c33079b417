// JSON: compact, indented, and its size.

package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"capaboot/internal/escape"
)

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
	return []byte(escape.JSON(buffer.String())), err
}

// Size returns how long value is as CompactJSON without the escapes of what is
// hidden, as AWS counts it: in bytes, and in characters other than white space.
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
		text := quoted(v)
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

// jsonString returns a string as JSON has it, what is hidden being escaped.
func jsonString(s string) string { return escape.JSON(quoted(s)) }

// quoted returns a string as encoding/json has it. What needs no escape, as
// nearly all strings, is quoted at once; the rest is left to encoding/json,
// which takes longer at its first call than the whole template.
func quoted(s string) string {
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
