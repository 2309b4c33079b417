// The properties of the resource types whose properties grant permissions.
// CloudFormation refuses a template with any other property of these types, so a
// misspelt Policies grants nothing, although its author meant it to.

package document

import (
	"slices"
	"strings"

	"capaboot/internal/nearword"
)

// iamType is a resource type with its properties.
type iamType struct {
	name       string
	properties []string
}

// iamProperties lists the properties of each type. Source: CloudFormation Template
// Reference, as of goformation v7.14.9, which a test compares.
var iamProperties = []iamType{
	{"AWS::IAM::Group", []string{"GroupName", "ManagedPolicyArns", "Path", "Policies"}},
	{"AWS::IAM::GroupPolicy", []string{"GroupName", "PolicyDocument", "PolicyName"}},
	{"AWS::IAM::InstanceProfile", []string{"InstanceProfileName", "Path", "Roles"}},
	{"AWS::IAM::ManagedPolicy", []string{"Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"}},
	{"AWS::IAM::OIDCProvider", []string{"ClientIdList", "Tags", "ThumbprintList", "Url"}},
	{"AWS::IAM::Policy", []string{"Groups", "PolicyDocument", "PolicyName", "Roles", "Users"}},
	{"AWS::IAM::Role", []string{"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path", "PermissionsBoundary", "Policies", "RoleName", "Tags"}},
	{"AWS::IAM::RolePolicy", []string{"PolicyDocument", "PolicyName", "RoleName"}},
	{"AWS::IAM::User", []string{"Groups", "LoginProfile", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Policies", "Tags", "UserName"}},
	{"AWS::IAM::UserPolicy", []string{"PolicyDocument", "PolicyName", "UserName"}},
	{"AWS::IAM::UserToGroupAddition", []string{"GroupName", "Users"}},
	{"AWS::SSO::PermissionSet", []string{"CustomerManagedPolicyReferences", "Description", "InlinePolicy", "InstanceArn", "ManagedPolicies", "Name", "PermissionsBoundary", "RelayStateType", "SessionDuration", "Tags"}},
}

// otherIAMTypes are the types of IAM resources that iamProperties lacks. Source: CloudFormation Template
// Reference, "AWS Identity and Access Management".
var otherIAMTypes = []string{"AWS::IAM::AccessKey", "AWS::IAM::SAMLProvider", "AWS::IAM::ServerCertificate", "AWS::IAM::ServiceLinkedRole", "AWS::IAM::VirtualMFADevice"}

// functionGrants are the properties of a function of SAM that give its role permissions.
var functionGrants = []string{"AssumeRolePolicyDocument", "PermissionsBoundary", "Policies", "Role"}

// checkProperties reports the type of an IAM resource, or a property, that is probably
// misspelt. Another type or property that this package does not know, such as one that
// CloudFormation has added, becomes an unread part.
func (r *templateReader) checkProperties(f field, t *node) {
	if t.value == "AWS::Serverless::Function" {
		r.checkFunctionGrants(f)
		return
	}
	i := slices.IndexFunc(iamProperties, func(row iamType) bool { return row.name == t.value })
	if i < 0 {
		r.checkIAMType(f, t)
		return
	}
	allowed := iamProperties[i].properties
	properties := f.value.get("Properties")
	if properties == nil {
		return
	}
	for _, p := range properties.fields {
		if slices.Contains(allowed, p.key) || strings.HasPrefix(p.key, "Fn::") {
			continue
		}
		if suggestion := nearword.DidYouMean(p.key, allowed); suggestion != "" {
			r.problemAt(p.line, p.column, "unknown property %q of %s %s%s", clip(p.key), t.value, clip(f.key), suggestion)
		} else {
			r.addUnread(clip(p.key)+" of "+t.value, f.key, true, p.line, p.column, p.value)
		}
	}
}

// checkIAMType reports a misspelt type of an IAM resource. Types of other services are
// not checked.
func (r *templateReader) checkIAMType(f field, t *node) {
	if !strings.HasPrefix(t.value, "AWS::IAM::") || slices.Contains(otherIAMTypes, t.value) {
		return
	}
	names := slices.Clone(otherIAMTypes)
	for _, row := range iamProperties {
		names = append(names, row.name)
	}
	if suggestion := nearword.DidYouMean(t.value, names); suggestion != "" {
		r.problemOn(t, "unknown type %q of resource %s%s", clip(t.value), clip(f.key), suggestion)
	} else {
		r.addUnread(clip(t.value), f.key, true, t.line, t.column, f.value)
	}
}

// checkFunctionGrants reports the properties of a function of SAM that differ from one
// of the functionGrants by one letter.
func (r *templateReader) checkFunctionGrants(f field) {
	properties := f.value.get("Properties")
	if properties == nil {
		return
	}
	for _, p := range properties.fields {
		for _, name := range functionGrants {
			if nearword.IsOneLetterOff(p.key, name) {
				r.problemAt(p.line, p.column, "unknown property %q of AWS::Serverless::Function %s, did you mean %q?", clip(p.key), clip(f.key), name)
			}
		}
	}
}
