// End-to-end tests of the stack commands against moto_server. They also check
// the account afterwards.

package cli

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"capaboot/internal/moto"
)

var motoServer = moto.NewShared()

// motoCloud returns an empty account of moto_server. Tests that call it run one after
// another.
func motoCloud(t *testing.T) (*cloud, aws.Config) {
	if testing.Short() {
		t.Skip("skipped: -short is set, and moto_server takes seconds to start")
	}
	url := motoServer.Use(t)
	c := &cloud{folder: t.TempDir(), environment: endpoint(url, "eu-west-1"), transport: moto.Transport{}}
	return c, aws.Config{Region: "eu-west-1", BaseEndpoint: &url, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAFALSEKEYEXAMPLE0", SecretAccessKey: "FALSESECRETOFTHETEST"}, nil
	})}
}

func TestStackEndToEnd(t *testing.T) {
	t.Parallel()
	c, config := motoCloud(t)
	account := awsiam.NewFromConfig(config)
	stdout, stderr := c.do(t, 3, "plan", "--exit-code")
	wantText(t, stdout, "11 to add\n")
	wantText(t, stderr, "hint: to find out whether the deployment would succeed, for example whether the names are free: capaboot bootstrap iam check\n")
	stdout, stderr = c.do(t, 0, "deploy", "--tag", "team=a")
	wantText(t, stderr, "account 123456789012, region eu-west-1", "is created")
	wantText(t, stdout, "AWSIAMRoleNodes", "nodes.cluster-api-provider-aws.sigs.k8s.io")
	stdout, _ = c.do(t, 0, "plan", "--exit-code", "--tag", "team=a")
	wantText(t, stdout, "no changes\n")
	_, stderr = c.do(t, 0, "deploy", "--tag", "team=a")
	wantText(t, stderr, "no changes: stack "+stackName)
	// A change set of moto 5.2 does not say which changes replace a resource.
	_, stderr = c.do(t, 0, "plan", c.config(t, "  path: /acme/\n"))
	wantText(t, stderr, "warning: ", "Path", "hint: undo the change")
	// moto 5.2 reports no changes when only the tags of the stack differ.
	stdout, stderr = c.do(t, 3, "plan", "--exit-code", "--tag", "team=b")
	wantText(t, stdout, "1 tag of the stack\n", "  team: a -> b\n", "note: CloudFormation reports no changes, so a deployment does not change")
	wantText(t, stderr, "--exit-code: CloudFormation reports no changes, so a deployment does not change these tags of the stack: 1 tag of the stack\n")
	_, stderr = c.do(t, 0, "deploy", "--tag", "team=b")
	wantText(t, stderr, "warning: CloudFormation reports no changes, so a deployment does not change these tags of the stack: team: a -> b\n")
	if strings.Contains(stderr, "up to date") {
		t.Errorf("the tags are not up to date: %s", stderr)
	}

	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	var want iamTemplate
	if err := json.Unmarshal([]byte(template), &want); err != nil {
		t.Fatal(err)
	}
	want.compareWith(t, account)

	// A second stack with the same role names fails, and the error names the
	// reason.
	_, stderr = c.do(t, 1, "deploy", c.config(t, "  stackName: other\n"))
	wantText(t, stderr, "capaboot: error: ", "already exist", "capaboot: hint: ")

	// Removing a resource needs confirmation.
	config2 := c.config(t, "  nodes: {disable: true}\n")
	_, stderr = c.do(t, 1, "deploy", config2)
	wantText(t, stderr, "nothing was changed", "AWSIAMRoleNodes")
	if _, err := account.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("nodes.cluster-api-provider-aws.sigs.k8s.io")}); err != nil {
		t.Errorf("the role was deleted without confirmation: %v", err)
	}
}

// iamTemplate holds the fields of a template that the test compares.
type iamTemplate struct {
	Resources map[string]struct {
		Type       string
		Properties iamProperties
	}
}

type iamProperties struct {
	RoleName, ManagedPolicyName, InstanceProfileName string
	AssumeRolePolicyDocument, PolicyDocument         any
	Roles                                            []struct{ Ref string }
}

// compareWith checks that the account has every role, managed policy and
// instance profile of the template, and that they match the template.
func (want iamTemplate) compareWith(t *testing.T, account *awsiam.Client) {
	t.Helper()
	for id, resource := range want.Resources {
		p := resource.Properties
		switch resource.Type {
		case "AWS::IAM::Role":
			want.compareRole(t, account, id, p)
		case "AWS::IAM::ManagedPolicy":
			got, err := account.GetPolicyVersion(t.Context(), &awsiam.GetPolicyVersionInput{
				PolicyArn: aws.String("arn:aws:iam::123456789012:policy/" + p.ManagedPolicyName), VersionId: aws.String("v1")})
			if err != nil {
				t.Errorf("%s: %v", id, err)
				continue
			}
			wantDocument(t, id, aws.ToString(got.PolicyVersion.Document), p.PolicyDocument)
		case "AWS::IAM::InstanceProfile":
			got, err := account.GetInstanceProfile(t.Context(), &awsiam.GetInstanceProfileInput{InstanceProfileName: &p.InstanceProfileName})
			if err != nil || len(got.InstanceProfile.Roles) != 1 || aws.ToString(got.InstanceProfile.Roles[0].RoleName) != p.InstanceProfileName {
				t.Errorf("%s: %+v, %v", id, got, err)
			}
		default:
			t.Errorf("the test does not compare %s, which is a %s", id, resource.Type)
		}
	}
}

func (want iamTemplate) compareRole(t *testing.T, account *awsiam.Client, id string, p iamProperties) {
	t.Helper()
	got, err := account.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: &p.RoleName})
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	wantDocument(t, id, aws.ToString(got.Role.AssumeRolePolicyDocument), p.AssumeRolePolicyDocument)
	attached, err := account.ListAttachedRolePolicies(t.Context(), &awsiam.ListAttachedRolePoliciesInput{RoleName: &p.RoleName})
	if err != nil {
		t.Fatal(err)
	}
	// moto 5.2 does not attach the policies in ManagedPolicyArns.
	var wanted []string
	for _, other := range want.Resources {
		for _, ref := range other.Properties.Roles {
			if other.Type == "AWS::IAM::ManagedPolicy" && ref.Ref == id {
				wanted = append(wanted, "arn:aws:iam::123456789012:policy/"+other.Properties.ManagedPolicyName)
			}
		}
	}
	var arns []string
	for _, policy := range attached.AttachedPolicies {
		arns = append(arns, aws.ToString(policy.PolicyArn))
	}
	slices.Sort(wanted)
	slices.Sort(arns)
	if diff := cmp.Diff(wanted, arns); diff != "" {
		t.Errorf("policies of %s (-want +got)\n%s", id, diff)
	}
}

// wantDocument compares a policy document in the account (got) with the one in
// the template (want).
func wantDocument(t *testing.T, id, got string, want any) {
	t.Helper()
	text, err := url.QueryUnescape(got)
	if err != nil {
		text = got
	}
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		if err := json.Unmarshal([]byte(got), &document); err != nil {
			t.Errorf("%s: %v: %s", id, err, got)
			return
		}
	}
	if diff := cmp.Diff(want, document); diff != "" {
		t.Errorf("document of %s (-want +got)\n%s", id, diff)
	}
}

// TestAStackOfClusterawsadm plans for a stack that clusterawsadm created from
// the same configuration: the plan has no changes.
func TestAStackOfClusterawsadm(t *testing.T) {
	t.Parallel()
	c, config := motoCloud(t)
	peer, err := os.ReadFile(filepath.Join("..", "testdata", "peer", "default.json"))
	if err != nil {
		t.Fatal(err)
	}
	api := cloudformation.NewFromConfig(config)
	if _, err := api.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(stackName), TemplateBody: aws.String(string(peer)), Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}}); err != nil {
		t.Fatal(err)
	}
	stdout, _ := c.do(t, 0, "plan", "--exit-code")
	if !strings.HasSuffix(stdout, "no changes\n") {
		t.Errorf("the plan: %s", stdout)
	}
}

// TestPolicyDiffOfTheAccount compares the account with the configuration, and
// finds what was changed by hand.
func TestPolicyDiffOfTheAccount(t *testing.T) {
	t.Parallel()
	c, config := motoCloud(t)
	c.do(t, 0, "deploy", "--capa-version", "v2.8.4")
	const otherRelease = "warning: the template of the stack is that of CAPA v2.8.4, but the output is for CAPA v2.13.0; for the release of the stack, pass --capa-version v2.8.4"
	for _, command := range [][]string{{"review", "deployed"}, {"explain", "ec2:RunInstances", "--deployed"}} {
		_, stderr := c.policy(t, 0, command...)
		wantText(t, stderr, otherRelease)
		_, stderr = c.policy(t, 0, append(command, "--capa-version", "v2.8.4")...)
		if strings.Contains(stderr, "warning:") {
			t.Errorf("%q with the release of the stack warns:\n%s", command, stderr)
		}
	}
	account := awsiam.NewFromConfig(config)
	const instanceRole = "nodes.cluster-api-provider-aws.sigs.k8s.io"
	before, _ := c.policy(t, 0, "diff", "deployed", "release:v2.8.4", "-o", "json")
	var differences struct {
		Principals []struct {
			Gained, Lost []struct{ Policy, Effect string }
		}
	}
	if err := json.Unmarshal([]byte(before), &differences); err != nil {
		t.Fatal(err)
	}
	for _, p := range differences.Principals {
		for _, grant := range slices.Concat(p.Gained, p.Lost) {
			// moto 5.2 does not attach AWS managed policies to a role.
			if !strings.HasPrefix(grant.Policy, "Amazon") {
				t.Errorf("the account differs from what was deployed: %+v", grant)
			}
		}
	}
	if _, err := account.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String(instanceRole), PolicyName: aws.String("by-hand"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)}); err != nil {
		t.Fatal(err)
	}
	created, err := account.CreatePolicy(t.Context(), &awsiam.CreatePolicyInput{PolicyName: aws.String("attached-by-hand"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.AttachRolePolicy(t.Context(), &awsiam.AttachRolePolicyInput{RoleName: aws.String(instanceRole), PolicyArn: created.Policy.Arn}); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := c.policy(t, 3, "diff", "deployed", "--capa-version", "v2.11.1", "--exit-code")
	wantText(t, stderr, "account 123456789012, region eu-west-1")
	if strings.Contains(stderr, "CAPA v") {
		t.Errorf("the release of a side is in the output, not here:\n%s", stderr)
	}
	wantText(t, stdout, "from the deployed stack to CAPA's defaults for v", "role "+instanceRole+"\n",
		"- allow\n    in policy by-hand, Statement[0]\n      s3:* [Permissions management]\n",
		"- allow\n    in policy attached-by-hand, Statement[0]\n      kms:Decrypt [Write]\n",
		"eks:CreateAccessEntry [Write; since v2.11.0; used by eks]\n")
	_, stderr = c.policy(t, 1, "diff", "deployed", c.config(t, "  stackName: another\n"))
	wantText(t, stderr, "stack another does not exist, or has no resources, in account 123456789012, region eu-west-1")
}
