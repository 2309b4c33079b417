// Tests that findings keep the template conditions of each principal, and that a
// suppression does not accept a finding after such a condition was removed.

package review

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

// heldTemplate returns a template with a role for each condition; "" means a
// role without a condition. Each role has the AWS managed policy
// AdministratorAccess.
func heldTemplate(conditions ...string) string {
	var b strings.Builder
	b.WriteString("Parameters: {E: {Type: String}, S: {Type: String, AllowedValues: [a, b]}}\nConditions: {C: !Equals [!Ref E, c], N: !Equals [!Ref E, n]}\nResources:\n")
	for i, condition := range conditions {
		if condition != "" {
			condition = " Condition: " + condition + ","
		}
		fmt.Fprintf(&b, "  R%d: {Type: AWS::IAM::Role,%s Properties: {RoleName: r%[1]d, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'], AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n", i, condition)
	}
	return b.String()
}

func reviewOf(t *testing.T, text string, options Options) *Report {
	t.Helper()
	set, err := document.ReadSet("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, options)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// suppressionsOf returns the suppressions that --write-suppressions writes.
func suppressionsOf(t *testing.T, report *Report, edit func(text string) string) *suppress.List {
	t.Helper()
	var all []suppress.Suggestion
	for _, f := range report.Findings {
		if entry, ok := f.Suggest(); ok {
			all = append(all, suppress.Suggestion{Entry: entry})
		}
	}
	text, err := suppress.Format("t.yaml", all)
	if err != nil {
		t.Fatal(err)
	}
	list, err := suppress.Read("s.yml", []byte(edit(strings.ReplaceAll(string(text), "reason:", "reason: r"))), CheckSuppressible)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestConditionsOfPrincipals(t *testing.T) {
	// One statement of a policy that r0 has under C, and r1 under N.
	managed := strings.ReplaceAll(heldTemplate("C", "N"), "['arn:aws:iam::aws:policy/AdministratorAccess']", "[!Ref M]") +
		"  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: ['iam:PassRole', 'lambda:*'], Resource: '*'}]}}}\n"
	sameName := strings.ReplaceAll(heldTemplate("C", "N"), "RoleName: r1", "RoleName: r0")
	chain := `Parameters: {E: {Type: String}}
Conditions: {C: !Equals [!Ref E, c]}
Resources:
  A: {Type: AWS::IAM::Role, Properties: {RoleName: a, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}]},
    Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Resource: !GetAtt B.Arn}]}}]}}
  B: {Type: AWS::IAM::Role, Condition: C, Properties: {RoleName: b, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'], AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: !GetAtt A.Arn}, Action: 'sts:AssumeRole'}]}}}
`
	for _, test := range []struct{ name, template, rule, want string }{
		{"no conditions", heldTemplate("", ""), "full-access", "[] []"},
		{"a shared condition", heldTemplate("C", "C"), "full-access", "[C] []"},
		{"different conditions", heldTemplate("C", "N"), "full-access", "[] [{r0 [C]} {r1 [N]}]"},
		{"one without a condition", heldTemplate("C", ""), "full-access", "[] [{r0 [C]}]"},
		{"a policy of the template", managed, "escalation-pass-role", "[] [{r0 [C]} {r1 [N]}]"},
		{"a policy of the template, for a rule about statements", managed, "service-wildcard", "[] [{r0 [C]} {r1 [N]}]"},
		{"two roles with the same name", sameName, "full-access", "[] [{r0 [C]} {r0 [N]}]"},
		{"a condition of a role in a chain", chain, "escalation-chain", "[C] []"},
		{"an unknown policy", strings.ReplaceAll(heldTemplate(""), "['arn:aws:iam::aws:policy/AdministratorAccess']", "[!If [C, 'arn:aws:iam::111122223333:policy/x', !Ref AWS::NoValue]]"), "unknown-grant", "[C] []"},
		{"a group that the template does not create", "Parameters: {E: {Type: String}}\nConditions: {C: !Equals [!Ref E, c]}\nResources: {U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [!If [C, g, !Ref AWS::NoValue]]}}}\n", "unknown-grant", "[C] []"},
	} {
		report := reviewOf(t, test.template, Options{Rules: []string{test.rule}})
		if len(report.Findings) != 1 {
			t.Errorf("%s: %d findings, want 1", test.name, len(report.Findings))
			continue
		}
		f := report.Findings[0]
		if got := fmt.Sprint(f.When, f.HeldWhen); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		unchanged := suppressionsOf(t, report, func(text string) string { return text })
		if report := reviewOf(t, test.template, Options{Rules: []string{test.rule}, Suppressions: unchanged}); len(report.Findings)+len(report.Unpinned) > 0 {
			t.Errorf("%s: the suppression that was written hides only a part: %v, %v", test.name, report.Findings, report.Unpinned)
		}
	}
}

func TestSuppressionComparesConditionsOfPrincipals(t *testing.T) {
	unchanged := func(text string) string { return text }
	earlier := func(text string) string { // the older form, without the conditions of principals
		at, end := strings.Index(text, "    limits:\n"), strings.Index(text, "  reason:")
		return text[:at] + "    limits: []\n" + text[end:]
	}
	for _, test := range []struct {
		name          string
		edit          func(text string) string
		before, after []string // the conditions of r0 and r1
		want          string   // the principals of the finding that remains
		warns         bool
	}{
		{"unchanged", unchanged, []string{"C", "N"}, []string{"C", "N"}, "", false},
		{"no condition any more", unchanged, []string{"C", "N"}, []string{"", ""}, "r0 r1", false},
		{"one condition less", unchanged, []string{"C", "N"}, []string{"", "N"}, "r0", false},
		{"a shared condition removed", unchanged, []string{"C", "C"}, []string{"", ""}, "r0 r1", false},
		{"a shared condition removed from one", unchanged, []string{"C", "C"}, []string{"C", ""}, "r1", false},
		{"one had no condition", unchanged, []string{"C", ""}, []string{"", ""}, "r0", false},
		{"conditions swapped", unchanged, []string{"C", "N"}, []string{"N", "C"}, "r0 r1", false},
		{"a principal less", unchanged, []string{"C", "N"}, []string{"C"}, "", false},
		{"a principal more, with a condition", unchanged, []string{"", ""}, []string{"", "", "C"}, "r2", false},
		{"a principal more, without a condition", unchanged, []string{"C", "N"}, []string{"C", "N", ""}, "r2", false},
		{"an earlier file", earlier, []string{"C", "N"}, []string{"C", "N"}, "", true},
		{"an earlier file, and no condition any more", earlier, []string{"C", "N"}, []string{"", ""}, "", false},
	} {
		options := Options{Rules: []string{"full-access"}}
		options.Suppressions = suppressionsOf(t, reviewOf(t, heldTemplate(test.before...), options), test.edit)
		report := reviewOf(t, heldTemplate(test.after...), options)
		var remaining []string
		for _, f := range report.Findings {
			remaining = append(remaining, f.Principals...)
			isOther := func(h HeldWhen) bool { return !slices.Contains(f.Principals, h.Principal) }
			if isOwn := test.name == "a principal more, with a condition"; slices.ContainsFunc(f.HeldWhen, isOther) || isOwn && len(f.HeldWhen) == 0 {
				t.Errorf("%s: the finding for %q has the conditions %v", test.name, f.Principals, f.HeldWhen)
			}
		}
		if got := strings.Join(remaining, " "); got != test.want {
			t.Errorf("%s: the finding remains for %q, want %q", test.name, got, test.want)
		}
		if warns := len(report.Unpinned) > 0; warns != test.warns {
			t.Errorf("%s: a suppression without all limits: %t, want %t", test.name, warns, test.warns)
		}
	}
}

func TestSimplifyConditions(t *testing.T) {
	valuesOf := func(parameter string) []string {
		if parameter == "S" {
			return []string{"a", "b", "c"}
		}
		return nil
	}
	for _, test := range []struct {
		lists [][]string
		want  string
	}{
		{[][]string{{"C"}, {"!C"}}, "[[]]"},
		{[][]string{{"C", "D"}, {"!C", "D"}}, "[[D]]"},
		{[][]string{{"C", "D"}, {"C"}}, "[[C]]"},
		{[][]string{{"C"}, {"D"}}, "[[C] [D]]"},
		{[][]string{{"C", "D"}, {"!C", "!D"}}, "[[!C !D] [C D]]"},
		{[][]string{{"S=a"}, {"S=b"}}, "[[S=a|b]]"},
		{[][]string{{"S=a"}, {"S=c"}, {"S=b"}}, "[[]]"},
		{[][]string{{"S=a"}, {"T=b"}}, "[[S=a] [T=b]]"},
		{[][]string{{"T=a"}, {"T=b"}}, "[[T=a|b]]"},
	} {
		if got := fmt.Sprint(simplifyConditions(slices.Clone(test.lists), valuesOf)); got != test.want {
			t.Errorf("%v: %s, want %s", test.lists, got, test.want)
		}
	}
}

// A principal that has the problem in all stacks has no conditions, even if it
// has too many lists of conditions to simplify.
func TestSeparateConditions(t *testing.T) {
	all := []HeldWhen{{"a", []string{"C"}}, {"b", []string{"C", "D"}}}
	for i := range maxAlternatives + 1 {
		all = append(all, HeldWhen{"a", []string{"C", fmt.Sprint("X", i)}})
	}
	var f Finding
	f.separateConditions(all, func(string) []string { return nil })
	if got := fmt.Sprint(f.When, f.HeldWhen); got != "[C] [{b [D]}]" {
		t.Errorf("%s, want [C] [{b [D]}]", got)
	}
}

// A suppression is reported if its finding has limits or trusted principals
// that the suppression does not compare.
func TestUnpinnedSuppressions(t *testing.T) {
	trusting := strings.ReplaceAll(heldTemplate(""), "{Service: ec2.amazonaws.com}", "{AWS: '444455556666'}")
	for _, test := range []struct{ name, template, rule, field string }{
		{"limits", heldTemplate("C", "C"), "full-access", "limits"},
		{"no limits", heldTemplate("", ""), "full-access", ""},
		{"trusted principals", trusting, "trust-external-id", "trusted"},
	} {
		for _, field := range []string{"limits", "trusted"} {
			options := Options{Rules: []string{test.rule}}
			options.Suppressions = suppressionsOf(t, reviewOf(t, test.template, options), func(text string) string {
				return regexp.MustCompile(`(?m)^    `+field+`:.*\n(      - .*\n)*`).ReplaceAllString(text, "")
			})
			report := reviewOf(t, test.template, options)
			if len(report.Findings) > 0 || len(report.Suppressed) != 1 || len(report.Unpinned) > 0 != (field == test.field) {
				t.Errorf("%s, without %s: %d findings, %d suppressed, not compared: %v", test.name, field, len(report.Findings), len(report.Suppressed), report.Unpinned)
			}
		}
	}
}
