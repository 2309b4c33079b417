// Tests of the notes about policies outside the input that must also allow a request.

package simulate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// If a policy outside the input must also allow a request, the request is not
// certainly allowed, and a note says which policy.
func TestOtherPoliciesThatMustAllow(t *testing.T) {
	const (
		key, bucket, queue, role = "arn:aws:kms:eu-west-1:111122223333:key/k", "arn:aws:s3:::b/k", "arn:aws:sqs:eu-west-1:111122223333:q", "arn:aws:iam::111122223333:role/r"
		own, other               = "arn:aws:iam::111122223333:role/x", "arn:aws:iam::444455556666:role/x"
		must, mayDeny, ifOther   = "they must also allow the request", "they may deny the request", "they may deny the request, and must also allow it if"
	)
	allow := func(principal, action string) string {
		return `{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"*"}`
	}
	aws := func(id string) string { return `{"AWS":"` + id + `"}` }
	identity := `{"Effect":"Allow","Action":"*","Resource":"*"}`
	for name, tt := range map[string]struct {
		policies                          []string
		action, resource, caller, context string
		want                              string // the decision, and whether it is certain
		note                              string
	}{
		"the root statement of a key":       {[]string{allow(aws("arn:aws:iam::111122223333:root"), "kms:*")}, "kms:Decrypt", key, "", "", "allowed false", must},
		"... and a role":                    {[]string{allow(aws("arn:aws:iam::111122223333:root"), "kms:*")}, "kms:Decrypt", key, own, "", "allowed false", must},
		"... and an account":                {[]string{allow(aws("111122223333"), "kms:*")}, "kms:Decrypt", key, "111122223333", "", "allowed false", must},
		"... and the root user":             {[]string{allow(aws("arn:aws:iam::111122223333:root"), "kms:*")}, "kms:Decrypt", key, "arn:aws:iam::111122223333:root", "", "allowed true", mayDeny},
		"... and policies of the role":      {[]string{allow(aws("arn:aws:iam::111122223333:root"), "kms:*"), identity}, "kms:Decrypt", key, own, "", "allowed true", ""},
		"a key policy that names the role":  {[]string{allow(aws(own), "kms:*")}, "kms:Decrypt", key, own, "", "allowed true", mayDeny},
		"... after the root statement":      {[]string{allow(aws("arn:aws:iam::111122223333:root"), "kms:*") + "," + allow(aws(own), "kms:*")}, "kms:Decrypt", key, "", "", "allowed true", mayDeny},
		"a role of another account":         {[]string{allow(aws(other), "kms:*")}, "kms:Decrypt", key, other, "", "allowed false", must},
		"... that is the only principal":    {[]string{allow(aws(other), "sqs:*")}, "sqs:SendMessage", queue, "", "", "allowed false", must},
		"a bucket of another account":       {[]string{allow(aws(other), "s3:*")}, "s3:GetObject", bucket, other, "aws:ResourceAccount=111122223333", "allowed false", must},
		"a bucket of an unknown account":    {[]string{allow(aws(other), "s3:*")}, "s3:GetObject", bucket, other, "", "allowed true", ifOther},
		"a bucket of the account":           {[]string{allow(aws(other), "s3:*")}, "s3:GetObject", bucket, other, "aws:ResourceAccount=444455556666", "allowed true", mayDeny},
		"a service":                         {[]string{allow(`{"Service":"sns.amazonaws.com"}`, "sqs:*")}, "sqs:SendMessage", queue, "", "", "allowed true", ""},
		"denied":                            {[]string{allow(aws(other), "sqs:*")}, "sqs:SendMessage", queue, own, "", "implicitDeny true", ""},
		"identity policies and a key":       {[]string{identity}, "kms:Decrypt", key, "", "", "allowed false", "the key policy is not evaluated: it must also allow the request"},
		"identity policies and a role":      {[]string{identity}, "sts:AssumeRole", role, "", "", "allowed false", "the trust policy of the role is not evaluated: it must also allow the request"},
		"a queue of another account":        {[]string{identity}, "sqs:SendMessage", queue, other, "", "allowed false", "the policy of the resource, which is not evaluated, must also allow the request"},
		"a queue of the account":            {[]string{identity}, "sqs:SendMessage", queue, own, "", "allowed true", ""},
		"a denied request for a key":        {[]string{strings.Replace(identity, "Allow", "Deny", 1)}, "kms:Decrypt", key, "", "", "explicitDeny true", ""},
		"nothing allows a request to a key": {[]string{strings.Replace(identity, `"Action":"*"`, `"Action":"sqs:*"`, 1)}, "kms:Decrypt", key, "", "", "implicitDeny true", ""},
	} {
		var s simulate.Simulation
		for i, statements := range tt.policies {
			doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.AddPolicy(document.Policy{Name: fmt.Sprint("policy ", i), Document: doc}); err != nil {
				t.Fatal(err)
			}
		}
		if tt.caller != "" {
			p, _ := simulate.ParsePrincipal(tt.caller)
			s.SetCaller(p)
		}
		if key, value, ok := strings.Cut(tt.context, "="); ok {
			s.AddContext(key, value)
		}
		o := run(t, &s, tt.action, tt.resource)
		if got := fmt.Sprint(o.Decision, " ", !o.Unknown); got != tt.want || o.Meets(simulate.ExpectAllowed) != (tt.want == "allowed true") {
			t.Errorf("%s: %s, want %s; notes %q", name, got, tt.want, o.Notes)
		}
		if tt.note != "" && !slices.ContainsFunc(o.Notes, func(note string) bool { return strings.Contains(note, tt.note) }) {
			t.Errorf("%s: notes %q, want %q", name, o.Notes, tt.note)
		}
	}
}
