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

// No request of a role has aws:username, so no value of this key makes a request of a
// role allowed.
func TestUserNameOfRole(t *testing.T) {
	t.Parallel()
	for statement, conditional := range map[string][2]int{ // of a role, of a policy of any caller
		`{Effect: Allow, Action: "iam:*", Resource: "arn:aws:iam::*:user/${aws:username}"}`:                                    {0, 1},
		`{Effect: Allow, Action: "iam:*", Resource: ["arn:aws:iam::*:user/${aws:username}", "${aws:PrincipalTag/x}"]}`:         {1, 1},
		`{Effect: Allow, Action: "iam:*", Resource: "*", Condition: {StringEquals: {"aws:username": u}}}`:                      {0, 1},
		`{Effect: Allow, Action: "iam:*", Resource: "*", Condition: {StringEquals: {"aws:ResourceTag/o": "${aws:username}"}}}`: {1, 1},
	} {
		policies := "Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + statement + "]}}]"
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  N: {Type: AWS::IAM::Role, Properties: {RoleName: n, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}, "+policies+"}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		var ofRole, ofAny Simulation
		ofRole.SetHolder(set.Principals[0], set)
		ofAny.Policies.Identity = set.Principals[0].Policies
		for i, s := range []*Simulation{&ofRole, &ofAny} {
			if o := runOne(t, s, "iam:CreateAccessKey", "arn:aws:iam::111122223333:user/u"); len(o.Conditional) != conditional[i] || o.Decision != ImplicitDeny {
				t.Errorf("%s, case %d: %s, %d conditional", statement, i, o.Decision, len(o.Conditional))
			}
		}
	}
}

// In requests for KMS keys, kms:CallerAccount is the account of the caller.
func TestCallerAccountOfKMS(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:eu-west-1:111122223333:key/k"
	set, err := document.ReadSet("t.yaml", []byte(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [
    {Effect: Allow, Action: "*", Resource: "*"}, {Effect: Deny, Action: "*", Resource: "*", Condition: {StringNotEquals: {"kms:CallerAccount": "111122223333"}}}]}}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action, resource, account string
		want                      Decision
	}{
		{"kms:Decrypt", key, "111122223333", Allowed},
		{"kms:Decrypt", key, "444455556666", ExplicitDeny},
		{"s3:GetObject", "arn:aws:s3:::b/k", "111122223333", ExplicitDeny}, // without the key
	} {
		s := Simulation{Parameters: map[string]string{"AWS::AccountId": test.account}}
		s.SetHolder(set.Principals[0], set)
		if o := runOne(t, &s, test.action, test.resource); o.Decision != test.want {
			t.Errorf("%s from the account %s: %s, want %s: %q", test.action, test.account, o.Decision, test.want, o.Notes)
		}
	}
}
