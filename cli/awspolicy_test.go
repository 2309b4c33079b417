// A test that every command says the same about a misspelled AWS managed policy.

package cli

import (
	"os"
	"strings"
	"testing"
)

// TestUnknownAWSPolicies: the configuration, a reviewed template and an
// argument each have their own code, but one wording.
func TestUnknownAWSPolicies(t *testing.T) {
	t.Chdir(t.TempDir())
	const misspelled = "arn:aws:iam::aws:policy/ReadOnlyAcces"
	for name, text := range map[string]string{
		"iam.yaml": "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n  nodes:\n    extraPolicyAttachments: [POLICY]\n",
		"template.yaml": "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}]}\n" +
			"      ManagedPolicyArns: [POLICY]\n",
	} {
		if err := os.WriteFile(name, []byte(strings.Replace(text, "POLICY", misspelled, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{"bootstrap iam print-config --config iam.yaml", "policy review template.yaml", "policy review " + misspelled} {
		stdout, stderr, _ := run(t, nil, nil, strings.Fields(args)...)
		if text := strings.Join(strings.Fields(stdout+stderr), " "); !strings.Contains(text, " is not among AWS's managed policies as of ") || !strings.Contains(text, "did you mean \"arn:aws:iam::aws:policy/ReadOnlyAccess\"?") {
			t.Errorf("%s:\n%s", args, text)
		}
	}
}
