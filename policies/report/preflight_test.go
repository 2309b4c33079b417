// Tests of what "check" prints: a row for each kind of finding, the remedies, what
// is left out, and hostile texts.

package report

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"capaboot/iam/preflight"
	"capaboot/iam/verify"
	"capaboot/internal/conform"
)

func TestEveryFindingKindHasAMessage(t *testing.T) {
	for _, kind := range preflight.Kinds() {
		if !slices.ContainsFunc(findingKinds, func(row findingKind) bool { return row.kind == kind && row.message != "" }) {
			t.Errorf("%s has no row", kind)
		}
	}
	if len(findingKinds) != len(preflight.Kinds()) {
		t.Errorf("%d rows for %d kinds", len(findingKinds), len(preflight.Kinds()))
	}
}

// preflightWith returns a report with a finding of each kind. It uses name in
// every text that comes from outside capaboot.
func preflightWith(name string) Preflight {
	no := false
	c := preflight.Check{Name: preflight.Names, Result: preflight.Failed}
	for _, kind := range preflight.Kinds() {
		c.Findings = append(c.Findings, preflight.Finding{Kind: kind, Result: preflight.Failed, LogicalID: name, Subject: name, What: name, Fields: []string{name}, Count: 2, Limit: 1,
			Places: []preflight.Place{{Stack: name, Region: name}}, NotRead: []verify.NotRead{{Name: name, Part: verify.WholeResource, Action: "iam:GetRole", Reason: name}},
			Simulation: &preflight.Simulation{Principal: name, Decision: "implicitDeny", Organizations: &no, MissingKeys: []string{name}, Policies: []string{name}, For: name, NotEvaluated: preflight.NotEvaluated()}})
	}
	return NewPreflight(&preflight.Report{Checks: []preflight.Check{c}}, "123456789012", "eu-west-1", name)
}

func TestPreflightWithHostileTexts(t *testing.T) {
	text, err := preflightWith("\x1b[31mred\nline").Format("text")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "\x1b") || strings.Contains(string(text), "\nline") || strings.Contains(string(text), "{") {
		t.Errorf("%q", text)
	}
	text, err = preflightWith("<b>").Format("json")
	if err != nil {
		t.Fatal(err)
	}
	if err := conform.Check("stack-check", string(text)); err != nil {
		t.Error(err)
	}
}

func TestRemediesNameTheFields(t *testing.T) {
	for _, test := range []struct {
		finding preflight.Finding
		want    string
	}{
		{preflight.Finding{Kind: preflight.KindNameElsewhere, Fields: []string{"namePrefix", "nameSuffix"}}, "(namePrefix, nameSuffix)"},
		{preflight.Finding{Kind: preflight.KindNameOutside, Fields: []string{"bootstrapUser.userName"}}, "(bootstrapUser.userName)"},
		{preflight.Finding{Kind: preflight.KindReplaced, Disable: "eks.fargate.disable"}, "set eks.fargate.disable: true"},
	} {
		if got := remediesOf([]preflight.Finding{test.finding})[0].text; !strings.Contains(got, test.want) {
			t.Errorf("%q is missing in %q", test.want, got)
		}
	}
}

// Remedies that differ only in how to rename the resource are written once. The
// command in the remedy has the flags of the run.
func TestRemediesAreMerged(t *testing.T) {
	outside := func(name, disable string, fields ...string) preflight.Finding {
		return preflight.Finding{Kind: preflight.KindNameOutside, Result: preflight.Failed, Subject: name, Disable: disable, Fields: fields}
	}
	affixes := []string{"namePrefix", "nameSuffix"}
	found := &preflight.Report{Checks: []preflight.Check{{Name: preflight.Names, Result: preflight.Failed, Findings: []preflight.Finding{
		outside("nodes", "", affixes...), outside("eks-controlplane", "eks.defaultControlPlaneRole.disable"), outside("controllers", "", affixes...), outside("eks-fargate", "eks.fargate.disable"),
	}}}}
	got := Remedies(found)
	const want = "import the resource with --import-existing, or choose another name in the configuration (namePrefix, nameSuffix), " +
		"and set eks.defaultControlPlaneRole.disable: true and eks.fargate.disable: true in the configuration to leave out the resources whose names cannot be changed"
	if len(got) != 1 || !strings.HasSuffix(got[0], want) {
		t.Errorf("got %q, want one that ends with %q", got, want)
	}
	p := NewPreflight(found, "123456789012", "eu-west-1", "capa")
	p.SetCommands(func(text string) string {
		return strings.ReplaceAll(text, "check --all", "check --config c.yaml --all")
	})
	if text := p.Text(); strings.Count(text, "fix: first run") != 1 || !strings.Contains(strings.Join(strings.Fields(text), " "), "check --config c.yaml --all-regions") || strings.Index(text, "fix: first run") < strings.Index(text, "eks-fargate") {
		t.Error(text)
	}
	only := []preflight.Finding{outside("eks-controlplane", "eks.defaultControlPlaneRole.disable"), outside("eks-fargate", "eks.fargate.disable")}
	if got := renameText(only); got != "set eks.defaultControlPlaneRole.disable: true and eks.fargate.disable: true in the configuration to leave out the resources, because their names cannot be changed" {
		t.Error(got)
	}
}

// Remedies that differ only in the policy, or in the fields that name it, are
// written once.
func TestRemediesOfPoliciesAreMerged(t *testing.T) {
	missing := func(name string, fields ...string) preflight.Finding {
		return preflight.Finding{Kind: preflight.KindPolicyMissing, Result: preflight.Failed, Subject: "arn:aws:iam::" + name, Fields: fields}
	}
	got := remediesOf([]preflight.Finding{missing("aws:policy/a"), missing("111122223333:policy/c", "nodes.extraPolicyAttachments"), missing("aws:policy/b"),
		missing("111122223333:policy/d", "nodes.extraPolicyAttachments", "permissionsBoundary")})
	want := []remedy{
		{"CAPA attaches these policies; check that AWS_ENDPOINT_URL, if it is set, is an endpoint of AWS, and that AWS has the policies in this partition; to look up the first policy: aws iam get-policy --policy-arn arn:aws:iam::aws:policy/a", 2},
		{"correct the ARN in the configuration (spec.nodes.extraPolicyAttachments, spec.permissionsBoundary), or create the policy first", 3},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A remedy is shown only where it helps. Read permissions do not fix a network
// error, a policy does not extend a permissions boundary, and a user cannot
// create an AWS managed policy.
func TestRemediesFitTheCause(t *testing.T) {
	no := false
	denied, failed := []verify.NotRead{{Reason: "x"}, {Denied: true}}, []verify.NotRead{{Reason: "x"}}
	const allow = "capaboot bootstrap iam print-operator-policy --for "
	for _, test := range []struct {
		finding        preflight.Finding
		want, unwanted string // want is "" if there must be no remedy
	}{
		{preflight.Finding{Kind: preflight.KindOtherPartition, Subject: "aws", What: "aws-cn"}, "set spec.partition to aws in the configuration, or", "spec.region"},
		{preflight.Finding{Kind: preflight.KindOtherPartition, Subject: "aws", What: "aws-cn", Fields: []string{"region"}}, "change spec.region in the configuration, or", "spec.partition"},
		{preflight.Finding{Kind: preflight.KindLookupFailed, NotRead: denied[1:]}, allow + "check", "deploy"},
		{preflight.Finding{Kind: preflight.KindLookupFailed, NotRead: failed}, "", ""},
		{preflight.Finding{Kind: preflight.KindNameUnknown, NotRead: denied}, allow + "check", "deploy"},
		{preflight.Finding{Kind: preflight.KindNameUnknown, NotRead: failed}, "", ""},
		{preflight.Finding{Kind: preflight.KindNameUnknown}, "", ""},
		{preflight.Finding{Kind: preflight.KindNameOutside}, "check --all-regions", "organization"},
		{preflight.Finding{Kind: preflight.KindNameOutside, Everywhere: true}, "import the resource with --import-existing", "--all-regions"},
		{preflight.Finding{Kind: preflight.KindNameOutside, UnreadRegions: []preflight.UnreadRegion{{Name: "us-east-1"}}}, "a stack in a region that could not be read may own the resource", "--all-regions"},
		{preflight.Finding{Kind: preflight.KindNameOutside, NotRead: denied, UnreadRegions: []preflight.UnreadRegion{{Name: "us-east-1", Lookup: denied[1]}}}, "allow the caller to read stacks in every region", "--all-regions"},
		{preflight.Finding{Kind: preflight.KindDenied, Simulation: &preflight.Simulation{Decision: "implicitDeny"}}, allow + "deploy", "organization"},
		{preflight.Finding{Kind: preflight.KindDenied, Simulation: &preflight.Simulation{Decision: "explicitDeny"}}, "change the policy that denies the call", allow},
		{preflight.Finding{Kind: preflight.KindDenied, Simulation: &preflight.Simulation{Decision: "implicitDeny", Boundary: &no}}, "set the permissions boundary", allow},
		{preflight.Finding{Kind: preflight.KindDenied, Simulation: &preflight.Simulation{Decision: "implicitDeny", Boundary: &no, Organizations: &no}}, "administrators of the organization", allow},
		{preflight.Finding{Kind: preflight.KindPolicyMissing, Subject: "arn:aws-cn:iam::aws:policy/x", Fields: []string{"extraPolicyAttachments"}}, "correct the ARN", "create the policy"},
		{preflight.Finding{Kind: preflight.KindPolicyMissing, Subject: "arn:aws-cn:iam::aws:policy/x"}, "CAPA attaches this policy; check that AWS_ENDPOINT_URL, if it is set, is an endpoint of AWS, and that AWS has the policy in this partition: aws iam get-policy --policy-arn arn:aws-cn:iam::aws:policy/x", "configuration"},
		{preflight.Finding{Kind: preflight.KindPolicyMissing, Subject: "arn:aws:iam::123456789012:policy/x", Fields: []string{"permissionsBoundary", "nodes.extraPolicyAttachments"}}, "correct the ARN in the configuration (spec.permissionsBoundary, spec.nodes.extraPolicyAttachments), or create the policy first", "organization"},
	} {
		test.finding.Result = preflight.Failed
		got := ""
		if all := remediesOf([]preflight.Finding{test.finding}); len(all) > 0 {
			got = all[0].text
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) || test.unwanted != "" && strings.Contains(got, test.unwanted) {
			t.Errorf("%+v: %q, want %q and not %q", test.finding, got, test.want, test.unwanted)
		}
	}
}

// The text about a policy names the first resource that refers to the policy,
// and counts the others.
func TestReferrers(t *testing.T) {
	for count, want := range map[int]string{1: "p, which A refers to,", 2: "p, which A and 1 other resource refer to,", 3: "p, which A and 2 other resources refer to,"} {
		for _, kind := range []preflight.Kind{preflight.KindPolicyMissing, preflight.KindPolicyForeign} {
			if got := checkFindingText(preflight.Finding{Kind: kind, Subject: "p", LogicalID: "A", Count: count}); !strings.HasPrefix(got, want) {
				t.Errorf("%d: %q", count, got)
			}
		}
	}
}

// The text shows all failed findings. It leaves out other findings if there are
// too many, and then says so.
func TestOmittedFindingsAreNoted(t *testing.T) {
	for result, want := range map[preflight.Result]bool{preflight.Failed: false, preflight.Passed: true} {
		c := preflight.Check{Name: preflight.Names, Result: result}
		for i := range maxCheckFindings + 5 {
			c.Findings = append(c.Findings, preflight.Finding{Kind: preflight.KindNameOtherPath, Result: result, Subject: strconv.Itoa(i)})
		}
		text := NewPreflight(&preflight.Report{Checks: []preflight.Check{c}}, "123456789012", "eu-west-1", "s").Text()
		if got := strings.Contains(text, "-o json shows all 25"); got != want {
			t.Errorf("%s: noted %t, want %t:\n%s", result, got, want, text)
		}
	}
}

// A decision names the service control policies and the permissions boundary if
// they allow the call. A check that was not possible is described in one line.
func TestDecisionsAndNotPossibleChecks(t *testing.T) {
	yes, no := true, false
	for _, test := range []struct {
		simulation preflight.Simulation
		kind       preflight.Kind
		want       string
	}{
		{preflight.Simulation{Decision: "allowed", Organizations: &yes, Boundary: &yes}, preflight.KindAllowed, "; the service control policies and the permissions boundary allow the calls too"},
		{preflight.Simulation{Decision: "allowed"}, preflight.KindAllowed, "calls that x is allowed to make: 0"},
		{preflight.Simulation{Decision: "allowed", MissingKeys: []string{"aws:SourceIp"}}, preflight.KindAllowed, "make: 0; the simulation had no value for aws:SourceIp, which a Deny statement may use"},
		{preflight.Simulation{Decision: "implicitDeny", Organizations: &yes, Boundary: &no}, preflight.KindDenied, "the permissions boundary does not allow the call, for ; the service control policies would allow the call"},
		{preflight.Simulation{Decision: "implicitDeny", Organizations: &no, Boundary: &yes}, preflight.KindDenied, "organization do not allow the call, for ; the permissions boundary would allow the call"},
	} {
		if got := checkFindingText(preflight.Finding{Kind: test.kind, Subject: "x", Simulation: &test.simulation}); !strings.HasSuffix(got, test.want) {
			t.Errorf("%q does not end with %q", got, test.want)
		}
	}
	open := NotPossibleChecks(&preflight.Report{Checks: []preflight.Check{
		{Name: preflight.Names, Result: preflight.NotPossible, Findings: []preflight.Finding{{Kind: preflight.KindNamesFree, Result: preflight.Passed}, {Kind: preflight.KindNameUnknown, Result: preflight.NotPossible, Subject: "a"}, {Kind: preflight.KindNameUnknown, Result: preflight.NotPossible, Subject: "b"}}},
		{Name: preflight.Stack, Result: preflight.Failed, Findings: []preflight.Finding{{Kind: preflight.KindStackBlocked, Result: preflight.Failed}}},
	}})
	if len(open) != 1 || open[0] != `names: a () exists, but it is unknown which stack owns the resource; "check" shows 1 more reason` {
		t.Errorf("%q", open)
	}
}

// TestUnreadRegions checks that regions that could not be read are named once for all
// resources.
func TestUnreadRegions(t *testing.T) {
	var findings []preflight.Finding
	for _, name := range []string{"a", "b"} {
		f := preflight.Finding{Kind: preflight.KindNameOutside, Result: preflight.Failed, Subject: name, LogicalID: name}
		for _, region := range []string{"us-east-1", "us-west-2"} {
			u := verify.NotRead{Name: name, Part: "the owning stack in " + region, Reason: "no response"}
			f.NotRead, f.UnreadRegions = append(f.NotRead, u), append(f.UnreadRegions, preflight.UnreadRegion{Name: region, Lookup: u})
		}
		findings = append(findings, f)
	}
	text := Preflight{Report: preflight.Report{Checks: []preflight.Check{{Name: preflight.Names, Result: preflight.Failed, Findings: findings}}}}.Text()
	if strings.Count(text, "?") != 1 || !strings.HasSuffix(text, "  ? 2 regions could not be read: us-east-1, us-west-2; the reason for us-east-1:\n    no response\n") {
		t.Errorf("got:\n%s", text)
	}
}
