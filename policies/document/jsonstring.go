// Policy documents in strings: JSON in a string, including one that Fn::Sub or
// Fn::Join builds, and Fn::ToJsonString.
//
// Source: CloudFormation Template Reference, "Fn::ToJsonString", and the
// properties of type String that contain a policy, such as PolicyDocument of
// AWS::Logs::ResourcePolicy.

package document

import (
	"strings"
)

// Marks replace the unknown parts of a text while it is read as JSON. They are
// noncharacters of Unicode, which IAM refuses in a policy.
const (
	markStart = "\uFDD2"
	markEnd   = "\uFDD3"
)

// documentNode returns the node with the elements of a document: the node
// itself, the argument of Fn::ToJsonString, or the value in a JSON string. It
// returns nil if the document is known only at deployment, and an error if a
// string without unknown parts is not JSON.
func (d *decoder) documentNode(n *node) (*node, error) {
	if n == nil {
		return nil, nil
	}
	text, unknown, ok := n.textWithMarks()
	switch name, argument, intrinsic := n.intrinsic(); {
	case intrinsic && name == "ToJsonString":
		return argument, nil
	case intrinsic && !ok:
		return nil, nil
	case !ok:
		return n, nil
	}
	root, err := readJSON(d.file, []byte(strings.TrimSpace(text)))
	if err != nil {
		if len(unknown) > 0 {
			return nil, nil // it may be JSON once the unknown parts are filled in
		}
		return nil, err
	}
	root.setPosition(n)
	root.replaceMarks(unknown)
	// The part of the text that a default determined can be anywhere in the
	// tree.
	defaulted := n.allDefaultedParameters()
	root.setDefaultedParameters(defaulted)
	if statements := root.get("Statement"); statements != nil {
		for _, s := range statements.itemsOrSelf() {
			s.setDefaultedParameters(defaulted)
		}
	}
	return root, nil
}

// textWithMarks returns a text with marks for its unknown parts, and these parts.
// ok is false if the node is not a text.
func (n *node) textWithMarks() (text string, unknown []*node, ok bool) {
	if n.kind == textNode {
		return n.value, nil, true
	}
	parts := joinedParts(n)
	if parts == nil {
		return "", nil, false
	}
	var b strings.Builder
	for _, part := range parts {
		if part.isScalar() {
			// A mark in the template itself must not stand for an unknown part.
			b.WriteString(strings.ReplaceAll(part.value, markStart, markEnd))
			continue
		}
		b.WriteString(markStart + markEnd)
		unknown = append(unknown, part)
	}
	return b.String(), unknown, true
}

// setPosition gives all nodes of a tree the position of another node: the
// string that contains the tree.
func (n *node) setPosition(position *node) {
	n.line, n.column = position.line, position.column
	for i := range n.fields {
		n.fields[i].line, n.fields[i].column = position.line, position.column
		n.fields[i].value.setPosition(position)
	}
	for _, item := range n.items {
		item.setPosition(position)
	}
}

// replaceMarks puts the unknown parts in place of their marks, in order.
func (n *node) replaceMarks(unknown []*node) {
	next := 0
	var walk func(n *node) *node
	text := func(position *node, value string) *node {
		var parts []*node
		for {
			before, rest, found := strings.Cut(value, markStart+markEnd)
			if !found || next >= len(unknown) { // the rest has no mark of an unknown part
				if value != "" || len(parts) == 0 {
					parts = append(parts, textAt(position, value))
				}
				break
			}
			if before != "" {
				parts = append(parts, textAt(position, before))
			}
			parts = append(parts, unknown[next])
			next++
			value = rest
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return mapping(position, "Fn::Join", &node{kind: listNode, line: position.line, column: position.column,
			items: []*node{textAt(position, ""), {kind: listNode, line: position.line, column: position.column, items: parts}}})
	}
	walk = func(n *node) *node {
		for i := range n.fields {
			if strings.Contains(n.fields[i].key, markStart) {
				n.fields[i].key, n.fields[i].hasUnknownKey = text(n, n.fields[i].key).opaque(), true
			}
			n.fields[i].value = walk(n.fields[i].value)
		}
		for i := range n.items {
			n.items[i] = walk(n.items[i])
		}
		if n.kind == textNode && strings.Contains(n.value, markStart) {
			return text(n, n.value)
		}
		return n
	}
	walk(n)
}
