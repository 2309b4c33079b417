package document

import (
	"fmt"
	"strings"
	"testing"
)

// A managed policy that another file names as a permissions boundary limits the
// holder in that file, and grants nothing unless it is attached too.
func TestLinkBoundaries(t *testing.T) {
	policy := func(properties string) string {
		return "Conditions: {C: !Equals [!Ref AWS::Region, x]}\nResources: {Limit: {Type: AWS::IAM::ManagedPolicy, Properties: {" + properties + "PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}}"
	}
	role := func(properties string) string {
		return "Resources: {R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}, " + properties + "}}}"
	}
	const named, bounded = "ManagedPolicyName: limit, ", "PermissionsBoundary: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limit'"
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"a boundary":                 {[]string{policy(named), role(bounded)}, "policy limit, role r within limit"},
		"a boundary in both files":   {[]string{strings.Replace(policy(named), "{Limit", "{U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Ref Limit}}, Limit", 1), role(bounded)}, "role r within limit, user U within limit"},
		"one of two boundaries":      {[]string{policy(named), strings.Replace(policy(named), "{Limit", "{U: {Type: AWS::IAM::User, Properties: {PermissionsBoundary: !Ref Limit}}, Limit", 1), role(bounded)}, "policy limit, role r, user U within limit"},
		"a boundary of an account":   {[]string{policy(named), role("PermissionsBoundary: 'arn:aws:iam::123456789012:policy/limit'")}, "policy limit, role r"},
		"a policy with a path":       {[]string{policy("Path: /team/, " + named), role(bounded)}, "policy limit, role r"},
		"a boundary with a path":     {[]string{policy(named), role(strings.Replace(bounded, "policy/", "policy/team/", 1))}, "policy limit, role r"},
		"another policy":             {[]string{policy("ManagedPolicyName: other, "), role(bounded)}, "policy other, role r"},
		"a policy of AWS":            {[]string{policy(named), role("PermissionsBoundary: 'arn:aws:iam::aws:policy/limit'")}, "policy limit, role r"},
		"a generated name":           {[]string{strings.Replace(policy(""), "Limit:", "limit:", 1), role(bounded)}, "policy limit, role r"},
		"two policies with the name": {[]string{policy(named), policy(named), role(bounded)}, "policy limit, policy limit, role r"},
		"a condition":                {[]string{strings.Replace(policy(named), "ManagedPolicy,", "ManagedPolicy, Condition: C,", 1), role(bounded)}, "policy limit, role r"},
		"no boundary":                {[]string{policy(named), role("Path: /")}, "policy limit, role r"},
	} {
		var sets []*Set
		for i, text := range test.files {
			set, err := ReadSet(fmt.Sprintf("%d.yaml", i), []byte(text))
			if err != nil {
				t.Fatal(name, err)
			}
			sets = append(sets, set)
		}
		// Inputs can be merged more than once.
		for range 2 {
			merged := Merge(sets...)
			merged.LinkBoundaries()
			var got []string
			for _, h := range merged.Principals {
				text := string(h.Kind) + " " + h.Name
				if h.BoundaryPolicy != nil {
					text += " within " + h.BoundaryName
				}
				got = append(got, text)
			}
			if text := strings.Join(got, ", "); text != test.want {
				t.Errorf("%s: %q, want %q", name, text, test.want)
			}
		}
	}
}

// If the account of the templates is given, the ARN of a boundary says whether it is the
// policy of another file.
func TestLinkBoundariesInGivenAccount(t *testing.T) {
	read := func(resource string) *Set {
		set, err := ReadSetWith("t.yaml", []byte("Resources: {X: "+resource+"}"), Options{Parameters: map[string]string{"AWS::AccountId": "111122223333"}})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for arn, want := range map[string]string{
		"!Sub 'arn:aws:iam::${AWS::AccountId}:policy/limit'": "limit",
		"'arn:aws:iam::111122223333:policy/limit'":           "limit",
		"'arn:aws:iam::444455556666:policy/limit'":           "",
		"'arn:aws:iam::aws:policy/limit'":                    "",
	} {
		merged := Merge(read("{Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: limit, PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}"),
			read("{Type: AWS::IAM::User, Properties: {PermissionsBoundary: "+arn+"}}"), &Set{})
		merged.LinkBoundaries()
		if got := merged.Principals[1].BoundaryName; got != want {
			t.Errorf("%s: %q, want %q", arn, got, want)
		}
	}
}
