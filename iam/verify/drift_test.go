// Tests of why CloudFormation's drift detection differs from the comparison.

package verify

import (
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
)

func detachNodes(w *world) {
	f := w.resource(roleNodes)
	f.Attached = slices.DeleteFunc(f.Attached, func(policy string) bool { return policy == w.resource(policyNodes).Name })
}

func TestVerdicts(t *testing.T) {
	const profile = "AWSIAMInstanceProfileNodes"
	for _, test := range []struct {
		name       string
		change     func(*world)
		id, status string // status is followed by the properties that differ
		want       Verdict
		others     string
	}{
		{"nothing", func(*world) {}, roleNodes, "IN_SYNC", VerdictAgrees, ""},
		{"a trust policy", func(w *world) { w.resource(roleNodes).Trust = w.resource("AWSIAMRoleControlPlane").Trust }, roleNodes, "MODIFIED", VerdictAgrees, ""},
		{"a deleted role", func(w *world) { w.remove(w.resource(roleNodes)) }, roleNodes, "DELETED", VerdictAgrees, ""},
		{"a resource that CloudFormation did not check", func(*world) {}, roleNodes, "NOT_CHECKED", VerdictNotChecked, ""},
		{"a resource that CloudFormation could not check", func(w *world) { w.remove(w.resource(roleNodes)) }, roleNodes, "UNKNOWN", VerdictNotChecked, ""},
		{"an attachment, at the policy", detachNodes, policyNodes, "MODIFIED", VerdictElsewhere, roleNodes},
		{"an attachment, at the role", detachNodes, roleNodes, "IN_SYNC", VerdictElsewhere, policyNodes},
		{"a property that the template does not set", func(w *world) {
			f := w.resource("AWSIAMRoleControlPlane")
			f.Inline = append(f.Inline, iam.InlinePolicy{Name: "hand", Document: allows("s3:*")})
		}, "AWSIAMRoleControlPlane", "IN_SYNC", VerdictNotSet, ""},
		{"a property that the template sets", func(w *world) { w.resource(roleNodes).Inline = nil }, roleNodes, "IN_SYNC", VerdictUnexplained, ""},
		{"a change without effect", func(*world) {}, roleNodes, "MODIFIED", VerdictSameEffect, ""},
		{"a document without effect", func(*world) {}, roleNodes, "MODIFIED /AssumeRolePolicyDocument/Version", VerdictSameEffect, ""},
		{"a boundary that the comparison finds unchanged", func(*world) {}, roleNodes, "MODIFIED /PermissionsBoundary", VerdictUnexplained, ""},
		{"deleted for CloudFormation, present in the comparison", func(*world) {}, roleNodes, "DELETED", VerdictUnexplained, ""},
		{"an outdated template", func(w *world) { w.in.Stack.Template = "{}"; w.resource(policyNodes).Document = allows("*") }, policyNodes, "IN_SYNC", VerdictOutdated, ""},
		{"an outdated template, as configured", func(w *world) { w.in.Stack.Template = "{}" }, policyNodes, "MODIFIED", VerdictOutdated, ""},
		{"a resource that cannot be read", func(w *world) { w.faults["GetInstanceProfile"] = denied("GetInstanceProfile") }, profile, "MODIFIED", VerdictUnseen, ""},
		{"a resource that cannot be read, in sync", func(w *world) { w.faults["GetInstanceProfile"] = denied("GetInstanceProfile") }, profile, "IN_SYNC", VerdictUnseen, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, everything)
			test.change(w)
			got := w.read()
			status, properties, _ := strings.Cut(test.status, " ")
			drift := &Drift{Resources: []DriftResource{{LogicalID: test.id, Type: w.template.Resources[test.id].AWSCloudFormationType(), Status: status, Properties: strings.Fields(properties)}}}
			got.Explain(drift, w.template)
			resource := got.Drift.Resources[0]
			others := ""
			if len(resource.Others) == 1 {
				others = resource.Others[0]
			}
			if resource.Verdict != test.want || others != test.others || len(resource.Others) > 1 {
				t.Errorf("got %q, %v; want %q, %q", resource.Verdict, resource.Others, test.want, test.others)
			}
		})
	}
}
