// Reading YAML into nodes, including CloudFormation's short-form intrinsics.

package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/problem"
)

// yamlReader converts the nodes of the YAML package to those of this package.
type yamlReader struct {
	file  string
	depth int
	nodes int
	// size is the total size of all texts; a text counts each time an alias
	// refers to it.
	size int
}

// readYAML returns the only document of a text, or nil if it is empty.
func readYAML(file string, text []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root, second yaml.Node
	if err := decoder.Decode(&root); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, yamlProblem(file, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, problem.Problem{File: file, Line: second.Line, Column: max(second.Column, 1), Message: "a second YAML document begins here: move it to a separate file"}
	case !errors.Is(err, io.EOF):
		return nil, yamlProblem(file, err)
	}
	r := &yamlReader{file: file}
	return r.node(&root)
}

// yamlProblem converts an error of the YAML package to a problem with its
// position.
func yamlProblem(file string, err error) error {
	var load *yaml.LoadError
	if errors.As(err, &load) {
		return problem.Problem{File: file, Line: max(load.Mark.Line, 1), Column: max(load.Mark.Column, 1), Message: problem.InvalidYAML(load.Message), Syntax: true}
	}
	return problem.Problem{File: file, Message: "invalid YAML: " + clip(err.Error()), Syntax: true}
}

func (r *yamlReader) problemAt(y *yaml.Node, format string, args ...any) error {
	return problem.Problem{File: r.file, Line: y.Line, Column: y.Column, Message: fmt.Sprintf(format, args...)}
}

func (r *yamlReader) node(y *yaml.Node) (*node, error) {
	// An alias counts each time it is used. This limits the expansion of nested
	// aliases.
	if r.nodes++; r.nodes > maxNodes {
		return nil, r.problemAt(y, "it has more than %d values, the limit for a policy or template", maxNodes)
	}
	if r.size += len(y.Value); r.size > MaxFileSize {
		return nil, r.problemAt(y, "with its aliases expanded, it is larger than 4 MiB, the limit for a policy or template")
	}
	if r.depth++; r.depth > maxDepth {
		return nil, r.problemAt(y, "it is nested more than %d levels deep", maxDepth)
	}
	defer func() { r.depth-- }()
	switch y.Kind {
	case yaml.DocumentNode:
		r.depth--
		defer func() { r.depth++ }()
		return r.node(y.Content[0])
	case yaml.AliasNode:
		return r.node(y.Alias)
	}
	if tag := y.Tag; strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") && tag != "!" {
		return r.shortForm(y)
	}
	return r.plain(y)
}

// shortForm reads "!Sub X" as {"Fn::Sub": X}.
func (r *yamlReader) shortForm(y *yaml.Node) (*node, error) {
	name, ok := intrinsicOfTag(y.Tag)
	if !ok {
		return nil, r.problemAt(y, "unknown tag %s: want a short form of an intrinsic function of CloudFormation, such as !Sub", clip(y.Tag))
	}
	argument := *y
	argument.Tag = ""
	if y.Kind == yaml.ScalarNode {
		// The value after a tag is always a string.
		argument.Tag = "!!str"
	}
	value, err := r.plain(&argument)
	if err != nil {
		return nil, err
	}
	return &node{kind: mappingNode, line: y.Line, column: y.Column,
		fields: []field{{key: name, value: value, line: y.Line, column: y.Column}}}, nil
}

// plain converts a node that is not a short-form intrinsic.
func (r *yamlReader) plain(y *yaml.Node) (*node, error) {
	n := &node{line: y.Line, column: y.Column}
	if tag := y.ShortTag(); y.Kind == yaml.MappingNode && tag != "!!map" || y.Kind == yaml.SequenceNode && tag != "!!seq" {
		return nil, r.problemAt(y, "unknown tag %s", clip(tag))
	}
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = mappingNode
		seen := make(map[string]int, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content); i += 2 {
			key := y.Content[i]
			for key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			switch {
			case key.Kind != yaml.ScalarNode:
				return nil, r.problemAt(key, "the key of a mapping: want a string")
			case key.ShortTag() == "!!merge":
				return nil, r.problemAt(key, "merge keys (<<) are not supported here or in CloudFormation: write the keys out")
			case seen[key.Value] != 0:
				return nil, r.problemAt(key, "duplicate key %q: it is already on line %d", clip(key.Value), seen[key.Value])
			}
			seen[key.Value] = key.Line
			value, err := r.node(y.Content[i+1])
			if err != nil {
				return nil, err
			}
			n.fields = append(n.fields, field{key: key.Value, value: value, line: key.Line, column: key.Column})
		}
	case yaml.SequenceNode:
		n.kind = listNode
		for _, item := range y.Content {
			value, err := r.node(item)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, value)
		}
	case yaml.ScalarNode:
		if n.value = y.Value; n.plainScalar(y) {
			return n, nil
		}
		switch y.ShortTag() {
		case "!!null":
			n.kind = nullNode
		case "!!int", "!!float":
			n.kind = numberNode
		case "!!bool":
			n.kind, n.value = boolNode, strings.ToLower(y.Value)
		case "!!binary":
			return nil, r.problemAt(y, "binary values are not supported here or in CloudFormation")
		case "!!str", "!!timestamp":
			// A date is a string: YAML reads Version: 2012-10-17 as a
			// timestamp.
			n.kind = textNode
		default:
			return nil, r.problemAt(y, "unknown tag %s", clip(y.ShortTag()))
		}
	default:
		return nil, r.problemAt(y, "unsupported YAML value")
	}
	return n, nil
}
