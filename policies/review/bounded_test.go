// Tests what permissions boundaries leave of wide grants and of escalation paths, and
// the findings about mistakes in boundaries.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// reviewBounded reviews a role with an inline policy and, if boundary is not
// "", with a boundary of the template. It returns the findings about exposure
// as "SEVERITY RULE ACTIONS of PRINCIPALS ADDITION".
func reviewBounded(t *testing.T, boundary, statements string) []string {
	t.Helper()
	resources := ""
	if boundary != "" {
		resources = "  B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: bound, PolicyDocument: {Version: '2012-10-17', Statement: [" + boundary + "]}}}\n"
		boundary = "PermissionsBoundary: !Ref B, "
	}
	return exposures(t, fmt.Sprintf(`Resources:
%s  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, %sAssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]},
    Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [%s]}}]}}
`, resources, boundary, statements))
}

func exposures(t *testing.T, template string) []string {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte(template))
	if err != nil {
		t.Fatalf("%s: %v", template, err)
	}
	report, err := Review(set, Options{Rules: []string{"full-access", "service-wildcard", "action-wildcard", "any-resource", "not-action", "not-resource", "secrets-of-others", "reads-everything"}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		message := WriteSentence(f.Message)
		_, addition, _ := strings.Cut(message, ";")
		found = append(found, strings.TrimSpace(fmt.Sprintf("%s %s %s of %s%s", f.Severity, f.Rule, strings.Join(f.Actions, " "), strings.Join(f.Principals, " "), addition)))
	}
	slices.Sort(found)
	return found
}

func TestBoundariesLimitExposure(t *testing.T) {
	t.Parallel()
	const (
		everything = `{Effect: Allow, Action: '*', Resource: '*'}`
		rest       = " the permissions boundary bound allows this, but not everything that the statement allows"
		lifted     = " the holder can remove or change its permissions boundary bound, so the boundary does not limit the holder"
	)
	for _, test := range []struct {
		boundary, statement string
		want                string // with "|" at the end, other findings may follow
	}{
		{"", everything, "critical full-access * of r"},
		{everything, everything, "critical full-access * of r"},
		{`{Effect: Allow, Action: 's3:PutObject', Resource: 'arn:aws:s3:::b/*'}`, everything, ""},
		{`{Effect: Allow, Action: 's3:GetObject', Resource: '*'}`, everything, "medium reads-everything s3:GetObject of r" + rest},
		{`{Effect: Allow, Action: 's3:GetObject', Resource: '*'}`, `{Effect: Allow, Action: 'rds:*', Resource: '*'}`, ""},
		{`{Effect: Allow, Action: 'sns:*', Resource: '*'}`, everything, "high any-resource sns:* of r" + rest + "|high service-wildcard sns:* of r" + rest},
		{`{Effect: Allow, Action: 'sns:*', Resource: 'arn:aws:sns:*:*:a'}`, everything, "high service-wildcard sns:* of r" + rest},
		{`{Effect: Allow, Action: ['sns:*', 'kms:*'], Resource: '*'}, {Effect: Deny, Action: 'sns:*', Resource: '*'}`, `{Effect: Allow, Action: 'sns:Publish', Resource: '*'}`, ""},
		{`{Effect: Allow, Action: '*', Resource: '*'}`, `{Effect: Allow, Action: 'sns:Publish', Resource: '*'}`, "medium any-resource sns:Publish of r"},
		{`{Effect: Allow, Action: 'sns:Publish', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}`, `{Effect: Allow, Action: 'sns:Publish', Resource: '*'}`, ""},
		{`{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, Action: 'iam:*', Resource: '*'}`, everything, "high not-action iam:* of r" + rest + "|"},
		{`{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, NotAction: 's3:ListBucket', Resource: '*'}`, everything, ""},
		{`{Effect: Allow, NotAction: 'iam:*', Resource: '*'}`, everything, "high not-action iam:* of r" + rest + "|"},
		{`{Effect: Allow, NotAction: 'iam:*', Resource: '*'}`, `{Effect: Allow, Action: ['iam:*', 's3:ListBucket'], Resource: '*'}`, ""},
		{`{Effect: Allow, Action: 'sns:Pub*', Resource: '*'}`, `{Effect: Allow, NotAction: 'sns:Publish', Resource: '*'}`, ""},
		{`{Effect: Allow, Action: 's3:*Object', Resource: 'arn:aws:s3:::b/*'}`, `{Effect: Allow, Action: 's3:Delete*', Resource: '*'}`, ""},
		{`{Effect: Allow, Action: 'secretsmanager:GetSecretValue', Resource: 'arn:aws:secretsmanager:*:*:secret:own-??????'}`, everything, ""},
		// If the holder can lift the boundary, the boundary does not count.
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:DeleteRolePermissionsBoundary'], Resource: '*'}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: 'iam:PutRolePermissionsBoundary', Resource: 'arn:aws:iam::*:role/r'}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: 'iam:PutRolePermissionsBoundary', Resource: 'arn:aws:iam::*:role/other'}`, everything, ""},
		{`{Effect: Allow, Action: 'iam:CreatePolicyVersion', Resource: 'arn:aws:iam::*:policy/bound'}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: 'iam:CreatePolicyVersion', Resource: 'arn:aws:iam::*:policy/other'}`, everything, ""},
		{`{Effect: Allow, Action: 'iam:PutRolePermissionsBoundary', Resource: 'arn:aws:iam::*:role/r', Condition: {StringEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound'}}}`, everything, ""},
		// A Deny can deny every boundary except the one that its condition names.
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: '*', Condition: {StringNotEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound'}}}`, everything, "high any-resource iam:PutRolePermissionsBoundary of r" + rest + "|"},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: '*', Condition: {ArnNotLikeIfExists: {'iam:PermissionsBoundary': 'arn:aws:iam::*:policy/bound'}}}`, everything, "high any-resource iam:PutRolePermissionsBoundary of r" + rest + "|"},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: 'arn:aws:iam::*:role/*', Condition: {StringNotEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound'}}}`, everything, "high any-resource iam:PutRolePermissionsBoundary of r" + rest + "|"},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: 'arn:aws:iam::*:role/other', Condition: {StringNotEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound'}}}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: '*', Condition: {StringEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/other'}}}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: '*', Condition: {StringNotLike: {'iam:PermissionsBoundary': '*'}}}`, everything, "critical full-access * of r" + lifted},
		{`{Effect: Allow, Action: ['sns:Publish', 'iam:PutRolePermissionsBoundary'], Resource: '*'}, {Effect: Deny, Action: 'iam:PutRolePermissionsBoundary', Resource: '*', Condition: {StringNotEquals: {'iam:PermissionsBoundary': 'arn:aws:iam::123456789012:policy/bound', 'aws:PrincipalTag/a': 'b'}}}`, everything, "critical full-access * of r" + lifted},
	} {
		if got := strings.Join(reviewBounded(t, test.boundary, test.statement), "|"); got != test.want && !(strings.HasSuffix(test.want, "|") && strings.HasPrefix(got, test.want)) {
			t.Errorf("%s within %s: %s\nwant %s", test.statement, test.boundary, got, test.want)
		}
	}
}

// A policy counts in full for the holders without a boundary. A boundary whose
// document is unknown excludes nothing, and the finding says so.
func TestHoldersWithDifferentBoundaries(t *testing.T) {
	t.Parallel()
	role := func(name, boundary string) string {
		return fmt.Sprintf("  %s: {Type: AWS::IAM::Role, Properties: {RoleName: %s, %s AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}, ManagedPolicyArns: [!Ref P]}}\n", name, name, boundary)
	}
	got := exposures(t, `Resources:
  P: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: bound, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:ListBucket', Resource: '*'}]}}}
`+role("a", "PermissionsBoundary: !Ref B,")+role("b", "")+role("c", "PermissionsBoundary: 'arn:aws:iam::123456789012:policy/elsewhere',")+role("d", "PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy',"))
	got = slices.DeleteFunc(got, func(text string) bool { return !strings.Contains(text, "full-access") })
	want := []string{"critical full-access * of b", "critical full-access * of c the permissions boundary arn:aws:iam::123456789012:policy/elsewhere may exclude this, but the document of the boundary is unknown"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The escalations of an administrator are reported if a boundary leaves them.
func TestEscalationsOfABoundedAdministrator(t *testing.T) {
	t.Parallel()
	for boundary, want := range map[string]string{
		`{Effect: Allow, Action: ['iam:AttachRolePolicy', 's3:*'], Resource: '*'}`:                      "escalation-attach-policy",
		`{Effect: Allow, Action: 's3:*', Resource: '*'}`:                                                "",
		`{Effect: Allow, Action: '*', Resource: '*'}, {Effect: Deny, NotAction: 's3:*', Resource: '*'}`: "",
	} {
		set, err := document.ReadSet("t.yaml", []byte(`Resources:
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [`+boundary+`]}}}
  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, PermissionsBoundary: !Ref B, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'], AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}
`))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{Escalation}})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range report.Findings {
			got += f.Rule
		}
		if got != want {
			t.Errorf("%s: %q, want %q", boundary, got, want)
		}
	}
}

// Actions of one statement under different conditions of the boundary are
// different steps of a path.
func TestStepsUnderConditionsOfTheBoundary(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("t.yaml", []byte(`Resources:
  B: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'iam:PassRole', Resource: '*'},
    {Effect: Allow, Action: 'ec2:*', Resource: '*', Condition: {StringEquals: {'aws:RequestedRegion': eu-west-1}}}]}}}
`+roleYAML("R", trustYAML("{Service: ec2.amazonaws.com}"), "{Effect: Allow, Action: ['iam:PassRole', 'ec2:RunInstances'], Resource: '*'}", "PermissionsBoundary: !Ref B")))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Rules: []string{"escalation-pass-role"}})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range report.Findings {
		for _, step := range f.Path {
			got += fmt.Sprint(step.Actions, step.Conditions)
		}
	}
	if want := "[iam:PassRole] [][ec2:RunInstances] [StringEquals aws:RequestedRegion = eu-west-1]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A managed policy that is only a permissions boundary grants nothing, but its
// mistakes count: a misspelt action is not allowed, a misspelt Deny denies nothing.
func TestMistakesInBoundaries(t *testing.T) {
	t.Parallel()
	const (
		policy  = `B: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: bound, PolicyDocument: {Version: '2012-10-17', Statement: [%s]}}}`
		role    = `R: {Type: AWS::IAM::Role, Properties: {RoleName: r, PermissionsBoundary: %s, %sAssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}`
		always  = "!Ref B"
		mistake = `{Effect: Allow, Action: ['ec2:RunInstancess', 'sns:*'], Resource: '*'}`
	)
	long := ""
	for i := range 8 {
		long += fmt.Sprintf("'arn:aws:s3:::b/%d%s', ", i, strings.Repeat("a", 800))
	}
	for _, test := range []struct {
		boundary, attached, statement string
		want                          string
	}{
		{always, "", mistake, "medium unknown-action of bound for []"},
		{"!If [C, !Ref B, !Ref AWS::NoValue]", "", mistake, "medium unknown-action of bound for []\nmedium unknown-grant of ${If:C|${Ref:B}|${AWS::NoValue}} for [r]"},
		{"'arn:aws:iam::111122223333:policy/bound'", "", mistake, "medium unknown-action of bound for []"},
		{always, "", `{Effect: Deny, Action: 'ec2:RunInstances', NotResource: '*'}`, "high denial-without-effect of bound for []"},
		{always, "", `{Sid: 'a b', Effect: Allow, Action: 'sns:Publish', Resource: '*'}`, "medium refused-sid of bound for []"},
		{always, "", `{Effect: Allow, Action: 'ec2:RunInstances', Resource: 'arn:aws:ec2:*:*:instance/*'}`, "low missing-resource-type of bound for []"},
		{always, "", `{Effect: Allow, Action: 's3:GetObject', Resource: [` + long + `]}`, "medium quota of bound for []"},
		{always, "", `{Effect: Allow, Action: '*', Resource: '*'}`, ""},
		// If the policy is also attached to the role, each finding is still
		// reported only once.
		{always, "ManagedPolicyArns: [!Ref B], ", mistake, "high any-resource of bound for [r]\nhigh service-wildcard of bound for [r]\nmedium unknown-action of bound for [r]"},
	} {
		const conditions = "Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, x]}\nResources:\n  "
		limit, holder := fmt.Sprintf(policy, test.statement), fmt.Sprintf(role, test.boundary, test.attached)
		set, err := document.ReadSet("t.yaml", []byte(conditions+limit+"\n  "+holder))
		if err != nil {
			t.Fatalf("%s, %s: %v", limit, holder, err)
		}
		report, err := Review(set, Options{Rules: []string{Correctness, Refused, Exposure, Escalation}})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, f := range report.Findings {
			found = append(found, fmt.Sprintf("%s %s of %s for %v", f.Severity, f.Rule, f.Policy, f.Principals))
		}
		if got := strings.Join(found, "\n"); got != test.want {
			t.Errorf("boundary %s, %s%s: %s\nwant %s", test.boundary, test.attached, test.statement[:min(60, len(test.statement))], got, test.want)
		}
	}
}
