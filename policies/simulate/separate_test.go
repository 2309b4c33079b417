// Tests of template conditions in several files.

package simulate_test

import (
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// Two files can define a condition with the same name in different ways. Then each
// file has a condition of its own.
func TestConditionsOfOneNameInTwoFiles(t *testing.T) {
	const (
		parameters = "Parameters: {P: {Type: String}, Q: {Type: String}}\nConditions:\n  C: !Equals [!Ref P, prod]\n  IsProd: "
		role       = "\nResources:\n  R: {Type: AWS::IAM::Role, Condition: IsProd, Properties: {RoleName: r, " + ec2Trust + ", Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: ['s3:GetObject', 'sts:AssumeRole'], Resource: '*'}]}}]}}\n"
		bucket     = "\nResources:\n  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: [!If [IsProd, {Effect: Allow, Principal: '*', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::b'}, {Effect: Deny, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}]]}}}\n"
		other      = "\nResources:\n  O: {Type: AWS::IAM::Role, Properties: {RoleName: o, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'}, !If [IsProd, !Ref 'AWS::NoValue', {Effect: Deny, Principal: {AWS: '*'}, Action: 'sts:AssumeRole'}]]}}}\n"
		same       = "!Equals [!Ref P, prod]"
		// Unless IsProd holds, the group of b.yaml has AdministratorAccess.
		user  = "\nResources:\n  R: {Type: AWS::IAM::User, Condition: IsProd, Properties: {UserName: r, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:ListBucket', Resource: '*'}]}}]}}\n"
		group = "\nResources:\n  G: {Type: AWS::IAM::Group, Properties: {GroupName: g, ManagedPolicyArns: [!If [IsProd, !Ref 'AWS::NoValue', 'arn:aws:iam::aws:policy/AdministratorAccess']]}}\n  M: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref G, Users: [r]}}\n"
		// The role of a.yaml exists if Stage is dev, and the bucket policy of b.yaml denies if Stage is test.
		stage   = "Parameters: {Stage: {Type: String, AllowedValues: [dev, test]}, P: {Type: String}}\nConditions:\n  IsProd: !Equals [!Ref Stage, dev]"
		another = "Parameters: {Stage: {Type: String, AllowedValues: [dev, test, prod]}, P: {Type: String}}\nConditions:\n  IsProd: !Not [!Equals [!Ref Stage, test]]"
	)
	for name, test := range map[string]struct {
		files            []string
		action, resource string
		unknown          bool
	}{
		"same definition":                   {[]string{parameters + same + role, parameters + same + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", false},
		"other definition":                  {[]string{parameters + same + role, parameters + "!Equals [!Ref Q, live]" + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", true},
		"other definition of what it names": {[]string{parameters + "!Not [!Condition C]" + role, strings.Replace(parameters, "prod", "live", 1) + "!Not [!Condition C]" + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", true},
		"other definition of the parameter": {[]string{parameters + same + role, strings.Replace(parameters, "P: {Type: String", "P: {Type: String, AllowedPattern: '.*'", 1) + same + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", true},
		"group, same definition":            {[]string{parameters + same + user, parameters + same + group}, "s3:GetObject", "arn:aws:s3:::b/k", false},
		"group":                             {[]string{parameters + same + user, parameters + "!Equals [!Ref Q, live]" + group}, "s3:GetObject", "arn:aws:s3:::b/k", true},
		"allowed values, same definition":   {[]string{stage + role, strings.Replace(another, ", prod", "", 1) + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", false},
		"allowed values":                    {[]string{stage + role, another + bucket}, "s3:GetObject", "arn:aws:s3:::b/k", true},
		"trust policy, same definition":     {[]string{parameters + same + role, parameters + same + other}, "sts:AssumeRole", "arn:aws:iam::111122223333:role/o", false},
		"trust policy":                      {[]string{parameters + same + role, parameters + "!Equals [!Ref Q, live]" + other}, "sts:AssumeRole", "arn:aws:iam::111122223333:role/o", true},
	} {
		var sets []*document.Set
		for i, text := range test.files {
			set, err := document.ReadSet(string(rune('a'+i))+".yaml", []byte(text))
			if err != nil {
				t.Fatalf("%s: %s", name, err)
			}
			sets = append(sets, set)
		}
		set := document.Merge(sets...)
		kind, want := simulate.Role, simulate.Allowed
		if strings.HasPrefix(name, "group") {
			kind, want = simulate.User, simulate.ImplicitDeny
		}
		h, err := simulate.FindHolder(set, "t", kind, "R")
		if err != nil {
			t.Fatal(err)
		}
		var s simulate.Simulation
		s.SetHolder(h, set)
		o := run(t, &s, test.action, test.resource)
		if o.Unknown != test.unknown || !test.unknown && o.Decision != want {
			t.Errorf("%s: %s, unknown %t, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// Two files can allow different values for a parameter with the same name. Then each
// file has a parameter of its own, because a deployment can choose a value for each.
func TestParametersOfOneNameInTwoFiles(t *testing.T) {
	const (
		role   = "Conditions: {IsProd: !Equals [!Ref Stage, prod]}\nResources:\n  R: {Type: AWS::IAM::Role, Condition: IsProd, Properties: {RoleName: r, " + ec2Trust + ", Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]}}\n"
		denial = "Conditions: {C: !Equals [!Ref Stage, x]}\nResources:\n  B: {Type: AWS::S3::BucketPolicy, Condition: C, Properties: {Bucket: b, PolicyDocument: {Statement: [{Effect: Deny, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*'}]}}}\n"
		policy = "Conditions: {C: !Equals [!Ref Stage, prod]}\nResources:\n  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}, !If [C, {Effect: Deny, Action: 's3:GetObject', Resource: '*'}, !Ref 'AWS::NoValue']]}}}\n"
		other  = "Conditions: {C: !Equals [!Ref Stage, x]}\nResources:\n  Q: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [!If [C, {Effect: Allow, Action: 's3:*', Resource: '*'}, {Effect: Allow, Action: 'ec2:*', Resource: '*'}]]}}}\n"
	)
	parameter := func(values string) string {
		return "Parameters: {Stage: {Type: String, AllowedValues: [" + values + "]}}\n"
	}
	for name, test := range map[string]struct {
		files   []string
		merge   bool
		unknown bool
	}{
		"the condition of the role":                      {[]string{parameter("dev, prod") + role, parameter("x, y") + denial}, true, true},
		"the condition of the role, same values":         {[]string{parameter("x, prod") + role, parameter("x, prod") + denial}, true, false},
		"policies in two files":                          {[]string{parameter("dev, prod") + policy, parameter("x, y") + other}, false, true},
		"policies in two files, in the other order":      {[]string{parameter("x, y") + other, parameter("dev, prod") + policy}, false, true},
		"policies in two files of a folder":              {[]string{parameter("dev, prod") + policy, parameter("x, y") + other}, true, true},
		"policies in two files of a folder, other order": {[]string{parameter("x, y") + other, parameter("dev, prod") + policy}, true, true},
	} {
		var sets []*document.Set
		for i, text := range test.files {
			set, err := document.ReadSet(string(rune('a'+i))+".yaml", []byte(text))
			if err != nil {
				t.Fatalf("%s: %s", name, err)
			}
			sets = append(sets, set)
		}
		if test.merge {
			sets = []*document.Set{document.Merge(sets...)}
		}
		var s simulate.Simulation
		if h, err := simulate.FindHolder(sets[0], "t", simulate.Role, "r"); err == nil {
			s.SetHolder(h, sets[0])
		} else {
			for _, set := range sets {
				if err := s.AddPolicies(set); err != nil {
					t.Fatal(err)
				}
			}
		}
		if o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); o.Unknown != test.unknown || !test.unknown && o.Decision != simulate.Allowed {
			t.Errorf("%s: %s, unknown %t, notes %q", name, o.Decision, o.Unknown, o.Notes)
		}
	}
}
