package awsclient

// This file lists the fields that are always in a response, for every operation
// that capaboot calls through the clients of the SDK. Package eks validates the
// responses of EKS.

import (
	"encoding/xml"
	"reflect"
	"strings"

	"capaboot/internal/lazy"
)

// requiredFields lists the paths of the fields that every response of an
// operation has, by service and operation. A path applies to every item of a
// list. A list at the end of a path must be present but may be empty; with "+"
// it must have at least one item.
//
// Sources: the required members in the AWS CloudFormation, IAM, STS, Sign-In
// and IAM Identity Center Portal and OIDC API References, and the IDs and
// states without which a response would be useless.
var requiredFields = lazy.Value[map[string][]string]{Make: func() map[string][]string {
	return map[string][]string{
		"CloudFormation.CreateChangeSet": {"Id", "StackId"},
		"CloudFormation.DescribeChangeSet": {"ChangeSetId", "StackId", "StackName", "Status", "ExecutionStatus",
			"Changes.ResourceChange.Action", "Changes.ResourceChange.LogicalResourceId", "Changes.ResourceChange.ResourceType"},
		"CloudFormation.ListChangeSets":                    {"Summaries", "Summaries.ChangeSetId", "Summaries.ChangeSetName", "Summaries.StackId", "Summaries.Status"},
		"CloudFormation.DescribeStacks":                    {"Stacks+", "Stacks.StackId", "Stacks.StackName", "Stacks.StackStatus", "Stacks.CreationTime"},
		"CloudFormation.DescribeStackEvents":               {"StackEvents+", "StackEvents.EventId", "StackEvents.StackId", "StackEvents.Timestamp"},
		"CloudFormation.DescribeEvents":                    {"OperationEvents", "OperationEvents.EventId"},
		"CloudFormation.ListStackResources":                {"StackResourceSummaries", "StackResourceSummaries.ResourceType", "StackResourceSummaries.ResourceStatus"},
		"CloudFormation.DescribeStackResources":            {"StackResources", "StackResources.ResourceType", "StackResources.ResourceStatus"},
		"CloudFormation.GetTemplate":                       {"TemplateBody"},
		"CloudFormation.UpdateTerminationProtection":       {"StackId"},
		"CloudFormation.DetectStackDrift":                  {"StackDriftDetectionId"},
		"CloudFormation.DescribeStackDriftDetectionStatus": {"DetectionStatus", "StackDriftDetectionId", "StackId", "Timestamp"},
		"CloudFormation.DescribeStackResourceDrifts": {"StackResourceDrifts", "StackResourceDrifts.LogicalResourceId", "StackResourceDrifts.ResourceType",
			"StackResourceDrifts.StackId", "StackResourceDrifts.StackResourceDriftStatus", "StackResourceDrifts.Timestamp"},
		// For ExecuteChangeSet, DeleteChangeSet, DeleteStack and
		// ContinueUpdateRollback see emptyResults.

		"STS.GetCallerIdentity":         {"Account", "Arn", "UserId"},
		"STS.AssumeRole":                sessionFields,
		"STS.AssumeRoleWithWebIdentity": sessionFields,
		"STS.GetSessionToken":           sessionFields,
		"SSO.GetRoleCredentials":        {"RoleCredentials.AccessKeyId"},
		"SSO OIDC.CreateToken":          {"AccessToken", "ExpiresIn"},
		"Signin.CreateOAuth2Token": {"TokenOutput.AccessToken.AccessKeyId", "TokenOutput.AccessToken.SecretAccessKey",
			"TokenOutput.AccessToken.SessionToken", "TokenOutput.ExpiresIn", "TokenOutput.RefreshToken"},

		"IAM.GetRole":                     {"Role.RoleName", "Role.Arn", "Role.AssumeRolePolicyDocument"},
		"IAM.ListRolePolicies":            {"PolicyNames"},
		"IAM.GetRolePolicy":               {"PolicyName", "PolicyDocument"},
		"IAM.ListAttachedRolePolicies":    {"AttachedPolicies", "AttachedPolicies.PolicyArn"},
		"IAM.GetUser":                     {"User.UserName", "User.Arn"},
		"IAM.ListUserPolicies":            {"PolicyNames"},
		"IAM.GetUserPolicy":               {"PolicyName", "PolicyDocument"},
		"IAM.ListAttachedUserPolicies":    {"AttachedPolicies", "AttachedPolicies.PolicyArn"},
		"IAM.ListGroupsForUser":           {"Groups", "Groups.GroupName"},
		"IAM.GetGroup":                    {"Group.GroupName", "Group.Arn"},
		"IAM.ListGroupPolicies":           {"PolicyNames"},
		"IAM.GetGroupPolicy":              {"PolicyName", "PolicyDocument"},
		"IAM.ListAttachedGroupPolicies":   {"AttachedPolicies", "AttachedPolicies.PolicyArn"},
		"IAM.GetPolicy":                   {"Policy.Arn", "Policy.DefaultVersionId"},
		"IAM.GetPolicyVersion":            {"PolicyVersion.VersionId", "PolicyVersion.Document"},
		"IAM.ListPolicies":                {"Policies", "Policies.PolicyName", "Policies.Arn"},
		"IAM.ListPolicyVersions":          {"Versions", "Versions.VersionId"},
		"IAM.ListEntitiesForPolicy":       {"PolicyGroups", "PolicyGroups.GroupName", "PolicyUsers", "PolicyUsers.UserName", "PolicyRoles", "PolicyRoles.RoleName"},
		"IAM.GetInstanceProfile":          {"InstanceProfile.InstanceProfileName", "InstanceProfile.Arn", "InstanceProfile.Roles", "InstanceProfile.Roles.RoleName"},
		"IAM.ListInstanceProfilesForRole": {"InstanceProfiles", "InstanceProfiles.InstanceProfileName"},
		"IAM.GetLoginProfile":             {"LoginProfile.UserName"},
		"IAM.ListAccessKeys":              {"AccessKeyMetadata", "AccessKeyMetadata.AccessKeyId", "AccessKeyMetadata.Status"},
		"IAM.GetAccessKeyLastUsed":        {"AccessKeyLastUsed.ServiceName", "AccessKeyLastUsed.Region"},
		"IAM.GetOpenIDConnectProvider":    {"Url"},
		"IAM.GetSAMLProvider":             {"SAMLMetadataDocument"},
		"IAM.GetAccountSummary":           {"SummaryMap"},
		"IAM.SimulatePrincipalPolicy":     {"EvaluationResults", "EvaluationResults.EvalActionName", "EvaluationResults.EvalDecision"},
	}
}}

// emptyResults are the operations whose response has no fields. They are
// confirmed by the request ID, which every response in the AWS Query protocol
// has:
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization
var emptyResults = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	return map[string]bool{
		"CloudFormation.ExecuteChangeSet":       true,
		"CloudFormation.DeleteChangeSet":        true,
		"CloudFormation.DeleteStack":            true,
		"CloudFormation.ContinueUpdateRollback": true,
	}
}}

func hasRequestID(body []byte) bool {
	var response struct {
		ID string `xml:"ResponseMetadata>RequestId"`
	}
	_ = xml.Unmarshal(body, &response) // xmlProblem has already validated it
	return response.ID != ""
}

// sessionFields are the required fields of session credentials. Package
// credentials validates the secrets, for all sources.
var sessionFields = []string{"Credentials.AccessKeyId", "Credentials.Expiration"}

// missingField returns the first required path that a result lacks; "" for
// none. A truncated list must also have a marker for the next page.
func missingField(operation string, result any) string {
	for _, path := range requiredFields.Get()[operation] {
		if !hasField(reflect.ValueOf(result), strings.Split(path, ".")) {
			return strings.TrimSuffix(path, "+")
		}
	}
	// IAM's lists: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
	v := reflect.Indirect(reflect.ValueOf(result))
	if v.Kind() != reflect.Struct {
		return ""
	}
	if more := v.FieldByName("IsTruncated"); more.IsValid() && more.Kind() == reflect.Bool && more.Bool() && !hasField(v, []string{"Marker"}) {
		return "Marker"
	}
	return ""
}

// hasField reports whether the field at a path is set, in every item of the
// lists along the path. A list is set if it is not nil, any other field if it
// is not the zero value.
func hasField(v reflect.Value, path []string) bool {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return false
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Slice && len(path) > 0:
		for i := range v.Len() {
			if !hasField(v.Index(i), path) {
				return false
			}
		}
		return true
	case v.Kind() == reflect.Slice:
		return !v.IsNil()
	case len(path) == 0:
		return !v.IsZero()
	case v.Kind() != reflect.Struct:
		return false
	}
	name, needsItem := strings.CutSuffix(path[0], "+")
	field := v.FieldByName(name)
	if !field.IsValid() {
		return false
	}
	return hasField(field, path[1:]) && (!needsItem || field.Len() > 0)
}
