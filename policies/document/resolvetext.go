// Resolving Fn::Sub, Fn::Join, Fn::Select and Fn::Split.

package document

import (
	"strconv"
	"strings"
)

// substitute returns the outcomes of an Fn::Sub.
func (r *resolver) substitute(n *node, text string, variables *node) []outcome {
	parts := subParts(n, text, variables)
	if !r.spend(len(parts) / 2) {
		return nil
	}
	return r.apply(parts, func(parts []*node) *node { return r.concat(n, parts) })
}

// subParts returns the texts and the values of an Fn::Sub with the position of a node.
// variables has the variables that the function defines, or is nil.
func subParts(position *node, text string, variables *node) (parts []*node) {
	for {
		before, after, found := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			return append(parts, textAt(position, text))
		}
		parts = append(parts, textAt(position, before))
		text = rest
		if escaped, ok := strings.CutPrefix(name, "!"); ok {
			parts = append(parts, textAt(position, "${"+escaped+"}"))
			continue
		}
		if value := variables.get(name); value != nil {
			parts = append(parts, value)
			continue
		}
		name = strings.TrimSpace(name)
		if strings.Contains(name, ".") {
			parts = append(parts, mapping(position, "Fn::GetAtt", textAt(position, name)))
		} else {
			parts = append(parts, mapping(position, "Ref", textAt(position, name)))
		}
	}
}

// join returns the result of an Fn::Join, or an Fn::Join with resolved
// arguments if its list is unknown. It returns nil if the separator is not a
// string.
func (r *resolver) join(n, separator, list *node) *node {
	if separator.kind != textNode {
		return nil
	}
	if _, _, function := list.intrinsic(); function || list.kind != listNode {
		return withArgument(n, &node{kind: listNode, line: list.line, column: list.column, items: []*node{separator, list}})
	}
	var parts []*node
	for i, item := range list.items {
		if i > 0 && separator.value != "" {
			parts = append(parts, separator)
		}
		parts = append(parts, item)
	}
	return r.concat(n, parts)
}

func selectItem(n, index, list *node) *node {
	i, err := strconv.Atoi(strings.TrimSpace(index.value))
	if _, _, function := list.intrinsic(); function || list.kind != listNode || !index.isScalar() || err != nil {
		return withArgument(n, &node{kind: listNode, line: list.line, column: list.column, items: []*node{index, list}})
	}
	if i < 0 || i >= len(list.items) {
		return nil
	}
	copied := *list.items[i]
	return &copied
}

func splitText(n, separator, text *node) *node {
	if !separator.isScalar() || !text.isScalar() || separator.value == "" {
		return withArgument(n, &node{kind: listNode, line: text.line, column: text.column, items: []*node{separator, text}})
	}
	list := &node{kind: listNode, line: n.line, column: n.column}
	for _, part := range strings.Split(text.value, separator.value) {
		list.items = append(list.items, textAt(n, part))
	}
	return list
}

// unknownMark replaces an unknown part in a text. A literal text can contain it
// too, as an escape (\u0000); see build.
const unknownMark = "\x00"

// markedText has the unknown parts of a text. In the text, unknownMark stands for
// each of them.
type markedText struct {
	position *node
	limit    int     // in bytes: the rest of a longer text is left out
	unknown  []*node // the parts whose marks have not been read yet
}

// concat concatenates texts. Unknown parts stay in an Fn::Join, and each
// dynamic reference becomes a separate intrinsic.
func (r *resolver) concat(n *node, parts []*node) *node {
	return r.concatWithin(maxOpaqueLength, n, parts)
}

// concatWithin is concat with a limit for the length of the text.
func (r *resolver) concatWithin(limit int, n *node, parts []*node) *node {
	m := &markedText{position: n, limit: limit}
	text := m.build(parts)
	if !r.spend(len(text) / 64) {
		return n
	}
	var out []*node
	for {
		before, after, found := strings.Cut(text, "{{resolve:")
		reference, rest, closed := strings.Cut(after, "}}")
		if !found || !closed {
			out = append(out, m.pieces(text)...)
			break
		}
		out = append(out, m.pieces(before)...)
		argument := textAt(n, reference)
		if strings.Contains(reference, unknownMark) {
			argument = m.join(m.pieces(reference))
		}
		out = append(out, mapping(n, "Fn::"+resolveName, argument))
		text = rest
	}
	switch len(out) {
	case 0:
		return textAt(n, "")
	case 1:
		copied := *out[0]
		return &copied
	}
	return m.join(out)
}

// build returns the parts as one text, with a mark for each unknown part. A
// mark in a literal text counts as an unknown part too, so that pieces restores
// it.
func (m *markedText) build(parts []*node) string {
	var b strings.Builder
	add := func(part *node) {
		if part.isScalar() {
			before, after, hasMark := strings.Cut(part.value, unknownMark)
			for b.WriteString(before); hasMark; b.WriteString(before) {
				m.unknown = append(m.unknown, textAt(part, unknownMark))
				b.WriteString(unknownMark)
				before, after, hasMark = strings.Cut(after, unknownMark)
			}
			return
		}
		m.unknown = append(m.unknown, part)
		b.WriteString(unknownMark)
	}
	for _, part := range parts {
		switch inner := joinedParts(part); {
		case part.isNoValue():
		case inner != nil:
			for _, p := range inner {
				add(p)
			}
		default:
			add(part)
		}
		if b.Len() > m.limit {
			break
		}
	}
	return b.String()
}

// pieces returns the parts of a text, with its marks replaced by the unknown
// parts.
func (m *markedText) pieces(text string) []*node {
	var out []*node
	for i, literal := range strings.Split(text, unknownMark) {
		if i > 0 {
			out = append(out, m.unknown[0])
			m.unknown = m.unknown[1:]
		}
		if literal != "" {
			out = append(out, textAt(m.position, literal))
		}
	}
	return out
}

// join returns an Fn::Join without a separator.
func (m *markedText) join(parts []*node) *node {
	list := func(items ...*node) *node {
		return &node{kind: listNode, line: m.position.line, column: m.position.column, items: items}
	}
	return mapping(m.position, "Fn::Join", list(textAt(m.position, ""), list(parts...)))
}

// joinedParts returns the parts of an Fn::Join without a separator, as concat
// creates it.
func joinedParts(n *node) []*node {
	name, argument, ok := n.intrinsic()
	if !ok || name != "Join" || argument.kind != listNode || len(argument.items) != 2 || argument.items[0].kind != textNode || argument.items[0].value != "" || argument.items[1].kind != listNode {
		return nil
	}
	return argument.items[1].items
}
