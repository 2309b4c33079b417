// Drift: what CloudFormation's own detection says, and why it says something else.

package verify

import (
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/internal/lazy"
)

// Drift is what CloudFormation's detection found.
type Drift struct {
	// Status is that of the stack: DRIFTED, IN_SYNC, NOT_CHECKED or UNKNOWN.
	Status string `json:"status"`
	// Failed: CloudFormation could not look at every resource, and Reason is why.
	Failed    bool            `json:"failed"`
	Reason    string          `json:"reason,omitempty"`
	Resources []DriftResource `json:"resources"`
}

// DriftResource is a resource of the stack.
type DriftResource struct {
	LogicalID string `json:"logicalID"`
	Type      string `json:"type"`
	// Status is IN_SYNC, MODIFIED, DELETED, NOT_CHECKED or UNKNOWN.
	Status string `json:"status"`
	// Properties are the paths of those that differ.
	Properties []string `json:"properties"`
	// Verdict is whether CloudFormation and the comparison agree, and if not, why.
	Verdict Verdict `json:"verdict"`
	// Others are the logical IDs of the resources where the comparison says it, for
	// VerdictElsewhere.
	Others []string `json:"others,omitempty"`
}

// Verdict says how an answer of CloudFormation goes with that of the comparison.
type Verdict string

// The verdicts.
const (
	VerdictAgrees Verdict = "agrees"
	// VerdictNotChecked: CloudFormation did not look at the resource.
	VerdictNotChecked Verdict = "not checked"
	// VerdictUnseen: the comparison could not look at the resource.
	VerdictUnseen Verdict = "not seen"
	// VerdictElsewhere: the difference is reported of another resource, such as an
	// attachment of the policy, not of the role.
	VerdictElsewhere Verdict = "said elsewhere"
	// VerdictOutdated: CloudFormation compares with the stack's template, which is
	// not that of the configuration.
	VerdictOutdated Verdict = "outdated template"
	// VerdictNotSet: CloudFormation only compares properties that the template sets.
	// Source: CloudFormation User Guide, "Detect unmanaged configuration changes".
	VerdictNotSet Verdict = "property not set"
	// VerdictSameEffect: what CloudFormation sees changes no permission, attachment,
	// boundary, tag or name.
	VerdictSameEffect Verdict = "same effect"
	// VerdictUnexplained: the answers differ for no reason that is known.
	VerdictUnexplained Verdict = "unexplained"
)

// propertiesOf are the properties that a kind of difference is about, by kind; those
// of a kind that is not here are none.
var propertiesOf = lazy.Value[map[Kind][]string]{Make: func() map[Kind][]string {
	return map[Kind][]string{
		TrustChanged: {"AssumeRolePolicyDocument"},
		InlineAdded:  {"Policies"}, InlineRemoved: {"Policies"}, InlineChanged: {"Policies"},
		PolicyAttached: {"ManagedPolicyArns"}, PolicyDetached: {"ManagedPolicyArns"},
		PolicyChanged: {"PolicyDocument"},
		BoundaryAdded: {"PermissionsBoundary"}, BoundaryDropped: {"PermissionsBoundary"}, BoundaryChanged: {"PermissionsBoundary"},
		HolderAdded: {"Roles", "Users", "Groups"}, HolderRemoved: {"Roles", "Users", "Groups"},
		GroupJoined: {"Groups"}, GroupLeft: {"Groups"}, ProfileRole: {"Roles"}, TagChanged: {"Tags"}, PathChanged: {"Path"},
	}
}}

// Explain adds what CloudFormation says to a result of the template.
func (r *Result) Explain(d *Drift, template *iam.Template) {
	r.Drift = d
	for i := range d.Resources {
		r.explain(&d.Resources[i], template)
	}
}

func (r *Result) explain(d *DriftResource, template *iam.Template) {
	var own []Difference
	var others []string // where an attachment of this policy differs
	for _, diff := range r.Differences {
		if diff.LogicalID == d.LogicalID {
			own = append(own, diff)
		}
		if attachmentOf(template, diff) == d.LogicalID {
			others = append(others, diff.LogicalID)
		}
	}
	slices.Sort(others)
	unseen := slices.ContainsFunc(r.Unseen, func(u Unseen) bool { return u.LogicalID == d.LogicalID })
	properties, _ := template.Resource(d.LogicalID).(map[string]any)
	set, _ := properties["Properties"].(map[string]any)
	drifted := d.Status == "MODIFIED" || d.Status == "DELETED"
	switch {
	case d.Status != "IN_SYNC" && !drifted:
		d.Verdict = VerdictNotChecked
	case unseen && len(own) == 0:
		d.Verdict = VerdictUnseen
	case drifted == (len(own) > 0):
		d.Verdict = VerdictAgrees
	case drifted && len(others) > 0:
		d.Verdict, d.Others = VerdictElsewhere, slices.Compact(others)
	case drifted && r.Outdated:
		d.Verdict = VerdictOutdated
	case drifted && d.Status == "MODIFIED" && !slices.ContainsFunc(d.Properties, comparedExactly):
		d.Verdict = VerdictSameEffect
	case !drifted && r.Outdated:
		d.Verdict = VerdictOutdated
	case !drifted && allOf(own, func(diff Difference) bool { return attachmentOf(template, diff) != "" }):
		d.Verdict = VerdictElsewhere
		for _, diff := range own {
			d.Others = append(d.Others, attachmentOf(template, diff))
		}
	case !drifted && allOf(own, func(diff Difference) bool {
		return !slices.ContainsFunc(propertiesOf.Get()[diff.Kind], func(name string) bool { _, is := set[name]; return is }) || attachmentOf(template, diff) != ""
	}):
		d.Verdict = VerdictNotSet
	default:
		d.Verdict = VerdictUnexplained
	}
}

// comparedExactly is whether the property of a path is compared as it is, not by
// effect: a change of it that the comparison does not see is not one without effect.
func comparedExactly(path string) bool {
	property, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains([]string{"Groups", "ManagedPolicyArns", "Path", "PermissionsBoundary", "Roles", "Tags", "Users"}, property)
}

func allOf(all []Difference, is func(Difference) bool) bool {
	return !slices.ContainsFunc(all, func(d Difference) bool { return !is(d) })
}

// attachmentOf is the logical ID of the managed policy of the template that a
// difference attaches or detaches, whose property the attachment is; "" for another
// one.
func attachmentOf(template *iam.Template, d Difference) string {
	if d.Kind != PolicyAttached && d.Kind != PolicyDetached {
		return ""
	}
	for _, id := range template.PolicyIDs() {
		if template.Name(id) == iam.NameOf(d.What) {
			return id
		}
	}
	return ""
}
