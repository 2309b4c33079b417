// Functions that make texts of texts: Fn::Sub, Fn::Join, Fn::Select, Fn::Split.

package document

import (
	"strconv"
	"strings"
)

// substitute is an Fn::Sub.
func (r *resolver) substitute(n *node, text string, variables *node) []outcome {
	var parts []*node
	for {
		before, after, found := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			parts = append(parts, textAt(n, text))
			break
		}
		parts = append(parts, textAt(n, before))
		text = rest
		if escaped, ok := strings.CutPrefix(name, "!"); ok {
			parts = append(parts, textAt(n, "${"+escaped+"}"))
			continue
		}
		if value := variables.get(name); value != nil {
			parts = append(parts, value)
			continue
		}
		name = strings.TrimSpace(name)
		if strings.Contains(name, ".") {
			parts = append(parts, named(n, "Fn::GetAtt", textAt(n, name)))
		} else {
			parts = append(parts, named(n, "Ref", textAt(n, name)))
		}
		if !r.afford(1) {
			return nil
		}
	}
	return r.each(parts, func(parts []*node) *node { return r.concat(n, parts) })
}

// join is an Fn::Join, nil when its parts are not known one by one.
func (r *resolver) join(n, separator, list *node) *node {
	if separator.kind != textNode {
		return nil
	}
	if _, _, function := list.intrinsic(); function || list.kind != listNode {
		return call(n, &node{kind: listNode, line: list.line, column: list.column, items: []*node{separator, list}})
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

func selected(n, index, list *node) *node {
	i, err := strconv.Atoi(strings.TrimSpace(index.value))
	if _, _, function := list.intrinsic(); function || list.kind != listNode || !index.isScalar() || err != nil {
		return call(n, &node{kind: listNode, line: list.line, column: list.column, items: []*node{index, list}})
	}
	if i < 0 || i >= len(list.items) {
		return nil
	}
	copied := *list.items[i]
	return &copied
}

func split(n, separator, text *node) *node {
	if !separator.isScalar() || !text.isScalar() || separator.value == "" {
		return call(n, &node{kind: listNode, line: text.line, column: text.column, items: []*node{separator, text}})
	}
	list := &node{kind: listNode, line: n.line, column: n.column}
	for _, part := range strings.Split(text.value, separator.value) {
		list.items = append(list.items, textAt(n, part))
	}
	return list
}

// concat makes one text of several. What is not known of it is left in an
// Fn::Join, and dynamic references in it are an intrinsic of their own.
func (r *resolver) concat(n *node, parts []*node) *node {
	const mark = "\x00" // no template has it, see parse
	var b strings.Builder
	var unknown []*node
	for _, part := range parts {
		switch inner := joined(part); {
		case part.isNoValue():
		case inner != nil:
			for _, p := range inner {
				if p.isScalar() {
					b.WriteString(p.value)
				} else {
					unknown = append(unknown, p)
					b.WriteString(mark)
				}
			}
		case part.isScalar():
			b.WriteString(part.value)
		default:
			unknown = append(unknown, part)
			b.WriteString(mark)
		}
		if b.Len() > maxOpaque {
			break // whoever reads it refuses it
		}
	}
	text := b.String()
	if !r.afford(len(text) / 64) {
		return n
	}
	var out []*node
	next := func() *node { p := unknown[0]; unknown = unknown[1:]; return p }
	plain := func(text string) {
		for i, piece := range strings.Split(text, mark) {
			if i > 0 {
				out = append(out, next())
			}
			if piece != "" {
				out = append(out, textAt(n, piece))
			}
		}
	}
	for {
		before, after, found := strings.Cut(text, "{{resolve:")
		reference, rest, closed := strings.Cut(after, "}}")
		if !found || !closed {
			plain(text)
			break
		}
		plain(before)
		argument := textAt(n, reference)
		if strings.Contains(reference, mark) {
			list := &node{kind: listNode, line: n.line, column: n.column}
			for i, piece := range strings.Split(reference, mark) {
				if i > 0 {
					list.items = append(list.items, next())
				}
				list.items = append(list.items, textAt(n, piece))
			}
			argument = named(n, "Fn::Join", &node{kind: listNode, line: n.line, column: n.column, items: []*node{textAt(n, ""), list}})
		}
		out = append(out, named(n, "Fn::"+resolveName, argument))
		text = rest
	}
	switch len(out) {
	case 0:
		return textAt(n, "")
	case 1:
		copied := *out[0]
		return &copied
	}
	return named(n, "Fn::Join", &node{kind: listNode, line: n.line, column: n.column,
		items: []*node{textAt(n, ""), {kind: listNode, line: n.line, column: n.column, items: out}}})
}

// joined returns the parts of an Fn::Join without separator, as concat makes it.
func joined(n *node) []*node {
	name, argument, ok := n.intrinsic()
	if !ok || name != "Join" || argument.kind != listNode || len(argument.items) != 2 || argument.items[0].value != "" || argument.items[1].kind != listNode {
		return nil
	}
	return argument.items[1].items
}
