// Finds the policy document in a response of AWS, as the AWS CLI prints it.
//
// Sources: AWS CLI Command Reference: iam get-role, get-role-policy,
// get-user-policy, get-group-policy, get-policy-version; s3api get-bucket-policy,
// kms get-key-policy, lambda get-policy, secretsmanager get-resource-policy;
// organizations describe-policy, iam list-attached-role-policies, list-role-policies,
// list-policies, list-policy-versions, list-roles; cloudformation get-template. IAM API
// Reference: the documents in responses of the API are URL-encoded.

package document

import (
	"net/url"
	"strings"
)

// responses has the path of the document in each response of AWS, and the fields that
// distinguish the response from other files.
var responses = [...]struct {
	path string
	with []string // all of them must be present
}{
	{"PolicyVersion Document", []string{"PolicyVersion VersionId"}},
	{"Role AssumeRolePolicyDocument", []string{"Role RoleName", "Role Arn"}},
	{"PolicyDocument", []string{"PolicyName", "RoleName"}},
	{"PolicyDocument", []string{"PolicyName", "UserName"}},
	{"PolicyDocument", []string{"PolicyName", "GroupName"}},
	{"ResourcePolicy", []string{"ARN", "Name"}},
	{"Policy", nil}, // the policy must be a string
}

// at returns the node at a path of field names, separated by spaces.
func (n *node) at(path string) *node {
	for name := range strings.FieldsSeq(path) {
		n = n.get(name)
	}
	return n
}

// documentInResponse returns the document in a response of AWS, or the root itself
// if it is not a response.
func documentInResponse(file string, root *node) *node {
	if root.kind != mappingNode || root.get("Statement") != nil || root.get("Resources") != nil {
		return root
	}
	for _, response := range responses {
		found := root.at(response.path)
		if found == nil || len(response.with) == 0 && found.kind != textNode || hasMissing(root, response.with) {
			continue
		}
		if found.kind != textNode {
			return found
		}
		text := found.value
		if strings.HasPrefix(text, "%7B") {
			if decoded, err := url.QueryUnescape(text); err == nil {
				text = decoded
			}
		}
		document, err := readJSON(file, []byte(strings.TrimSpace(text)))
		if err != nil {
			return root // not a policy
		}
		document.setPosition(found)
		return document
	}
	return root
}

func hasMissing(root *node, paths []string) bool {
	for _, path := range paths {
		if root.at(path) == nil {
			return true
		}
	}
	return false
}

// extractionHint says how to get a document out of a file of a known kind that
// has many documents or none, or returns "". A policy of an organization is not
// read, because its Allow statements grant nothing.
func extractionHint(root *node) string {
	switch {
	case root.get("RoleDetailList") != nil || root.get("UserDetailList") != nil:
		return `it is the output of "aws iam get-account-authorization-details", which has many documents: extract one document, for example with jq '.RoleDetailList[0].AssumeRolePolicyDocument'`
	case root.get("resource_changes") != nil || root.get("planned_values") != nil:
		return `it is a Terraform plan, which has many documents: extract one document, for example with jq -r '[.resource_changes[] | select(.type == "aws_iam_policy").change.after.policy][0]'`
	case root.get("TemplateBody") != nil:
		return `it is the output of "aws cloudformation get-template": extract the template with jq -r '.TemplateBody'`
	case root.at("Policy PolicyName") != nil && root.at("Policy DefaultVersionId") != nil:
		return `it is the output of "aws iam get-policy", which does not have the document: use "aws iam get-policy-version"`
	case root.at("Policy PolicySummary") != nil && root.at("Policy Content") != nil:
		return `it is the output of "aws organizations describe-policy": a policy of an organization limits permissions, and its Allow statements grant nothing; to review only its statements, extract the document with jq -r '.Policy.Content'`
	case root.hasListOf("AttachedPolicies", "PolicyArn"):
		return `it is the output of a command such as "aws iam list-attached-role-policies", which does not have the documents: get each document with "aws iam get-policy-version --policy-arn ARN --version-id VERSION"`
	case root.hasListOf("PolicyNames", ""):
		return `it is the output of a command such as "aws iam list-role-policies", which does not have the documents: get each document with "aws iam get-role-policy", "get-user-policy" or "get-group-policy"`
	case root.hasListOf("Policies", "DefaultVersionId"):
		return `it is the output of "aws iam list-policies", which does not have the documents: get each document with "aws iam get-policy-version --policy-arn ARN --version-id VERSION"`
	case root.hasListOf("Versions", "IsDefaultVersion"):
		return `it is the output of "aws iam list-policy-versions", which does not have the documents: get one document with "aws iam get-policy-version --policy-arn ARN --version-id VERSION"`
	case root.hasListOf("Roles", "AssumeRolePolicyDocument"):
		return `it is the output of "aws iam list-roles", which has many documents: extract one document, for example with jq '.Roles[0].AssumeRolePolicyDocument'`
	}
	return ""
}

// hasListOf reports whether a field is a list that is not empty, and whose first item
// has the inner field or, if inner is "", is a text.
func (n *node) hasListOf(field, inner string) bool {
	list := n.get(field)
	if list == nil || list.kind != listNode || len(list.items) == 0 {
		return false
	}
	if inner == "" {
		return list.items[0].kind == textNode
	}
	return list.items[0].get(inner) != nil
}
