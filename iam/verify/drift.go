// The result of CloudFormation's drift detection, and why it differs from the
// comparison.

package verify

import (
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/internal/lazy"
)

// Drift is the result of CloudFormation's drift detection.
type Drift struct {
	// Status is the stack's drift status: DRIFTED, IN_SYNC, NOT_CHECKED or UNKNOWN.
	Status string `json:"status"`
	// Failed means that CloudFormation could not check every resource; Reason says
	// why.
	Failed    bool            `json:"failed"`
	Reason    string          `json:"reason,omitempty"`
	Resources []DriftResource `json:"resources"`
}

// DriftResource is the drift of a resource of the stack.
type DriftResource struct {
	LogicalID string `json:"logicalID"`
	Type      string `json:"type"`
	// Status is IN_SYNC, MODIFIED, DELETED, NOT_CHECKED, UNKNOWN or
	// UNSUPPORTED.
	Status string `json:"status"`
	// Properties are the paths of the properties that differ.
	Properties []string `json:"properties"`
	// Verdict says whether CloudFormation and the comparison agree, or why they
	// do not.
	Verdict Verdict `json:"verdict"`
	// Others has the logical IDs of the resources where the comparison reports
	// the difference, for VerdictElsewhere.
	Others []string `json:"others,omitempty"`
}

// Verdict is how CloudFormation's result relates to the comparison.
type Verdict string

// The verdicts.
const (
	VerdictAgrees Verdict = "agrees"
	// VerdictNotChecked means that CloudFormation did not check the resource.
	VerdictNotChecked Verdict = "not checked"
	// VerdictNotRead means that the comparison could not read the resource, or a
	// part of it that may differ.
	VerdictNotRead Verdict = "not seen"
	// VerdictElsewhere means that the comparison reports the difference for
	// another resource, such as an attachment for the policy instead of the
	// role.
	VerdictElsewhere Verdict = "said elsewhere"
	// VerdictOutdated means that CloudFormation compares with the stack's
	// template, which differs from the configuration's.
	VerdictOutdated Verdict = "outdated template"
	// VerdictNotSet means that the template does not set the property.
	// CloudFormation compares only the properties that the template sets. Source:
	// CloudFormation User Guide, "Detect unmanaged configuration changes".
	VerdictNotSet Verdict = "property not set"
	// VerdictSameEffect means that CloudFormation's difference does not change
	// any permission, attachment, boundary, tag or name.
	VerdictSameEffect Verdict = "same effect"
	// VerdictUnexplained means that the results differ for an unknown reason.
	VerdictUnexplained Verdict = "unexplained"
)

// propertiesOf maps kinds of differences to the properties that they concern. A
// kind that is not in the map concerns no property in which CloudFormation
// could find drift.
var propertiesOf = lazy.Value[map[Kind][]string]{Make: func() map[Kind][]string {
	return map[Kind][]string{
		TrustChanged: {"AssumeRolePolicyDocument"},
		InlineAdded:  {"Policies"}, InlineRemoved: {"Policies"}, InlineChanged: {"Policies"},
		PolicyAttached: {"ManagedPolicyArns"}, PolicyDetached: {"ManagedPolicyArns"},
		PolicyChanged: {"PolicyDocument"},
		BoundaryAdded: {"PermissionsBoundary"}, BoundaryDropped: {"PermissionsBoundary"}, BoundaryChanged: {"PermissionsBoundary"},
		HolderAdded: {"Roles", "Users", "Groups"}, HolderRemoved: {"Roles", "Users", "Groups"},
		GroupJoined: {"Groups"}, GroupLeft: {"Groups"}, ProfileRole: {"Roles"}, TagChanged: {"Tags"}, PathChanged: {"Path"},
		SessionChanged: {"MaxSessionDuration"}, DescriptionChanged: {"Description"}, PasswordAdded: {"LoginProfile"},
	}
}}

// Explain adds CloudFormation's result to r, and sets the verdict of each
// resource in it. Drift that the comparison does not find and that nothing
// explains is added to r.NotRead, because the account may differ from the
// configuration.
func (r *Result) Explain(d *Drift, template *iam.Template) {
	r.Drift = d
	for i := range d.Resources {
		resource := &d.Resources[i]
		r.explainResource(resource, template)
		if resource.Verdict == VerdictUnexplained && resource.Status != "IN_SYNC" {
			reason := "CloudFormation reports " + resource.Status
			if len(resource.Properties) > 0 {
				reason += " (" + strings.Join(resource.Properties, ", ") + ")"
			}
			r.NotRead = append(r.NotRead, NotRead{LogicalID: resource.LogicalID, Name: resource.LogicalID, Part: "drift",
				Reason: reason + ", but capaboot finds no such difference"})
		}
	}
}

// isMissed reports whether the comparison missed a change that CloudFormation
// found at a path: the property is compared literally, but none of the
// differences is about it.
func isMissed(path string, differences []Difference) bool {
	property, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return isComparedExactly(path) && !slices.ContainsFunc(differences, func(diff Difference) bool {
		return diff.Kind == ResourceGone || slices.Contains(propertiesOf.Get()[diff.Kind], property)
	})
}

func (r *Result) explainResource(d *DriftResource, template *iam.Template) {
	var explaining []Difference
	var others []string // the resources where an attachment of this policy differs
	for _, diff := range r.Differences {
		if diff.LogicalID == d.LogicalID {
			explaining = append(explaining, diff)
		}
		if attachmentOf(template, diff) == d.LogicalID {
			others = append(others, diff.LogicalID)
		}
	}
	slices.Sort(others)
	isUnread := slices.ContainsFunc(r.NotRead, func(u NotRead) bool { return u.LogicalID == d.LogicalID })
	properties, _ := template.Resource(d.LogicalID).(map[string]any)
	set, _ := properties["Properties"].(map[string]any)
	drifted := d.Status == "MODIFIED" || d.Status == "DELETED"
	switch {
	case d.Status != "IN_SYNC" && !drifted:
		d.Verdict = VerdictNotChecked
	case isUnread && len(explaining) == 0:
		d.Verdict = VerdictNotRead
	case drifted && len(explaining) > 0 && len(others) == 0 && slices.ContainsFunc(d.Properties, func(path string) bool { return isMissed(path, explaining) }):
		switch {
		case isUnread:
			d.Verdict = VerdictNotRead
		case r.Outdated:
			d.Verdict = VerdictOutdated
		default:
			d.Verdict = VerdictUnexplained
		}
	case drifted == (len(explaining) > 0):
		d.Verdict = VerdictAgrees
	case drifted && len(others) > 0:
		d.Verdict, d.Others = VerdictElsewhere, slices.Compact(others)
	case drifted && r.Outdated:
		d.Verdict = VerdictOutdated
	case drifted && d.Status == "MODIFIED" && !slices.ContainsFunc(d.Properties, isComparedExactly):
		d.Verdict = VerdictSameEffect
	case !drifted && r.Outdated:
		d.Verdict = VerdictOutdated
	case !drifted && allOf(explaining, func(diff Difference) bool { return attachmentOf(template, diff) != "" }):
		d.Verdict = VerdictElsewhere
		for _, diff := range explaining {
			d.Others = append(d.Others, attachmentOf(template, diff))
		}
	case !drifted && allOf(explaining, func(diff Difference) bool {
		return !slices.ContainsFunc(propertiesOf.Get()[diff.Kind], func(name string) bool { _, ok := set[name]; return ok }) || attachmentOf(template, diff) != ""
	}):
		d.Verdict = VerdictNotSet
	default:
		d.Verdict = VerdictUnexplained
	}
}

// isComparedExactly reports whether the property at a path is compared
// literally, not by effect. A change of any other property may have no effect.
func isComparedExactly(path string) bool {
	property, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains([]string{"Description", "Groups", "LoginProfile", "ManagedPolicyArns", "MaxSessionDuration", "Path", "PermissionsBoundary", "Roles", "Tags", "Users"}, property)
}

func allOf(all []Difference, predicate func(Difference) bool) bool {
	return !slices.ContainsFunc(all, func(d Difference) bool { return !predicate(d) })
}

// attachmentOf returns the logical ID of the template's managed policy that a
// difference attaches or detaches: the attachment is a property of this policy. It
// returns "" for other differences.
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
