// Tests of findings that only some stacks of a template have.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// A finding about some stacks must not disappear because other stacks of the
// same template have further statements, such as a Deny or an administrator's
// policy.
func TestStacksOfATemplate(t *testing.T) {
	t.Parallel()
	const (
		puts         = "{Effect: Allow, Action: iam:PutRolePolicy, Resource: '*'}"
		denies       = "{Effect: Deny, Action: 'iam:*', Resource: '*'}"
		all          = "{Effect: Allow, Action: '*', Resource: '*'}"
		onRoles      = "{Effect: Allow, Action: iam:PutRolePolicy, Resource: 'arn:aws:iam::*:role/x'}"
		noValue      = ", !Ref AWS::NoValue]"
		inX          = "!If [X, "
		whenX        = "    Condition: X\n"
		found, nope  = "high escalation-put-policy", ""
		onlyOnRoles  = "low escalation-put-policy"
		denyNotOther = "{Effect: Deny, NotAction: [!Ref P], Resource: '*'}"
	)
	for name, test := range map[string]struct{ condition, statements, properties, want string }{
		"denied":                                     {"", puts + ", " + denies, "", nope},
		"denied in some stacks":                      {"", puts + ", " + inX + denies + noValue, "", found},
		"allowed and denied in the same stacks":      {"", inX + puts + noValue + ", " + inX + denies + noValue, "", nope},
		"role of some stacks, denied":                {whenX, puts + ", " + denies, "", nope},
		"role of some stacks, denied in fewer":       {whenX, puts + ", !If [Y, " + denies + noValue, "", found},
		"administrator":                              {"", puts + ", " + all, "", nope},
		"administrator in some stacks":               {"", puts + ", " + inX + all + noValue, "", found},
		"administrator in each stack with the role":  {whenX, puts + ", " + inX + all + noValue, "", nope},
		"administrator by ARN in some stacks":        {"", puts, "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess'" + noValue + "]", found},
		"administrator by ARN":                       {"", puts, "ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']", nope},
		"denied except for what a parameter names":   {"", puts + ", " + denyNotOther, "", found},
		"denied except, and the resources are known": {"", onRoles + ", " + denyNotOther, "", onlyOnRoles},
	} {
		text := "Conditions: {X: !Equals [!Ref P, x], Y: !Equals [!Ref P, !Ref AWS::Region]}\nParameters: {P: {Type: String}}\nResources:\n" +
			strings.Replace(roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), test.statements, test.properties), "    Properties:\n", test.condition+"    Properties:\n", 1)
		set, err := document.ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		report, err := Review(set, Options{Rules: []string{"escalation-put-policy"}})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range report.Findings {
			all = append(all, f.Severity.String()+" "+f.Rule)
		}
		if got := strings.Join(all, "; "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// An AWS managed policy that is attached under several conditions must count
// once in the summary and in the findings.
func TestPolicyUnderSeveralConditions(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte("Conditions: {X: !Equals [!Ref P, x], Y: !Equals [!Ref P, !Ref AWS::Region]}\nParameters: {P: {Type: String}}\nResources:\n"+
		roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), "", "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue], !If [Y, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref AWS::NoValue]]")))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := report.Principals[0].Policies; len(p) != 1 {
		t.Errorf("policies: %+v", p)
	}
	full := 0
	for _, f := range report.Findings {
		if f.Rule == "full-access" {
			full++
		} else if strings.Contains(f.Rule, "duplicate") || strings.Contains(f.Rule, "subsumed") || strings.Contains(f.Rule, "overlap") {
			t.Errorf("%+v", f)
		}
	}
	if full != 1 {
		t.Errorf("full-access: %d findings", full)
	}
}

// If a Deny of a trust policy has a value that is known only at deployment, it
// must limit the callers no more than an Allow with the inverse condition does.
func TestDeniesWithUnknownValues(t *testing.T) {
	t.Parallel()
	for deny, want := range map[string]string{
		"Principal: '*', Condition: {StringNotEquals: {'aws:PrincipalOrgID': o-a}}":                                   "medium",
		"Principal: '*', Condition: {StringNotEquals: {'aws:PrincipalOrgID': !Ref P}}":                                "critical",
		"Principal: '*', Condition: {StringNotLike: {'aws:PrincipalOrgID': !Ref P}}":                                  "critical",
		"Principal: '*', Condition: {ArnNotLike: {'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/x'}}":           "",
		"Principal: '*', Condition: {ArnNotLike: {'aws:PrincipalArn': !Sub 'arn:aws:iam::${P}:role/x'}}":              "high",
		"Principal: '*', Condition: {ArnNotLike: {'aws:PrincipalArn': !Sub 'arn:aws:iam::${AWS::AccountId}:role/x'}}": "",
		"NotPrincipal: {AWS: !Ref P}":                          "critical",
		"NotPrincipal: {AWS: !Sub 'arn:aws:iam::${P}:role/x'}": "",
	} {
		set, err := document.ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nResources:\n"+roleYAML("R", trustYAML("'*'")+", {Effect: Deny, "+deny+", Action: 'sts:*'}", "")))
		if err != nil {
			t.Fatalf("%s: %v", deny, err)
		}
		report, err := Review(set, Options{Rules: []string{"trust-anyone"}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range report.Findings {
			got += f.Severity.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", deny, got, want)
		}
	}
}

// A note mentions a template condition in a trust policy or a permissions
// boundary, as it does for any other policy.
func TestNoteOnConditionsOfATemplate(t *testing.T) {
	t.Parallel()
	const conditional = "!If [X, {Effect: Allow, Action: '*', Resource: '*'}, !Ref AWS::NoValue]"
	boundary := "  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [" + allowYAML("s3:*", "'*'") + ", " + conditional + "]}}}\n"
	for resources, want := range map[string]bool{
		roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), allowYAML("s3:*", "'*'")):                                                                                              false,
		roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), conditional):                                                                                                           true,
		roleYAML("R", "!If [X, "+trustYAML("{Service: ec2.amazonaws.com}")+", "+trustYAML("{Service: lambda.amazonaws.com}")+"]", allowYAML("s3:*", "'*'")):                             true,
		roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), allowYAML("s3:*", "'*'"), "PermissionsBoundary: !Ref B") + boundary:                                                    true,
		roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), allowYAML("s3:*", "'*'"), "ManagedPolicyArns: [!If [X, 'arn:aws:iam::aws:policy/ReadOnlyAccess', !Ref AWS::NoValue]]"): true,
	} {
		set, err := document.ReadSet("t.yaml", []byte("Conditions: {X: !Equals [!Ref P, x]}\nParameters: {P: {Type: String}}\nResources:\n"+resources))
		if err != nil {
			t.Fatalf("%s: %v", resources, err)
		}
		report, err := Review(set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(notesText(report), "covers both of its cases"); got != want {
			t.Errorf("%s: noted %t, want %t", resources, got, want)
		}
	}
}

// A finding about one branch of a template names the condition. A finding about
// both branches is one finding without a condition.
func TestConditionsOfFindings(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`Parameters: {P: {Type: String}}
Conditions: {X: !Equals [!Ref P, x], Y: !Equals [!Ref P, y]}
Resources:
  P:
    Type: AWS::IAM::ManagedPolicy
    Condition: Y
    Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['sqs:*', !If [X, 'sns:*', 'sns:Publish']], Resource: 'arn:aws:sqs:*:*:a'}]}}
  Q:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['iam:PutRolePolicy', !If [X, 'iam:PutUserPolicy', !Ref AWS::NoValue]], Resource: '*'}, {Effect: Allow, NotAction: !If [X, 'ec2:*', 'ec2:*'], Resource: 'arn:aws:sqs:*:*:a'}]}}
  R:
    Type: AWS::IAM::Role
    Condition: Y
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: [!Ref S]
  T:
    Type: AWS::IAM::Role
    Condition: Y
    Properties:
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']
  S:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: ['sns:*', 'iam:PassRole'], Resource: '*'}, !If [X, {Effect: Allow, Action: ['lambda:CreateFunction', 'lambda:InvokeFunction'], Resource: '*'}, !Ref AWS::NoValue]]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"full-access", "service-wildcard", "escalation-put-policy", "escalation-pass-role", "not-action"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range report.Findings {
		got = append(got, fmt.Sprintf("%s %s %q", f.Rule, strings.Join(f.Actions, " "), f.When))
	}
	slices.Sort(got)
	want := []string{
		`escalation-pass-role iam:PassRole lambda:CreateFunction lambda:InvokeFunction ["X" "Y"]`,
		`escalation-put-policy iam:PutRolePolicy ["!X"]`,
		`escalation-put-policy iam:PutRolePolicy iam:PutUserPolicy ["X"]`,
		`full-access * ["Y"]`,
		`not-action ec2:* []`,
		`service-wildcard sns:* ["Y"]`,
		`service-wildcard sqs:* ["!X" "Y"]`,
		`service-wildcard sqs:* sns:* ["X" "Y"]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
