// A JSON reader with positions. encoding/json has no positions of values, and
// silently accepts duplicate keys and replaces invalid UTF-8.

package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"capaboot/internal/problem"
)

// jsonReader reads a text once, from start to end.
type jsonReader struct {
	text   []byte
	offset int
	depth  int
	nodes  int
	line   int
	column int
	// countedOffset is the offset that line and column refer to.
	countedOffset int
	file          string
	// fields and items have the fields and items of the objects and lists that
	// are not complete yet, so that each list is allocated once.
	fields []field
	items  []*node
}

// readJSON returns the only value in a text. Its error is a [problem.Problem].
func readJSON(file string, text []byte) (root *node, err error) {
	r := &jsonReader{text: text, line: 1, column: 1, file: file}
	defer func() {
		// fail panics to stop reading at any depth.
		if reason := recover(); reason != nil {
			p, ok := reason.(problem.Problem)
			if !ok {
				panic(reason)
			}
			root, err = nil, p
		}
	}()
	r.skipSpace()
	root = r.value()
	r.skipSpace()
	if r.offset < len(r.text) {
		r.invalid("unexpected %s after the end of the value", r.describeNext())
	}
	return root, nil
}

// fail stops reading with a problem at the current position; see readJSON.
func (r *jsonReader) fail(format string, args ...any) {
	panic(r.problem(format, args...))
}

// invalid is [jsonReader.fail] for text that is not JSON.
func (r *jsonReader) invalid(format string, args ...any) {
	p := r.problem("invalid JSON: "+format, args...)
	p.Syntax = true
	panic(p)
}

// problem returns a problem at the current position.
func (r *jsonReader) problem(format string, args ...any) problem.Problem {
	line, column := r.position()
	return problem.Problem{File: r.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

// position returns the current line and column. It continues from the previous
// call, so all calls together scan the text once.
func (r *jsonReader) position() (line, column int) {
	for r.countedOffset < r.offset {
		c := r.text[r.countedOffset]
		switch {
		case c == '\n':
			r.line, r.column = r.line+1, 1
		case utf8.RuneStart(c):
			r.column++
		}
		r.countedOffset++
	}
	return r.line, r.column
}

func (r *jsonReader) describeNext() string {
	if r.offset >= len(r.text) {
		return "end of file"
	}
	c, _ := utf8.DecodeRune(r.text[r.offset:])
	return fmt.Sprintf("%q", c)
}

func (r *jsonReader) skipSpace() {
	for r.offset < len(r.text) {
		switch r.text[r.offset] {
		case ' ', '\t', '\r', '\n':
			r.offset++
		default:
			return
		}
	}
}

func (r *jsonReader) peek() byte {
	if r.offset < len(r.text) {
		return r.text[r.offset]
	}
	return 0
}

func (r *jsonReader) value() *node {
	if r.nodes++; r.nodes > maxNodes {
		r.fail("it has more than %d values, the limit for a policy or template", maxNodes)
	}
	n := &node{}
	n.line, n.column = r.position()
	switch c := r.peek(); {
	case c == '{':
		n.kind = mappingNode
		r.enter()
		r.object(n)
		r.depth--
	case c == '[':
		n.kind = listNode
		r.enter()
		r.array(n)
		r.depth--
	case c == '"':
		n.kind, n.value = textNode, r.string()
	case c == '-' || c >= '0' && c <= '9':
		n.kind, n.value = numberNode, r.number()
	default:
		for word, k := range map[string]nodeKind{"true": boolNode, "false": boolNode, "null": nullNode} {
			if len(r.text)-r.offset >= len(word) && string(r.text[r.offset:r.offset+len(word)]) == word {
				n.kind, n.value = k, word
				r.offset += len(word)
				return n
			}
		}
		r.invalid("want a value, got %s", r.describeNext())
	}
	return n
}

func (r *jsonReader) enter() {
	if r.depth++; r.depth > maxDepth {
		r.fail("it is nested more than %d levels deep", maxDepth)
	}
}

// fewFields is the maximum number of fields for which a linear search takes no longer
// than a map.
const fewFields = 8

// lineOfKey returns the line of an earlier field with the key, or 0. If seen is
// not nil, it has the lines of all earlier fields.
func lineOfKey(fields []field, seen map[string]int, key string) int {
	if seen != nil {
		return seen[key]
	}
	for i := range fields {
		if fields[i].key == key {
			return fields[i].line
		}
	}
	return 0
}

func (r *jsonReader) object(n *node) {
	r.offset++
	start := len(r.fields)
	var seen map[string]int // the lines of the keys, if there are many
	for r.skipSpace(); r.peek() != '}'; r.skipSpace() {
		if len(r.fields) > start {
			if r.peek() != ',' {
				r.invalid("want ',' or '}', got %s", r.describeNext())
			}
			r.offset++
			r.skipSpace()
		}
		line, column := r.position()
		if r.peek() != '"' {
			r.invalid("want a key in double quotes, got %s", r.describeNext())
		}
		key := r.string()
		if first := lineOfKey(r.fields[start:], seen, key); first != 0 {
			panic(problem.Problem{File: r.file, Line: line, Column: column, Message: fmt.Sprintf("duplicate key %q: it is already on line %d", clip(key), first)})
		}
		switch {
		case seen != nil:
			seen[key] = line
		case len(r.fields)-start == fewFields:
			seen = map[string]int{key: line}
			for _, f := range r.fields[start:] {
				seen[f.key] = f.line
			}
		}
		r.skipSpace()
		if r.peek() != ':' {
			r.invalid("want ':' after the key %q, got %s", clip(key), r.describeNext())
		}
		r.offset++
		r.skipSpace()
		value := r.value() // r.value uses r.fields too
		r.fields = append(r.fields, field{key: key, value: value, line: line, column: column})
	}
	r.offset++
	if len(r.fields) > start {
		n.fields = slices.Clone(r.fields[start:])
	}
	r.fields = r.fields[:start]
}

func (r *jsonReader) array(n *node) {
	r.offset++
	first := len(r.items)
	for r.skipSpace(); r.peek() != ']'; r.skipSpace() {
		if len(r.items) > first {
			if r.peek() != ',' {
				r.invalid("want ',' or ']', got %s", r.describeNext())
			}
			r.offset++
			r.skipSpace()
		}
		value := r.value() // r.value uses r.items too
		r.items = append(r.items, value)
	}
	r.offset++
	if len(r.items) > first {
		n.items = slices.Clone(r.items[first:])
	}
	r.items = r.items[:first]
}

func (r *jsonReader) string() string {
	start, escaped := r.offset, false
	for i := start + 1; ; i++ {
		if i >= len(r.text) || r.text[i] == '\n' {
			r.invalid("string without a closing quote")
		}
		switch c := r.text[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			r.offset = i
			r.invalid("control character %q in a string; write it as \\u%04x", c, c)
		case c == '"':
			raw := r.text[start : i+1]
			if !escaped {
				r.offset = i + 1
				return string(raw[1 : len(raw)-1])
			}
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				r.invalid("string with an invalid escape")
			}
			if strings.ContainsRune(s, utf8.RuneError) && !bytes.ContainsRune(raw, utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) {
				r.invalid("string with half of a surrogate pair, such as \\ud800")
			}
			r.offset = i + 1
			return s
		}
	}
}

// number reads a number and keeps its notation.
func (r *jsonReader) number() string {
	end := r.offset
	for end < len(r.text) {
		switch c := r.text[end]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			end++
			continue
		}
		break
	}
	raw := r.text[r.offset:end]
	if !json.Valid(raw) {
		r.invalid("%q is not a number", clip(string(raw)))
	}
	r.offset = end
	return string(raw)
}
