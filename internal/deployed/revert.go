// Reverting drift: the state in the account before the change, as a template.

package deployed

import (
	"maps"
	"slices"

	"capaboot/cfnstack"
	"capaboot/iam"
)

// templateBeforeRevert returns template with the account's values for
// everything that a drift-aware change set changes. It leaves out drift that
// the change set does not revert, such as drift of a property that the template
// does not set. Both templates are JSON values, and are not modified.
func templateBeforeRevert(template, account map[string]any, set *cfnstack.ChangeSet) map[string]any {
	before := maps.Clone(resourcesIn(template))
	account = resourcesIn(account)
	for _, change := range set.Changes {
		found, exists := account[change.LogicalID].(map[string]any)
		wanted, ok := before[change.LogicalID].(map[string]any)
		switch {
		case change.Action == "SyncWithActual":
		case !exists:
			delete(before, change.LogicalID)
		case !ok || change.Action == "Add":
			before[change.LogicalID] = found
		default:
			before[change.LogicalID] = withActual(change, wanted, found, account)
		}
	}
	return map[string]any{"Resources": before}
}

// resourcesIn returns the resources of a template that consists of JSON values.
// For the text of a template, see package stacktemplate.
func resourcesIn(template map[string]any) map[string]any {
	resources, _ := template["Resources"].(map[string]any)
	if resources == nil {
		return map[string]any{}
	}
	return resources
}

// withActual returns a resource of the template with the account's values for
// the properties that change, or for all properties when the change set names
// none.
func withActual(change cfnstack.Change, wanted, found, account map[string]any) map[string]any {
	actual, _ := found["Properties"].(map[string]any)
	properties, _ := wanted["Properties"].(map[string]any)
	properties = maps.Clone(properties)
	var names []string
	for _, p := range change.Properties {
		if p.Attribute == "Properties" && p.Name != "" {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		names = slices.Collect(maps.Keys(mergedMap(properties, actual)))
	}
	for _, name := range names {
		value, ok := actual[name]
		if entityType := map[string]string{"Roles": "AWS::IAM::Role", "Users": "AWS::IAM::User", "Groups": "AWS::IAM::Group"}[name]; entityType != "" && change.Type == "AWS::IAM::ManagedPolicy" {
			value, ok = attachedTo(change.LogicalID, entityType, account), true
		}
		if ok {
			properties[name] = value
		} else {
			delete(properties, name)
		}
	}
	return map[string]any{"Type": wanted["Type"], "Properties": properties}
}

func mergedMap(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// attachedTo returns references to the resources of a type to which a managed
// policy is attached. In the account, these resources record the attachment.
func attachedTo(policy, kind string, account map[string]any) any {
	all := []any{}
	for _, id := range slices.Sorted(maps.Keys(account)) {
		resource, _ := account[id].(map[string]any)
		properties, _ := resource["Properties"].(map[string]any)
		attached, _ := properties["ManagedPolicyArns"].([]any)
		if resource["Type"] == kind && slices.ContainsFunc(attached, func(name any) bool { return iam.RefTarget(name) == policy }) {
			all = append(all, map[string]any{"Ref": id})
		}
	}
	return all
}
