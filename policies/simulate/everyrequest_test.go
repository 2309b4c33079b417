// Tests of condition keys that every request has.

package simulate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

func TestKeysOfEveryRequest(t *testing.T) {
	const (
		all   = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		allow = `{"Effect":"Allow","Action":"*","Resource":"*","Condition":`
		deny  = all + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":`
	)
	for name, tt := range map[string]struct {
		statements, context string
		decision            simulate.Decision
		certain             bool
		note                string // part of a note, or "" if no note may mention a key
	}{
		// The time of the run decides.
		"a Deny since 2020":              {deny + `{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}`, "", simulate.ExplicitDeny, true, "aws:CurrentTime is assumed to be 2026-11-30T08:00:00Z, the time of this run"},
		"a Deny until 2020":              {deny + `{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}`, "", simulate.Allowed, true, "aws:CurrentTime is assumed"},
		"an Allow until 2020":            {allow + `{"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}`, "", simulate.ImplicitDeny, true, "aws:CurrentTime is assumed"},
		"an Allow until 2100":            {allow + `{"DateLessThan":{"aws:CurrentTime":"2100-01-01T00:00:00Z"}}}`, "", simulate.Allowed, true, "aws:CurrentTime is assumed"},
		"a given time":                   {deny + `{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}`, "aws:CurrentTime=2019-06-01T00:00:00Z", simulate.Allowed, true, ""},
		"seconds since 1970":             {deny + `{"NumericGreaterThan":{"aws:EpochTime":"1577836800"}}}`, "", simulate.ExplicitDeny, true, "aws:EpochTime is assumed to be 1796025600"},
		"a time of another day":          {deny + `{"DateEquals":{"AWS:currenttime":"2020-01-01T00:00:00Z"}}}`, "", simulate.Allowed, true, "aws:CurrentTime is assumed"},
		"the time is never absent":       {deny + `{"Null":{"aws:CurrentTime":"false"}}}`, "", simulate.ExplicitDeny, true, "aws:CurrentTime is assumed"},
		"a Deny without TLS":             {deny + `{"Bool":{"aws:SecureTransport":"false"}}}`, "", simulate.Allowed, false, "every request has aws:SecureTransport, but no value was given"},
		"a given value":                  {deny + `{"Bool":{"aws:SecureTransport":"false"}}}`, "aws:SecureTransport=true", simulate.Allowed, true, ""},
		"a Deny of a type of principal":  {deny + `{"StringEquals":{"aws:PrincipalType":"User"}}}`, "", simulate.Allowed, false, "every request has aws:PrincipalType"},
		"a Deny of a program":            {deny + `{"StringLike":{"aws:UserAgent":"curl*"}}}`, "", simulate.Allowed, false, "every request has aws:UserAgent"},
		"a Deny of a signed request":     {deny + `{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}}`, "", simulate.Allowed, false, "every signed request has aws:PrincipalArn"},
		"an Allow except for one caller": {allow + `{"StringNotEquals":{"aws:userid":"AIDAFALSE"}}}`, "", simulate.Allowed, false, "every request has aws:userid"},
		"another statement allows it":    {all + "," + allow + `{"StringNotEquals":{"aws:userid":"AIDAFALSE"}}}`, "", simulate.Allowed, true, ""},
		"another condition fails":        {deny + `{"Bool":{"aws:SecureTransport":"false"},"StringEquals":{"aws:username":"ann"}}}`, "aws:username=bob", simulate.Allowed, true, ""},
		"a variable":                     {all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:sqs:eu-west-1:111122223333:${aws:userid}"}`, "", simulate.Allowed, false, "every request has aws:userid"},
		"a variable and another queue":   {all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:sqs:eu-west-1:111122223333:x-${aws:userid}"}`, "", simulate.Allowed, true, ""},
		"an Allow with TLS":              {allow + `{"Bool":{"aws:SecureTransport":"true"}}}`, "", simulate.ImplicitDeny, false, ""},
		"never absent":                   {deny + `{"Null":{"aws:SecureTransport":"true"}}}`, "", simulate.Allowed, true, ""},
		"always present":                 {deny + `{"Null":{"aws:SecureTransport":"false"}}}`, "", simulate.ExplicitDeny, true, ""},
		"a key that requests may lack":   {deny + `{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`, "", simulate.Allowed, true, ""},
		"the region of the ARN":          {deny + `{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}}`, "", simulate.Allowed, true, ""},
		"a key of signed requests":       {deny + `{"Null":{"aws:PrincipalArn":"true"}}}`, "", simulate.ExplicitDeny, false, ""},
		"any type of principal":          {deny + `{"ForAllValues:StringEquals":{"aws:PrincipalType":"User"}}}`, "", simulate.ExplicitDeny, false, ""},
		"a key whose absence is unknown": {deny + `{"Null":{"aws:SourceIp":"true"}}}`, "", simulate.ExplicitDeny, false, ""},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+tt.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{Now: time.Date(2026, 11, 30, 9, 0, 0, 0, time.FixedZone("", 3600))}
		if err := s.AddPolicy(document.Policy{Name: "p.json", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if key, value, ok := strings.Cut(tt.context, "="); ok {
			s.AddContext(key, value)
		}
		o := run(t, &s, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")
		certain := o.Meets(simulate.ExpectAllowed) || o.Meets(simulate.ExpectDenied)
		if o.Decision != tt.decision || certain != tt.certain {
			t.Errorf("%s: %s, certain %v, want %s, %v; notes %q", name, o.Decision, certain, tt.decision, tt.certain, o.Notes)
		}
		if has := slices.ContainsFunc(o.Notes, func(note string) bool {
			return tt.note != "" && strings.Contains(note, tt.note) || tt.note == "" && (strings.Contains(note, "but no value was given") || strings.Contains(note, "time of this run"))
		}); has != (tt.note != "") {
			t.Errorf("%s: notes %q, want %q", name, o.Notes, tt.note)
		}
		if strings.Contains(strings.Join(o.Notes, "\n"), "assumed to apply") { // a note of the second evaluation
			t.Errorf("%s: notes %q", name, o.Notes)
		}
	}
}

// A request of [simulate.Evaluate] has only the keys that it is given.
func TestEvaluateAddsNoKeys(t *testing.T) {
	doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:SecureTransport":"false"}}},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := simulate.Policies{Identity: []document.Policy{{Name: "p.json", Document: doc}}}
	if r := simulate.Evaluate(p, simulate.Request{Action: "sqs:SendMessage", Resource: "*"}); r.Decision != simulate.Allowed || r.Unknown || len(r.Notes) > 0 {
		t.Errorf("%s, unknown %v, notes %q", r.Decision, r.Unknown, r.Notes)
	}
}
