// Tests role chains across the files of a folder, and in a deployed stack.

package review

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// chainsInFiles returns the chain findings for several files, as "PRINCIPAL
// SEVERITY ROLES in FILES".
func chainsInFiles(t *testing.T, files ...string) string {
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
	report, err := Review(document.Merge(sets...), Options{Rules: []string{chainRuleID}})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range report.Findings {
		var files []string
		for _, step := range f.Path {
			files = append(files, step.Location.File)
		}
		found = append(found, fmt.Sprintf("%s %s %s in %s", strings.Join(f.Principals, ","), f.Severity, strings.ReplaceAll(strings.Join(f.Resources, ">"), "role/", ""), strings.Join(slices.Compact(files), ">")))
	}
	return strings.Join(found, "; ")
}

func TestChainsAcrossFiles(t *testing.T) {
	t.Parallel()
	ec2 := trustYAML("{Service: ec2.amazonaws.com}")
	team := allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-b'")
	b := roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: team-b")
	inAccount := func(account string) string { return "PermissionsBoundary: arn:aws:iam::" + account + ":policy/x" }
	for name, test := range map[string]struct {
		files []string
		want  string
	}{
		"two files": {[]string{roleYAML("A", ec2, team), b}, "A high team-b in a.yaml>b.yaml"},
		"three files": {[]string{roleYAML("A", ec2, team), roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("sts:AssumeRole", "'arn:aws:iam::*:role/team-c'"), "RoleName: team-b"), roleYAML("C", trustYAML(ownAccountPrincipal), "", administratorPolicy, "RoleName: team-c")},
			"A high team-b>team-c in a.yaml>b.yaml>c.yaml; team-b high team-c in b.yaml>c.yaml"},
		"a policy in one, its role in another":                    {[]string{`{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}}}}}`, b}, ""},
		"trusted by name":                                         {[]string{roleYAML("A", ec2, "", "RoleName: a"), roleYAML("B", trustYAML(`{AWS: 'arn:aws:iam::111122223333:role/a'}`), "", administratorPolicy)}, "a high B in b.yaml"},
		"trusted by name in another account, without permissions": {[]string{roleYAML("A", ec2, "", "RoleName: a", inAccount("111122223333")), roleYAML("B", trustYAML(`{AWS: 'arn:aws:iam::111122223333:role/a'}`), "", administratorPolicy, inAccount("444455556666"))}, ""},
		"a logical ID of another template":                        {[]string{roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")) + roleYAML("B", ec2, ""), roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy)}, ""},
		"a name with a logical ID of another template":            {[]string{roleYAML("A", ec2, allowYAML("sts:AssumeRole", `!Sub "arn:aws:iam::${AWS::AccountId}:role/${B}"`)) + roleYAML("B", ec2, ""), roleYAML("B", trustYAML(ownAccountPrincipal), "", administratorPolicy)}, ""},
		"trust in a logical ID of another template":               {[]string{roleYAML("A", ec2, ""), roleYAML("A", ec2, "") + roleYAML("B", trustYAML("{AWS: !GetAtt A.Arn}"), "", administratorPolicy)}, "A high B in b.yaml"},
		"another account":                                         {[]string{roleYAML("A", ec2, team, inAccount("111122223333"), "RoleName: a"), roleYAML("B", trustYAML(ownAccountPrincipal), allowYAML("iam:PutRolePolicy", "'*'"), "RoleName: team-b", inAccount("444455556666"))}, ""},
		"another account, which trusts this one": {[]string{roleYAML("A", ec2, "{Effect: Allow, Action: sts:AssumeRole, Resource: 'arn:aws:iam::444455556666:role/team-b'}, "+allowYAML("iam:CreateRole", "'*'"), "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			roleYAML("B", trustYAML("{AWS: 'arn:aws:iam::111122223333:root'}"), allowYAML("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a high team-b in a.yaml>b.yaml"},
		"trusted by name in its own account, and the name in another": {[]string{roleYAML("A", ec2, "", "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			roleYAML("B", trustYAML(`{AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/a"}`), allowYAML("'iam:*'", "'*'"), "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, ""},
		"trust of a third account": {[]string{roleYAML("A", ec2, team, "RoleName: a", "ManagedPolicyArns: ['arn:aws:iam::111122223333:policy/x']"),
			roleYAML("B", trustYAML("{AWS: 'arn:aws:iam::999988887777:root'}"), "", administratorPolicy, "RoleName: team-b")}, ""},
		"trust of the account of its file": {[]string{roleYAML("A", ec2, team, "RoleName: a"),
			roleYAML("B", trustYAML("{AWS: 'arn:aws:iam::444455556666:root'}"), allowYAML("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a high team-b in a.yaml>b.yaml"},
		"trust of an account with an unknown owner": {[]string{roleYAML("A", ec2, team, "RoleName: a"),
			roleYAML("B", trustYAML("{AWS: 'arn:aws:iam::999988887777:root'}"), allowYAML("'iam:*'", "'*'"), "RoleName: team-b", "ManagedPolicyArns: ['arn:aws:iam::444455556666:policy/x']")}, "a medium team-b in a.yaml>b.yaml"},
		"deployed, all by their ARNs": {[]string{`{"Resources": {
			"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "a", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
				"Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/b"}]}}]}},
			"B": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "b", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "sts:AssumeRole"}]},
				"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}}}}`}, "a high b in a.yaml"},
	} {
		if got := chainsInFiles(t, test.files...); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A permission under a condition is less than the same permission without one,
// so gaining the unconditional permission is a finding.
func TestChainsAndConditions(t *testing.T) {
	t.Parallel()
	ec2 := trustYAML("{Service: ec2.amazonaws.com}")
	s3 := "{Effect: Allow, Action: 's3:GetObject', Resource: '*'"
	s3If := func(key, value string) string {
		return s3 + ", Condition: {StringEquals: {'" + key + "': " + value + "}}}"
	}
	for name, test := range map[string]struct{ grants, gets, want string }{
		"under a condition":                     {s3If("aws:RequestedRegion", "eu-west-1"), s3 + "}", "A low B"},
		"under the same condition":              {s3If("aws:RequestedRegion", "eu-west-1"), s3If("aws:RequestedRegion", "eu-west-1"), ""},
		"under another condition":               {s3If("aws:RequestedRegion", "eu-west-1"), s3If("aws:RequestedRegion", "eu-west-2"), "A low B"},
		"gains only a conditional one":          {s3 + "}", s3If("aws:RequestedRegion", "eu-west-1"), ""},
		"under a condition that limits nothing": {s3If("aws:ResourceAccount", "'111122223333'"), s3 + "}", ""},
	} {
		found, _ := chainsIn(t, roleYAML("A", ec2, allowYAML("sts:AssumeRole", "!GetAtt B.Arn")+", "+test.grants)+roleYAML("B", trustYAML(ownAccountPrincipal), test.gets))
		if got := strings.Join(found, "; "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A chain through two files names the conditions of both. If the files define a
// condition with the same name differently, the two are different conditions.
func TestConditionsOfChainAcrossFiles(t *testing.T) {
	t.Parallel()
	start := "Parameters: {P: {Type: String}, Q: {Type: String}}\nConditions: {C: !Equals [!Ref P, prod]}\nResources:\n  A: {Type: AWS::IAM::Role, Condition: C, Properties: {RoleName: a, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Resource: 'arn:aws:iam::*:role/b'}]}}]}}\n"
	end := "Parameters: {P: {Type: String}, Q: {Type: String}}\nConditions: {C: DEFINITION}\nResources:\n  B: {Type: AWS::IAM::Role, Properties: {RoleName: b, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'sts:AssumeRole'}]}, Policies: [{PolicyName: p, PolicyDocument: {Statement: [!If [C, {Effect: Allow, Action: '*', Resource: '*'}, !Ref 'AWS::NoValue']]}}]}}\n"
	for definition, want := range map[string]string{
		"!Equals [!Ref P, prod]": "C",
		"!Equals [!Ref Q, live]": "C, C of b.yaml",
	} {
		var sets []*document.Set
		for i, text := range []string{start, strings.Replace(end, "DEFINITION", definition, 1)} {
			set, err := document.ReadSet(fmt.Sprintf("%c.yaml", 'a'+i), []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			sets = append(sets, set)
		}
		report, err := Review(document.Merge(sets...), Options{Rules: []string{chainRuleID}})
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Findings) != 1 || strings.Join(report.Findings[0].When, ", ") != want {
			t.Errorf("%s: want one finding when %s, got %+v", definition, want, report.Findings)
		}
	}
}
