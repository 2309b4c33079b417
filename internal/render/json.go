// Writes JSON, and measures its size.

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

// JSON returns value as JSON with sorted keys, indented by two spaces, with a
// line break at the end.
func JSON(value any) ([]byte, error) {
	var w jsonWriter
	w.node(value, "\n", "  ", 0)
	return w.result("\n")
}

// OrderedJSON returns value as JSON, indented by two spaces, with a line break
// at the end. The keys of a struct are in the order of its fields.
func OrderedJSON(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	// The output is not for a web page, and "<" is easier to read than "\u003c".
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return []byte(escape.JSON(buffer.String())), err
}

// Size returns the size of value as compact JSON, in which hidden characters are
// not escaped: in bytes, as CloudFormation counts, and in characters other than
// white space, as IAM counts.
func Size(value any) (bytes, characters int, err error) {
	var m measure
	m.add(value, 0)
	return m.bytes, m.characters, m.err
}

// StringSize is like Size, but for a string.
func StringSize(s string) (bytes, characters int) {
	var m measure
	m.addString(s)
	return m.bytes, m.characters
}

type measure struct {
	bytes, characters int
	err               error
}

func (m *measure) add(value any, depth int) {
	if depth > maxDepth {
		m.err = errTooDeep
	}
	if m.err != nil {
		return
	}
	switch v := value.(type) {
	case map[string]any:
		for key, value := range v {
			m.addString(key)
			m.add(value, depth+1)
		}
		m.addPlain(punctuationSize(2, len(v)))
	case []any:
		for _, item := range v {
			m.add(item, depth+1)
		}
		m.addPlain(punctuationSize(1, len(v)))
	case string:
		m.addString(v)
	case nil, bool:
		m.addPlain(len(literal(v)))
	default:
		var tree any
		if tree, m.err = scalarOrTree(v); m.err != nil {
			return
		}
		if n, ok := tree.(json.Number); ok {
			m.addPlain(len(n))
			return
		}
		m.add(tree, depth)
	}
}

// addPlain adds n characters of one byte, none of which is white space.
func (m *measure) addPlain(n int) { m.bytes, m.characters = m.bytes+n, m.characters+n }

func (m *measure) addString(s string) {
	if spaces, ok := plainText(s); ok {
		m.addPlain(len(s) + len(`""`))
		m.characters -= spaces
		return
	}
	text := quotedString(s)
	m.addPlain(len(text))
	for _, r := range text {
		if unicode.IsSpace(r) {
			m.characters--
		}
		m.characters -= utf8.RuneLen(r) - 1
	}
}

// plainText reports whether a string is printable ASCII that needs no escapes,
// and counts its spaces.
func plainText(s string) (spaces int, ok bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			spaces++
		case c < ' ' || c >= 0x7f || c == '"' || c == '\\':
			return 0, false
		}
	}
	return spaces, true
}

// scalarOrTree returns a json.Number if it is valid, and converts any other
// value with [Tree].
func scalarOrTree(value any) (any, error) {
	if n, ok := value.(json.Number); ok {
		return number(n)
	}
	return Tree(value)
}

// punctuationSize returns the size in bytes of the brackets, colons and commas
// of an object or list with this number of entries. perEntry is the number of
// bytes for each entry, except that the last entry has no comma.
func punctuationSize(perEntry, entries int) int {
	n := 2 + perEntry*entries
	if entries > 0 {
		n--
	}
	return n
}

// jsonWriter has the output written so far, and the first error.
type jsonWriter struct {
	bytes.Buffer
	err error
}

func (w *jsonWriter) result(suffix string) ([]byte, error) {
	if w.err != nil {
		return nil, fmt.Errorf("writing JSON: %w", w.err)
	}
	w.WriteString(suffix)
	return w.Bytes(), nil
}

// node writes a value. line is a line break with the indentation of the value,
// or "" for the compact form; step is the indentation of one level.
func (w *jsonWriter) node(value any, line, step string, depth int) {
	if depth > maxDepth {
		w.err = errTooDeep
	}
	if w.err != nil {
		return
	}
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
			w.node(v[key], indentedLine(line, step), step, depth+1)
		}
		w.close(len(v), line, '}')
	case []any:
		w.WriteByte('[')
		for i, item := range v {
			w.separate(i, line, step)
			w.node(item, indentedLine(line, step), step, depth+1)
		}
		w.close(len(v), line, ']')
	case string:
		w.WriteString(jsonString(v))
	case nil, bool:
		w.WriteString(literal(v))
	default:
		var tree any
		if tree, w.err = scalarOrTree(v); w.err != nil {
			return
		}
		if n, ok := tree.(json.Number); ok {
			w.WriteString(string(n))
			return
		}
		w.node(tree, line, step, depth)
	}
}

// literal returns null, a boolean or a number in the form of JSON and YAML.
func literal(value any) string {
	if value == nil {
		return "null"
	}
	return fmt.Sprint(value)
}

// separate writes what is before entry i of an object or list: a comma, except
// before the first entry, and the line break of the entry.
func (w *jsonWriter) separate(i int, line, step string) {
	if i > 0 {
		w.WriteByte(',')
	}
	w.WriteString(indentedLine(line, step))
}

// close ends an object or list with this number of entries.
func (w *jsonWriter) close(length int, line string, bracket byte) {
	if length > 0 {
		w.WriteString(line)
	}
	w.WriteByte(bracket)
}

// indentedLine returns the line break of the next level, or "" for the compact form.
func indentedLine(line, step string) string {
	if line == "" {
		return ""
	}
	return line + step
}

// jsonString returns a JSON string in which hidden characters are escaped.
func jsonString(s string) string { return escape.JSON(quotedString(s)) }

// quotedString returns a string as encoding/json writes it without HTML
// escapes. Most strings need no escapes: quotedString only adds the quotes. It
// calls encoding/json only for other strings, because the first call takes
// longer than writing a whole template.
func quotedString(s string) string {
	if isPrintable(s) && !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always has a JSON form
	return strings.TrimSuffix(b.String(), "\n")
}
