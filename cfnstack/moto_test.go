// End-to-end tests against moto_server, over HTTP: plan, create, no-op update,
// updates that add and remove policies, and a stack whose resource names
// already exist. The account is read back with the IAM API.

package cfnstack_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"capaboot/cfnstack"
	"capaboot/internal/moto"
)

func TestAgainstMoto(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: -short is set, and moto_server takes seconds to start")
	}
	endpoint := moto.Start(t)
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRET"}, nil
	})
	api := cloudformation.New(cloudformation.Options{Region: "eu-west-1", BaseEndpoint: &endpoint, Credentials: credentials, HTTPClient: &http.Client{Transport: moto.Transport{}}})
	account := iam.New(iam.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials, HTTPClient: &http.Client{Transport: moto.Transport{}}})
	f := &fixture{}
	f.API = cfnstack.APIOf(api)
	f.Observe = func(p cfnstack.Progress) { f.progress = append(f.progress, p) }
	f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
		f.questions = append(f.questions, q)
		return f.confirms, nil
	}
	defaults := peerTemplate(t, "default")

	plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: defaults})
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Create || len(plan.Changes) == 0 {
		t.Errorf("plan: %+v", plan)
	}
	plan.Discard(t.Context())
	if s, err := f.Describe(t.Context(), name); err != nil || s != nil {
		t.Fatalf("after the plan the stack is %+v, %v", s, err)
	}

	wantEqual(t, "result", f.deploy(t, defaults).Result, cfnstack.ResultCreated)
	wantAccount(t, account, defaults)
	wantEqual(t, "result", f.deploy(t, defaults).Result, cfnstack.ResultUnchanged)

	// Add two policies, then remove one, which needs confirmation. moto neither
	// changes nor deletes an existing managed policy; tests with the double
	// cover that.
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": []any{"ec2:DescribeInstances"}, "Resource": []any{"*"}},
	}}
	managed := edit(t, defaults, func(resources map[string]any) {
		resources["Managed"] = map[string]any{"Type": "AWS::IAM::ManagedPolicy", "Properties": map[string]any{
			"ManagedPolicyName": "more.capa", "PolicyDocument": policy, "Roles": []any{map[string]any{"Ref": "AWSIAMRoleNodes"}},
		}}
	})
	template := edit(t, managed, func(resources map[string]any) {
		resources["Inline"] = map[string]any{"Type": "AWS::IAM::Policy", "Properties": map[string]any{
			"PolicyName": "inline.capa", "PolicyDocument": policy, "Roles": []any{map[string]any{"Ref": "AWSIAMRoleNodes"}},
		}}
	})
	outcome := f.deploy(t, template)
	wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
	wantEqual(t, "changes", len(outcome.ChangeSet.Changes), 2)
	wantAccount(t, account, template)
	_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: managed})
	wantText(t, err, " (Inline): not confirmed: nothing was changed")
	wantAccount(t, account, template)
	f.confirms = true
	wantEqual(t, "result", f.deploy(t, managed).Result, cfnstack.ResultUpdated)
	wantAccount(t, account, managed)

	// A second stack with the same names. moto reports the conflict when the
	// change set is executed; CloudFormation reports it in an event.
	_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: "other", Template: defaults})
	wantText(t, err, "creating stack other", "already exists")
	wantKind(t, err, cfnstack.KindNameExists)
}

func edit(t *testing.T, template string, change func(map[string]any)) string {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(template), &root); err != nil {
		t.Fatal(err)
	}
	change(root["Resources"].(map[string]any))
	text, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// peerTemplate returns the template that clusterawsadm generates for a
// configuration in testdata/peer.
func peerTemplate(t *testing.T, configuration string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "peer", configuration+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// iamTemplate has the fields of a template that the tests compare with the
// account.
type iamTemplate struct {
	Resources map[string]struct {
		Type       string
		Properties iamProperties
	}
}

type iamProperties struct {
	RoleName, ManagedPolicyName, InstanceProfileName, PolicyName string
	AssumeRolePolicyDocument, PolicyDocument                     any
	Roles                                                        []map[string]string
}

// role returns the name of the first role that a resource refers to.
func (t iamTemplate) role(p iamProperties) string {
	return t.Resources[p.Roles[0]["Ref"]].Properties.RoleName
}

// wantAccount compares the account, read with the IAM API, with a template.
func wantAccount(t *testing.T, api *iam.Client, template string) {
	t.Helper()
	var root iamTemplate
	if err := json.Unmarshal([]byte(template), &root); err != nil {
		t.Fatal(err)
	}
	var policies, roles []string
	attached, inline := map[string][]string{}, map[string][]string{}
	for _, r := range root.Resources {
		p := r.Properties
		switch r.Type {
		case "AWS::IAM::Role":
			roles = append(roles, p.RoleName)
			out, err := api.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &p.RoleName})
			if err != nil {
				t.Errorf("%s: %v", p.RoleName, err)
				continue
			}
			wantDocument(t, p.RoleName, *out.Role.AssumeRolePolicyDocument, p.AssumeRolePolicyDocument)
		case "AWS::IAM::ManagedPolicy":
			policies = append(policies, p.ManagedPolicyName)
			for _, role := range p.Roles {
				name := root.Resources[role["Ref"]].Properties.RoleName
				attached[name] = append(attached[name], p.ManagedPolicyName)
			}
			wantManagedPolicy(t, api, p)
		case "AWS::IAM::Policy":
			role := root.role(p)
			inline[role] = append(inline[role], p.PolicyName)
			out, err := api.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &p.PolicyName})
			if err != nil {
				t.Errorf("%s of %s: %v", p.PolicyName, role, err)
				continue
			}
			wantDocument(t, p.PolicyName, *out.PolicyDocument, p.PolicyDocument)
		case "AWS::IAM::InstanceProfile":
			out, err := api.GetInstanceProfile(t.Context(), &iam.GetInstanceProfileInput{InstanceProfileName: &p.InstanceProfileName})
			if err != nil {
				t.Errorf("%s: %v", p.InstanceProfileName, err)
				continue
			}
			if want := root.role(p); len(out.InstanceProfile.Roles) != 1 || *out.InstanceProfile.Roles[0].RoleName != want {
				t.Errorf("%s has the roles %+v, want %s", p.InstanceProfileName, out.InstanceProfile.Roles, want)
			}
		}
	}
	wantRoles(t, api, roles, attached, inline)
	out, err := api.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: "Local"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range out.Policies {
		got = append(got, *p.PolicyName)
	}
	wantSame(t, "policies", got, policies)
}

func wantManagedPolicy(t *testing.T, api *iam.Client, p iamProperties) {
	t.Helper()
	arn := "arn:aws:iam::123456789012:policy/" + p.ManagedPolicyName
	policy, err := api.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		t.Errorf("%s: %v", arn, err)
		return
	}
	version, err := api.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		t.Errorf("%s: %v", arn, err)
		return
	}
	wantDocument(t, arn, *version.PolicyVersion.Document, p.PolicyDocument)
}

// wantRoles compares the roles of the account, and their policies, with the
// wanted names.
func wantRoles(t *testing.T, api *iam.Client, want []string, attached, inline map[string][]string) {
	t.Helper()
	roles, err := api.ListRoles(t.Context(), &iam.ListRolesInput{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, role := range roles.Roles {
		names = append(names, *role.RoleName)
		out, err := api.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: role.RoleName})
		if err != nil {
			t.Fatal(err)
		}
		in, err := api.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: role.RoleName})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, "inline policies of "+*role.RoleName, in.PolicyNames, inline[*role.RoleName])
		var got []string
		for _, p := range out.AttachedPolicies {
			if strings.HasPrefix(*p.PolicyArn, "arn:aws:iam::123456789012:policy/") { // not a policy of AWS
				got = append(got, *p.PolicyName)
			}
		}
		wantSame(t, "policies of "+*role.RoleName, got, attached[*role.RoleName])
	}
	wantSame(t, "roles", names, want)
}

func wantSame(t *testing.T, name string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

func wantDocument(t *testing.T, name, got string, want any) {
	t.Helper()
	if text, err := url.QueryUnescape(got); err == nil && len(got) > 0 && got[0] == '%' {
		got = text
	}
	var document any
	if err := json.Unmarshal([]byte(got), &document); err != nil {
		t.Errorf("%s: %v in %s", name, err, got)
		return
	}
	if diff := cmp.Diff(want, document); diff != "" {
		t.Errorf("%s (-template +account)\n%s", name, diff)
	}
}
