// Tests of reasons: the texts of real events and errors, and what is said to
// help.

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
	who := cfnstack.Reason{Action: "iam:CreateRole", Principal: me, Resource: "arn:aws:iam::123456789012:role/nodes.capa"}
	with := func(kind cfnstack.Kind, policyType, arn string) cfnstack.Reason {
		r := who
		r.Kind, r.PolicyType, r.PolicyARN = kind, policyType, arn
		return r
	}
	for _, test := range []struct {
		text string
		want cfnstack.Reason
		hint string // part of it
	}{
		{handler(denied+"because no identity-based policy allows the iam:CreateRole action", "AccessDenied"), with(cfnstack.KindPermission, "identity-based policy", ""), "give " + me + " a policy that allows iam:CreateRole"},
		{handler(denied+"with an explicit deny in an identity-based policy", "AccessDenied"), with(cfnstack.KindDenied, "identity-based policy", ""), "denies iam:CreateRole"},
		{handler(denied+"with an explicit deny in a service control policy", "AccessDenied"), with(cfnstack.KindOrganization, "service control policy", ""), "a service control policy of the organization forbids iam:CreateRole"},
		{handler(denied+"with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/service_control_policy/p-2", "AccessDenied"), with(cfnstack.KindOrganization, "service control policy", "arn:aws:organizations::1:policy/o-1/service_control_policy/p-2"), "(arn:aws:organizations::1:policy/o-1/service_control_policy/p-2)"},
		{handler(denied+"because no service control policy allows the iam:CreateRole action", "AccessDenied"), with(cfnstack.KindOrganization, "service control policy", ""), "organization"},
		{handler(denied+"with an explicit deny in a resource control policy", "AccessDenied"), with(cfnstack.KindOrganization, "resource control policy", ""), "resource control policy of the organization"},
		{handler(denied+"because no permissions boundary allows the iam:CreateRole action", "AccessDenied"), with(cfnstack.KindBoundary, "permissions boundary", ""), "permissions boundary of " + me},
		{handler(denied+"with an explicit deny in a permissions boundary", "AccessDenied"), with(cfnstack.KindBoundary, "permissions boundary", ""), "permissions boundary of " + me},
		{handler(denied+"with an explicit deny in a session policy", "AccessDenied"), with(cfnstack.KindSessionPolicy, "session policy", ""), "session"},
		{denied + "with an explicit deny", with(cfnstack.KindDenied, "", ""), "a policy that holds for " + me + " denies iam:CreateRole"},
		{"API: iam:CreateRole User: " + me + " is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/nodes.capa with an explicit deny", with(cfnstack.KindDenied, "", ""), "set permissionsBoundary"},
		{`Resource handler returned message: "Encountered a permissions error performing a tagging operation, please add required tag permissions. See https://repost.aws/knowledge-center/cloudformation-tagging-permission-error for how to resolve. ` + handler(denied+"because no permissions boundary allows the iam:CreateRole action", "") + `" (RequestToken: 78573905, HandlerErrorCode: UnauthorizedTaggingOperation)`, with(cfnstack.KindBoundary, "permissions boundary", ""), "permissions boundary of " + me},
		{"API: iam:CreateRole User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:CreateRole", Principal: "arn:aws:iam::123456789012:user/me", Resource: "arn:aws:iam::123456789012:role/x"}, "--role-arn"},
		{"AWSCloudFormation is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/x", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:CreateRole", Principal: "AWSCloudFormation", Resource: "arn:aws:iam::1:role/x"}, "AWSCloudFormation"},
		{"AccessDenied. User doesn't have permission to call iam:GetRole", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:GetRole"}, "iam:GetRole"},
		{"User: " + me + " is not authorized to perform: iam:UpdateAssumeRolePolicy on resource: role nodes.capa because no identity-based policy allows the iam:UpdateAssumeRolePolicy action", cfnstack.Reason{Kind: cfnstack.KindPermission, Action: "iam:UpdateAssumeRolePolicy", Principal: me, Resource: "nodes.capa", PolicyType: "identity-based policy"}, "iam:UpdateAssumeRolePolicy"},

		{`Resource handler returned message: "Resource of type 'AWS::IAM::Role' with identifier 'nodes.capa' already exists." (RequestToken: fb433b47, HandlerErrorCode: AlreadyExists)`, cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}, "IAM is global"},
		{handler("Role with name nodes.capa already exists.", "AlreadyExists"), cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}, "nodes.capa is there already"},
		{handler("A policy called controllers.capa already exists. Duplicate names are not allowed.", "AlreadyExists"), cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "controllers.capa"}, "controllers.capa"},
		{"nodes.capa already exists", cfnstack.Reason{Kind: cfnstack.KindNameExists, Name: "nodes.capa"}, "--import-existing"},
		{"nodes.capa already exists in stack arn:aws:cloudformation:us-east-1:1:stack/other/1234", cfnstack.Reason{Kind: cfnstack.KindOwned, Name: "nodes.capa", Owner: "arn:aws:cloudformation:us-east-1:1:stack/other/1234"}, "belongs to the stack arn:aws:cloudformation:us-east-1:1:stack/other/1234"},

		{handler("Cannot exceed quota for PolicySize: 6144", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindPolicySize}, "6,144"},
		{handler("Maximum policy size of 10240 bytes exceeded for role nodes.capa", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindPolicySize}, "6,144"},
		{handler("Cannot exceed quota for RolesPerAccount: 1000", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindQuota}, "Service Quotas"},
		{handler("Cannot exceed quota for PoliciesPerRole: 10", "ServiceLimitExceeded"), cfnstack.Reason{Kind: cfnstack.KindQuota}, "the quota that the reason names is reached"},
		{"Cannot exceed quota for PolicySize: 6144 (Service: AmazonIdentityManagement; Status Code: 409; Error Code: LimitExceeded; Request ID: 1; Proxy: null)", cfnstack.Reason{Kind: cfnstack.KindPolicySize}, "10,240"},
		{`Resource nodes must be in ARN format or "*". (Service: AmazonIdentityManagement; Status Code: 400; Error Code: MalformedPolicyDocument; Request ID: 1)`, cfnstack.Reason{Kind: cfnstack.KindPolicy}, "policy document"},
		{"CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are Role ({RoleName=nodes.capa})", cfnstack.Reason{Kind: cfnstack.KindTemplate}, "does not take the template"},
		{handler(`Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/none\"`, "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindPrincipal}, "principal that does not exist"},
		{handler("Syntax errors in policy.", "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindPolicy}, "policy document"},
		{handler("Cannot delete entity, must remove roles from instance profile first.", "InvalidRequest"), cfnstack.Reason{Kind: cfnstack.KindInUse}, "--retain"},
		{"Rate exceeded", cfnstack.Reason{Kind: cfnstack.KindThrottling}, "wait"},
		{"Requires capabilities : [CAPABILITY_NAMED_IAM]", cfnstack.Reason{Kind: cfnstack.KindCapability}, "CAPABILITY_NAMED_IAM"},
		{"The security token included in the request is expired", cfnstack.Reason{Kind: cfnstack.KindCredentials}, "new credentials"},
		{"Role arn:aws:iam::1:role/cfn is invalid or cannot be assumed", cfnstack.Reason{Kind: cfnstack.KindServiceRole, Name: "arn:aws:iam::1:role/cfn"}, "iam:PassRole"},
		{"CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename nodes.capa and update the stack again.", cfnstack.Reason{Kind: cfnstack.KindReplacement}, "another name"},
		{handler("The role with name x cannot be found.", "NotFound"), cfnstack.Reason{Kind: cfnstack.KindNotFound}, "does not exist"},
		{"Internal Failure", cfnstack.Reason{Kind: cfnstack.KindService}, "wait"},
		{"something new", cfnstack.Reason{Kind: cfnstack.KindUnknown}, ""},
		{"", cfnstack.Reason{Kind: cfnstack.KindUnknown}, ""},
	} {
		got := cfnstack.Explain(test.text)
		test.want.Text = test.text
		if got != test.want {
			t.Errorf("%s\n got %+v\nwant %+v", test.text, got, test.want)
		}
		if !strings.Contains(got.Hint(), test.hint) || test.hint == "" && got.Hint() != "" {
			t.Errorf("%s\nhint %q lacks %q", test.text, got.Hint(), test.hint)
		}
		if strings.Contains(got.Hint(), "%") {
			t.Errorf("hint %q has a placeholder", got.Hint())
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
		for _, part := range []string{r.Action, r.Principal, r.Resource, r.Name, r.Owner} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in %q", part, text)
			}
		}
		_ = r.Hint()
	})
}
