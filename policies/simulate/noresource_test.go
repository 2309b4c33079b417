// Tests of requests without a resource.

package simulate

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// Without a resource, the decision is unknown if a policy allows the action on
// some resources only, because then no statement matches "*". A boundary
// matters only if another policy may allow the action.
func TestWithoutResource(t *testing.T) {
	t.Parallel()
	const (
		everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
		bucket     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}`
		ofBucket   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}`
		assume     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/r"}}`
		onInstance = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/*"}}`
		trust      = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}}`
		ofOther    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/other"},"Action":"s3:Get*","Resource":"arn:aws:s3:::b/*"}}`
		trustNotOn = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["444455556666","111122223333"]},"Action":"sts:AssumeRole","NotResource":"*"}}`
	)
	for name, tt := range map[string]struct {
		policy, boundary, action string
		unknown                  bool
	}{
		"a policy of the caller":       {bucket, "", "s3:GetObject", true},
		"only a Deny":                  {strings.Replace(bucket, "Allow", "Deny", 1), "", "s3:GetObject", false},
		"the boundary":                 {everything, bucket, "s3:GetObject", true},
		"a boundary, but no policy":    {assume, bucket, "s3:GetObject", false},
		"another action":               {bucket, everything, "s3:PutObject", false},
		"the policy of the resource":   {ofBucket, "", "s3:GetObject", true},
		"its policy, another caller":   {ofOther, "", "s3:GetObject", false},
		"the permission to assume":     {assume, "", "sts:AssumeRole", true},
		"no permission to assume":      {bucket, "", "sts:AssumeRole", false},
		"an action with a wildcard":    {bucket, "", "s3:GetBucketAcl", true},
		"an action without resources":  {onInstance, "", "ec2:DescribeInstances", false},
		"one with resources":           {onInstance, "", "ec2:StopInstances", true},
		"a trust policy":               {trust, "", "sts:AssumeRole", false},
		"a trust policy, NotResource":  {trustNotOn, "", "sts:AssumeRole", true},
		"the boundary denies the rest": {everything, bucket, "s3:PutObject", false},
	} {
		var s Simulation
		if strings.Contains(tt.policy, "444455556666") {
			s.SetCaller(document.Principal{Kind: "AWS", ID: "arn:aws:iam::111122223333:role/ci"})
		}
		addPolicyAndBoundary(t, &s, tt.policy, tt.boundary)
		if _, err := s.AddAction(tt.action); err != nil {
			t.Fatal(err)
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		if o := outcomes[0]; o.Decision != ImplicitDeny || o.Unknown != tt.unknown {
			t.Errorf("%s: %s, unknown: %t, notes: %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// Without a resource, the outcome is unknown if a resource policy of the
// template may allow the action to the caller.
func TestWithoutResourceInTemplate(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(bucketPolicyTemplate))
	if err != nil {
		t.Fatal(err)
	}
	for action, unknown := range map[string]bool{"s3:DeleteObject": true, "s3:PutObject": false, "sqs:SendMessage": true, "sns:Publish": false} {
		h, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(h, set)
		if _, err := s.AddAction(action); err != nil {
			t.Fatal(err)
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		if o := outcomes[0]; o.Decision != ImplicitDeny || o.Unknown != unknown {
			t.Errorf("%s: %s, unknown: %t, notes: %q", action, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// Without a resource, the outcome of an allowed request is unknown if the
// policy of a resource in the template denies the request to the caller.
func TestDenialsByResourcesInTemplate(t *testing.T) {
	t.Parallel()
	const template = `{"Resources":{
		"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"app","AssumeRolePolicyDocument":{"Statement":[]},"Policies":[{"PolicyName":"p","PolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}]}},
		"E":{"Type":"AWS::ECR::Repository","Properties":{"RepositoryName":"r","RepositoryPolicyText":{"Version":"2012-10-17","Statement":[
			{"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"},
			{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::444455556666:role/other"},"Action":"ecr:BatchGetImage"}]}}},
		"B":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":"b","PolicyDocument":{"Version":"2012-10-17","Statement":[
			{"Effect":"Deny","Principal":"*","Action":["s3:PutObject","s3:ListAllMyBuckets","ecr:ListImages"],"Resource":"*"},
			{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::444455556666:role/other"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},
			{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"}]}}}}}`
	set, err := document.ReadSet("t.json", []byte(template))
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHolder(set, "t", Role, "R")
	if err != nil {
		t.Fatal(err)
	}
	for action, unknown := range map[string]bool{
		"ecr:PutImage": true, "s3:PutObject": true, "s3:ListBucket": true,
		"ecr:BatchGetImage": false, "ecr:ListImages": false, "s3:GetObject": false, "s3:ListAllMyBuckets": false, "sqs:SendMessage": false,
	} {
		var s Simulation
		s.SetHolder(h, set)
		if _, err := s.AddAction(action); err != nil {
			t.Fatal(err)
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		if o := outcomes[0]; o.Decision != Allowed || o.Unknown != unknown || unknown == (len(o.Notes) == 0) {
			t.Errorf("%s: %s, unknown: %t, notes: %q", action, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// A Deny for some resources, or NotResource, makes the decision unknown, even
// if the decision is certain for the other resources. A request that never has
// a resource stays certain.
func TestNarrowStatementsWithoutResource(t *testing.T) {
	t.Parallel()
	const (
		everything = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		narrowDeny = everything + `,{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}`
		allowNot   = `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}`
		denyNot    = `{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}`
		denyAll    = `{"Effect":"Deny","Action":"s3:*","Resource":"*"}`
	)
	for name, tt := range map[string]struct {
		statements, boundary, action string
		decision                     Decision
		does                         string // a part of the note; "" if the decision is certain
	}{
		"a narrow Deny":                    {narrowDeny, "", "s3:GetObject", Allowed, "denies"},
		"a narrow Deny in the boundary":    {everything, narrowDeny, "s3:GetObject", Allowed, "denies"},
		"a Deny of other resources":        {narrowDeny, "", "s3:ListBucket", Allowed, ""},
		"a Deny of another action":         {everything + `,{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`, "", "s3:GetObject", Allowed, ""},
		"a Deny of no resource":            {everything + `,{"Effect":"Deny","Action":"s3:*","NotResource":"*"}`, "", "s3:GetObject", Allowed, ""},
		"a Deny under a condition":         {everything + `,{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`, "", "s3:GetObject", Allowed, ""},
		"an action without resources":      {everything + `,{"Effect":"Deny","Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/*"}`, "", "ec2:DescribeInstances", Allowed, ""},
		"an Allow with NotResource":        {allowNot, "", "s3:GetObject", Allowed, "allows"},
		"... and a boundary for all":       {allowNot, everything, "s3:GetObject", Allowed, "allows"},
		"another Allow for all":            {everything + "," + allowNot, "", "s3:GetObject", Allowed, ""},
		"a Deny with NotResource":          {everything + "," + denyNot, "", "s3:GetObject", ExplicitDeny, "denies"},
		"another Deny for all resources":   {denyAll + "," + denyNot, "", "s3:GetObject", ExplicitDeny, ""},
		"a Deny for all, in another part":  {denyAll, everything + "," + denyNot, "s3:GetObject", ExplicitDeny, ""},
		"a Deny for all, in the same part": {everything, denyAll + "," + denyNot, "s3:GetObject", ExplicitDeny, ""},
	} {
		var s Simulation
		addPolicyAndBoundary(t, &s, withStatements(tt.statements), withStatements(tt.boundary))
		if _, err := s.AddAction(tt.action); err != nil {
			t.Fatal(err)
		}
		outcomes, err := s.Run()
		if err != nil || len(outcomes) != 1 {
			t.Fatal(name, outcomes, err)
		}
		o := outcomes[0]
		hasNote := strings.Contains(strings.Join(o.Notes, "\n"), tt.does+" the action on some resources: pass a resource with --resource ARN")
		if o.Decision != tt.decision || o.Unknown != (tt.does != "") || hasNote != (tt.does != "") {
			t.Errorf("%s: %s, unknown %t, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// Who can assume the role does not depend on the roles that the role can assume.
func TestWhoAssumesWithoutResource(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.json", []byte(`{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"RoleName":"r",
		"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}},
		"Policies":[{"PolicyName":"p","PolicyDocument":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/other"}}}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	h, err := FindHolder(set, "t", Role, "r")
	if err != nil {
		t.Fatal(err)
	}
	var s Simulation
	s.SetHolder(h, set)
	s.SetCaller(document.Principal{Kind: "Service", ID: "lambda.amazonaws.com"})
	if _, err := s.AddAction("sts:AssumeRole"); err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	if o := outcomes[0]; o.Decision != ImplicitDeny || o.Unknown {
		t.Errorf("%s, unknown %t, notes %q", o.Decision, o.Unknown, o.Notes)
	}
}

// withStatements returns a document with statements, or "" for none.
func withStatements(statements string) string {
	if statements == "" {
		return ""
	}
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

// addPolicyAndBoundary adds a policy of the caller, and a permissions boundary unless
// it is "".
func addPolicyAndBoundary(t *testing.T, s *Simulation, policy, boundary string) {
	t.Helper()
	for i, text := range []string{policy, boundary} {
		if text == "" {
			continue
		}
		doc, err := document.Read("p.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			s.SetBoundary(document.Policy{Name: "boundary", Document: doc})
		} else if err := s.AddPolicy(document.Policy{Name: "p", Document: doc}); err != nil {
			t.Fatal(err)
		}
	}
}
