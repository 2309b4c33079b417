// The names of the template's resources in the account, and which fields of the
// configuration determine them.

package iam

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// Naming says which fields of a configuration change the name of a resource.
type Naming struct {
	// Fields are the fields of spec that determine the name: a change of one of
	// them changes the name. Empty for a resource with a fixed name.
	Fields []string
	// DisableField is the field of spec that removes a resource with a fixed name
	// when it is true.
	DisableField string
}

// affixes is the naming of every role, instance profile and managed policy
// without a fixed name.
var affixes = Naming{Fields: []string{"namePrefix", "nameSuffix"}}

// nameProperties maps a resource type to the property that contains the name.
var nameProperties = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AWS::IAM::Role": "RoleName", "AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
		"AWS::IAM::User": "UserName", "AWS::IAM::Group": "GroupName",
	}
}}

// Naming returns which fields change the name of a resource, and whether the
// template has the resource.
func (t *Template) Naming(logicalID string) (Naming, bool) {
	switch _, exists := t.Resources[logicalID]; {
	case !exists:
		return Naming{}, false
	case logicalID == userBootstrapper:
		return Naming{Fields: []string{"bootstrapUser.userName"}}, true
	case logicalID == groupBootstrapper:
		return Naming{Fields: []string{"bootstrapUser.groupName"}}, true
	case t.fixedNames[logicalID] != "":
		return Naming{DisableField: t.fixedNames[logicalID] + ".disable"}, true
	}
	return affixes, true
}

// Name returns the name of a resource in the account; "" if CloudFormation
// chooses it, or if the template does not have the resource.
func (t *Template) Name(logicalID string) string {
	resource, exists := t.Resources[logicalID]
	if !exists {
		return ""
	}
	name, _ := t.properties(logicalID)[nameProperties.Get()[resource.AWSCloudFormationType()]].(string)
	return name
}

// NameProperty returns the property that contains the name of a resource of a
// type, or "" for a type that our templates do not have.
func NameProperty(resourceType string) string { return nameProperties.Get()[resourceType] }

// IsOwnLogicalID reports whether a logical ID has the form of those in CAPA's
// templates. clusterawsadm never uses other logical IDs, and the configuration
// cannot change them.
func IsOwnLogicalID(id string) bool {
	return strings.HasPrefix(id, "AWSIAM") || id == policyCSI
}

// Named returns the logical IDs of the resources with the given name, sorted.
// IAM names are not case-sensitive (IAM User Guide, "IAM and AWS STS quotas").
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

// PhysicalID returns the physical ID of a resource in an account, or "" if it
// is unknown. For a managed policy it is the ARN.
func (t *Template) PhysicalID(logicalID, partition, account string) string {
	name := t.Name(logicalID)
	if name == "" || t.Resources[logicalID].AWSCloudFormationType() != "AWS::IAM::ManagedPolicy" {
		return name
	}
	return arn.IAM(partition, account, "policy/"+name).String()
}
