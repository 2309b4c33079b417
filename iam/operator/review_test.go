package operator_test

// Tests of what a review finds in the policies, of the privilege escalations,
// and of splitting the policies so that each is within the quota.

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"capaboot/iam/operator"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

// tree converts a value to JSON values.
func tree(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func findings(t *testing.T, template any) []review.Finding {
	t.Helper()
	set, err := document.SetOf("operator", tree(t, template))
	if err != nil {
		t.Fatal(err)
	}
	report, err := review.Review(set, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report.Findings
}

// withoutQuota removes the findings on the size of an inline policy, since the
// policy is inline only in [userWith].
func withoutQuota(all []review.Finding) []review.Finding {
	return slices.DeleteFunc(all, func(f review.Finding) bool { return f.Rule == "quota" })
}

// userWith returns a template with a user whose inline policy has all the
// statements.
func userWith(statements []catalog.PolicyStatement) any {
	policy := map[string]any{"PolicyName": "p", "PolicyDocument": catalog.NewPolicyDocument(statements...)}
	return map[string]any{"Resources": map[string]any{"Operator": map[string]any{"Type": "AWS::IAM::User", "Properties": map[string]any{"UserName": "o", "Policies": []any{policy}}}}}
}

func TestReviewFindsNothingAboveLow(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{"bounded", "mixed", "default", "all"} {
		for _, account := range []string{"111122223333", ""} {
			for _, role := range []string{"", "arn:aws:iam::111122223333:role/team/cfn"} {
				for _, purpose := range append(operator.Purposes(), "") {
					where := target(t, configurations[spec], "main")
					where.Account, where.ServiceRole = account, role
					if account == "" {
						where.Region = ""
					}
					where.Cluster = "management" // access to any cluster of any account would be a finding
					p := policies(t, where, strings.Fields(purpose)...)
					template, err := p.Template(where)
					if err != nil {
						t.Fatal(err)
					}
					for _, finding := range slices.Concat(findings(t, template), withoutQuota(findings(t, userWith(p.Caller)))) {
						if finding.Severity > review.Low {
							t.Errorf("%s, account %q, role %q, --for %s: %s: %s", spec, account, role, purpose, finding.Severity, finding.Rule)
						}
					}
				}
			}
		}
	}
}

// TestEscalations compares the escalations that a review finds with the table in
// the docs.
func TestEscalations(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{} // documented rules; true if the rule applies only with the bootstrap user
	for _, row := range regexp.MustCompile("(?m)^\\| `(escalation-[a-z-]+)` \\|.*$").FindAllStringSubmatch(string(text), -1) {
		documented[row[1]] = strings.Contains(row[0], "only if `bootstrapUser.enable` is true")
	}
	found := func(spec, role string) map[string]bool {
		where := target(t, configurations[spec], "main")
		where.ServiceRole = role
		p := policies(t, where)
		all := map[string]bool{}
		for _, finding := range findings(t, userWith(slices.Concat(p.Caller, p.Service))) {
			if strings.HasPrefix(finding.Rule, "escalation-") {
				all[finding.Rule] = true
			}
		}
		return all
	}
	for spec, withUser := range map[string]bool{"default": false, "all": true} {
		want := map[string]bool{}
		for rule, userOnly := range documented {
			if withUser || !userOnly {
				want[rule] = true
			}
		}
		if got := found(spec, ""); !maps.Equal(got, want) {
			t.Errorf("%s: a review finds %v, docs/deploying.md has %v", spec, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
		if got := found(spec, "arn:aws:iam::111122223333:role/team/cfn"); !maps.Equal(got, want) {
			t.Errorf("%s with a service role: a review finds %v, docs/deploying.md has %v", spec, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"default": "{[AWSIAMRoleControlPlane AWSIAMRoleControllers AWSIAMRoleEKSControlPlane AWSIAMRoleNodes] [] []}",
		"all":     "{[AWSIAMRoleControlPlane AWSIAMRoleControllers AWSIAMRoleEKSControlPlane AWSIAMRoleEKSFargate AWSIAMRoleEKSNodegroup AWSIAMRoleNodes AWSIAMUserBootstrapper] [AWSIAMGroupBootstrapper] [auditors]}",
		"bounded": "{[] [AWSIAMGroupBootstrapper] []}",
		"mixed":   "{[AWSIAMRoleControlPlane AWSIAMRoleControllers AWSIAMRoleEKSControlPlane] [AWSIAMGroupBootstrapper] []}",
	} {
		if got := fmt.Sprint(operator.ReachOf(target(t, configurations[spec], "main"))); got != want {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
}

func TestEscalationTexts(t *testing.T) {
	t.Parallel()
	all := target(t, configurations["all"], "main")
	got := operator.Escalations(all)
	if len(got) != 3 || got[0].Hint == "" || !strings.HasSuffix(got[1].Text, " because groups have no permissions boundary: AWSIAMGroupBootstrapper") ||
		!strings.HasSuffix(got[2].Text, "(capaboot assumes that their path is /): auditors") {
		t.Errorf("got %+v", got)
	}
	if got := operator.Escalations(all, "verify"); got != nil {
		t.Errorf("for other commands than deploy: %+v", got)
	}
	if got := operator.Escalations(target(t, configurations["bounded"], "main"), "deploy"); len(got) != 1 {
		t.Errorf("with a boundary: %+v", got)
	}
}

// TestSplit checks that every document is within the quota, and that together
// they have all statements.
func TestSplit(t *testing.T) {
	t.Parallel()
	size := func(d catalog.PolicyDocument) int {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		return len(text)
	}
	var statements strings.Builder
	statements.WriteString("  stackName: big\n  nodes:\n    extraPolicyAttachments:\n")
	for i := range 5 {
		fmt.Fprintf(&statements, "    - arn:aws:iam::111122223333:policy/%s/%d\n", strings.Repeat("p", 400), i)
	}
	for name, spec := range map[string]string{"default": "", "all": configurations["all"], "long names": statements.String(), "long path": "  path: /" + strings.Repeat("x", 500) + "/\n"} {
		where := target(t, spec, "main")
		p := policies(t, where)
		documents, err := operator.Split(p.Caller)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		grants := func(statements []catalog.PolicyStatement) []string {
			var all []string
			for _, s := range statements {
				for _, action := range s.Action {
					for _, resource := range s.Resource {
						all = append(all, fmt.Sprint(action, " ", resource, " ", s.Condition))
					}
				}
			}
			slices.Sort(all)
			return all
		}
		var merged []catalog.PolicyStatement
		for _, document := range documents {
			if size(document) > 6144 {
				t.Errorf("%s: a document has %d characters", name, size(document))
			}
			merged = append(merged, document.Statement...)
		}
		if !slices.Equal(grants(merged), grants(p.Caller)) {
			t.Errorf("%s: the parts grant different permissions", name)
		}
		if want := (size(catalog.NewPolicyDocument(p.Caller...)) + 6143) / 6144; len(documents) < want || len(documents) > 2*want {
			t.Errorf("%s: %d documents, want about %d", name, len(documents), want)
		}
		value, err := p.Value()
		if err != nil {
			t.Fatal(err)
		}
		if _, printed := value.(operator.Printed); printed != (len(documents) > 1) {
			t.Errorf("%s: with %d documents the value is %T", name, len(documents), value)
		}
	}
	statement := catalog.PolicyStatement{Effect: "Allow", Action: []string{"iam:AttachRolePolicy"}, Resource: []string{"a"},
		Condition: catalog.Conditions{"ArnLike": {"iam:PolicyARN": strings.Repeat("x", 7000)}}}
	if _, err := operator.Split([]catalog.PolicyStatement{statement}); err == nil {
		t.Error("a statement that is too long for IAM is not an error")
	}
}
