// Naming: how the configuration gives the resources of a template the names
// that they have in the account.

package iam

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// Naming says how a configuration changes the name of a resource.
type Naming struct {
	// Fields are the fields of spec that name it; any one of them changes the
	// name. Empty for a resource whose name is fixed.
	Fields []string
	// Disable is the field of spec that leaves it out when it is true, for a
	// resource whose name is fixed.
	Disable string
}

// affixes name every role, instance profile and managed policy, except for those
// with fixed names.
var affixes = Naming{Fields: []string{"namePrefix", "nameSuffix"}}

// nameProperties are the properties with the names of resources, by type.
var nameProperties = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AWS::IAM::Role": "RoleName", "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
		"AWS::IAM::User": "UserName", "AWS::IAM::Group": "GroupName",
	}
}}

// Naming returns how the configuration changes the name of a resource, and
// whether the template has the resource.
func (t *Template) Naming(logicalID string) (Naming, bool) {
	switch _, exists := t.Resources[logicalID]; {
	case !exists:
		return Naming{}, false
	case logicalID == userBootstrapper:
		return Naming{Fields: []string{"bootstrapUser.userName"}}, true
	case logicalID == groupBootstrapper:
		return Naming{Fields: []string{"bootstrapUser.groupName"}}, true
	case t.fixedNames[logicalID] != "":
		return Naming{Disable: t.fixedNames[logicalID] + ".disable"}, true
	}
	return affixes, true
}

// Name returns the name of a resource in the account, "" when CloudFormation
// chooses it.
func (t *Template) Name(logicalID string) string {
	resource, exists := t.Resources[logicalID]
	if !exists {
		return ""
	}
	name, _ := t.properties(logicalID)[nameProperties.Get()[resource.AWSCloudFormationType()]].(string)
	return name
}

// NameProperty returns the property with the name of a resource of a type, "" for
// types that our templates do not have.
func NameProperty(resourceType string) string { return nameProperties.Get()[resourceType] }

// Named returns the logical IDs of the resources with a name, sorted. Names of
// IAM are not distinguished by case (IAM User Guide, "IAM and AWS STS quotas").
func (t *Template) Named(name string) []string {
	var ids []string
	for id := range t.Resources {
		if name != "" && strings.EqualFold(t.Name(id), name) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// PhysicalID returns the ID that CloudFormation has for a resource in an
// account, which of a managed policy is its ARN; "" when it is unknown.
func (t *Template) PhysicalID(logicalID, partition, account string) string {
	name := t.Name(logicalID)
	if name == "" || t.Resources[logicalID].AWSCloudFormationType() != "AWS::IAM::ManagedPolicy" {
		return name
	}
	return arn.IAM(partition, account, "policy/"+name).String()
}
