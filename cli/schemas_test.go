// Tests that the JSON of "policy diff", "policy simulate" and "policy explain"
// follows the schemas in docs/schemas, and that all JSON output has a schema.

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/commandline"
	"capaboot/internal/conform"
)

func TestDiffFollowsItsSchema(t *testing.T) {
	const schema = "policy-diff"
	otherFile := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(otherFile, []byte(otherTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	template := "testdata/review/template.yaml"
	for _, sides := range [][]string{{"release:v2.0.0", "release:v2.11.1"}, {template, template}, {template, otherFile}, {otherFile, template}, {template, "release:v2.11.1"}} {
		var out, stderr bytes.Buffer
		code := Run(t.Context(), Process{Args: slices.Concat([]string{"capaboot", "policy", "diff", "-o", "json"}, sides), Stdout: &out, Stderr: &stderr})
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", sides, code, stderr.String())
		}
		checkSchema(t, strings.Join(sides, " "), schema, out.String())
	}
}

// otherTemplate is the template of the review tests with changes of every kind.
const otherTemplate = `Resources:
  Uploader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: renamed
      PermissionsBoundary: arn:aws:iam::123456789012:policy/boundary
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, NotPrincipal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: other
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Deny, NotAction: "s3:Get*", NotResource: "arn:aws:s3:::logs/*"}
              - {Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:RequestedRegion": [a, b]}}}
`

func TestSimulateFollowsItsSchema(t *testing.T) {
	const schema = "policy-simulate"
	file := filepath.Join(t.TempDir(), "p.json")
	const policy = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/${aws:username}", "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}},
		{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}, "BoolIfExists": {"aws:ViaAWSService": "false"}}},
		{"Effect": "Allow", "Action": ["kms:*", "sts:*", "*:GetObject"], "Resource": "arn:aws"}]}`
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	actions := []string{"--action", "iam:PassRole", "--action", "kms:Decrypt", "--action", "sts:GetCallerIdentity", "--action", "s3:GetObject", "--resource", "arn:aws:iam::111122223333:role/ann", "--resource", "*"}
	for _, args := range [][]string{
		{"--policy", file}, {"--policy", file, "--context", "aws:RequestedRegion=eu-west-1"}, {"--role", "controllers"},
		{"--policy", file, "--principal", "arn:aws:iam::444455556666:user/ann", "--boundary", file},
	} {
		var out, stderr bytes.Buffer
		if code := Run(t.Context(), Process{Args: slices.Concat([]string{"capaboot", "policy", "simulate", "-o", "json"}, args, actions), Stdout: &out, Stderr: &stderr}); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr.String())
		}
		checkSchema(t, strings.Join(args, " "), schema, out.String())
	}
}

func TestExplainFollowsItsSchema(t *testing.T) {
	const schema = "policy-explain"
	for _, args := range [][]string{
		{"ec2:*", "iam", "s3:PutBucketPolicy", "sts:*"}, {"--policy", "testdata/review/template.yaml", "s3", "sts:AssumeRole"},
		{"--feature", "dedicated-hosts", "--feature", "rosa-network", "--ungranted"}, {"--ungranted", "--capa-version", "v2.1.0"}, {"--ungranted", "--policy", "release:v1.0.0"},
	} {
		var out, stderr bytes.Buffer
		if code := Run(t.Context(), Process{Args: slices.Concat([]string{"capaboot", "policy", "explain", "-o", "json"}, args), Stdout: &out, Stderr: &stderr}); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr.String())
		}
		checkSchema(t, strings.Join(args, " "), schema, out.String())
	}
}

func TestDenialsFollowTheirSchema(t *testing.T) {
	const schema = "policy-denials"
	log, err := os.ReadFile("testdata/denials.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--redact"}, {"--policy", "testdata/review/template.yaml"}, {"--capa-version", "v1.0.0"}} {
		var out, stderr bytes.Buffer
		process := Process{Args: slices.Concat([]string{"capaboot", "policy", "explain", "-", "-o", "json"}, args), Stdin: bytes.NewReader(log), Stdout: &out, Stderr: &stderr}
		if code := Run(t.Context(), process); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr.String())
		}
		checkSchema(t, strings.Join(args, " "), schema, out.String())
	}
}

// checkSchema fails the test when the output of a command does not follow the
// schema. name is for messages.
func checkSchema(t *testing.T, name, schema, text string) {
	t.Helper()
	if err := conform.Check(schema, text); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestEveryJSONHasASchema(t *testing.T) {
	for _, command := range commandline.Describe((&runner{}).app("capaboot")).Leaves() {
		for _, flag := range command.Flags {
			if flag.Name() == "output" && slices.Contains(flag.Allowed, "json") {
				if _, err := conform.Schema(append(strings.Fields(command.Path), "-o", "json")); err != nil {
					t.Errorf("%s: %v", command.Path, err)
				}
			}
		}
	}
}
