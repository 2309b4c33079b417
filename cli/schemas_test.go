// Tests that "policy diff" follows its schema in docs/schemas.

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiffFollowsItsSchema(t *testing.T) {
	compiled := schema(t, "../docs/schemas/policy-diff.schema.json")
	elsewhere := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(elsewhere, []byte(otherTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	template := "testdata/review/template.yaml"
	for _, sides := range [][]string{{"release:v2.0.0", "release:v2.11.1"}, {template, template}, {template, elsewhere}, {elsewhere, template}, {template, "release:v2.11.1"}} {
		var out, talk bytes.Buffer
		code := Run(t.Context(), Process{Args: slices.Concat([]string{"capaboot", "policy", "diff", "-o", "json"}, sides), Stdout: &out, Stderr: &talk})
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", sides, code, talk.String())
		}
		validate(t, strings.Join(sides, " "), compiled, out.String())
	}
}

// otherTemplate is the one of the review with changes of every kind.
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
