// From values in memory to a set: what a program generates has no text.

package document

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// SetOf reads a template that is a value, as [ReadSet] reads one in a file:
// maps, lists, strings, booleans, numbers and nil, as encoding/json has them. file
// stands for it in messages. Nothing of the set has a position. The error is
// [problem.List], or about a value of another type.
func SetOf(file string, template any) (*Set, error) {
	root, err := nodeOf(template)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return setOf(file, root, Options{})
}

// nodeOf makes the node of a value: that of its JSON, without positions.
func nodeOf(value any) (*node, error) {
	switch v := value.(type) {
	case nil:
		return &node{kind: nullNode, value: "null"}, nil
	case string:
		return &node{kind: textNode, value: v}, nil
	case bool:
		return &node{kind: boolNode, value: strconv.FormatBool(v)}, nil
	case json.Number:
		return &node{kind: numberNode, value: v.String()}, nil
	case []any:
		n := &node{kind: listNode, items: make([]*node, len(v))}
		for i, item := range v {
			var err error
			if n.items[i], err = nodeOf(item); err != nil {
				return nil, err
			}
		}
		return n, nil
	case map[string]any:
		n := &node{kind: mappingNode, fields: make([]field, 0, len(v))}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			value, err := nodeOf(v[key])
			if err != nil {
				return nil, err
			}
			n.fields = append(n.fields, field{key: key, value: value})
		}
		return n, nil
	}
	return nil, fmt.Errorf("cannot read a value of type %T", value)
}
