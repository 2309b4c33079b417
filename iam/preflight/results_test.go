// Tests of each check with each of its three results, and of further cases of
// names, quotas, trust policies and the simulation.

package preflight

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/policies/catalog"
)

const (
	accountPrefix = "arn:aws:iam::123456789012:"
	nodesRole     = "nodes.cluster-api-provider-aws.sigs.k8s.io"
	ownPolicy     = accountPrefix + "policy/controllers.cluster-api-provider-aws.sigs.k8s.io"
)

// configure sets in.Template and in.Partition to those of a configuration. For
// an empty spec it leaves them unchanged.
func configure(t *testing.T, in *Input, spec string) {
	t.Helper()
	if spec == "" {
		return
	}
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + spec
	loaded, err := iam.Load("iam.yaml", []byte(text), iam.Options{Catalogue: catalogue, Release: catalogue.Newest(), RaisedQuotas: true})
	if err != nil {
		t.Fatal(err)
	}
	in.Template, in.Partition = loaded.Template, loaded.Configuration.Spec.Partition
}

func trustStatement(principal string) string {
	return "  nodes: {trustStatements: [{Effect: Allow, Principal: " + principal + ", Action: [\"sts:AssumeRole\"]}]}\n"
}

const withUser = "  bootstrapUser: {enable: true, extraPolicyAttachments: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]}\n"

const withGroup = "  bootstrapUser: {enable: true, extraGroups: [ops]}\n"

// longTrust is a configuration with a trust policy that is longer than the default
// quota.
func longTrust() string {
	statements := strings.Repeat(`{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: ["sts:AssumeRole"], Condition: {StringEquals: {"aws:PrincipalTag/a-tag-with-a-long-name": value}}}, `, 16)
	return "  nodes: {trustStatements: [" + statements + "]}\n"
}

// results lists what the checks find. before is the configuration that the
// stack was deployed with, or "-" for no stack; spec is the configuration that
// is checked.
var results = []struct {
	name         string
	check        Name
	result       Result
	kind         Kind // of one finding with this result
	before, spec string
	with         func(*Input, *iamDouble)
}{
	{"a caller in the account", Identity, Passed, KindCaller, "-", "", nil},
	{"another partition", Identity, Failed, KindOtherPartition, "-", "  partition: aws-cn\n", nil},
	{"a region of another partition", Identity, Failed, KindRegionOutside, "-", "", func(in *Input, _ *iamDouble) { in.Region = "cn-north-1" }},
	{"a placeholder", Identity, Failed, KindPlaceholder, "-", "", func(in *Input, _ *iamDouble) { in.Unfilled = []string{"nodes"} }},
	{"an unknown region", Identity, NotPossible, KindRegionUnknown, "-", "", func(in *Input, _ *iamDouble) { in.Region = "moon-1" }},

	{"no stack", Stack, Passed, KindStackNew, "-", "", nil},
	{"a stack", Stack, Passed, KindStackReady, "", "", nil},
	{"a stack that is repaired", Stack, Passed, KindStackRepaired, "", "", func(in *Input, _ *iamDouble) { in.Found.Failed, in.Repaired, in.NeedsConfirmation = true, true, true }},
	{"an empty stack that is recreated", Stack, Passed, KindStackRecreated, "", "", func(in *Input, _ *iamDouble) { in.Found.Failed, in.Repaired = true, true }},
	{"a stack whose last update failed", Stack, Passed, KindStackReady, "", "", func(in *Input, _ *iamDouble) { in.Found.Failed = true }},
	{"a stack that is blocked", Stack, Failed, KindStackBlocked, "", "", func(in *Input, _ *iamDouble) { in.Blocked = true }},
	{"a protected stack that is recreated", Stack, Failed, KindStackProtected, "", "", func(in *Input, _ *iamDouble) { in.Recreated, in.Protected, in.Found.Failed = true, true, true }},
	{"a nested stack", Stack, Failed, KindStackNested, "", "", func(in *Input, _ *iamDouble) { in.Root = "root" }},
	{"a protected stack", Stack, Passed, KindStackReady, "", "", func(in *Input, _ *iamDouble) { in.Protected = true }},
	{"a stack with an operation in progress", Stack, NotPossible, KindStackChanging, "", "", func(in *Input, _ *iamDouble) { in.Found.Final = false }},
	{"a stack with resources of other services", Stack, NotPossible, KindStackOther, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Resources = append(in.Found.Resources, iam.StackResource{LogicalID: "Topic", Type: "AWS::SNS::Topic", PhysicalID: "t"})
	}},
	{"a stack with an additional role", Stack, NotPossible, KindStackOther, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Resources = append(in.Found.Resources, iam.StackResource{LogicalID: "CI", Type: "AWS::IAM::Role", PhysicalID: "ci"})
	}},
	{"a stack with the roles of another application", Stack, Failed, KindStackForeign, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Resources = []iam.StackResource{{LogicalID: "CI", Type: "AWS::IAM::Role", PhysicalID: "ci"}}
	}},
	{"a stack with the roles of another application, which are retained", Stack, Failed, KindStackForeign, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Resources, in.Recreated = nil, true
		in.Retained = []iam.StackResource{{LogicalID: "CI", Type: "AWS::IAM::Role", PhysicalID: "ci"}}
	}},
	{"a stack with a resource that the configuration no longer has", Stack, Passed, KindStackReady, withUser, "  nodes: {}\n", nil},
	{"a stack with a resource that has another logical ID", Stack, Passed, KindStackReady, "", "", func(in *Input, _ *iamDouble) { in.Found.Resources[0].LogicalID = "Old" }},
	{"a stack that cannot be read", Stack, NotPossible, KindLookupFailed, "-", "", hideStack},

	{"free names", Names, Passed, KindNamesFree, "-", "", nil},
	{"names of the stack", Names, Passed, KindNamesFree, "", "", func(_ *Input, a *iamDouble) { a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole) }},
	{"names of a recreated stack that may retain them", Names, NotPossible, KindLookupFailed, "", "", func(in *Input, _ *iamDouble) {
		in.Recreated, in.TemplateNotRead = true, &verify.NotRead{Name: "capa", Part: "template", Denied: true}
	}},
	{"a role that this stack retains", Names, Failed, KindNameRetained, "-", "", func(in *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
		in.Retained = []iam.StackResource{{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", PhysicalID: nodesRole}}
		in.Recreated, in.StackOf = true, func(context.Context, string, string) (string, *verify.NotRead) { return in.StackName, nil }
	}},
	{"a role", Names, Failed, KindNameOutside, "-", "", func(_ *Input, a *iamDouble) { a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole) }},
	{"a role under another path", Names, Failed, KindNameOtherPath, "-", "", func(_ *Input, a *iamDouble) { a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/team/"+nodesRole) }},
	{"a policy", Names, Failed, KindNameOutside, "-", "", func(_ *Input, a *iamDouble) { a.add(typePolicy, ownPolicy, ownPolicy) }},
	{"a policy under another path, in a different letter case", Names, Failed, KindNameOtherPath, "-", "", func(in *Input, a *iamDouble) {
		in.ImportExisting, a.emptyFirstPage = true, true
		moved := accountPrefix + "policy/team/" + strings.ToUpper(iam.NameOf(ownPolicy))
		a.add(typePolicy, moved, moved)
	}},
	{"a policy that the list does not show", Names, Failed, KindNameOutside, "-", "", func(_ *Input, a *iamDouble) {
		a.deny("ListPolicies")
		a.add(typePolicy, ownPolicy, ownPolicy)
	}},
	{"a user and a group", Names, Failed, KindNameOutside, "-", withUser, func(_ *Input, a *iamDouble) {
		const name = "bootstrapper.cluster-api-provider-aws.sigs.k8s.io"
		a.add("AWS::IAM::User", name, accountPrefix+"user/"+name)
	}},
	{"a role of another stack", Names, Failed, KindNameElsewhere, "-", "", func(in *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
		in.StackOf = stackOf("us-west-2", "other", nil)
		in.AllRegions, in.ImportExisting = true, true
	}},
	{"a role that is adopted", Names, Passed, KindNameAdopted, "-", "", func(in *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
		in.StackOf, in.ImportExisting = stackOf("", "", nil), true
	}},
	{"a role that is adopted from another path", Names, NotPossible, KindNameOtherPath, "-", "", func(in *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/team/"+nodesRole)
		in.StackOf, in.ImportExisting = stackOf("", "", nil), true
	}},
	{"a role with an unknown owner", Names, NotPossible, KindNameUnknown, "-", "", func(in *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
		in.StackOf, in.ImportExisting = stackOf("", "", &verify.NotRead{Name: nodesRole, Denied: true}), true
	}},
	{"a role that this stack may have", Names, NotPossible, KindNameUnknown, "-", "", func(in *Input, a *iamDouble) {
		hideStack(in, a)
		a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
	}},
	{"roles that cannot be read", Names, NotPossible, KindLookupFailed, "-", "", func(_ *Input, a *iamDouble) { a.deny("GetRole") }},
	{"policies that cannot be read", Names, NotPossible, KindLookupFailed, "-", "", func(_ *Input, a *iamDouble) { a.deny("ListPolicies") }},

	{"policies that exist", AttachedPolicies, Passed, KindPoliciesExist, "-", withUser, nil},
	{"a policy that does not exist", AttachedPolicies, Failed, KindPolicyMissing, "-", "  nodes: {extraPolicyAttachments: [\"" + accountPrefix + "policy/x\"]}\n", nil},
	{"a boundary that does not exist", AttachedPolicies, Failed, KindPolicyMissing, "-", "  permissionsBoundary: " + accountPrefix + "policy/x\n", nil},
	{"a policy of another account", AttachedPolicies, Failed, KindPolicyForeign, "-", "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::444455556666:policy/x\"]}\n", nil},
	{"an attached policy that the deployment creates", AttachedPolicies, Failed, KindPolicyTooLate, "-", "  nodes: {extraPolicyAttachments: [\"" + ownPolicy + "\"]}\n", nil},
	{"an attached policy that the deployment recreates", AttachedPolicies, Failed, KindPolicyTooLate, "", "  nodes: {extraPolicyAttachments: [\"" + ownPolicy + "\"]}\n", func(in *Input, a *iamDouble) {
		a.add(typePolicy, ownPolicy, ownPolicy)
		recreate(in, a)
	}},
	{"a boundary that the deployment creates", AttachedPolicies, Failed, KindPolicyTooLate, "-", "  nodes: {permissionsBoundary: \"" + ownPolicy + "\"}\n", nil},
	{"an attached policy of the stack", AttachedPolicies, Passed, KindPoliciesExist, "", "  nodes: {extraPolicyAttachments: [\"" + ownPolicy + "\"]}\n", nil},
	{"policies that cannot be read", AttachedPolicies, NotPossible, KindLookupFailed, "-", withUser, func(_ *Input, a *iamDouble) { a.deny("GetPolicy") }},

	{"no user", Groups, Passed, KindGroupsExist, "-", "", nil},
	{"only the group of the template", Groups, Passed, KindGroupsExist, "-", withUser, nil},
	{"a group that exists", Groups, Passed, KindGroupsExist, "-", withGroup, func(_ *Input, a *iamDouble) { a.add("AWS::IAM::Group", "ops", accountPrefix+"group/a/ops") }},
	{"a group that does not exist", Groups, Failed, KindGroupMissing, "-", withGroup, nil},
	{"groups that cannot be read", Groups, NotPossible, KindLookupFailed, "-", withGroup, func(_ *Input, a *iamDouble) { a.deny("GetGroup") }},

	{"no stack", Replacements, Passed, KindReplacedNone, "-", "", nil},
	{"the same stack", Replacements, Passed, KindReplacedNone, "", "", nil},
	{"other names", Replacements, Passed, KindReplacedNone, "  eks: {disable: true}\n", "  eks: {disable: true}\n  nameSuffix: .other\n  path: /capa/\n", nil},
	{"a path", Replacements, Failed, KindReplaced, "", "  path: /capa/\n", nil},
	{"a name in a different letter case", Replacements, Failed, KindReplaced, "  nameSuffix: .Team\n", "  nameSuffix: .team\n", nil},
	{"a path, of a stack that is recreated", Replacements, Passed, KindReplacedNone, "", "  path: /capa/\n", func(in *Input, _ *iamDouble) { in.Recreated = true }},
	{"another type", Replacements, Failed, KindTypeChanged, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Template = strings.Replace(in.Found.Template, `"AWS::IAM::InstanceProfile"`, `"AWS::IAM::Group"`, 1)
	}},
	{"another logical ID", Replacements, Failed, KindLogicalIDChanged, "", "", func(in *Input, _ *iamDouble) { in.Found.Resources[0].LogicalID = "Old" }},
	{"a template that cannot be read", Replacements, NotPossible, KindLookupFailed, "", "", func(in *Input, _ *iamDouble) {
		in.TemplateNotRead = &verify.NotRead{Name: "capa", Part: "template", Denied: true}
	}},
	{"a template that cannot be parsed", Replacements, NotPossible, KindNotComparable, "", "", func(in *Input, _ *iamDouble) { in.Found.Template = "a: [" }},
	{"a path that is known only at deployment", Replacements, NotPossible, KindNotComparable, "", "", func(in *Input, _ *iamDouble) {
		in.Found.Template = strings.Replace(in.Found.Template, `"RoleName":`, `"Path":{"Ref":"P"},"RoleName":`, 1)
	}},

	{"calls that are allowed", Permissions, Passed, KindAllowed, "-", "", nil},
	{"a call that is denied", Permissions, Failed, KindDenied, "-", "", simulateResult("iam:CreateRole", types.EvaluationResult{EvalDecision: "implicitDeny"})},
	{"a call that depends on a key", Permissions, NotPossible, KindUndecided, "-", "", simulateResult("iam:CreateRole", types.EvaluationResult{EvalDecision: "implicitDeny", MissingContextValues: []string{"aws:SourceIp"}})},
	{"a call that the organization denies, with an unknown key", Permissions, Failed, KindDenied, "-", "", simulateResult("iam:CreateRole", types.EvaluationResult{EvalDecision: "explicitDeny",
		MissingContextValues: []string{"aws:SourceIp"}, OrganizationsDecisionDetail: &types.OrganizationsDecisionDetail{}})},
	{"a call without a decision", Permissions, NotPossible, KindUnanswered, "-", "", simulateResult("iam:CreateRole", types.EvaluationResult{})},
	{"CloudFormation's calls, with a stack that cannot be read", Permissions, NotPossible, KindLookupFailed, "-", "", func(in *Input, a *iamDouble) {
		hideStack(in, a)
		simulateResult("iam:CreateRole", types.EvaluationResult{EvalDecision: "implicitDeny"})(in, a)
	}},
	{"a simulation that is denied", Permissions, NotPossible, KindLookupFailed, "-", "", func(_ *Input, a *iamDouble) { a.deny("SimulatePrincipalPolicy") }},
	{"a service role", Permissions, Passed, KindAllowed, "-", "", withServiceRole("123456789012", "", "")},
	{"a service role that does not exist", Permissions, Failed, KindServiceRoleMissing, "-", "", func(in *Input, _ *iamDouble) { in.ServiceRole = accountPrefix + "role/cfn" }},
	{"a service role under another path", Permissions, Failed, KindServiceRoleMoved, "-", "", withServiceRole("123456789012", "team/", "")},
	{"a service role of another account", Permissions, Failed, KindServiceRoleForeign, "-", "", withServiceRole("444455556666", "", "")},
	{"a service role that trusts another service", Permissions, Failed, KindServiceRoleUnusable, "-", "", withServiceRole("123456789012", "", strings.Replace(trustOfCloudFormation, "cloudformation", "lambda", 1))},
	{"a service role that trusts everyone", Permissions, Passed, KindAllowed, "-", "", withServiceRole("123456789012", "", strings.Replace(trustOfCloudFormation, `"Service": "cloudformation.amazonaws.com"`, `"AWS": "*"`, 1))},
	{"a service role that denies CloudFormation", Permissions, Failed, KindServiceRoleUnusable, "-", "", withServiceRole("123456789012", "", strings.Replace(trustOfCloudFormation, "Allow", "Deny", 1))},
	{"a service role whose trust policy cannot be read", Permissions, NotPossible, KindLookupFailed, "-", "", withServiceRole("123456789012", "", "no JSON")},
	{"a service role that cannot be read", Permissions, NotPossible, KindLookupFailed, "-", "", func(in *Input, a *iamDouble) {
		withServiceRole("123456789012", "", "")(in, a)
		a.deny("GetRole")
	}},
	{"the root user", Permissions, NotPossible, KindNotSimulatable, "-", "", func(in *Input, _ *iamDouble) { in.Caller = accountPrefix + "root" }},
	{"a role whose path cannot be read", Permissions, NotPossible, KindLookupFailed, "-", "", func(in *Input, a *iamDouble) {
		in.Caller = "arn:aws:sts::123456789012:assumed-role/admin/ann"
		a.deny("GetRole")
	}},

	{"no policies yet", PolicyVersions, Passed, KindVersionsFree, "-", "", nil},
	{"five versions, and no change", PolicyVersions, Passed, KindVersionsFree, "", "", addFiveVersions},
	{"five versions, and a change", PolicyVersions, Failed, KindVersionsFull, "", "  s3Buckets: {enable: true}\n", addFiveVersions},
	{"four versions, and a change", PolicyVersions, Passed, KindVersionsFree, "", "  s3Buckets: {enable: true}\n", func(_ *Input, a *iamDouble) { a.versions = map[string]int{ownPolicy: 4} }},
	{"five versions, of a policy that is recreated", PolicyVersions, Passed, KindVersionsFree, "", "  s3Buckets: {enable: true}\n", func(in *Input, a *iamDouble) {
		addFiveVersions(in, a)
		recreate(in, a)
	}},
	{"five versions, and a template that cannot be read", PolicyVersions, NotPossible, KindVersionsFull, "", "", func(in *Input, a *iamDouble) {
		addFiveVersions(in, a)
		in.Found.Template = ""
	}},
	{"a policy that was deleted manually", PolicyVersions, NotPossible, KindLookupFailed, "", "  s3Buckets: {enable: true}\n", failWith("ListPolicyVersions", "NoSuchEntity")},
	{"a policy without a version", PolicyVersions, NotPossible, KindLookupFailed, "", "", func(_ *Input, a *iamDouble) { a.versions = map[string]int{ownPolicy: -1} }},
	{"versions that cannot be read", PolicyVersions, NotPossible, KindLookupFailed, "", "", func(_ *Input, a *iamDouble) { a.deny("ListPolicyVersions") }},

	{"room", Quotas, Passed, KindQuotaFree, "-", withUser, nil},
	{"a full account", Quotas, Failed, KindQuotaFull, "-", "", func(_ *Input, a *iamDouble) { a.summary = a.counts(); a.summary["RolesQuota"] = 13 }},
	{"just enough room", Quotas, Passed, KindQuotaFree, "-", "", func(_ *Input, a *iamDouble) { a.summary = a.counts(); a.summary["RolesQuota"] = 14 }},
	{"a full account whose stack has the roles", Quotas, Passed, KindQuotaFree, "", "", func(_ *Input, a *iamDouble) { a.summary = a.counts(); a.summary["RolesQuota"] = 10 }},
	{"a role with many policies", Quotas, Failed, KindQuotaFull, "", "", func(_ *Input, a *iamDouble) { a.attached = map[string][]string{nodesRole: policies(10)} }},
	{"a user with many policies", Quotas, Failed, KindQuotaFull, withUser, withUser, func(_ *Input, a *iamDouble) {
		a.attached = map[string][]string{"bootstrapper.cluster-api-provider-aws.sigs.k8s.io": policies(10)}
	}},
	{"a role with policies that the update detaches", Quotas, Passed, KindQuotaFree, "  nodes: {extraPolicyAttachments: [\"" + strings.Join(policies(7), "\", \"") + "\"]}\n", "  nodes: {}\n", func(_ *Input, a *iamDouble) {
		a.attached = map[string][]string{nodesRole: policies(7)}
		a.summary = a.counts()
		a.summary["AttachedPoliciesPerRoleQuota"] = 9
	}},
	{"a role with manually attached policies of the stack", Quotas, Failed, KindQuotaFull, "", "", attachTwo},
	{"a role with manually attached policies, which is recreated", Quotas, Passed, KindQuotaFree, "", "", func(in *Input, a *iamDouble) {
		attachTwo(in, a)
		recreate(in, a)
	}},
	{"a role with policies of the stack, which an update detaches", Quotas, Passed, KindQuotaFree, "", "", func(in *Input, a *iamDouble) {
		attachTwo(in, a)
		in.Found.Template = strings.Replace(in.Found.Template, `"Roles":[`, `"Roles":[{"Ref":"AWSIAMRoleNodes"},`, -1)
	}},
	{"a role with policies, and a stack template that cannot be read", Quotas, NotPossible, KindQuotaUncertain, "", "", func(in *Input, a *iamDouble) {
		attachTwo(in, a)
		in.Found.Template = ""
	}},
	{"roles outside the stack that already have their policies", Quotas, Passed, KindQuotaFree, "-", "", func(in *Input, a *iamDouble) {
		takeAllNames(*in, a)
		a.attached, a.summary = map[string][]string{}, a.counts()
		a.summary["AttachedPoliciesPerRoleQuota"] = 4
		for _, f := range in.Template.Expected(in.Partition, in.Account, nil) {
			a.attached[f.Name] = f.Attached
		}
	}},
	{"a trust policy within a raised quota", Quotas, Passed, KindQuotaFree, "-", longTrust(), func(_ *Input, a *iamDouble) { a.summary = a.counts(); a.summary["AssumeRolePolicySizeQuota"] = 4096 }},
	{"a trust policy beyond the quota", Quotas, Failed, KindQuotaFull, "-", longTrust(), func(_ *Input, a *iamDouble) { a.summary = a.counts(); a.summary["AssumeRolePolicySizeQuota"] = 2048 }},
	{"a trust policy whose quota cannot be read", Quotas, NotPossible, KindLookupFailed, "-", longTrust(), nil},
	{"counts that cannot be read", Quotas, NotPossible, KindLookupFailed, "-", "", func(_ *Input, a *iamDouble) { a.deny("GetAccountSummary") }},
	{"counts without a quota", Quotas, NotPossible, KindLookupFailed, "-", "", func(_ *Input, a *iamDouble) { a.summary = map[string]int32{"Roles": 1} }},
	{"attachments of a user that cannot be read", Quotas, NotPossible, KindLookupFailed, withUser, withUser, func(_ *Input, a *iamDouble) { a.deny("ListAttachedUserPolicies") }},
	{"roles that may exist", Quotas, NotPossible, KindQuotaUncertain, "-", "", func(_ *Input, a *iamDouble) {
		a.deny("GetRole")
		a.summary = a.counts()
		a.summary["RolesQuota"] = 11
	}},

	{"services, the account and a public provider", TrustPrincipals, Passed, KindPrincipalsExist, "-", trustStatement(`{AWS: "` + accountPrefix + `root", Federated: accounts.google.com}`), nil},
	{"principals that exist", TrustPrincipals, Passed, KindPrincipalsExist, "-", trustStatement(`{AWS: "` + accountPrefix + `role/a/ann", Federated: ["` + accountPrefix + `oidc-provider/example.com", "` + accountPrefix + `saml-provider/idp"]}`), func(_ *Input, a *iamDouble) {
		a.add("AWS::IAM::Role", "ann", accountPrefix+"role/a/ann")
		a.add(typeOIDCProvider, accountPrefix+"oidc-provider/example.com", accountPrefix+"oidc-provider/example.com")
		a.add(typeSAMLProvider, accountPrefix+"saml-provider/idp", accountPrefix+"saml-provider/idp")
	}},
	{"a user that does not exist", TrustPrincipals, Failed, KindPrincipalMissing, "-", trustStatement(`{AWS: "` + accountPrefix + `user/ann"}`), nil},
	{"a role under another path", TrustPrincipals, Failed, KindPrincipalMoved, "-", trustStatement(`{AWS: "` + accountPrefix + `role/ann"}`), func(_ *Input, a *iamDouble) { a.add("AWS::IAM::Role", "ann", accountPrefix+"role/a/ann") }},
	{"an OIDC provider that does not exist", TrustPrincipals, Failed, KindPrincipalMissing, "-", trustStatement(`{Federated: "` + accountPrefix + `oidc-provider/example.com"}`), nil},
	{"a SAML provider that does not exist", TrustPrincipals, Failed, KindPrincipalMissing, "-", trustStatement(`{Federated: "` + accountPrefix + `saml-provider/idp"}`), nil},
	{"a SAML provider that cannot be read", TrustPrincipals, NotPossible, KindLookupFailed, "-", trustStatement(`{Federated: "` + accountPrefix + `saml-provider/idp"}`), func(_ *Input, a *iamDouble) { a.deny("GetSAMLProvider") }},
	{"another account", TrustPrincipals, NotPossible, KindPrincipalForeign, "-", trustStatement(`{AWS: "arn:aws:iam::444455556666:root"}`), nil},
	{"a role of the deployment", TrustPrincipals, NotPossible, KindPrincipalCreated, "-", trustStatement(`{AWS: "` + accountPrefix + `role/controllers.cluster-api-provider-aws.sigs.k8s.io"}`), nil},
	{"a role that trusts itself", TrustPrincipals, Failed, KindPrincipalSelf, "-", trustStatement(`{AWS: "` + accountPrefix + `role/` + nodesRole + `"}`), nil},
	{"a role of the stack that trusts itself", TrustPrincipals, Passed, KindPrincipalsExist, "", trustStatement(`{AWS: "` + accountPrefix + `role/` + nodesRole + `"}`), addNodesRole},
	{"a role of a recreated stack that trusts itself", TrustPrincipals, Failed, KindPrincipalSelf, "", trustStatement(`{AWS: "` + accountPrefix + `role/` + nodesRole + `"}`), recreate},
	{"a domain that is not a public provider", TrustPrincipals, NotPossible, KindPrincipalUnknown, "-", trustStatement(`{Federated: oidc.example.com}`), nil},
	{"a service that is not listed", TrustPrincipals, NotPossible, KindServiceUnknown, "-", trustStatement(`{Service: ecs-taks.amazonaws.com}`), nil},
	{"a service with a misspelt domain", TrustPrincipals, NotPossible, KindServiceUnknown, "-", trustStatement(`{Service: ec2.amazonaw.com}`), nil},
	{"a statement with NotPrincipal", TrustPrincipals, Failed, KindNotPrincipal, "-", strings.Replace(trustStatement(`{AWS: "`+accountPrefix+`role/ann"}`), "Principal:", "NotPrincipal:", 1), nil},
	{"a session", TrustPrincipals, Failed, KindPrincipalMissing, "-", trustStatement(`{AWS: "arn:aws:sts::123456789012:assumed-role/ann/session"}`), nil},
}

// withServiceRole adds a service role. path is the path under which the role
// exists, which the ARN of the stack's role does not have; trust is its trust
// policy, by default one that CloudFormation can use.
func withServiceRole(account, path, trust string) func(*Input, *iamDouble) {
	return func(in *Input, a *iamDouble) {
		in.ServiceRole, in.PassesRole, a.trust = "arn:aws:iam::"+account+":role/cfn", true, trust
		a.add("AWS::IAM::Role", "cfn", "arn:aws:iam::"+account+":role/"+path+"cfn")
	}
}

func hideStack(in *Input, _ *iamDouble) {
	in.StackNotRead = &verify.NotRead{Name: "capa", Part: verify.WholeResource, Denied: true}
}

// recreate means that the deployment deletes the stack first.
func recreate(in *Input, _ *iamDouble) { in.Recreated = true }

func addNodesRole(_ *Input, a *iamDouble) {
	a.add("AWS::IAM::Role", nodesRole, accountPrefix+"role/"+nodesRole)
}

func addFiveVersions(_ *Input, a *iamDouble) { a.versions = map[string]int{ownPolicy: 5} }

// attachTwo manually attaches two policies of the stack to the nodes role. The
// configuration attaches three policies, and the quota is 4.
func attachTwo(_ *Input, a *iamDouble) {
	a.attached = map[string][]string{nodesRole: {ownPolicy, accountPrefix + "policy/controllers-eks.cluster-api-provider-aws.sigs.k8s.io"}}
	a.summary = a.counts()
	a.summary["AttachedPoliciesPerRoleQuota"] = 4
}

func failWith(operation, code string) func(*Input, *iamDouble) {
	return func(_ *Input, a *iamDouble) {
		a.failing = map[string]error{operation: &smithy.GenericAPIError{Code: code}}
	}
}

func policies(n int) (arns []string) {
	for i := range n {
		arns = append(arns, accountPrefix+"policy/by-hand-"+string(rune('a'+i)))
	}
	return arns
}

// simulateResult sets the simulation result of one action, and allows all other
// actions.
func simulateResult(simulated string, result types.EvaluationResult) func(*Input, *iamDouble) {
	return func(_ *Input, a *iamDouble) {
		a.simulate = func(action, _ string) types.EvaluationResult {
			if action == simulated {
				return result
			}
			return types.EvaluationResult{EvalDecision: types.PolicyEvaluationDecisionTypeAllowed}
		}
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, test := range results {
		tested[string(test.check)+" "+string(test.result)] = true
		t.Run(string(test.check)+": "+test.name, func(t *testing.T) {
			t.Parallel()
			in, a := input(t), &iamDouble{}
			if test.before != "-" {
				configure(t, &in, test.before)
				addStack(t, &in)
			}
			configure(t, &in, test.spec)
			if test.with != nil {
				test.with(&in, a)
			}
			c := runCheck(t, a.api(), in, test.check)
			is := func(f Finding) bool { return f.Kind == test.kind && f.Result == test.result }
			if c.Result != test.result || !slices.ContainsFunc(c.Findings, is) {
				t.Errorf("%s, want %s by %s: %+v", c.Result, test.result, test.kind, c.Findings)
			}
			for _, f := range c.Findings {
				if f.Kind == KindNameOtherPath && f.What == "" {
					t.Errorf("it does not say where: %+v", f)
				}
			}
		})
	}
	for _, name := range AllChecks() {
		for _, result := range []Result{Passed, Failed, NotPossible} {
			if !tested[string(name)+" "+string(result)] {
				t.Errorf("no test has %s %s", name, result)
			}
		}
	}
}

// TestSimulatedPrincipal checks that an assumed role is simulated as the role
// itself, including its path, which the session ARN lacks.
func TestSimulatedPrincipal(t *testing.T) {
	t.Parallel()
	const role = accountPrefix + "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
	in, a := input(t), &iamDouble{}
	in.Caller = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann"
	in.ServiceRole, in.PassesRole = accountPrefix+"role/cfn", true
	a.add("AWS::IAM::Role", "AWSReservedSSO_Admin_0123456789abcdef", role)
	a.add("AWS::IAM::Role", "cfn", in.ServiceRole)
	c := runCheck(t, a.api(), in, Permissions)
	var principals []string
	for _, f := range c.Findings {
		principals = append(principals, f.Subject)
	}
	if c.Result != Passed || !slices.Equal(principals, []string{role, in.ServiceRole}) {
		t.Errorf("%s, simulated: %q", c.Result, principals)
	}
}

// TestMissingKeysOfAllowedCallsAreKept checks that the finding lists, once, a
// key for which the simulation had no value, although the call is allowed: with
// the key, the call may be denied.
func TestMissingKeysOfAllowedCallsAreKept(t *testing.T) {
	t.Parallel()
	in, a := input(t), &iamDouble{}
	simulateResult("iam:CreateRole", types.EvaluationResult{EvalDecision: "allowed", MissingContextValues: []string{"aws:SourceIp", "aws:SourceIp"}})(&in, a)
	c := runCheck(t, a.api(), in, Permissions)
	if c.Result != Passed || len(c.Findings) != 1 || !slices.Equal(c.Findings[0].Simulation.MissingKeys, []string{"aws:SourceIp"}) {
		t.Errorf("%+v", c)
	}
}

// TestDeniedSimulationIsRequestedOnce checks that an access denied error ends
// the simulation requests, and that another error does not.
func TestDeniedSimulationIsRequestedOnce(t *testing.T) {
	t.Parallel()
	in, a := input(t), &iamDouble{}
	a.deny("SimulatePrincipalPolicy")
	runCheck(t, a.api(), in, Permissions)
	if a.total() != 1 {
		t.Errorf("denied: %d calls, want 1", a.total())
	}
	a = &iamDouble{failing: map[string]error{"SimulatePrincipalPolicy": &smithy.GenericAPIError{Code: "InvalidInput", Message: "it is wrong"}}}
	if c := runCheck(t, a.api(), in, Permissions); a.total() < 10 || len(c.Findings) != 1 {
		t.Errorf("failed: %d calls, want all; %d findings, want 1", a.total(), len(c.Findings))
	}
}
