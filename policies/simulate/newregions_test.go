// Tests of requests in regions that are not in the list.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// A region that may be new makes a decision unknown only if the decision would
// differ in a region that may be meant. A misspelt region always makes it
// unknown.
func TestRegionsThatMayBeNew(t *testing.T) {
	const (
		all                  = `{"Effect":"Allow","Action":"sqs:*","Resource":"*"}`
		inRegions            = `{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":[REGIONS]}}}`
		same                 = "the decision is the same in every known region with a similar name"
		named                = "a statement also names the region"
		misspelt             = "did you mean"
		allow, deny, unknown = "allowed", "denied", "unknown"
	)
	in := func(regions string) string { return strings.Replace(inRegions, "REGIONS", regions, 1) }
	queue := func(region string) string { return "arn:aws:sqs:" + region + ":111122223333:q" }
	for name, tt := range map[string]struct {
		statements, region, context string
		want, note                  string
	}{
		"allowed everywhere":                 {all, "ap-southeast-8", "", allow, same},
		"allowed nowhere":                    {`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`, "ap-southeast-8", "", deny, same},
		"only in Europe":                     {in(`"eu-west-1"`), "ap-southeast-8", "", deny, same},
		"in a similar region":                {in(`"ap-southeast-3"`), "ap-southeast-8", "", unknown, "if the region is a mistake for ap-southeast-3, the decision is allowed"},
		"in a region that begins alike":      {in(`"us-west-1"`), "us-central-1", "", unknown, "if the region is a mistake for us-west-1, the decision is allowed"},
		"in the queue of a similar region":   {`{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:us-west-2:*:*"}`, "us-west-3", "", unknown, "if the region is a mistake for us-west-2, the decision is allowed"},
		"denied in a similar region":         {all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:sqs:us-west-2:*:*"}`, "us-west-3", "", unknown, "if the region is a mistake for us-west-2, the decision is explicitDeny"},
		"denied outside of a region":         {all + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}`, "ap-southeast-8", "", deny, same},
		"under a condition in another":       {`{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:us-west-2:*:*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`, "us-west-3", "", unknown, "if the region is a mistake for us-west-2, the decision is allowed under a condition"},
		"unknown in another":                 {all + `,{"Effect":"Deny","Action":"*","Resource":"arn:aws:sqs:us-west-2:*:*","Condition":{"StringEquals":{"aws:PrincipalType":"User"}}}`, "us-west-3", "", unknown, "if the region is a mistake for us-west-2, the decision is unknown"},
		"unknown everywhere":                 {all + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalType":"User"}}}`, "ap-southeast-8", "", unknown, same},
		"named by a statement, allowed":      {in(`"ap-southeast-3","ap-southeast-8"`), "ap-southeast-8", "", allow, named},
		"named by another statement, denied": {in(`"ap-southeast-3"`) + `,{"Effect":"Deny","Action":"sns:*","Resource":"arn:aws:sns:ap-southeast-8:*:*"}`, "ap-southeast-8", "", deny, named},
		"named by a NotResource":             {`{"Effect":"Allow","Action":"sqs:*","NotResource":"arn:aws:sqs:us-west-3:*:*"}`, "us-west-3", "", deny, named},
		"misspelt":                           {all, "us-eats-1", "", unknown, misspelt},
		"misspelt, denied":                   {in(`"us-east-1"`), "us-eats-1", "", unknown, misspelt},
		"misspelt in the policy too":         {in(`"us-eats-1"`), "us-eats-1", "", unknown, misspelt},
		"not the next number":                {all, "eu-west-11", "", unknown, misspelt},
		"the prefix of no partition":         {all, "nz-north-1", "", unknown, misspelt},
		"the key of the request":             {in(`"ap-southeast-3"`), "eu-west-1", "ap-southeast-8", unknown, `the value "ap-southeast-8" of aws:RequestedRegion is not a known region, and may be new: if the region is a mistake for ap-southeast-3`},
		"the key of the request, allowed":    {all, "eu-west-1", "ap-southeast-8", allow, same},
		"the key and the resource, the same": {`{"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:ap-southeast-3:*:*","Condition":{"StringEquals":{"aws:RequestedRegion":"ap-southeast-3"}}}`, "ap-southeast-8", "ap-southeast-8", unknown, "if the region is a mistake for ap-southeast-3, the decision is allowed"},
		"a known region":                     {in(`"eu-west-1"`), "eu-west-2", "", deny, ""},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+tt.statements+`]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksExistence: true}
		if err := s.AddPolicy(document.Policy{Name: "p.json", Document: doc}); err != nil {
			t.Fatal(err)
		}
		if tt.context != "" {
			s.AddContext("aws:RequestedRegion", tt.context)
		}
		o := run(t, &s, "sqs:SendMessage", queue(tt.region))
		got := unknown
		if o.Meets(simulate.ExpectAllowed) {
			got = allow
		} else if o.Meets(simulate.ExpectDenied) {
			got = deny
		}
		notes := strings.Join(o.Notes, "\n")
		if got != tt.want || !strings.Contains(notes, tt.note) || tt.note == "" && strings.Contains(notes, "known region") {
			t.Errorf("%s: %s, want %s, %s; notes %q", name, got, tt.want, tt.note, o.Notes)
		}
		if n := strings.Count(notes, "not a known region"); n > 1 {
			t.Errorf("%s: %d notes: %q", name, n, o.Notes)
		}
	}
}

// The new region can also be in values of condition keys. The comparison with a
// similar region replaces the new region in all values at once.
func TestNewRegionInOtherKeys(t *testing.T) {
	const (
		via, zone, source = "kms:ViaService=sqs.us-west-3.amazonaws.com", "ec2:AvailabilityZone=us-west-3a", "aws:SourceArn=arn:aws:sns:us-west-3:111122223333:t"
		known, isNew      = "arn:aws:sqs:us-west-2:111122223333:q", "arn:aws:sqs:us-west-3:111122223333:q"
		ifVia             = `"StringEquals":{"kms:ViaService":"sqs.us-west-2.amazonaws.com"}`
		ifZone            = `"StringLike":{"ec2:AvailabilityZone":"us-west-2*"}`
		ifSource          = `"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-west-2:*:*"}`
	)
	for name, tt := range map[string]struct {
		conditions, resource, context string
		want                          string // a part of a note; "" if the decision is certain
	}{
		"all of them":                 {ifVia + "," + ifZone + "," + ifSource, isNew, via + " " + zone + " " + source, `the region "us-west-3" in the ARN of the resource is not`},
		"only a service":              {ifVia, known, via, `the region "us-west-3" in the value "sqs.us-west-3.amazonaws.com" of kms:ViaService is not`},
		"only a zone":                 {ifZone, known, zone, `the region "us-west-3" in the value "us-west-3a" of ec2:AvailabilityZone is not`},
		"only an ARN":                 {ifSource, known, source, `of aws:SourceArn is not a known region, and may be new: if the region is a mistake for us-west-2, the decision is allowed`},
		"a service of a known region": {ifVia, known, strings.Replace(via, "west-3", "west-1", 1), ""},
		"an unrelated condition":      {`"StringEquals":{"aws:SourceVpc":"vpc-12345678"}`, known, "aws:SourceVpc=vpc-87654321 " + zone, ""},
	} {
		doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{`+tt.conditions+`}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksExistence: true, Policies: simulate.Policies{Identity: []document.Policy{{Name: "p.json", Document: doc}}}}
		for context := range strings.FieldsSeq(tt.context) {
			key, value, _ := strings.Cut(context, "=")
			s.AddContext(key, value)
		}
		o := run(t, &s, "sqs:SendMessage", tt.resource)
		if o.Decision != simulate.ImplicitDeny || o.Unknown != (tt.want != "") || !strings.Contains(strings.Join(o.Notes, "\n"), tt.want) {
			t.Errorf("%s: %s, unknown %v, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// If there are too many requests to compare with those in similar regions, the
// decision is unknown.
func TestNewRegionWithTooManyRequestsToCompare(t *testing.T) {
	doc, err := document.Read("p.json", []byte(`{"Version":"2012-10-17","Statement":[`+strings.Repeat(`{"Effect":"Allow","Action":"sqs:*","Resource":"*"},`, 599)+`{"Effect":"Allow","Action":"*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := simulate.Simulation{ChecksExistence: true, Policies: simulate.Policies{Identity: []document.Policy{{Name: "p.json", Document: doc}}}}
	if _, err := s.AddAction("ec2:*"); err != nil {
		t.Fatal(err)
	}
	if o := run(t, &s, "sqs:SendMessage", "arn:aws:sqs:ap-southeast-8:111122223333:q"); !o.Unknown {
		t.Errorf("%s is not unknown", o.Decision)
	}
}
