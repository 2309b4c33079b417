// Tests of the condition keys that every request of a role has.

package simulate

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// A role has temporary credentials only, so its requests have aws:TokenIssueTime and, if
// the session did not begin with federation, aws:MultiFactorAuthPresent.
//
// Source: IAM User Guide, "AWS global condition context keys".
func TestKeysOfSessions(t *testing.T) {
	t.Parallel()
	const (
		withoutMFA = `{Bool: {"aws:MultiFactorAuthPresent": "false"}}`
		old        = `{DateLessThan: {"aws:TokenIssueTime": "2030-01-01T00:00:00Z"}}`
		longTerm   = `{"Null": {"aws:TokenIssueTime": true}}`
		temporary  = `{"Null": {"aws:TokenIssueTime": false}}`
		account    = `{AWS: "111122223333"}`
		federated  = `{Federated: "arn:aws:iam::111122223333:saml-provider/p"}`
	)
	role := func(principal, condition string) string {
		return "{Type: AWS::IAM::Role, Properties: {RoleName: n, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: " + principal + ", Action: 'sts:*'}]}, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: '*', Condition: " + condition + "}]}}]}}"
	}
	user := func(condition string) string {
		return "{Type: AWS::IAM::User, Properties: {UserName: n, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Deny, Action: 's3:*', Resource: '*', Condition: " + condition + "}]}}]}}"
	}
	for _, test := range []struct {
		resource, context string
		decision          Decision
		unknown           bool
	}{
		{role(account, withoutMFA), "", Allowed, true},
		{role(account, withoutMFA), "aws:MultiFactorAuthPresent=true", Allowed, false},
		{role(account, withoutMFA), "aws:MultiFactorAuthPresent=false", ExplicitDeny, false},
		{role(federated, withoutMFA), "", Allowed, false},
		{role(account, old), "", Allowed, true},
		{role(federated, old), "", Allowed, true},
		{role(account, longTerm), "", Allowed, false},
		{role(account, temporary), "", ExplicitDeny, false},
		{user(withoutMFA), "", Allowed, false},
		{user(old), "", Allowed, false},
		{user(longTerm), "", ExplicitDeny, false},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  N: "+test.resource+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(set.Principals[0], set)
		if key, value, ok := strings.Cut(test.context, "="); ok {
			s.AddContext(key, value)
		}
		if o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != test.decision || o.Unknown != test.unknown {
			t.Errorf("%s with %q: %s, unknown %t: %q", test.resource, test.context, o.Decision, o.Unknown, o.Notes)
		}
	}
}
