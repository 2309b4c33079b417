// Tests chains of roles: which steps lead on, what ends them, and that following
// them is bounded.

package review

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// chained are the findings on chains of a template of principals, as
// "PRINCIPAL SEVERITY ROLES".
func chained(t *testing.T, resources string) ([]string, *Report) {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte("Resources:\n"+resources))
	if err != nil {
		t.Fatalf("%s: %v", resources, err)
	}
	report, err := Review(set, Options{Rules: []string{chainID}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		found = append(found, fmt.Sprintf("%s %s %s", strings.Join(f.Principals, ","), f.Severity, strings.ReplaceAll(strings.Join(f.Resources, ">"), "role/", "")))
	}
	return found, report
}

// role writes a role; trust is a Principal, more further properties.
func role(id, trust, statements string, more ...string) string {
	text := "  " + id + ":\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + trust + "]}\n"
	if statements != "" {
		text += "      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + statements + "]}}]\n"
	}
	for _, line := range more {
		text += "      " + line + "\n"
	}
	return text
}

func lets(principal string, conditions ...string) string {
	return "{Effect: Allow, Principal: " + principal + ", Action: sts:AssumeRole" + strings.Join(append([]string{""}, conditions...), ", ") + "}"
}

func can(action, resource string) string {
	return "{Effect: Allow, Action: [" + action + "], Resource: " + resource + "}"
}

const (
	account = `{AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}`
	lambdas = `{Service: lambda.amazonaws.com}`
	boss    = `ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]`
	starts  = "{Effect: Allow, Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'], Resource: '*'}"
)

func TestChains(t *testing.T) {
	t.Parallel()
	ec2 := lets("{Service: ec2.amazonaws.com}")
	ab := role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn"))
	for name, test := range map[string]struct{ resources, want string }{
		"assumed":                   {ab + role("B", lets(account), "", boss), "A high B"},
		"by a name with a wildcard": {role("A", ec2, can("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + role("B", lets(account), "", boss, "RoleName: team-b"), "A high team-b"},
		"another name":              {role("A", ec2, can("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + role("B", lets(account), "", boss, "RoleName: other"), ""},
		"trust by name alone":       {role("A", ec2, "") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), "A high B"},
		"trust by name, denied": {role("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: '*'}") +
			role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), ""},
		"trust by name, boundary without it": {role("A", ec2, "", "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3FullAccess") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), ""},
		"trust by name, boundary with it":    {role("A", ec2, "", "PermissionsBoundary: arn:aws:iam::aws:policy/AdministratorAccess") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), "A high B"},
		"trust by name, boundary not known":  {role("A", ec2, "", "PermissionsBoundary: arn:aws:iam::111122223333:policy/x") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), "A medium B"},
		"trust by name, denied under a condition": {role("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}") +
			role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), "A high B"},
		"trust by name, another denied": {role("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: 'arn:aws:iam::*:role/other'}") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss), "A high B"},
		"the certain way of two": {role("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}, "+can("sts:AssumeRole", "!GetAtt C.Arn")) +
			role("B", lets(account), can("sts:AssumeRole", "!GetAtt D.Arn")) + role("C", lets(account), can("sts:AssumeRole", "!GetAtt D.Arn")) + role("D", lets("{AWS: [!GetAtt B.Arn, !GetAtt C.Arn]}"), "", boss), "A high C>D; B high D; C high D"},
		"under a condition of the template": {"  A:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + ec2 + "]}\n      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [!If [X, " + can("sts:AssumeRole", "!GetAtt B.Arn") + ", !Ref AWS::NoValue]]}}]\n" +
			role("B", lets(account), "", boss), "A medium B"},
		"trust under a condition of the template": {ab + role("B", "!If [X, "+lets(account)+", "+lets("{Service: ec2.amazonaws.com}")+"]", "", boss), "A medium B"},
		"the certain one of two trusts":           {ab + role("B", lets(account, "Condition: {StringEquals: {'sts:ExternalId': x}}")+", "+lets("{AWS: !GetAtt A.Arn}"), "", boss), "A high B"},
		"trust of all ARNs but":                   {ab + role("B", lets(account, "Condition: {ArnNotEquals: {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/other'}}"), "", boss), "A medium B"},
		"trust of another":                        {ab + role("C", ec2, "") + role("B", lets("{AWS: !GetAtt C.Arn}"), "", boss), "C high B"},
		"trust of a service":                      {ab + role("B", ec2, "", boss), ""},
		"trust under conditions":                  {ab + role("B", lets(account, "Condition: {StringEquals: {'sts:ExternalId': x}}"), "", boss), "A medium B"},
		"trust of another ARN":                    {ab + role("B", lets(account, "Condition: {ArnEquals: {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/other'}}"), "", boss), ""},
		"trust of the ARN of another role":        {ab + role("C", ec2, "") + role("B", lets(account, "Condition: {ArnEquals: {'aws:PrincipalArn': !Ref C}}"), "", boss), ""},
		"trust of the ARN in a parameter":         {ab + role("B", lets(account, "Condition: {ArnEquals: {'aws:PrincipalArn': !Ref Who}}"), "", boss), "A medium B"},
		"trust of this ARN":                       {ab + role("B", lets(account, "Condition: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/*A*'}}"), "", boss), "A medium B"},
		"denied": {role("A", ec2, can("sts:AssumeRole", "'*'")+", {Effect: Deny, Action: sts:AssumeRole, Resource: !GetAtt B.Arn}") +
			role("B", lets(account), "", boss), ""},
		"boundary without it": {role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn"), "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3FullAccess") + role("B", lets(account), "", boss), ""},
		"boundary of the end": {ab + role("B", lets(account), "", boss, "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), "A low B"},
		"three": {ab + role("B", lets(account), can("sts:AssumeRole", "!GetAtt C.Arn")) + role("C", lets(account), can("iam:PutRolePolicy", "'*'")),
			"A high B>C; B high C"},
		"a circle": {ab + role("B", lets(account), can("sts:AssumeRole", "'*'")) + role("C", lets(account), can("sts:AssumeRole", "[!GetAtt A.Arn, !GetAtt B.Arn]")+", "+can("iam:CreatePolicyVersion", "'*'")),
			"A high B>C; B high C; C high B"},
		"nothing more": {role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn")+", "+can("'s3:*'", "'*'")) + role("B", lets(account), can("s3:GetObject", "'arn:aws:s3:::x/*'")), ""},
		"data":         {ab + role("B", lets(account), can("s3:GetObject", "'arn:aws:s3:::x/*'")), "A low B"},
		"administrator": {role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn"), boss) +
			role("B", lets(account), "", boss), ""},
		"an administrator on the way": {ab + role("B", lets(account), can("sts:AssumeRole", "!GetAtt C.Arn"), boss) + role("C", lets("{AWS: !GetAtt B.Arn}"), "", boss), "A high B"},
		"the same way, under a condition alone": {role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn")+", {Effect: Allow, Action: iam:PutRolePolicy, Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}") +
			role("B", lets(account), can("iam:PutRolePolicy", "'*'")), "A high B"},
		"everything under a condition": {ab + role("B", lets(account), "{Effect: Allow, Action: '*', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}"), "A medium B"},
		"one role elsewhere":           {ab + role("B", lets(account), can("sts:AssumeRole", "'arn:aws:iam::999988887777:role/x'")), ""},
		"the same way already":         {role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn")+", "+can("iam:PutRolePolicy", "'*'")) + role("B", lets(account), can("iam:PutRolePolicy", "'*'")), ""},
		"passed":                       {role("A", ec2, can("iam:PassRole", "!GetAtt B.Arn")+", "+starts) + role("B", lets(lambdas), "", boss), "A high B"},
		"passed, not trusted":          {role("A", ec2, can("iam:PassRole", "!GetAtt B.Arn")+", "+starts) + role("B", ec2, "", boss), ""},
		"passed, not started":          {role("A", ec2, can("iam:PassRole", "!GetAtt B.Arn")) + role("B", lets(lambdas), "", boss), ""},
		"passed to another service": {role("A", ec2, "{Effect: Allow, Action: iam:PassRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'iam:PassedToService': ec2.amazonaws.com}}}, "+starts) +
			role("B", lets(lambdas), "", boss), ""},
		"passed to the service": {role("A", ec2, "{Effect: Allow, Action: iam:PassRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'iam:PassedToService': lambda.amazonaws.com}}}, "+starts) +
			role("B", lets(lambdas), "", boss), "A high B"},
		"to a control plane": {role("A", ec2, can("iam:PassRole, eks:CreateNodegroup, eks:CreateCluster", "'*'")) + role("B", lets("{Service: eks.amazonaws.com}"), "", boss), ""},
		"passed, with data":  {role("A", ec2, can("iam:PassRole", "!GetAtt B.Arn")+", "+starts) + role("B", lets(lambdas), can("s3:GetObject", "'*'")), ""},
		"assumed, then passed, with data": {ab + role("B", lets(account), can("iam:PassRole", "!GetAtt C.Arn")+", "+starts) +
			role("C", lets(lambdas), can("s3:GetObject", "'*'")), "A medium B; A low B>C"},
		"a group": {"  G:\n    Type: AWS::IAM::Group\n    Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + can("sts:AssumeRole", "!GetAtt B.Arn") + "]}}]}\n" +
			"  U: {Type: AWS::IAM::User, Properties: {Groups: [!Ref G]}}\n" + role("B", lets(account), "", boss), "U high B"},
		"another account": {role("A", ec2, can("sts:AssumeRole", "'arn:aws:iam::222222222222:role/b'"), "PermissionsBoundary: arn:aws:iam::111111111111:policy/x") +
			role("B", lets(account), "", boss, "RoleName: b"), ""},
	} {
		found, report := chained(t, test.resources)
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s: %q, want %q\n%s", name, got, test.want, notesOf(report))
		}
		for _, f := range report.Findings {
			if len(f.Path) < 2 || f.Location.Line == 0 || len(f.Actions) == 0 {
				t.Errorf("%s: incomplete: %+v", name, f)
			}
			for _, step := range f.Path {
				if step.Principal == "" || step.Location.Line == 0 {
					t.Errorf("%s: a step is incomplete: %+v", name, step)
				}
			}
			if text, _ := json.Marshal(f.Path); strings.Contains(string(text), `"Resources":null`) {
				t.Errorf("%s: a step has no list of resources: %s", name, text)
			}
		}
	}
}

// Many roles that can all assume each other are followed as far as there is time,
// and a note says that this is not everything.
func TestManyChains(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 500 {
		b.WriteString(role(fmt.Sprintf("R%d", i), lets(account), can("sts:AssumeRole", "'*'")+", "+can("s3:GetObject", fmt.Sprintf("'arn:aws:s3:::b%d/*'", i))))
	}
	_, report := chained(t, b.String())
	if !strings.Contains(notesOf(report), "500 roles are too many to follow every chain") {
		t.Errorf("no note: %q", notesOf(report))
	}
	// A long row is cut, which is reported.
	b.Reset()
	for i := range maxHops + 3 {
		b.WriteString(role(fmt.Sprintf("R%d", i), lets(account), can("sts:AssumeRole", fmt.Sprintf("!GetAtt R%d.Arn", i+1))))
	}
	b.WriteString(role(fmt.Sprintf("R%d", maxHops+3), lets(account), "", boss))
	if found, report := chained(t, b.String()); !strings.Contains(notesOf(report), "chains of more than 8 roles are not followed") || len(found) != maxHops {
		t.Errorf("%d found: %q", len(found), notesOf(report))
	}
}
