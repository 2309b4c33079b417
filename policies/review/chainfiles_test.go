// Tests chains across the files of a folder, and across what is deployed.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// chainedFiles are the findings on chains of a folder, as "PRINCIPAL SEVERITY ROLES".
func chainedFiles(t *testing.T, files ...string) string {
	t.Helper()
	var sets []*document.Set
	for i, text := range files {
		if !strings.HasPrefix(text, "{") {
			text = "Resources:\n" + text
		}
		set, err := document.ReadSet(fmt.Sprintf("%c.yaml", 'a'+i), []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		sets = append(sets, set)
	}
	report, err := Review(document.Merge(sets...), Options{Rules: []string{chainID}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		var at []string
		for _, step := range f.Path {
			at = append(at, step.Location.File)
		}
		found = append(found, fmt.Sprintf("%s %s %s in %s", strings.Join(f.Principals, ","), f.Severity, strings.ReplaceAll(strings.Join(f.Resources, ">"), "role/", ""), strings.Join(slices.Compact(at), ">")))
	}
	return strings.Join(found, "; ")
}

func TestChainsAcrossFiles(t *testing.T) {
	t.Parallel()
	ec2 := lets("{Service: ec2.amazonaws.com}")
	team := can("sts:AssumeRole", "'arn:aws:iam::*:role/team-b'")
	b := role("B", lets(account), "", boss, "RoleName: team-b")
	of := func(account string) string { return "PermissionsBoundary: arn:aws:iam::" + account + ":policy/x" }
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"two files": {[]string{role("A", ec2, team), b}, "A high team-b in a.yaml>b.yaml"},
		"three files": {[]string{role("A", ec2, team), role("B", lets(account), can("sts:AssumeRole", "'arn:aws:iam::*:role/team-c'"), "RoleName: team-b"), role("C", lets(account), "", boss, "RoleName: team-c")},
			"A high team-b>team-c in a.yaml>b.yaml>c.yaml; team-b high team-c in b.yaml>c.yaml"},
		"a policy in one, its role in another":                    {[]string{`{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}}}}}`, b}, ""},
		"trusted by name":                                         {[]string{role("A", ec2, "", "RoleName: a"), role("B", lets(`{AWS: 'arn:aws:iam::111122223333:role/a'}`), "", boss)}, "a high B in b.yaml"},
		"trusted by name in another account, and allowed nothing": {[]string{role("A", ec2, "", "RoleName: a", of("111122223333")), role("B", lets(`{AWS: 'arn:aws:iam::111122223333:role/a'}`), "", boss, of("444455556666"))}, ""},
		"a logical ID of another template":                        {[]string{role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn")) + role("B", ec2, ""), role("B", lets(account), "", boss)}, ""},
		"a name that refers to another template":                  {[]string{role("A", ec2, can("sts:AssumeRole", `!Sub "arn:aws:iam::${AWS::AccountId}:role/${B}"`)) + role("B", ec2, ""), role("B", lets(account), "", boss)}, ""},
		"trust in a logical ID of another template":               {[]string{role("A", ec2, ""), role("A", ec2, "") + role("B", lets("{AWS: !GetAtt A.Arn}"), "", boss)}, "A high B in b.yaml"},
		"another account":                                         {[]string{role("A", ec2, team, of("111122223333"), "RoleName: a"), role("B", lets(account), can("iam:PutRolePolicy", "'*'"), "RoleName: team-b", of("444455556666"))}, ""},
		"another account, which trusts this one": {[]string{role("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: 'arn:aws:iam::444455556666:role/team-b'}, "+can("iam:CreateRole", "'*'"), "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			role("B", lets("{AWS: 'arn:aws:iam::111122223333:root'}"), can("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a high team-b in a.yaml>b.yaml"},
		"trusted by name in its own account, and the name in another": {[]string{role("A", ec2, "", "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			role("B", lets(`{AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/a"}`), can("'iam:*'", "'*'"), "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, ""},
		"trust of a third account": {[]string{role("A", ec2, team, "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			role("B", lets("{AWS: 'arn:aws:iam::999988887777:root'}"), "", boss, "RoleName: team-b")}, ""},
		"trust of the account of its file": {[]string{role("A", ec2, team, "RoleName: a"),
			role("B", lets("{AWS: 'arn:aws:iam::444455556666:root'}"), can("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a high team-b in a.yaml>b.yaml"},
		"trust of an account of which nothing tells whose it is": {[]string{role("A", ec2, team, "RoleName: a"),
			role("B", lets("{AWS: 'arn:aws:iam::999988887777:root'}"), can("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a medium team-b in a.yaml>b.yaml"},
		"deployed, all by their ARNs": {[]string{`{"Resources": {
			"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
				"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/b"}]}}]}},
			"B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "b", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "sts:AssumeRole"}]},
				"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}}}}`}, "a high b in a.yaml"},
	} {
		if got := chainedFiles(t, test.files...); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Who has an action under a condition alone has less than who has it without.
func TestChainsToMoreThanUnderConditions(t *testing.T) {
	t.Parallel()
	ec2 := lets("{Service: ec2.amazonaws.com}")
	s3 := "{Effect: Allow, Action: 's3:GetObject', Resource: '*'"
	if_ := func(key, value string) string {
		return s3 + ", Condition: {StringEquals: {'" + key + "': " + value + "}}}"
	}
	for name, test := range map[string]struct{ has, gets, want string }{
		"under a condition":             {if_("aws:RequestedRegion", "eu-west-1"), s3 + "}", "A low B"},
		"under the same":                {if_("aws:RequestedRegion", "eu-west-1"), if_("aws:RequestedRegion", "eu-west-1"), ""},
		"under another":                 {if_("aws:RequestedRegion", "eu-west-1"), if_("aws:RequestedRegion", "eu-west-2"), "A low B"},
		"without, to less":              {s3 + "}", if_("aws:RequestedRegion", "eu-west-1"), ""},
		"under one that limits nothing": {if_("aws:ResourceAccount", "'111122223333'"), s3 + "}", ""},
	} {
		found, _ := chained(t, role("A", ec2, can("sts:AssumeRole", "!GetAtt B.Arn")+", "+test.has)+role("B", lets(account), test.gets))
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
