package cfnstack

// This file reads and edits templates without knowing their resource types: it
// lists resources and sets their DeletionPolicy.

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
// sorted by logical ID. It sends no request.
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

// parseTemplate parses a template in JSON or YAML, and also returns the nodes
// of the resources by logical ID. JSON may be indented with tabs, which YAML
// rejects.
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

// value returns the value of a key in a mapping, or nil.
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

// setKey sets a key of a mapping to a text.
func setKey(mapping *yaml.Node, key, text string) {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: text}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content[i+1] = node
			return
		}
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: key}, node)
}

// retainedMark is the metadata key that makes CloudFormation carry out a change
// of a DeletionPolicy, which alone does not count as an update.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
const retainedMark = "RetainedAtDeletion"

// withRetain returns the template with the DeletionPolicy Retain on the
// resources with these logical IDs.
func withRetain(template string, ids []string) (string, error) {
	root, resources, err := parseTemplate(template)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		resource := resources[id]
		if resource == nil {
			return "", fmt.Errorf("the template of the stack has no resource %s", id)
		}
		setKey(resource, "DeletionPolicy", "Retain")
		metadata := value(resource, "Metadata")
		if metadata == nil || metadata.Kind != yaml.MappingNode {
			metadata = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
			resource.Content = append(resource.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: "Metadata"}, metadata)
		}
		setKey(metadata, retainedMark, "true")
	}
	return encodeTemplate(root)
}

// isRetained reports whether the deletion of the stack retains a resource.
// RetainExceptOnCreate counts too: it differs only in the rollback of a
// creation.
func isRetained(resource *yaml.Node) bool {
	policy := scalar(resource, "DeletionPolicy")
	return policy == "Retain" || policy == "RetainExceptOnCreate"
}

// notRetained returns those of the logical IDs whose resources a template does
// not retain when the stack is deleted.
func notRetained(template string, ids []string) ([]string, error) {
	_, resources, err := parseTemplate(template)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range ids {
		if r := resources[id]; r == nil || !isRetained(r) {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

// withDeletionPolicies returns the template with the DeletionPolicy
// RetainExceptOnCreate on every resource that has none. CloudFormation imports
// only resources with Retain or RetainExceptOnCreate.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
func withDeletionPolicies(template string) (string, error) {
	root, resources, err := parseTemplate(template)
	if err != nil {
		return "", err
	}
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		if value(resources[id], "DeletionPolicy") == nil {
			setKey(resources[id], "DeletionPolicy", "RetainExceptOnCreate")
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
