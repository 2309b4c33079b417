// Reading a template that a program generated: values in memory instead of
// text.

package document

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// SetOf reads a template from values, as [ReadSet] reads one from a file. The
// values are maps, lists, strings, booleans, json.Number and nil, as
// encoding/json produces them. file is the name of the template in messages.
// The set has no positions. The error is a [problem.List], or says that a value
// has another type.
func SetOf(file string, template any) (*Set, error) {
	root, err := nodeOf(template)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return setFromNode(file, root, Options{})
}

// nodeOf returns the node of a value, without positions.
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
