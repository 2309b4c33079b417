// YAML nodes: their descriptions, the values of scalars, and the entries of
// mappings, merge keys included.

package iam

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

func isNumberOrBool(node *yaml.Node) bool {
	switch node.ShortTag() {
	case "!!int", "!!float", "!!bool":
		return node.Kind == yaml.ScalarNode
	}
	return false
}

// describe describes a node for messages: its type and, for a scalar, its
// value.
func describe(node *yaml.Node) string {
	switch {
	case !isPlainTag(node):
		return "a value with the tag " + clip(node.ShortTag())
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	}
	switch tag := node.ShortTag(); tag {
	case "!!int", "!!float":
		return "the number " + clip(node.Value)
	case "!!bool":
		return "the boolean " + clip(node.Value)
	case "!!null":
		return "nothing"
	case "!!str", "!!timestamp":
		return fmt.Sprintf("the string %q", clip(node.Value))
	default:
		return "a value with the tag " + clip(tag)
	}
}

// boolValue returns the value of a boolean. ok is false if the node is not a
// boolean. The spellings of YAML 1.1 are accepted, since clusterawsadm accepts
// "enable: yes".
func boolValue(node *yaml.Node) (value, ok bool) {
	if node.Kind != yaml.ScalarNode || node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return false, false
	}
	if tag := node.ShortTag(); tag != "!!bool" && tag != "!!str" {
		return false, false
	}
	switch strings.ToLower(node.Value) {
	case "true", "yes", "on", "y":
		return true, true
	case "false", "no", "off", "n":
		return false, true
	}
	return false, false
}

// stringValue returns the value of a string, and whether the node is one. A
// YAML date counts as a string, as in JSON and in clusterawsadm.
func stringValue(node *yaml.Node) (string, bool) {
	if node.Kind != yaml.ScalarNode {
		return "", false
	}
	tag := node.ShortTag()
	return node.Value, tag == "!!str" || tag == "!!timestamp"
}

// pair is a key of a mapping with its value.
type pair struct {
	key, value *yaml.Node
}

// pairs returns the entries of a mapping, including those of merge keys ("<<").
// It reports duplicate keys and keys that are not scalars.
func (d *decoder) pairs(node *yaml.Node, path string) []pair {
	var pairs, merged []pair
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		pos := position{key.Line, key.Column}
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.addAt(pos, "the key of a mapping must be a string, not %s", describe(key))
		case first != nil:
			d.addAt(pos, "duplicate key %q: it is already on line %d", clip(key.Value), first.Line)
		case key.ShortTag() == "!!merge":
			seen[key.Value] = key
			merged = append(merged, d.mergedPairs(value, path)...)
		default:
			seen[key.Value] = key
			pairs = append(pairs, pair{key, value})
		}
	}
	for _, p := range merged {
		if seen[p.key.Value] == nil {
			seen[p.key.Value] = p.key
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// mergedPairs returns the entries that a merge key adds. Its value is a mapping
// or a list of mappings; in a list the earlier mappings win.
func (d *decoder) mergedPairs(value *yaml.Node, path string) []pair {
	value, ok := d.enter(value, path)
	if !ok {
		return nil
	}
	defer func() { d.depth-- }()
	switch value.Kind {
	case yaml.MappingNode:
		// Count every pair, because a list can name the same mapping many
		// times.
		if d.values += len(value.Content) / 2; d.values > maxValues {
			d.reportTooLarge(path)
			return nil
		}
		return d.pairs(value, path)
	case yaml.SequenceNode:
		var all []pair
		for _, item := range value.Content {
			if d.tooLarge {
				return nil
			}
			all = append(all, d.mergedPairs(item, path)...)
		}
		return all
	default:
		d.addAt(position{value.Line, value.Column}, "a merge key (<<) needs a mapping, got %s", describe(value))
		return nil
	}
}

// apiVersion returns the apiVersion among the entries of a file.
func apiVersion(pairs []pair) string {
	for _, p := range pairs {
		value := p.value
		for value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if p.key.Value == "apiVersion" && value.Kind == yaml.ScalarNode {
			return value.Value
		}
	}
	return ""
}

// isNullText reports whether a text is one of YAML's spellings of null.
func isNullText(text string) bool {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// isPlainTag returns false if a mapping or list does not have the default tag.
// It returns true for every scalar, because the tag of a scalar is checked where
// its value is decoded.
func isPlainTag(node *yaml.Node) bool {
	switch node.Kind {
	case yaml.MappingNode:
		return node.ShortTag() == "!!map"
	case yaml.SequenceNode:
		return node.ShortTag() == "!!seq"
	}
	return true
}
