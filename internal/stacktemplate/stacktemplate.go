// Package stacktemplate parses CloudFormation templates in JSON or YAML,
// without knowing resource types: as nodes that can be edited, and as JSON
// values.
package stacktemplate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Template is a parsed template.
type Template struct {
	// Root is the mapping of the whole template.
	Root *yaml.Node
	// Resources has the mappings of the resources by logical ID. There is at
	// least one.
	Resources map[string]*yaml.Node
}

// Parse parses the text of a template.
func Parse(text string) (*Template, error) {
	root, err := parseRoot(text)
	if err != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	section := Value(root, "Resources")
	if section == nil || section.Kind != yaml.MappingNode || len(section.Content) == 0 {
		return nil, errors.New("reading the template: it has no resources")
	}
	t := &Template{Root: root, Resources: map[string]*yaml.Node{}}
	for i := 0; i+1 < len(section.Content); i += 2 {
		id, resource := section.Content[i].Value, section.Content[i+1]
		if resource.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("reading the template: the resource %s is not a mapping", id)
		}
		t.Resources[id] = resource
	}
	return t, nil
}

func parseRoot(text string) (*yaml.Node, error) {
	root, err := parseJSON(text)
	if err != nil { // not JSON
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			return nil, err
		}
		if len(document.Content) == 1 {
			root = document.Content[0]
		}
	}
	if root == nil || root.Kind != yaml.MappingNode {
		return nil, errors.New("it is not a mapping")
	}
	return root, nil
}

// String returns the template as YAML.
func (t *Template) String() (string, error) {
	text, err := yaml.Marshal(t.Root)
	if err != nil {
		return "", fmt.Errorf("writing the template: %w", err)
	}
	return string(text), nil
}

// Resource is a resource as JSON values.
type Resource struct {
	Type       string
	Properties map[string]any
}

// Values returns the resources as JSON values, by logical ID. The short form of a
// function, such as !Ref, becomes its full form, a mapping. An alias, which
// CloudFormation does not support, becomes a mapping too, so that callers do not take
// its name for a text.
func (t *Template) Values() map[string]Resource {
	all := map[string]Resource{}
	for id, node := range t.Resources {
		properties, _ := valueOf(Value(node, "Properties")).(map[string]any)
		all[id] = Resource{Text(node, "Type"), properties}
	}
	return all
}

// Value returns the value of a key in a mapping, or nil. If the key is repeated,
// it returns the last value.
func Value(mapping *yaml.Node, key string) (value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			value = mapping.Content[i+1]
		}
	}
	return value
}

// Text returns the text of a key in a mapping, or "" if the value is not a text: for
// example, a function.
func Text(mapping *yaml.Node, key string) string {
	if v := Value(mapping, key); v != nil && v.Kind == yaml.ScalarNode && !isShortForm(v) {
		return v.Value
	}
	return ""
}

// Set sets a key of a mapping to a text.
func Set(mapping *yaml.Node, key, text string) {
	if v := Value(mapping, key); v != nil {
		*v = *textNode(text)
		return
	}
	mapping.Content = append(mapping.Content, textNode(key), textNode(text))
}

// Mapping returns the mapping at a key of another mapping. If the key has no
// value, or a value that is not a mapping, it sets an empty mapping.
func Mapping(mapping *yaml.Node, key string) *yaml.Node {
	if v := Value(mapping, key); v != nil && v.Kind == yaml.MappingNode {
		return v
	} else if v != nil {
		*v = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		return v
	}
	added := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	mapping.Content = append(mapping.Content, textNode(key), added)
	return added
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: text}
}

func valueOf(n *yaml.Node) any {
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.AliasNode:
		return map[string]any{n.Tag: n.Value}
	case isShortForm(n):
		return fullForm(n)
	case n.Tag == "!!timestamp": // a text, because CloudFormation does not support this tag
		return n.Value
	case n.Kind == yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			all[n.Content[i].Value] = valueOf(n.Content[i+1])
		}
		return all
	case n.Kind == yaml.SequenceNode:
		all := []any{}
		for _, one := range n.Content {
			all = append(all, valueOf(one))
		}
		return all
	}
	var value any
	if n.Decode(&value) != nil {
		return n.Value
	}
	return value
}

// isShortForm reports whether a value is the short form of a function, such as
// !Sub.
func isShortForm(n *yaml.Node) bool {
	return strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")
}

// fullForm returns the full form of a function as JSON values: {"Ref": "X"} for
// !Ref X. Source: CloudFormation Template Reference, "Intrinsic function
// reference".
func fullForm(n *yaml.Node) map[string]any {
	name := strings.TrimPrefix(n.Tag, "!")
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	argument := *n
	argument.Tag = map[yaml.Kind]string{yaml.MappingNode: "!!map", yaml.SequenceNode: "!!seq"}[n.Kind]
	if n.Kind != yaml.ScalarNode {
		return map[string]any{name: valueOf(&argument)}
	}
	if resource, attribute, ok := strings.Cut(n.Value, "."); ok && name == "Fn::GetAtt" {
		return map[string]any{name: []any{resource, attribute}}
	}
	return map[string]any{name: n.Value}
}

// parseJSON parses JSON into nodes. A YAML parser would reject tabs in JSON,
// and the escapes of characters above U+FFFF.
func parseJSON(text string) (*yaml.Node, error) {
	if !json.Valid([]byte(text)) {
		return nil, errors.New("it is not JSON")
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return readJSON(decoder)
}

// readJSON reads one value.
func readJSON(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	scalar := func(tag, text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text} }
	switch token := token.(type) {
	case string:
		return textNode(token), nil
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(token.String(), ".eE") {
			tag = "!!float"
		}
		return scalar(tag, token.String()), nil
	case bool:
		return scalar("!!bool", fmt.Sprint(token)), nil
	case nil:
		return scalar("!!null", "null"), nil
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if token == json.Delim('{') {
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	for decoder.More() {
		item, err := readJSON(decoder) // a key, its value, or an item of a list
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, item)
	}
	_, err = decoder.Token() // the closing bracket
	return n, err
}
