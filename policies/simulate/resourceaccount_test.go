// Tests of the account of the resource as a condition key.

package simulate

import (
	"testing"

	"capaboot/policies/document"
)

// The request has aws:ResourceAccount with the account in the ARN, if the action has the
// key and --context does not give it.
func TestResourceAccount(t *testing.T) {
	t.Parallel()
	const (
		queue = "arn:aws:sqs:eu-west-1:111122223333:q"
		own   = `{"StringEquals": {"aws:ResourceAccount": "111122223333"}}`
		other = `{"StringNotEquals": {"aws:ResourceAccount": "111122223333"}}`
	)
	for _, test := range []struct {
		condition, action, resource, context string
		want                                 Decision
	}{
		{own, "sqs:SendMessage", queue, "", ExplicitDeny},
		{other, "sqs:SendMessage", queue, "", Allowed},
		{`{"StringEquals": {"aws:resourceaccount": "111122223333"}}`, "sqs:SendMessage", queue, "", ExplicitDeny},
		{`{"Null": {"aws:ResourceAccount": "false"}}`, "sqs:SendMessage", queue, "", ExplicitDeny},
		{own, "s3:GetObject", "arn:aws:s3:::b/k", "", Allowed},
		{own, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", ExplicitDeny},
		{own, "ec2:CreateVpcPeeringConnection", "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1", "", Allowed}, // without the key
		{own, "iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", "", Allowed},
	} {
		doc, err := document.Read("p", []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": `+test.condition+`}]}`))
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.Policies.Identity = []document.Policy{{Name: "p", Document: doc}}
		if test.context != "" {
			s.AddContext("aws:ResourceAccount", test.context)
		}
		if o := runOne(t, &s, test.action, test.resource); o.Decision != test.want {
			t.Errorf("%s on %s with a Deny if %s: %s, want %s", test.action, test.resource, test.condition, o.Decision, test.want)
		}
	}
}
