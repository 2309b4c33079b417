// Tests of requests for resources that are not in the account of the caller.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// Services without resource policies never allow a caller of another account.
func TestRequestsToOtherAccounts(t *testing.T) {
	doc, err := document.Read("identity.json", []byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "*", "Resource": "*"},
		{"Effect": "Deny", "Action": "iam:DeleteRole", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
		{"Effect": "Deny", "Action": "iam:DeleteUser", "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	const note, reason = "the policy of the resource, which is not evaluated, must also allow the request", "the resource is in account 444455556666, and the caller in account 111122223333: AWS denies the request, because "
	for _, test := range []struct {
		action, resource string
		decision         simulate.Decision
		want             string // part of the reason or of a note
	}{
		{"iam:PassRole", "arn:aws:iam::444455556666:role/r", simulate.ImplicitDeny, reason + "a role has no resource policy besides its trust policy"},
		{"iam:DeleteRole", "arn:aws:iam::444455556666:role/r", simulate.ImplicitDeny, reason},
		{"iam:DeleteUser", "arn:aws:iam::444455556666:user/u", simulate.ExplicitDeny, ""},
		{"eks:CreateAccessEntry", "arn:aws:eks:eu-west-1:444455556666:cluster/c", simulate.ImplicitDeny, reason + "Amazon EKS has no resource policies"},
		{"eks:CreateAccessEntry", "arn:aws:eks:eu-west-1:111122223333:cluster/c", simulate.Allowed, ""},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/r", simulate.Allowed, ""},
		{"iam:GetPolicy", "arn:aws:iam::aws:policy/AdministratorAccess", simulate.Allowed, ""},
		{"sts:AssumeRole", "arn:aws:iam::444455556666:role/r", simulate.Allowed, note},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:444455556666:q", simulate.Allowed, note},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:444455556666:subnet/subnet-1", simulate.Allowed, note},
	} {
		s := simulate.Simulation{Parameters: map[string]string{"AWS::AccountId": "111122223333"}, Policies: simulate.Policies{Identity: []document.Policy{{Name: "identity.json", Document: doc}}}}
		o := run(t, &s, test.action, test.resource)
		text := o.Reason + "\n" + strings.Join(o.Notes, "\n")
		if o.Decision != test.decision || o.Unknown != (test.want == note) || !strings.Contains(text, test.want) {
			t.Errorf("%s on %s: %s, unknown %v, %s", test.action, test.resource, o.Decision, o.Unknown, text)
		}
		if strings.HasPrefix(test.want, reason) && (len(o.Statements) > 0 || strings.Contains(text, note) || !o.Meets(simulate.ExpectDenied)) {
			t.Errorf("%s on %s is not denied for certain: %+v", test.action, test.resource, o)
		}
	}
}
