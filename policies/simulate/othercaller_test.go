// Tests of callers other than the caller whose policies are evaluated, and of
// accounts that the request does not name.

package simulate

import (
	"testing"

	"capaboot/policies/document"
)

// The policies of a role decide only about requests of the role.
func TestOtherCaller(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte(`Resources:
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:user/ann"}, Action: "sts:AssumeRole"}]},
    Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		caller, action, resource string
		unknown                  bool
	}{
		{"", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", false},
		{"arn:aws:iam::111122223333:role/r", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", false},
		{"arn:aws:sts::111122223333:assumed-role/r/s", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", false},
		{"arn:aws:iam::111122223333:role/other", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true},
		{"arn:aws:iam::111122223333:user/r", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true},
		{"111122223333", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true},
		{"*", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true},
		{"lambda.amazonaws.com", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", true},
		{"arn:aws:iam::111122223333:user/ann", "sts:AssumeRole", "arn:aws:iam::111122223333:role/r", false},
	} {
		s := Simulation{ChecksExistence: true}
		s.SetHolder(set.Principals[0], set)
		if test.caller != "" {
			p, ok := ParsePrincipal(test.caller)
			if !ok {
				t.Fatalf("%s is no principal", test.caller)
			}
			s.SetCaller(p)
		}
		if o := runOne(t, &s, test.action, test.resource); o.Unknown != test.unknown {
			t.Errorf("%s, %s: %s, unknown is %t: %q", test.caller, test.action, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// A bucket's ARN has no account. If only the identity policy or only the resource
// policy allows a request, the decision depends on whether the bucket is in the account
// of the caller.
func TestAssumedAccount(t *testing.T) {
	const (
		allow   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
		other   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:*","Resource":"*"}}`
		deny    = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`
		toX     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/x"},"Action":"s3:*","Resource":"*"}}`
		toOther = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:user/y"},"Action":"s3:*","Resource":"*"}}`
	)
	for _, test := range []struct {
		identity, resource, account string
		want                        Decision
		unknown                     bool
	}{
		{allow, toX, "", Allowed, false},
		{allow, toOther, "", Allowed, true},
		{other, toX, "", Allowed, true},
		{other, toOther, "", ImplicitDeny, false},
		{deny, toX, "", ExplicitDeny, false},
		{allow, toOther, "111122223333", ImplicitDeny, false},
		{allow, toOther, "444455556666", Allowed, false},
	} {
		var s Simulation
		s.SetCaller(document.Principal{Kind: "AWS", ID: "arn:aws:iam::444455556666:user/x"})
		if test.account != "" {
			s.Parameters = map[string]string{"AWS::AccountId": test.account}
		}
		for name, text := range map[string]string{"identity.json": test.identity, "bucket.json": test.resource} {
			doc, err := document.Read(name, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AddPolicy(document.Policy{Name: name, Document: doc}); err != nil {
				t.Fatal(err)
			}
		}
		if o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Decision != test.want || o.Unknown != test.unknown {
			t.Errorf("%s with %s in account %q: %s, unknown is %t, want %s, %t: %q", test.identity, test.resource, test.account, o.Decision, o.Unknown, test.want, test.unknown, o.Notes)
		}
	}
}
