// Tests of why CloudFormation's detection says something else than the comparison.

package verify

import (
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
)

func detachNodes(w *world) {
	f := w.of(roleNodes)
	f.Attached = slices.DeleteFunc(f.Attached, func(policy string) bool { return policy == w.of(policyNodes).Name })
}

func TestVerdicts(t *testing.T) {
	const profile = "AWSIAMInstanceProfileNodes"
	for _, test := range []struct {
		name       string
		change     func(*world)
		id, status string // with the property that differs
		want       Verdict
		others     string
	}{
		{"nothing", func(*world) {}, roleNodes, "IN_SYNC", VerdictAgrees, ""},
		{"a trust policy", func(w *world) { w.of(roleNodes).Trust = w.of("AWSIAMRoleControlPlane").Trust }, roleNodes, "MODIFIED", VerdictAgrees, ""},
		{"a role that is gone", func(w *world) { w.remove(w.of(roleNodes)) }, roleNodes, "DELETED", VerdictAgrees, ""},
		{"what CloudFormation did not check", func(*world) {}, roleNodes, "NOT_CHECKED", VerdictNotChecked, ""},
		{"what CloudFormation could not check", func(w *world) { w.remove(w.of(roleNodes)) }, roleNodes, "UNKNOWN", VerdictNotChecked, ""},
		{"an attachment, at the policy", detachNodes, policyNodes, "MODIFIED", VerdictElsewhere, roleNodes},
		{"an attachment, at the role", detachNodes, roleNodes, "IN_SYNC", VerdictElsewhere, policyNodes},
		{"a property that the template does not set", func(w *world) {
			f := w.of("AWSIAMRoleControlPlane")
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
		}, "AWSIAMRoleControlPlane", "IN_SYNC", VerdictNotSet, ""},
		{"a property that the template sets", func(w *world) { w.of(roleNodes).Inline = nil }, roleNodes, "IN_SYNC", VerdictUnexplained, ""},
		{"a change without effect", func(*world) {}, roleNodes, "MODIFIED", VerdictSameEffect, ""},
		{"a document without effect", func(*world) {}, roleNodes, "MODIFIED /AssumeRolePolicyDocument/Version", VerdictSameEffect, ""},
		{"a boundary that is not seen to change", func(*world) {}, roleNodes, "MODIFIED /PermissionsBoundary", VerdictUnexplained, ""},
		{"what is deleted, and seen here", func(*world) {}, roleNodes, "DELETED", VerdictUnexplained, ""},
		{"an outdated template", func(w *world) { w.in.Stack.Template = "{}"; w.of(policyNodes).Document = allows("*") }, policyNodes, "IN_SYNC", VerdictOutdated, ""},
		{"an outdated template, as configured", func(w *world) { w.in.Stack.Template = "{}" }, policyNodes, "MODIFIED", VerdictOutdated, ""},
		{"what is not seen", func(w *world) { w.faults["GetInstanceProfile"] = denied("GetInstanceProfile") }, profile, "MODIFIED", VerdictUnseen, ""},
		{"what is not seen, in sync", func(w *world) { w.faults["GetInstanceProfile"] = denied("GetInstanceProfile") }, profile, "IN_SYNC", VerdictUnseen, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, everything)
			test.change(w)
			got := w.read()
			status, properties, _ := strings.Cut(test.status, " ")
			drift := &Drift{Resources: []DriftResource{{LogicalID: test.id, Type: w.template.Resources[test.id].AWSCloudFormationType(), Status: status, Properties: strings.Fields(properties)}}}
			got.Explain(drift, w.template)
			one := got.Drift.Resources[0]
			others := ""
			if len(one.Others) == 1 {
				others = one.Others[0]
			}
			if one.Verdict != test.want || others != test.others || len(one.Others) > 1 {
				t.Errorf("got %q, %v; want %q, %q", one.Verdict, one.Others, test.want, test.others)
			}
		})
	}
}
