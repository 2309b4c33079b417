// Tests role chains: which steps are followed, where chains end, and that the
// search is limited.

package review

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// chainsIn reviews the resources of a template for chains. It returns each
// finding as "PRINCIPAL SEVERITY ROLES", and the report.
func chainsIn(t *testing.T, resources string) ([]string, *Report) {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte("Resources:\n"+resources))
	if err != nil {
		t.Fatalf("%s: %v", resources, err)
	}
	report, err := Review(set, Options{Rules: []string{chainRuleID}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		found = append(found, fmt.Sprintf("%s %s %s", strings.Join(f.Principals, ","), f.Severity, strings.ReplaceAll(strings.Join(f.Resources, ">"), "role/", "")))
	}
	return found, report
}

// roleYAML returns the YAML of a role for the resources of a template. trust
// and statements are statements separated by commas; otherProperties are
// further lines of its Properties.
func roleYAML(id, trust, statements string, otherProperties ...string) string {
	text := "  " + id + ":\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + trust + "]}\n"
	if statements != "" {
		text += "      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + statements + "]}}]\n"
	}
	for _, line := range otherProperties {
		text += "      " + line + "\n"
	}
	return text
}

// The actions of a finding are those that the principal gains: a pattern that also
// matches actions that the principal has is replaced by the gained actions.
func TestGainedActionsOfAChain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ has, gets, want string }{
		{allowYAML("'sqs:SendMessage'", "'*'"), allowYAML("'sqs:*Message', 'sqs:Purge*'", "'*'"), "sqs:DeleteMessage sqs:ReceiveMessage sqs:Purge*"},
		{allowYAML("'sqs:*Message'", "'*'"), allowYAML("'sqs:SendMessage', 'sqs:PurgeQueue'", "'*'"), "sqs:PurgeQueue"},
		{allowYAML("'sns:Publish'", "'*'"), allowYAML("'sqs:*Message'", "'*'"), "sqs:*Message"},
		{"{Effect: Allow, NotAction: ['sqs:PurgeQueue', 'sts:*', 'iam:*'], Resource: '*'}", "{Effect: Allow, NotAction: ['sts:*', 'iam:*'], Resource: '*'}", "sqs:PurgeQueue"},
	} {
		_, report := chainsIn(t, roleYAML("A", trustYAML("{Service: ec2.amazonaws.com}"), test.has+", "+allowYAML("sts:AssumeRole", "!GetAtt B.Arn"))+roleYAML("B", trustYAML(ownAccountPrincipal), test.gets))
		if len(report.Findings) != 1 {
			t.Fatalf("%s: %d findings, want 1", test.gets, len(report.Findings))
		}
		f := report.Findings[0]
		last := f.Path[len(f.Path)-1]
		if got := strings.Join(last.Actions, " "); got != test.want || !strings.Contains(WriteSentence(f.Message), nameListText(last.Actions)) {
			t.Errorf("%s gets %s: %s, want %s: %s", test.has, test.gets, got, test.want, WriteSentence(f.Message))
		}
	}
}

func nameListText(names []string) string { return WriteSentence(sentencef("%s", nameList(names))) }

func trustYAML(principal string, conditions ...string) string {
	return "{Effect: Allow, Principal: " + principal + ", Action: sts:AssumeRole" + strings.Join(append([]string{""}, conditions...), ", ") + "}"
}

func allowYAML(action, resource string) string {
	return "{Effect: Allow, Action: [" + action + "], Resource: " + resource + "}"
}

const (
	ownAccountPrincipal = `{AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}`
	lambdaPrincipal     = `{Service: lambda.amazonaws.com}`
	administratorPolicy = `ManagedPolicyArns: [arn:aws:iam::aws:policy/AdministratorAccess]`
	startLambda         = "{Effect: Allow, Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'], Resource: '*'}"
)

func TestChains(t *testing.T) {
	t.Parallel()
	ec2 := trustYAML("{Service: ec2.amazonaws.com}")
	ab := roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn"))
	for name, test := range map[string]struct{ resources, want string }{
		"assumed":                           {ab + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "A high B"},
		"by a name with a wildcard":         {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: team-b"), "A high team-b"},
		"by a wildcard that does not match": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: other"), ""},
		"trust by name alone":               {roleYAML("A", ec2, "") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"trust by name, denied": {roleYAML("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: '*'}") +
			roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), ""},
		"trust by name, boundary without it": {roleYAML("A", ec2, "", "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3FullAccess") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), ""},
		"trust by name, boundary with it":    {roleYAML("A", ec2, "", "PermissionsBoundary: arn:aws:iam::aws:policy/AdministratorAccess") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"trust by name, unknown boundary":    {roleYAML("A", ec2, "", "PermissionsBoundary: arn:aws:iam::111122223333:policy/x") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A medium B"},
		"trust by name, denied under a condition": {roleYAML("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}") +
			roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"trust by name, denied under a condition of the template": {roleYAML("A", ec2, "!If [X, {Effect: Deny, Action: 'sts:*', Resource: '*'}, !Ref AWS::NoValue]") +
			roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"trust by name, denied in each stack that has the trust": {roleYAML("A", ec2, "!If [X, {Effect: Deny, Action: 'sts:*', Resource: '*'}, !Ref AWS::NoValue]") +
			roleYAML("B", ec2+", !If [X, "+trustYAML("{AWS: !GetAtt A.Arn}")+", !Ref AWS::NoValue]", "", administratorPolicy), ""},
		"trust by name, another role denied": {roleYAML("A", ec2, "{Effect: Deny, Action: 'sts:*', Resource: 'arn:aws:iam::*:role/other'}") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"an unconditional chain and a conditional one": {roleYAML("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'aws:ResourceTag/team': a}}}, "+allowYAML("sts:AssumeRole", "!GetAtt C.Arn")) +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "!GetAtt D.Arn")) + roleYAML("C", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "!GetAtt D.Arn")) + roleYAML("D", trustYAML("{AWS: [!GetAtt B.Arn, !GetAtt C.Arn]}"), "", administratorPolicy), "A high C>D; B high D; C high D"},
		"assumed until a date": {roleYAML("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: !GetAtt B.Arn, Condition: {DateLessThan: {'aws:CurrentTime': '2099-01-01T00:00:00Z'}}}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "A high B"},
		"assumed with a tag": {roleYAML("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'aws:ResourceTag/team': a}}}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "A medium B"},
		"under a condition of the template": {"  A:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + ec2 + "]}\n      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [!If [X, " + allowYAML("sts:AssumeRole", "!GetAtt B.Arn") + ", !Ref AWS::NoValue]]}}]\n" +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "A medium B"},
		"trust under a condition of the template":      {ab + roleYAML("B", "!If [X, "+trustYAML(ownAccountPrincipal)+", "+trustYAML("{Service: ec2.amazonaws.com}")+"]", "", administratorPolicy), "A medium B"},
		"an unconditional trust and a conditional one": {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {StringEquals: {'sts:ExternalId': x}}")+", "+trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy), "A high B"},
		"trust of all ARNs except one":                 {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {ArnNotEquals: {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/other'}}"), "", administratorPolicy), "A medium B"},
		"trust of another role":                        {ab + roleYAML("C", ec2, "") + roleYAML("B", trustYAML("{AWS: !GetAtt C.Arn}"), "", administratorPolicy), "C high B"},
		"trust of a service":                           {ab + roleYAML("B", ec2, "", administratorPolicy), ""},
		"trust under conditions":                       {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {StringEquals: {'sts:ExternalId': x}}"), "", administratorPolicy), "A medium B"},
		"trust of another ARN":                         {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {ArnEquals: {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/other'}}"), "", administratorPolicy), ""},
		"trust of the ARN of another role":             {ab + roleYAML("C", ec2, "") + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {ArnEquals: {'aws:PrincipalArn': !Ref C}}"), "", administratorPolicy), ""},
		"trust of the ARN in a parameter":              {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {ArnEquals: {'aws:PrincipalArn': !Ref Who}}"), "", administratorPolicy), "A medium B"},
		"trust of this ARN":                            {ab + roleYAML("B", trustYAML(ownAccountPrincipal, "Condition: {ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/*A*'}}"), "", administratorPolicy), "A medium B"},
		"denied": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'*'")+", {Effect: Deny, Action: sts:AssumeRole, Resource: !GetAtt B.Arn}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), ""},
		"boundary without it": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn"), "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3FullAccess") + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), ""},
		"boundary with two statements": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'*'"), "PermissionsBoundary: !Ref L") + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy) +
			"  L: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [" + allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/x*'") + ", " + allowYAML("sts:AssumeRole", "!GetAtt B.Arn") + "]}}}\n", "A high B"},
		"boundary of the end": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), "A low B"},
		"three": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "!GetAtt C.Arn")) + roleYAML("C", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")),
			"A high B>C; B high C"},
		"a cycle": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "'*'")) + roleYAML("C", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "[!GetAtt A.Arn, !GetAtt B.Arn]")+", "+allowYAML("iam:CreatePolicyVersion", "'*'")),
			"A high B>C; B high C; C high B"},
		"no further permissions": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("'s3:*'", "'*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'arn:aws:s3:::x/*'")), ""},
		"data":                   {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'arn:aws:s3:::x/*'")), "A low B"},
		"administrator": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn"), administratorPolicy) +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), ""},
		"an administrator in between": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "!GetAtt C.Arn"), administratorPolicy) + roleYAML("C", trustYAML("{AWS: !GetAtt B.Arn}"), "", administratorPolicy), "A high B"},
		"the same route, but only under a condition": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", {Effect: Allow, Action: iam:PutRolePolicy, Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")), "A high B"},
		"everything under a condition":  {ab + roleYAML("B", trustYAML(ownAccountPrincipal), "{Effect: Allow, Action: '*', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}"), "A medium B"},
		"may assume one role elsewhere": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "'arn:aws:iam::999988887777:role/x'")), ""},
		"the same route already":        {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("iam:PutRolePolicy", "'*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")), ""},
		"passed":                        {roleYAML("A", ec2, allowYAML("iam:PassRole", "!GetAtt B.Arn")+", "+startLambda) + roleYAML("B", trustYAML(lambdaPrincipal), "", administratorPolicy), "A high B"},
		"passed, not trusted":           {roleYAML("A", ec2, allowYAML("iam:PassRole", "!GetAtt B.Arn")+", "+startLambda) + roleYAML("B", ec2, "", administratorPolicy), ""},
		"passed, not started":           {roleYAML("A", ec2, allowYAML("iam:PassRole", "!GetAtt B.Arn")) + roleYAML("B", trustYAML(lambdaPrincipal), "", administratorPolicy), ""},
		"passed to another service": {roleYAML("A", ec2, "{Effect: Allow, Action: iam:PassRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'iam:PassedToService': ec2.amazonaws.com}}}, "+startLambda) +
			roleYAML("B", trustYAML(lambdaPrincipal), "", administratorPolicy), ""},
		"passed to the service": {roleYAML("A", ec2, "{Effect: Allow, Action: iam:PassRole, Resource: !GetAtt B.Arn, Condition: {StringEquals: {'iam:PassedToService': lambda.amazonaws.com}}}, "+startLambda) +
			roleYAML("B", trustYAML(lambdaPrincipal), "", administratorPolicy), "A high B"},
		"a longer way without conditions": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "[!GetAtt B.Arn, !GetAtt C.Arn]")) + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "!GetAtt C.Arn")) +
			roleYAML("C", trustYAML(ownAccountPrincipal, "Condition: {Bool: {'aws:MultiFactorAuthPresent': 'true'}}")+", "+trustYAML("{AWS: !GetAtt B.Arn}"), "", administratorPolicy), "A high B>C; B high C"},
		"a longer chain, which is less severe": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")+", "+allowYAML("sts:AssumeRole", "!GetAtt C.Arn")) +
			roleYAML("C", trustYAML(ownAccountPrincipal, "Condition: {StringEquals: {'sts:ExternalId': x}}"), "", administratorPolicy), "A high B; A medium B>C; B medium C"},
		"to a role of some stacks": {ab + strings.Replace(roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "    Properties:", "    Condition: X\n    Properties:", 1), "A high B"},
		"an administrator in some stacks": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn"), "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "A high B"},
		"administrators in the same stacks": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn"), "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]"), ""},
		"to an administrator in some stacks": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), "", "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]"), "A high B"},
		"the same permissions":               {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("s3:GetObject", "'*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'*'")), ""},
		"the same permissions, in some stacks": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", !If [X, "+allowYAML("s3:GetObject", "'*'")+", !Ref AWS::NoValue]") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'*'")), "A low B"},
		"the same permissions, in the same stacks": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", !If [X, "+allowYAML("s3:GetObject", "'*'")+", !Ref AWS::NoValue]") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "!If [X, "+allowYAML("s3:GetObject", "'*'")+", !Ref AWS::NoValue]"), ""},
		"the same permissions, partly denied": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("s3:GetObject", "'*'")+", {Effect: Deny, Action: 's3:*', Resource: 'arn:aws:s3:::x/*'}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'*'")), "A low B"},
		"the same permissions, others denied": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("s3:GetObject", "'*'")+", {Effect: Deny, Action: 's3:*', Resource: 'arn:aws:s3:::x/*'}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'arn:aws:s3:::y/*'")), ""},
		"the same permissions, except some": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", {Effect: Allow, Action: s3:GetObject, NotResource: 'arn:aws:s3:::x/*'}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'arn:aws:s3:::x/*'")), "A low B"},
		"the same permissions, and the same Deny": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("s3:GetObject", "'*'")+", {Effect: Deny, Action: 's3:*', Resource: 'arn:aws:s3:::x/*'}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'*'")+", {Effect: Deny, Action: 's3:*', Resource: 'arn:aws:s3:::x/*'}"), ""},
		"the same permissions, with a boundary": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("s3:GetObject", "'*'"), "PermissionsBoundary: !Ref L") + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("s3:GetObject", "'arn:aws:s3:::x/*'")) +
			"  L: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [" + allowYAML("'sts:*'", "'*'") + ", " + allowYAML("'s3:*'", "'arn:aws:s3:::y/*'") + "]}}}\n", "A low B"},
		"the same route, partly denied": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+allowYAML("iam:PutRolePolicy", "'*'")+", {Effect: Deny, Action: 'iam:*', Resource: 'arn:aws:iam::*:role/x*'}") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")), "A high B"},
		"the same route, in some stacks": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", !If [X, "+allowYAML("iam:PutRolePolicy", "'*'")+", !Ref AWS::NoValue]") +
			roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'")), "A high B"},
		"by a path with a wildcard":                      {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: b", "Path: /team-b/"), "A high b"},
		"by another path":                                {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: b", "Path: /x/"), ""},
		"by a name, which a parameter may give the role": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/prod-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: !Sub '${AWS::StackName}-b'"), "A high ${AWS::StackName}-b"},
		"trust of a name that a parameter may give":      {roleYAML("A", ec2, "", "RoleName: !Sub '${AWS::StackName}-a'") + roleYAML("B", trustYAML("{AWS: 'arn:aws:iam::123456789012:role/prod-a'}"), "", administratorPolicy), "${AWS::StackName}-a medium B"},
		"another name":                                   {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/prod-*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: !Sub 'dev-${AWS::StackName}'"), ""},
		"by a short pattern of another partition":        {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws-cn:iam::*'")) + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: b"), "A high b"},
		"to a control plane":                             {roleYAML("A", ec2, allowYAML("iam:PassRole, eks:CreateNodegroup, eks:CreateCluster", "'*'")) + roleYAML("B", trustYAML("{Service: eks.amazonaws.com}"), "", administratorPolicy), ""},
		"passed, with data":                              {roleYAML("A", ec2, allowYAML("iam:PassRole", "!GetAtt B.Arn")+", "+startLambda) + roleYAML("B", trustYAML(lambdaPrincipal), allowYAML("s3:GetObject", "'*'")), ""},
		"assumed, then passed, with data": {ab + roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PassRole", "!GetAtt C.Arn")+", "+startLambda) +
			roleYAML("C", trustYAML(lambdaPrincipal), allowYAML("s3:GetObject", "'*'")), "A medium B; A low B>C"},
		"a group": {"  G:\n    Type: AWS::IAM::Group\n    Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + allowYAML("sts:AssumeRole", "!GetAtt B.Arn") + "]}}]}\n" +
			"  U: {Type: AWS::IAM::User, Properties: {Groups: [!Ref G]}}\n" + roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy), "U high B"},
		"another account": {roleYAML("A", ec2, allowYAML("sts:AssumeRole", "'arn:aws:iam::222222222222:role/b'"), "PermissionsBoundary: arn:aws:iam::111111111111:policy/x") +
			roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: b"), ""},
	} {
		found, report := chainsIn(t, test.resources)
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s: %q, want %q\n%s", name, got, test.want, notesText(report))
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

// The search for chains among many roles that can all assume each other stops
// at a limit, with a note.
func TestChainSearchIsLimited(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 500 {
		b.WriteString(roleYAML(fmt.Sprintf("R%d", i), trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "'*'")+", "+allowYAML("s3:GetObject", fmt.Sprintf("'arn:aws:s3:::b%d/*'", i))))
	}
	_, report := chainsIn(t, b.String())
	if !strings.Contains(notesText(report), "500 roles are too many to follow every chain") {
		t.Errorf("no note: %q", notesText(report))
	}
	// A chain over too many roles is cut, with a note.
	b.Reset()
	for i := range maxHops + 3 {
		b.WriteString(roleYAML(fmt.Sprintf("R%d", i), trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", fmt.Sprintf("!GetAtt R%d.Arn", i+1))))
	}
	b.WriteString(roleYAML(fmt.Sprintf("R%d", maxHops+3), trustYAML(ownAccountPrincipal), "", administratorPolicy))
	if found, report := chainsIn(t, b.String()); !strings.Contains(notesText(report), "chains of more than 8 roles are not followed") || len(found) != maxHops {
		t.Errorf("%d found: %q", len(found), notesText(report))
	}
}
