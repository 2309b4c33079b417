// Tests of what "verify" prints: a row for each kind, the text, Markdown and
// SARIF of every part, and hostile texts.

package report

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"capaboot/iam/verify"
	"capaboot/internal/conform"
	"capaboot/internal/terminal"
	"capaboot/policies/diff"
)

var update = flag.Bool("update", false, "write the golden files")

func pointerTo[T any](value T) *T { return &value }

// verificationWith returns a result with a difference of each kind and at least
// one of everything else. It uses name in every text that comes from outside
// capaboot.
func verificationWith(name string) Verification {
	created := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	r := &verify.Result{Checked: 11, Outdated: true, Permissions: diff.Result{Principals: []diff.Principal{{Kind: "role", Name: name, Status: diff.Changed, Lost: []diff.Grant{},
		Gained: []diff.Grant{{Effect: "Allow", Policy: name, Statement: "Statement[0]", Actions: []diff.Action{{Action: "s3:*"}}, Resources: []string{"*"}}}}}}}
	for _, kind := range verify.Kinds() {
		d := verify.Difference{Kind: kind, LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", Name: name, What: name, Configured: pointerTo("a" + name), Found: pointerTo(name)}
		if strings.HasPrefix(string(kind), "stack") {
			d.LogicalID, d.Type = "", "AWS::CloudFormation::Stack"
		}
		if kind == verify.TrustChanged {
			d.TrustGained, d.TrustLost = []string{"AWS 999988887777", "AWS " + name}, []string{"Service ec2.amazonaws.com"}
			d.TrustChanged = []verify.TrustChange{{Principal: "AWS 111122223333", Lost: []string{"sts:TagSession"}}, {Principal: "Service " + name, Lost: []string{"sts:TagSession"}},
				{Principal: "AWS 222233334444", Gained: []string{name}, Conditions: true}}
		}
		r.Differences = append(r.Differences, d)
	}
	r.Differences = append(r.Differences, verify.Difference{Kind: verify.PolicyChanged, LogicalID: "AWSIAMManagedPolicyControllers", Type: "AWS::IAM::ManagedPolicy", Name: "arn:aws:iam::123456789012:policy/" + name})
	r.NotRead = []verify.NotRead{{LogicalID: "AWSIAMRoleNodes", Name: name, Part: "inline policies", Action: "iam:GetRolePolicy", Denied: true, Reason: name},
		{Name: name, Part: verify.WholeResource, Reason: name}}
	r.AccessKeys = []verify.AccessKey{
		{User: name, ID: "AKIAFALSEKEYEXAMPLE0", Status: "Active", Created: created, AgeDays: 331, LastUsed: &created, UnusedDays: pointerTo(1), Service: "ec2", Region: "eu-west-1"},
		{User: name, ID: "AKIAFALSEKEYEXAMPLE1", Status: "Inactive", Created: created, AgeDays: 1}, {User: name, ID: "AKIAFALSEKEYEXAMPLE2", Status: "Active", Created: created, UseUnknown: true}}
	r.Drift = &verify.Drift{Status: "DRIFTED", Failed: true, Reason: name}
	for _, verdict := range []verify.Verdict{verify.VerdictAgrees, verify.VerdictNotChecked, verify.VerdictNotRead, verify.VerdictElsewhere, verify.VerdictOutdated, verify.VerdictNotSet, verify.VerdictSameEffect, verify.VerdictUnexplained} {
		r.Drift.Resources = append(r.Drift.Resources, verify.DriftResource{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", Status: "MODIFIED", Properties: []string{"/" + name}, Verdict: verdict, Others: []string{name}})
	}
	return NewVerification(r, "123456789012", "eu-west-1", "capa", VerifiedSource{File: "iam.yaml", Version: "v1"})
}

// TestVerificationOfPrincipals checks that a text claims no change: a role that does
// not exist may never have existed, and a role that is not configured may be old.
func TestVerificationOfPrincipals(t *testing.T) {
	v := verificationWith("nodes.example")
	grant := v.Permissions.Principals[0].Gained
	v.Permissions.Principals = []diff.Principal{
		{Kind: "role", Name: "a", Status: diff.Removed, Gained: []diff.Grant{}, Lost: grant},
		{Kind: "role", Name: "b", Status: diff.New, Gained: grant, Lost: []diff.Grant{}},
		{Kind: "role", Name: "c", Status: diff.Renamed, RenamedFrom: "d", Gained: []diff.Grant{}, Lost: []diff.Grant{}},
	}
	for format, text := range map[string]string{"text": v.text(), "markdown": v.markdown()} {
		for _, want := range []string{"role a, which does not exist in the account\n", "role b, which is not in the configuration\n", "role c, which the configuration calls d\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", format, want, text)
			}
		}
	}
	if got := v.markdown(); !strings.Contains(got, "\n| missing in the account | `s3:*` ") || !strings.Contains(got, "\n| only in the account | `s3:*` ") {
		t.Error(got)
	}
}

func TestEveryDifferenceKindHasTexts(t *testing.T) {
	for _, kind := range verify.Kinds() {
		i := slices.IndexFunc(verifyKinds, func(row verifyKind) bool { return row.kind == kind })
		if i < 0 || verifyKinds[i].risk == "" || verifyKinds[i].fix == "" {
			t.Errorf("%s has no row, no risk or no remedy", kind)
		}
	}
	if len(verifyKinds) != len(verify.Kinds()) {
		t.Errorf("%d rows for %d kinds", len(verifyKinds), len(verify.Kinds()))
	}
}

func TestVerification(t *testing.T) {
	v := verificationWith("nodes.example")
	for file, got := range map[string]string{"verify.txt": v.text(), "verify-50.txt": terminal.Fit(v.text(), 50), "verify.md": v.markdown()} {
		path := "testdata/verify/" + file
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	upToDate := NewVerification(&verify.Result{Checked: 2}, "123456789012", "eu-west-1", "capa", VerifiedSource{})
	if got := upToDate.text(); upToDate.Outcome != "same" || got != "stack capa in account 123456789012, region eu-west-1\n2 resources checked: everything is as configured\n" {
		t.Errorf("nothing differs: %q", got)
	}
}

// Differences that do not fit into a comment are counted.
func TestVerificationFitsAComment(t *testing.T) {
	const n = 2000
	r := &verify.Result{Checked: n}
	for i := range n {
		r.Differences = append(r.Differences, verify.Difference{Kind: verify.PolicyChanged, LogicalID: fmt.Sprint("P", i), Type: "AWS::IAM::ManagedPolicy", Name: fmt.Sprint("p", i)})
	}
	text := NewVerification(r, "123456789012", "eu-west-1", "capa", VerifiedSource{}).markdown()
	shown := strings.Count(text, "| ~ |")
	if shown == 0 || shown == n || len(text) > maxComment || !strings.Contains(text, fmt.Sprintf("**Left out because the length of a comment is limited: %d more differences.**", n-shown)) {
		t.Errorf("%d of %d are shown, in %d bytes ending in %s", shown, n, len(text), text[max(0, len(text)-300):])
	}
}

func TestVerificationFollowsItsSchemas(t *testing.T) {
	for _, name := range []string{"nodes.example", "\x1b[31m|<b>`](x)\n\u202e" + strings.Repeat("x", 5000), ""} {
		v := verificationWith(name)
		for format, schema := range map[string]string{"json": "stack-verify", "sarif": "../../policies/report/testdata/sarif/sarif-2.1.0-rtm.5.json"} {
			text, err := v.Format(format)
			if err == nil {
				err = conform.Check(schema, string(text))
			}
			if err != nil {
				t.Errorf("%s: %v", format, err)
			}
		}
		for _, text := range []string{v.text(), v.markdown()} {
			if strings.ContainsAny(text, "\x1b\u202e") || len(v.markdown()) > maxComment {
				t.Errorf("what could steer a terminal is not escaped: %q", text)
			}
		}
	}
}

// Without the stack, every result has the remedy for the missing stack.
func TestSARIFOfAMissingStack(t *testing.T) {
	for _, isMissing := range []bool{true, false} {
		r := &verify.Result{Differences: []verify.Difference{{Kind: verify.ResourceGone, LogicalID: "A", Type: "AWS::IAM::Role", Name: "a"}, {Kind: verify.ResourceUnmanaged, LogicalID: "B", Type: "AWS::IAM::Role", Name: "b"}}}
		if isMissing {
			r.Differences = append([]verify.Difference{{Kind: verify.StackMissing, Type: "AWS::CloudFormation::Stack", Name: "capa"}}, r.Differences...)
		}
		for _, result := range NewVerification(r, "123456789012", "eu-west-1", "capa", VerifiedSource{}).sarif().Runs[0].Results {
			text := result.Message.Text
			if strings.Contains(text, "with --region, or deploy the stack") != isMissing || (strings.Contains(text, "REVERT_DRIFT") || strings.Contains(text, "--import-existing")) == isMissing {
				t.Errorf("missing %t: %s", isMissing, text)
			}
		}
	}
}
