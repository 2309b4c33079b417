package iam

// This file knows the names that IAM's resources have outside the template:
// their ARNs, and which of their properties are policies.

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// arnKinds are the parts of ARNs by the type of the resource, whose Ref is its
// name. Source: IAM User Guide, "IAM identifiers".
var arnKinds = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"AWS::IAM::Role":            "role",
		"AWS::IAM::User":            "user",
		"AWS::IAM::Group":           "group",
		"AWS::IAM::InstanceProfile": "instance-profile",
	}
}}

// ARN returns the ARN of a resource of the template that is deployed in an
// account under a physical ID, "" for a resource that the template does not
// have.
func (t *Template) ARN(logicalID, physicalID, partition, account string) string {
	resource, ok := t.Resources[logicalID]
	if !ok || physicalID == "" {
		return ""
	}
	kind, named := arnKinds.Get()[resource.AWSCloudFormationType()]
	if !named {
		return physicalID // of a managed policy, whose physical ID is its ARN
	}
	path, _ := t.properties(logicalID)["Path"].(string)
	if path == "" {
		path = "/"
	}
	return arn.IAM(partition, account, kind+path+physicalID).String()
}

// NameOf returns the name of a resource by its physical ID, which for a managed
// policy is its ARN.
func NameOf(physicalID string) string {
	if strings.HasPrefix(physicalID, "arn:") {
		return physicalID[strings.LastIndexByte(physicalID, '/')+1:]
	}
	return physicalID
}

// IsPolicyProperty is whether a property of a resource of IAM holds policy
// documents.
func IsPolicyProperty(name string) bool {
	return slices.Contains([]string{"PolicyDocument", "AssumeRolePolicyDocument", "Policies"}, name)
}
