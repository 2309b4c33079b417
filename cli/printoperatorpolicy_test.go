// Tests of the output of print-operator-policy.

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
)

func TestPrintOperatorPolicy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	bounded := c.config(t, "  permissionsBoundary: arn:aws:iam::123456789012:policy/boundary\n")
	govConfig := newCloud(t).config(t, "  region: us-gov-west-1\n")
	for _, test := range []struct {
		name            string
		args            []string
		environment     map[string]string // nil for the environment of the double
		code            int
		out, wantStderr []string
		unwanted        []string // in neither stdout nor stderr
	}{
		{"the account and the region of the credentials", nil, nil, 0, []string{`"arn:aws:iam::123456789012:role/nodes.`, `"arn:aws:cloudformation:eu-west-1:123456789012:stack/` + stackName + `/*"`},
			[]string{"for account 123456789012, region eu-west-1, stack " + stackName, "warning: anyone who deploys with this policy can grant any permission to these roles and users of the stack, because they have no permissions boundary: AWSIAMRoleControlPlane,"}, nil},
		{"no credentials", nil, map[string]string{}, 0, []string{`"arn:aws:iam::*:role/nodes.`, `"arn:aws:cloudformation:*:*:stack/`}, []string{"no credentials found: the policy is for any account", "for any account, any region, stack "}, nil},
		{"a request is not sent for a named account", []string{"--account", "111122223333", "--region", "us-west-2"}, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": "FALSESECRETOFTHETEST"}, 0,
			[]string{`"arn:aws:iam::111122223333:role/nodes.`, `"arn:aws:cloudformation:us-west-2:111122223333:stack/`}, []string{"for account 111122223333, region us-west-2"}, nil},
		{"half a key pair", []string{"--region", "eu-west-1"}, map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0"}, 1, nil, []string{"error: AWS_ACCESS_KEY_ID is set in the environment, but AWS_SECRET_ACCESS_KEY is not"}, nil},
		{"with a boundary", []string{bounded}, nil, 0, []string{`"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/boundary"`}, nil, []string{"warning", "DeleteRolePermissionsBoundary"}},
		{"a command that only reads", []string{"--for", "verify"}, nil, 0, []string{`"iam:GetRole"`}, nil, []string{"warning", "iam:CreateRole"}},
		{"two commands", []string{"--for", "plan", "--for", "verify"}, nil, 0, []string{"CreateChangeSet", "iam:ListRolePolicies"}, nil, []string{"iam:CreateRole"}},
		{"a service role", []string{"--role-arn", "arn:aws:iam::123456789012:role/team/cfn"}, nil, 0, []string{`"service-role": {`, `"trust": {`, `"cloudformation.amazonaws.com"`}, nil, nil},
		{"a service role in a template", []string{"--role-arn", "arn:aws:iam::123456789012:role/team/cfn", "-o", "cloudformation"}, nil, 0, []string{"RoleName: cfn", "Path: /team/", "Ref: ServiceRolePolicy"}, nil, nil},
		{"a service role of another account", []string{"--role-arn", "arn:aws:iam::444455556666:role/cfn"}, nil, 2, nil, []string{"error: invalid service role arn:aws:iam::444455556666:role/cfn: it is in account 444455556666, want account 123456789012"}, nil},
		{"a region of another partition", []string{"--account", "123456789012", "--region", "us-gov-west-1"}, map[string]string{}, 2, nil, []string{"error: region us-gov-west-1, from --region, is in partition aws-us-gov, but the template is for aws", "hint: set spec.partition to aws-us-gov in the configuration, or choose a region of partition aws"}, nil},
		{"a variable with a region of another partition", nil, map[string]string{"AWS_REGION": "cn-north-1"}, 2, nil, []string{"error: region cn-north-1, from AWS_REGION, is in partition aws-cn, but the template is for aws"}, nil},
		{"a template of another partition than the region", []string{c.chinaConfig(t), "--account", "123456789012", "--region", "us-east-1"}, map[string]string{}, 2, nil, []string{"in partition aws, but the template is for aws-cn"}, nil},
		{"a region of the partition of the template", []string{c.chinaConfig(t), "--account", "123456789012", "--region", "cn-north-1"}, map[string]string{}, 0, []string{`"arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/`}, nil, nil},
		{"any region of another partition", []string{c.chinaConfig(t), "--account", "123456789012"}, map[string]string{}, 0, []string{`"arn:aws-cn:cloudformation:*:123456789012:stack/`}, nil, nil},
		{"a region that overrides that of the configuration", []string{govConfig, "--account", "123456789012", "--region", "us-east-1"}, map[string]string{}, 2, nil, []string{"hint: --region (us-east-1) overrides spec.region (us-gov-west-1) for the stack, but not for the partition: either remove --region, or change spec.region in the configuration"}, nil},
		{"a region whose partition is unknown", []string{"--account", "123456789012", "--region", "mars-north-1"}, map[string]string{}, 0, []string{`"arn:aws:cloudformation:mars-north-1:123456789012:stack/`}, nil, nil},
		{"another partition", []string{c.chinaConfig(t)}, nil, 2, nil, []string{"error: the account is in partition aws, but the template is for aws-cn"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			environment := c.environment
			if test.environment != nil {
				environment = test.environment
			}
			stdout, stderr, code := run(t, environment, nil, append([]string{"bootstrap", "iam", "print-operator-policy"}, test.args...)...)
			if code != test.code {
				t.Fatalf("exit code %d, want %d; %s", code, test.code, stderr)
			}
			wantText(t, stdout, test.out...)
			wantText(t, stderr, test.wantStderr...)
			for _, unwanted := range test.unwanted {
				if strings.Contains(stdout+stderr, unwanted) {
					t.Errorf("%q is printed:\n%s%s", unwanted, stderr, stdout)
				}
			}
		})
	}
}

func TestOperatorPolicyWhenSTSDenies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "GetCallerIdentity", Kind: cfndouble.Denied})
	stdout, stderr := c.do(t, 1, "print-operator-policy")
	wantText(t, stderr, "error: ", "hint: to send no request to AWS, pass --account")
	if stdout != "" {
		t.Errorf("a policy is printed:\n%s", stdout)
	}
}

// chinaConfig writes a configuration for the partition of China.
func (c *cloud) chinaConfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "china.yaml")
	const text = "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n  partition: aws-cn\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config=" + path
}

// A policy that is too long for IAM is printed as several policies, in the same
// schema.
func TestALongOperatorPolicyIsSplit(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  bootstrapUser: {enable: true}\n  eks: {managedMachinePool: {}, fargate: {}}\n")
	stdout, _ := c.do(t, 0, "print-operator-policy", config, "-o", "json")
	var printed struct{ Policies map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(stdout), &printed); err != nil {
		t.Fatal(err)
	}
	if len(printed.Policies) != 2 || printed.Policies["operator"] == nil || printed.Policies["operator-2"] == nil {
		t.Errorf("the policies are %d", len(printed.Policies))
	}
}
