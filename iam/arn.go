package iam

// The ARNs that the IAM resources of a template have in an account, and the
// properties of these resources that contain policies.

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// arnKinds maps a resource type to the word for it in ARNs, such as "role". It
// has only the types whose Ref returns the name. Source: IAM User Guide, "IAM
// identifiers".
var arnKinds = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AWS::IAM::Role":            "role",
		"AWS::IAM::User":            "user",
		"AWS::IAM::Group":           "group",
		"AWS::IAM::InstanceProfile": "instance-profile",
	}
}}

// ARN returns the ARN that a resource of the template has in an account when
// its physical ID is physicalID. It returns "" if physicalID is "", or if the
// template does not have the resource.
func (t *Template) ARN(logicalID, physicalID, partition, account string) string {
	resource, ok := t.Resources[logicalID]
	if !ok || physicalID == "" {
		return ""
	}
	kind, hasARN := arnKinds.Get()[resource.AWSCloudFormationType()]
	if !hasARN {
		return physicalID // The physical ID of a managed policy is its ARN.
	}
	path, _ := t.properties(logicalID)["Path"].(string)
	if path == "" {
		path = "/"
	}
	return arn.IAM(partition, account, kind+path+physicalID).String()
}

// NameOf returns the name of a resource with the given physical ID. For a
// managed policy the physical ID is the ARN.
func NameOf(physicalID string) string {
	if strings.HasPrefix(physicalID, "arn:") {
		return physicalID[strings.LastIndexByte(physicalID, '/')+1:]
	}
	return physicalID
}

// IsPolicyProperty reports whether a property of an IAM resource contains
// policy documents.
func IsPolicyProperty(name string) bool {
	return slices.Contains([]string{"PolicyDocument", "AssumeRolePolicyDocument", "Policies"}, name)
}
