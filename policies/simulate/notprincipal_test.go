// Tests of the callers that a NotPrincipal in a Deny excepts.

package simulate_test

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

func TestNotPrincipalInDeny(t *testing.T) {
	t.Parallel()
	const (
		root    = "arn:aws:iam::111122223333:root"
		ann     = "arn:aws:iam::111122223333:user/ann"
		bob     = "arn:aws:iam::111122223333:user/bob"
		role    = "arn:aws:iam::111122223333:role/r"
		session = "arn:aws:sts::111122223333:assumed-role/r/s"
	)
	for _, tt := range []struct {
		listed []string
		caller string
		want   string
	}{
		{[]string{ann, root}, ann, "allowed false"},
		{[]string{ann, root}, bob, "explicitDeny false"},
		{[]string{root}, bob, "explicitDeny false"},
		{[]string{"111122223333"}, bob, "explicitDeny false"},
		{[]string{root}, root, "allowed false"},
		{[]string{ann}, root, "explicitDeny false"},
		{[]string{ann}, ann, "explicitDeny true"},
		{[]string{ann, "444455556666"}, ann, "explicitDeny true"},
		{[]string{role, root}, session, "explicitDeny true"},
		{[]string{role, root}, role, "explicitDeny true"},
		{[]string{session, role, root}, session, "allowed false"},
		{[]string{session, role, root}, role, "explicitDeny true"},
		{[]string{"*"}, bob, "allowed false"},
	} {
		listed := ""
		for _, id := range tt.listed {
			listed += fmt.Sprintf(",%q", id)
		}
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"`+tt.caller+`"},"Action":"sqs:SendMessage","Resource":"*"},
			{"Effect":"Deny","NotPrincipal":{"AWS":[`+listed[1:]+`]},"Action":"sqs:SendMessage","Resource":"*"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		r := simulate.Evaluate(simulate.Policies{Resource: &document.Policy{Name: "p", Document: doc}, ResourceAlone: true},
			simulate.Request{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111122223333:q", Principal: document.Principal{Kind: "AWS", ID: tt.caller}})
		if got := fmt.Sprint(r.Decision, " ", r.Unknown); got != tt.want {
			t.Errorf("NotPrincipal %q, caller %s: %s, want %s; %q", tt.listed, tt.caller, got, tt.want, r.Notes)
		}
	}
}
