package cfnstack

// This file reads and edits templates, as far as that needs no knowledge of
// what is in them: which resources there are, and their DeletionPolicy.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// FirstDeployment returns what a first deployment of a template would create,
// without asking CloudFormation, sorted by logical ID.
func FirstDeployment(template string) ([]Change, error) {
	_, resources, err := parseTemplate(template)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for id, resource := range resources {
		changes = append(changes, Change{Action: "Add", LogicalID: id, Type: scalar(resource, "Type")})
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.LogicalID, b.LogicalID) })
	return changes, nil
}

// parseTemplate parses JSON and YAML, and returns the nodes of the resources by
// logical ID too. JSON may be indented with tabs, which YAML does not take.
func parseTemplate(template string) (root *yaml.Node, resources map[string]*yaml.Node, err error) {
	text := []byte(template)
	var compact bytes.Buffer
	if json.Compact(&compact, text) == nil {
		text = compact.Bytes()
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, nil, fmt.Errorf("reading the template: %w", err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, nil, fmt.Errorf("reading the template: it is not a mapping")
	}
	root = document.Content[0]
	section := value(root, "Resources")
	if section == nil || section.Kind != yaml.MappingNode || len(section.Content) == 0 {
		return nil, nil, fmt.Errorf("reading the template: it has no resources")
	}
	resources = map[string]*yaml.Node{}
	for i := 0; i+1 < len(section.Content); i += 2 {
		if section.Content[i+1].Kind != yaml.MappingNode {
			return nil, nil, fmt.Errorf("reading the template: the resource %s is not a mapping", section.Content[i].Value)
		}
		resources[section.Content[i].Value] = section.Content[i+1]
	}
	return root, resources, nil
}

// value returns the value of a key of a mapping, or nil.
func value(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func scalar(mapping *yaml.Node, key string) string {
	if v := value(mapping, key); v != nil && v.Kind == yaml.ScalarNode {
		return v.Value
	}
	return ""
}

// set gives a key of a mapping a text.
func set(mapping *yaml.Node, key, text string) {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: text}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content[i+1] = node
			return
		}
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: key}, node)
}

// retainedMark is the metadata key that makes a change of a DeletionPolicy one
// that CloudFormation carries out: a DeletionPolicy is not updated by itself.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
const retainedMark = "RetainedAtDeletion"

// retaining returns the template with the DeletionPolicy Retain on the
// resources named.
func retaining(template string, ids []string) (string, error) {
	root, resources, err := parseTemplate(template)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		resource := resources[id]
		if resource == nil {
			return "", fmt.Errorf("the template of the stack has no resource %s", id)
		}
		set(resource, "DeletionPolicy", "Retain")
		metadata := value(resource, "Metadata")
		if metadata == nil || metadata.Kind != yaml.MappingNode {
			metadata = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			resource.Content = append(resource.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: "Metadata"}, metadata)
		}
		set(metadata, retainedMark, "true")
	}
	return encodeTemplate(root)
}

// keeps says whether a resource stays when its stack is deleted.
// RetainExceptOnCreate keeps too, except for the rollback of a creation.
func keeps(resource *yaml.Node) bool {
	policy := scalar(resource, "DeletionPolicy")
	return policy == "Retain" || policy == "RetainExceptOnCreate"
}

// notRetained returns which of the resources named a template does not keep when
// the stack is deleted.
func notRetained(template string, ids []string) ([]string, error) {
	_, resources, err := parseTemplate(template)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range ids {
		if r := resources[id]; r == nil || !keeps(r) {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// adoptable returns the template with a DeletionPolicy on every resource:
// CloudFormation only imports what has one of Retain or RetainExceptOnCreate.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
func adoptable(template string) (string, error) {
	root, resources, err := parseTemplate(template)
	if err != nil {
		return "", err
	}
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		if value(resources[id], "DeletionPolicy") == nil {
			set(resources[id], "DeletionPolicy", "RetainExceptOnCreate")
		}
	}
	return encodeTemplate(root)
}

func encodeTemplate(root *yaml.Node) (string, error) {
	text, err := yaml.Marshal(root)
	if err != nil {
		return "", fmt.Errorf("writing the template: %w", err)
	}
	return string(text), nil
}
