// Tests of several inline policies of one name.

package simulate

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestInlinePoliciesOfOneName(t *testing.T) {
	t.Parallel()
	const (
		allowS3 = `{Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}`
		allow   = `{Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}`
		deny    = `{Statement: [{Effect: Deny, Action: "s3:*", Resource: "*"}]}`
		ec2     = `{Statement: [{Effect: Allow, Action: "ec2:*", Resource: "*"}]}`
	)
	for name, test := range map[string]struct {
		own, other string
		decision   Decision
		unknown    bool
	}{
		"a narrower one":          {"[{PolicyName: p, PolicyDocument: " + allowS3 + "}]", "{PolicyName: P, Roles: [!Ref R], PolicyDocument: " + ec2 + "}", Allowed, true},
		"a Deny may be replaced":  {"[{PolicyName: p, PolicyDocument: " + deny + "}]", "{PolicyName: p, Roles: [!Ref R], PolicyDocument: " + allow + "}", ExplicitDeny, true},
		"the same decision":       {"[{PolicyName: p, PolicyDocument: " + allowS3 + "}]", "{PolicyName: p, Roles: [!Ref R], PolicyDocument: " + allow + "}", Allowed, false},
		"another name":            {"[{PolicyName: p, PolicyDocument: " + allowS3 + "}]", "{PolicyName: q, Roles: [!Ref R], PolicyDocument: " + ec2 + "}", Allowed, false},
		"another role":            {"[{PolicyName: p, PolicyDocument: " + allowS3 + "}]", "{PolicyName: p, Roles: [other], PolicyDocument: " + ec2 + "}", Allowed, false},
		"branches of a condition": {"!If [C, [{PolicyName: p, PolicyDocument: " + allowS3 + "}], [{PolicyName: p, PolicyDocument: " + allow + "}]]", "{PolicyName: q, Roles: [!Ref R], PolicyDocument: " + ec2 + "}", Allowed, false},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Conditions: {C: !Equals [!Ref 'AWS::Region', eu-west-1]}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}\n      Policies: "+test.own+"\n  P: {Type: AWS::IAM::Policy, Properties: "+test.other+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		role, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(role, set)
		o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k")
		if noted := strings.Contains(strings.Join(o.Notes, "\n"), "inline policies with the name"); (o.Decision != test.decision && !test.unknown) || o.Unknown != test.unknown || noted != test.unknown {
			t.Errorf("%s: %s, unknown %t: %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// If two names have several policies each, the last policy of the first name and the
// last policy of the second name decide together.
func TestInlinePoliciesOfTwoNames(t *testing.T) {
	t.Parallel()
	const s3, ec2, deny = `{Effect: Allow, Action: "s3:*", Resource: "*"}`, `{Effect: Allow, Action: "ec2:*", Resource: "*"}`, `{Effect: Deny, Action: "s3:*", Resource: "*"}`
	for name, test := range map[string]struct {
		policies []string // a name and a statement for each policy
		unknown  bool
	}{
		"an Allow of each name": {[]string{"p", s3, "p", ec2, "q", s3, "q", ec2}, true},
		"a Deny of each name":   {[]string{"p", deny, "p", s3, "q", deny, "q", s3}, true},
		"a third name allows":   {[]string{"p", s3, "p", ec2, "q", s3, "q", ec2, "r", s3}, false},
		"every policy allows":   {[]string{"p", s3, "p", s3, "q", s3, "q", ec2}, false},
		"too many combinations": {[]string{"p", s3, "p", s3, "p", s3, "p", s3, "p", s3, "q", s3, "q", s3, "q", s3, "q", s3, "q", s3, "r", s3, "r", s3, "r", s3}, true},
	} {
		policies := ""
		for i := 0; i < len(test.policies); i += 2 {
			policies += "      - {PolicyName: " + test.policies[i] + ", PolicyDocument: {Statement: [" + test.policies[i+1] + "]}}\n"
		}
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}\n      Policies:\n"+policies))
		if err != nil {
			t.Fatal(err)
		}
		role, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(role, set)
		if o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Unknown != test.unknown {
			t.Errorf("%s: %s, unknown %t: %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
