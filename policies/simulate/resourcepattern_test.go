// Tests of requests for several resources.

package simulate

import (
	"testing"

	"capaboot/policies/document"
)

func TestResourceWithWildcards(t *testing.T) {
	t.Parallel()
	const (
		all  = `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`
		pub  = `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/pub/*"}`
		deny = `{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret*"}`
		not  = `{"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/pub/*"}`
		one  = `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/?"}`
	)
	for _, test := range []struct {
		statements, resource string
		want                 Decision
		unknown              bool
	}{
		{all, "arn:aws:s3:::b/*", Allowed, false},
		{pub, "arn:aws:s3:::b/*", ImplicitDeny, true},
		{pub, "arn:aws:s3:::b/pub/*", Allowed, false},
		{pub, "arn:aws:s3:::b/pub/a?", Allowed, false},
		{pub, "arn:aws:s3:::c/*", ImplicitDeny, false},
		{one, "arn:aws:s3:::b/*", ImplicitDeny, true},
		{all + "," + deny, "arn:aws:s3:::b/*", ExplicitDeny, true},
		{all + "," + deny, "arn:aws:s3:::b/secret/*", ExplicitDeny, false},
		{all + "," + deny, "arn:aws:s3:::b/pub/*", Allowed, false},
		{all + "," + not, "arn:aws:s3:::b/*", ExplicitDeny, true},
		{all + "," + not, "arn:aws:s3:::b/pub/*", Allowed, false},
		{all + "," + not, "arn:aws:s3:::c/*", ExplicitDeny, false},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version": "2012-10-17", "Statement": [`+test.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := Simulation{ChecksExistence: true}
		if err := s.AddPolicy(document.Policy{Name: "p", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if o := runOne(t, &s, "s3:GetObject", test.resource); o.Decision != test.want || o.Unknown != test.unknown {
			t.Errorf("%s on %s: %s, unknown %t, want %s, %t: %q", test.statements, test.resource, o.Decision, o.Unknown, test.want, test.unknown, o.Notes)
		}
	}
}
