// Tests of the tags of the simulated role or user.

package simulate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestTagsOfCaller(t *testing.T) {
	t.Parallel()
	const (
		deny  = `{Effect: Allow, Action: "s3:*", Resource: "*"}, {Effect: Deny, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/Team": b}}}`
		allow = `{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::${aws:PrincipalTag/team}/*"}`
	)
	for _, test := range []struct {
		name, tags, statements, context string
		decision                        Decision
		unknown                         bool
	}{
		{"a Deny for the tag", "[{Key: team, Value: b}]", deny, "", ExplicitDeny, false},
		{"a Deny for another value", "[{Key: team, Value: c}]", deny, "", Allowed, false},
		{"a tag of a session", "[{Key: team, Value: b}]", deny, "c", Allowed, false},
		{"a variable", "[{Key: team, Value: b}]", allow, "", Allowed, false},
		{"no tag", "[]", allow, "", ImplicitDeny, false},
		{"one of two values", "[{Key: team, Value: !If [C, b, c]}]", deny, "", "", true},
		{"a tag or none", "[!If [C, {Key: team, Value: b}, !Ref 'AWS::NoValue']]", deny, "", Allowed, true},
		{"a tag or none, the same decision", "[!If [C, {Key: team, Value: c}, !Ref 'AWS::NoValue']]", deny, "", Allowed, false},
		{"one of two tags", "!If [C, [{Key: team, Value: b}], [{Key: team, Value: c}]]", deny, "", Allowed, true},
		{"an unknown value", "[{Key: team, Value: !Ref P}]", deny, "", "", true},
		{"a default", "[{Key: team, Value: !Ref D}]", deny, "", "", true},
		{"allowed values", "[{Key: team, Value: !Ref A}]", deny, "", "", true},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}, D: {Type: String, Default: c}, A: {Type: String, AllowedValues: [b, c]}}\nConditions: {C: !Equals [!Ref 'AWS::Region', eu-west-1]}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}\n      Tags: "+test.tags+"\n      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: ["+test.statements+"]}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		role, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		for _, caller := range []string{"", "arn:aws:iam::111122223333:role/r"} {
			checkTags(t, set, role, caller, test.name, test.context, test.decision, test.unknown)
		}
	}
}

func checkTags(t *testing.T, set *document.Set, role *document.Holder, caller, name, context string, decision Decision, unknown bool) {
	t.Helper()
	s := Simulation{ChecksDefaults: true}
	s.SetHolder(role, set)
	if caller != "" {
		s.SetCaller(document.Principal{Kind: "AWS", ID: caller})
	}
	if context != "" {
		s.AddContext("aws:PrincipalTag/team", context)
	}
	o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k")
	if decision != "" && o.Decision != decision || o.Unknown != unknown {
		t.Errorf("%s by %q: %s, unknown %t: %s", name, caller, o.Decision, o.Unknown, strings.Join(o.Notes, "; "))
	}
}

// If there are too many tags under conditions, the note does not claim a decision.
func TestTooManyTagsUnderConditions(t *testing.T) {
	t.Parallel()
	var tags []string
	for i := range maxTagChoices + 1 {
		tags = append(tags, fmt.Sprintf("!If [C, {Key: k%d, Value: v}, !Ref 'AWS::NoValue']", i))
	}
	set, err := document.ReadSet("t.yaml", []byte("Conditions: {C: !Equals [!Ref 'AWS::Region', eu-west-1]}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}\n      Tags: ["+strings.Join(tags, ", ")+"]\n      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	var s Simulation
	s.SetHolder(set.Principals[0], set)
	const want = "the role r has more than 16 tag values that depend on template conditions: the decision with the other values is unknown"
	if o := runOne(t, &s, "s3:GetObject", "arn:aws:s3:::b/k"); !o.Unknown || !slices.Contains(o.Notes, want) || slices.ContainsFunc(o.Notes, func(note string) bool { return strings.Contains(note, "only under a condition") }) {
		t.Errorf("unknown %t: %q", o.Unknown, o.Notes)
	}
}

// The tags of the role to assume are not those of the caller.
func TestTagsOfRoleToAssume(t *testing.T) {
	t.Parallel()
	for _, tags := range []string{"[{Key: team, Value: b}]", "[!If [C, {Key: team, Value: b}, !Ref 'AWS::NoValue']]"} {
		set, err := document.ReadSet("t.yaml", []byte("Conditions: {C: !Equals [!Ref 'AWS::Region', eu-west-1]}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/x'}, Action: 'sts:AssumeRole', Condition: {StringEquals: {'aws:PrincipalTag/team': b}}}]}\n      Tags: "+tags+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		var s Simulation
		s.SetHolder(set.Principals[0], set)
		if o := runOne(t, &s, "sts:AssumeRole", "arn:aws:iam::111122223333:role/r"); o.Decision != ImplicitDeny || o.Unknown {
			t.Errorf("%s: %s, unknown %t: %q", tags, o.Decision, o.Unknown, o.Notes)
		}
	}
}

// A session tag replaces a tag of the role, if the trust policy allows session tags.
func TestSessionTags(t *testing.T) {
	t.Parallel()
	const (
		condition   = `{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/Team": b}}}`
		variable    = `{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::${aws:PrincipalTag/Team, 'none'}/*"}`
		absent      = `{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {"Null": {"aws:PrincipalTag/team": true}}}`
		namespace   = `{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/kubernetes-namespace": b}}}`
		certificate = `{Effect: Allow, Action: "s3:*", Resource: "*"}, {Effect: Deny, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/x509Subject/CN": b}}}`
		user        = `{AWS: "arn:aws:iam::111122223333:role/x"}`
		pods        = `{Service: pods.eks.amazonaws.com}`
	)
	for _, test := range []struct {
		name, principal, action, tag, statements, context string
		decision                                          Decision
		unknown                                           bool
	}{
		{"no session tags", user, "sts:AssumeRole", "b", condition, "", Allowed, false},
		{"another value", user, "sts:TagSession", "b", condition, "", Allowed, true},
		{"the value that the policy wants", user, "sts:*", "c", condition, "", ImplicitDeny, true},
		{"a tag that the role does not have", user, "sts:TagSession", "", condition, "", ImplicitDeny, true},
		{"the value of the session", user, "sts:TagSession", "c", condition, "b", Allowed, false},
		{"a variable", user, "sts:TagSession", "b", variable, "", Allowed, true},
		{"a key that must be absent", user, "sts:TagSession", "", absent, "", Allowed, true},
		{"the tag does not matter", user, "sts:TagSession", "b", condition + `, {Effect: Allow, Action: "s3:Get*", Resource: "*"}`, "", Allowed, false},
		{"EC2 passes no tags", "{Service: ec2.amazonaws.com}", "sts:TagSession", "b", condition, "", Allowed, false},
		{"another service may pass tags", "{Service: datazone.amazonaws.com}", "sts:TagSession", "b", condition, "", Allowed, true},
		{"IAM Roles Anywhere passes parts of the certificate", "{Service: rolesanywhere.amazonaws.com}", "sts:TagSession", "", certificate, "", Allowed, true},
		{"IAM Roles Anywhere passes no other tags", "{Service: rolesanywhere.amazonaws.com}", "sts:TagSession", "b", condition, "", Allowed, false},
		{"pods have other tags", pods, "sts:TagSession", "b", condition, "", Allowed, false},
		{"the tags of pods", pods, "sts:TagSession", "b", namespace, "", ImplicitDeny, true},
	} {
		tags := "[]"
		if test.tag != "" {
			tags = "[{Key: team, Value: " + test.tag + "}]"
		}
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: r\n      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: "+test.principal+", Action: ['sts:AssumeRole', '"+test.action+"']}]}\n      Tags: "+tags+"\n      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: ["+test.statements+"]}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, caller := range []string{"", "arn:aws:iam::111122223333:role/r"} {
			checkTags(t, set, set.Principals[0], caller, test.name, test.context, test.decision, test.unknown)
		}
	}
}

// IAM Identity Center passes attributes of the user as session tags. SAM gives its roles
// the tags of the function.
func TestTagsOfOtherRoles(t *testing.T) {
	t.Parallel()
	const statements = `[{Effect: Allow, Action: "s3:*", Resource: "*"}, {Effect: Deny, Action: "s3:*", Resource: "*", Condition: {StringEquals: {"aws:PrincipalTag/team": b}}}]`
	for _, test := range []struct {
		resource, context string
		decision          Decision
		unknown           bool
	}{
		{"{Type: AWS::SSO::PermissionSet, Properties: {Name: p, InlinePolicy: {Version: '2012-10-17', Statement: " + statements + "}}}", "", Allowed, true},
		{"{Type: AWS::SSO::PermissionSet, Properties: {Name: p, InlinePolicy: {Version: '2012-10-17', Statement: " + statements + "}}}", "b", ExplicitDeny, false},
		{"{Type: AWS::SSO::PermissionSet, Properties: {Name: p, InlinePolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}", "", Allowed, false},
		{"{Type: AWS::Serverless::Function, Properties: {Tags: {team: b}, Policies: {Statement: " + statements + "}}}", "", ExplicitDeny, false},
		{"{Type: AWS::Serverless::Function, Properties: {Tags: {team: c}, Policies: {Statement: " + statements + "}}}", "", Allowed, false},
	} {
		set, err := document.ReadSet("t.yaml", []byte("Transform: AWS::Serverless-2016-10-31\nResources:\n  F: "+test.resource+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		checkTags(t, set, set.Principals[0], "", test.resource, test.context, test.decision, test.unknown)
	}
}

// Ref returns the ARN of a managed policy. A request for a role of the template has the
// tags of that role.
func TestReferencesAndTagsOfResources(t *testing.T) {
	t.Parallel()
	const (
		boundary = "arn:aws:iam::111122223333:policy/team/base"
		role     = "arn:aws:iam::111122223333:role/r"
	)
	set, err := document.ReadSet("t.yaml", []byte(`Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: base, Path: /team/, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  G: {Type: AWS::IAM::ManagedPolicy, Properties: {Path: /team/, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      Tags: [{Key: Team, Value: a}]
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      Policies:
      - PolicyName: p
        PolicyDocument:
          Version: '2012-10-17'
          Statement:
          - {Effect: Allow, Action: 'iam:CreateRole', Resource: '*', Condition: {StringEquals: {'iam:PermissionsBoundary': !Ref P}}}
          - {Effect: Allow, Action: 'iam:AttachRolePolicy', Resource: '*', Condition: {ArnEquals: {'iam:PolicyARN': !GetAtt P.PolicyArn}}}
          - {Effect: Allow, Action: 'iam:GetPolicy', Resource: !Sub '${P}'}
          - {Effect: Allow, Action: 'iam:DeletePolicy', Resource: !Ref G}
          - {Effect: Allow, Action: 'iam:DeleteRole', Resource: '*', Condition: {StringEquals: {'iam:ResourceTag/team': a}}}
          - {Effect: Allow, Action: ['iam:UpdateRole', 'iam:CreateRole'], Resource: '*', Condition: {StringEquals: {'aws:ResourceTag/team': a}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action, resource, key, value string
		decision                     Decision
		unknown                      bool
	}{
		{"iam:CreateRole", role + "2", "iam:PermissionsBoundary", boundary, Allowed, false},
		{"iam:CreateRole", role + "2", "iam:PermissionsBoundary", boundary + "2", ImplicitDeny, false},
		{"iam:AttachRolePolicy", role + "2", "iam:PolicyARN", boundary, Allowed, false},
		{"iam:AttachRolePolicy", role + "2", "iam:PolicyARN", boundary + "2", ImplicitDeny, false},
		{"iam:GetPolicy", boundary, "", "", Allowed, false},
		{"iam:GetPolicy", boundary + "2", "", "", ImplicitDeny, false},
		{"iam:DeletePolicy", "arn:aws:iam::111122223333:policy/team/stack-G-1", "", "", ImplicitDeny, true},
		{"iam:DeletePolicy", "arn:aws:iam::111122223333:policy/stack-G-1", "", "", ImplicitDeny, false},
		{"iam:DeleteRole", role, "", "", Allowed, false},
		{"iam:DeleteRole", role + "2", "", "", ImplicitDeny, false},
		{"iam:UpdateRole", role, "", "", Allowed, false},
		{"iam:UpdateRole", role, "aws:ResourceTag/team", "b", ImplicitDeny, false},
		{"iam:CreateRole", role, "", "", ImplicitDeny, false}, // the role has no tags yet
	} {
		var s Simulation
		h, err := FindHolder(set, "t", Role, "R")
		if err != nil {
			t.Fatal(err)
		}
		s.SetHolder(h, set)
		if test.key != "" {
			s.AddContext(test.key, test.value)
		}
		if o := runOne(t, &s, test.action, test.resource); o.Decision != test.decision || o.Unknown != test.unknown {
			t.Errorf("%s on %s with %s=%s: %s, unknown %t: %q", test.action, test.resource, test.key, test.value, o.Decision, o.Unknown, o.Notes)
		}
	}
}
