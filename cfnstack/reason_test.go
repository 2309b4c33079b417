// Tests of reasons, with the texts of real events and errors.

package cfnstack_test

import (
	"strings"
	"testing"

	"capaboot/cfnstack"
)

func TestExplain(t *testing.T) {
	const me = "arn:aws:sts::123456789012:assumed-role/dev/me"
	handler := func(text, code string) string {
		return `Resource handler returned message: "` + text + ` (Service: Iam, Status Code: 403, Request ID: 3fa4dbbf-86f3-4139-9b33-a02d27d186e1)" (RequestToken: 102dbe91, HandlerErrorCode: ` + code + `)`
	}
	denied := "User: " + me + " is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/nodes.capa "
	base := cfnstack.Reason{Action: "iam:CreateRole", Principal: me, Resource: "arn:aws:iam::123456789012:role/nodes.capa"}
	withPolicy := func(kind cfnstack.Kind, policyType, arn string) cfnstack.Reason {
		r := base
		r.Kind, r.PolicyType, r.PolicyARN = kind, policyType, arn
		return r
	}
	for _, test := range []struct {
		text string
		want cfnstack.Reason
	}{
		{handler(denied+"because no identity-based policy allows the iam:CreateRole action", "AccessDenied"), withPolicy(cfnstack.KindPermission, "identity-based policy", "")},
		{handler(denied+"with an explicit deny in an identity-based policy", "AccessDenied"), withPolicy(cfnstack.KindDenied, "identity-based policy", "")},
		{handler(denied+"with an explicit deny in a service control policy", "AccessDenied"), withPolicy(cfnstack.KindOrganization, "service control policy", "")},
		{handler(denied+"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-2", "AccessDenied"), withPolicy(cfnstack.KindOrganization, "service control policy", "arn:aws:organizations::1:policy/o-1/service_control_policy/p-2")},
		{handler(denied+"because no service control policy allows the iam:CreateRole action", "AccessDenied"), withPolicy(cfnstack.KindOrganization, "service control policy", "")},
		{handler(denied+"with an explicit deny in a resource control policy", "AccessDenied"), withPolicy(cfnstack.KindOrganization, "resource control policy", "")},
		{handler(denied+"because no permissions boundary allows the iam:CreateRole action", "AccessDenied"), withPolicy(cfnstack.KindBoundary, "permissions boundary", "")},
		{handler(denied+"with an explicit deny in a permissions boundary", "AccessDenied"), withPolicy(cfnstack.KindBoundary, "permissions boundary", "")},
		{handler(denied+"with an explicit deny in a session policy", "AccessDenied"), withPolicy(cfnstack.KindSessionPolicy, "session policy", "")},
		{denied + "with an explicit deny", withPolicy(cfnstack.KindDenied, "", "")},
		{"API: iam:CreateRole User: " + me + " is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/nodes.capa with an explicit deny", withPolicy(cfnstack.KindDenied, "", "")},
		{`Resource handler returned message: "Encountered a permissions error performing a tagging operation, please add required tag permissions. See https://repost.aws/knowledge-center/cloudformation-tagging-permission-error for how to resolve. ` + handler(denied+"because no permissions boundary allows the iam:CreateRole action", "") + `" (RequestToken: 78573905, HandlerErrorCode: UnauthorizedTaggingOperation)`, withPolicy(cfnstack.KindBoundary, "permissions boundary", "")},
		{"API: iam:CreateRole User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:CreateRole", Principal: "arn:aws:iam::123456789012:user/me", Resource: "arn:aws:iam::123456789012:role/x"}},
		{"AWSCloudFormation is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:CreateRole", Principal: "AWSCloudFormation", Resource: "arn:aws:iam::1:role/x"}},
		{"AccessDenied. User doesn't have permission to call iam:GetRole", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:GetRole"}},
		{"User: " + me + " is not authorized to perform: iam:UpdateAssumeRolePolicy on resource: role nodes.capa because no identity-based policy allows the iam:UpdateAssumeRolePolicy action", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:UpdateAssumeRolePolicy", Principal: me, Resource: "nodes.capa", PolicyType: "identity-based policy"}},

		{`Resource handler returned message: "Resource of type 'AWS::IAM::Role' with identifier 'nodes.capa' already exists." (RequestToken: fb433b47, HandlerErrorCode: AlreadyExists)`, cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}},
		{handler("Role with name nodes.capa already exists.", "AlreadyExists"), cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}},
		{handler("A policy called controllers.capa already exists. Duplicate names are not allowed.", "AlreadyExists"), cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "controllers.capa"}},
		{"nodes.capa already exists", cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}},
		{"nodes.capa already exists in stack arn:aws:cloudformation:us-east-1:1:stack/other/1234", cfnstack.Reason{Kind: cfnstack.KindOwned, Name: "nodes.capa", Owner: "arn:aws:cloudformation:us-east-1:1:stack/other/1234"}},

		{handler("Cannot exceed quota for PolicySize: 6144", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindPolicySize, Quota: "PolicySize", Limit: "6144"}},
		{handler("Maximum policy size of 10240 bytes exceeded for role nodes.capa", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindPolicySize, Limit: "10240"}},
		{handler("Cannot exceed quota for RolesPerAccount: 1000", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindQuota, Quota: "RolesPerAccount", Limit: "1000"}},
		{handler("Cannot exceed quota for PoliciesPerRole: 10", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindQuota, Quota: "PoliciesPerRole", Limit: "10"}},
		{"Cannot exceed quota for ACLSizePerRole: 2048 (Service: AmazonIdentityManagement; Status Code: 409; Error Code: LimitExceeded; Request ID: 1; Proxy: null)", cfnstack.Reason{Kind: cfnstack.KindQuota, Quota: "ACLSizePerRole", Limit: "2048"}},
		{"Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", cfnstack.Reason{Kind: cfnstack.KindQuota, Quota: "InstanceSessionsPerInstanceProfile", Limit: "1"}},
		{"Limit for stack has been exceeded (LimitExceededException)", cfnstack.Reason{Kind: cfnstack.KindQuota}},
		{handler("A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindVersions}},
		{handler("Cannot exceed quota for PolicyVersions: 5.", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindVersions}},
		{"policy arn:aws-cn:iam::123456789012:policy/a/controllers.capa cannot have more than 5 versions.", cfnstack.Reason{Kind: cfnstack.KindVersions, Name: "arn:aws-cn:iam::123456789012:policy/a/controllers.capa"}},
		{handler("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.", "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindVersions}},
		{"Stack [capa] cannot be deleted while TerminationProtection is enabled", cfnstack.Reason{Kind: cfnstack.KindProtected}},
		{"Cannot exceed quota for PolicySize: 6144 (Service: AmazonIdentityManagement; Status Code: 409; Error Code: LimitExceeded; Request ID: 1; Proxy: null)", cfnstack.Reason{Kind: cfnstack.KindPolicySize, Quota: "PolicySize", Limit: "6144"}},
		{`Resource nodes must be in ARN format or "*". (Service: AmazonIdentityManagement; Status Code: 400; Error Code: MalformedPolicyDocument; Request ID: 1)`, cfnstack.Reason{Kind: cfnstack.KindPolicy}},
		{"CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are Role ({RoleName=nodes.capa})", cfnstack.Reason{Kind: cfnstack.KindTemplate}},
		{handler(`Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/none\"`, "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindPrincipal}},
		{handler("Syntax errors in policy.", "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindPolicy}},
		{handler("Cannot delete entity, must remove roles from instance profile first.", "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindInUse}},
		{"Rate exceeded", cfnstack.Reason{Kind: cfnstack.KindThrottling}},
		{"Requires capabilities : [CAPABILITY_NAMED_IAM]", cfnstack.Reason{Kind: cfnstack.KindCapability}},
		{"The security token included in the request is expired", cfnstack.Reason{Kind: cfnstack.KindCredentials}},
		{"Role arn:aws:iam::1:role/cfn is invalid or cannot be assumed", cfnstack.Reason{Kind: cfnstack.KindServiceRole, Name: "arn:aws:iam::1:role/cfn"}},
		{"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename nodes.capa and update the stack again.", cfnstack.Reason{Kind: cfnstack.KindReplacement, Name: "nodes.capa"}},
		{handler("The role with name x cannot be found.", "NotFound"), cfnstack.Reason{Kind: cfnstack.KindNotFound}},
		{"Internal Failure", cfnstack.Reason{Kind: cfnstack.KindService}},
		{"something new", cfnstack.Reason{Kind: cfnstack.KindUnknown}},
		{"", cfnstack.Reason{Kind: cfnstack.KindUnknown}},
	} {
		got := cfnstack.Explain(test.text)
		test.want.Text = test.text
		if got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.text, got, test.want)
		}
	}
}

func FuzzExplain(f *testing.F) {
	f.Add("User: a is not authorized to perform: iam:CreateRole on resource: b with an explicit deny in a service control policy")
	f.Add("x already exists in stack arn:aws:cloudformation:us-east-1:1:stack/other/1234")
	f.Fuzz(func(t *testing.T, text string) {
		r := cfnstack.Explain(text)
		if r.Text != text || r.Kind == "" {
			t.Errorf("%+v", r)
		}
		for _, part := range []string{r.Action, r.Principal, r.Resource, r.Name, r.Owner, r.Quota, r.Limit} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in %q", part, text)
			}
		}
	})
}
