package cfnstack

// This file lists the resources of templates, and sets their DeletionPolicy.

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"capaboot/internal/stacktemplate"
)

// FirstDeployment returns what a first deployment of a template would create,
// sorted by logical ID. It sends no request.
func FirstDeployment(template string) ([]Change, error) {
	parsed, err := stacktemplate.Parse(template)
	if err != nil {
		return nil, err
	}
	var changes []Change
	for id, resource := range parsed.Resources {
		changes = append(changes, Change{Action: "Add", LogicalID: id, Type: stacktemplate.Text(resource, "Type")})
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.LogicalID, b.LogicalID) })
	return changes, nil
}

// retainedMark is the metadata key that makes CloudFormation carry out a change
// of a DeletionPolicy, which alone does not count as an update.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
const retainedMark = "RetainedAtDeletion"

// withRetain returns the template with the DeletionPolicy Retain and the
// metadata retainedMark on the resources with these logical IDs.
func withRetain(template string, ids []string) (string, error) {
	parsed, err := stacktemplate.Parse(template)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		resource := parsed.Resources[id]
		if resource == nil {
			return "", fmt.Errorf("the template of the stack has no resource %s", id)
		}
		stacktemplate.Set(resource, "DeletionPolicy", "Retain")
		stacktemplate.Set(stacktemplate.Mapping(resource, "Metadata"), retainedMark, "true")
	}
	return parsed.String()
}

// isRetained reports whether the deletion of the stack retains a resource.
// RetainExceptOnCreate counts too: it differs only in the rollback of a
// creation.
func isRetained(resource *yaml.Node) bool {
	policy := stacktemplate.Text(resource, "DeletionPolicy")
	return policy == "Retain" || policy == "RetainExceptOnCreate"
}

// Retained returns the logical IDs of the resources that a deletion of the
// stack retains because of their DeletionPolicy. With an error, the result is
// nil or incomplete: the template cannot be parsed, or a function determines a
// DeletionPolicy, as the transform AWS::LanguageExtensions allows.
func Retained(template string) (map[string]bool, error) {
	parsed, err := stacktemplate.Parse(template)
	if err != nil {
		return nil, err
	}
	retained := map[string]bool{}
	var unknown []string
	for id, resource := range parsed.Resources {
		switch {
		case isRetained(resource):
			retained[id] = true
		case stacktemplate.Value(resource, "DeletionPolicy") != nil && stacktemplate.Text(resource, "DeletionPolicy") == "":
			unknown = append(unknown, id)
		}
	}
	if slices.Sort(unknown); len(unknown) > 0 {
		err = fmt.Errorf("an intrinsic function determines the DeletionPolicy of %s", strings.Join(unknown, ", "))
	}
	return retained, err
}

// notRetained returns the logical IDs, among ids, of the resources that a
// template does not retain when the stack is deleted.
func notRetained(template string, ids []string) ([]string, error) {
	parsed, err := stacktemplate.Parse(template)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, id := range ids {
		if r := parsed.Resources[id]; r == nil || !isRetained(r) {
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
	parsed, err := stacktemplate.Parse(template)
	if err != nil {
		return "", err
	}
	for _, id := range slices.Sorted(maps.Keys(parsed.Resources)) {
		if resource := parsed.Resources[id]; stacktemplate.Value(resource, "DeletionPolicy") == nil {
			stacktemplate.Set(resource, "DeletionPolicy", "RetainExceptOnCreate")
		}
	}
	return parsed.String()
}
