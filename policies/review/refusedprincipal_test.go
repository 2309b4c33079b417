// Tests of principals that AWS refuses.

package review

import (
	"fmt"
	"strings"
	"testing"
)

// A Ref to a role or user of the template returns a name, and AWS refuses a name
// as a principal. A Ref to a parameter can be an ARN.
func TestRefAsPrincipal(t *testing.T) {
	t.Parallel()
	for principal, refused := range map[string]bool{"!Ref U": true, "!Ref R": true, "!GetAtt U.Arn": false, "!Ref P": false} {
		report := reviewText(t, "t.yaml", `
Parameters: {P: {Type: String}}
Resources:
  U: {Type: AWS::IAM::User}
  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: `+principal+`}, Action: 'sts:AssumeRole'}]}}}
`, "refused-principal")
		got := false
		for _, f := range report.Findings {
			got = got || f.Rule == "refused-principal" && strings.Contains(fmt.Sprint(f.Message), "Ref returns the name")
		}
		if got != refused {
			t.Errorf("%s: refused %t, want %t: %+v", principal, got, refused, report.Findings)
		}
	}
}
