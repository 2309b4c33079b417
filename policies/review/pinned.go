// The trusted principals and the limits of a finding. A suppression of exactly
// one finding and a SARIF fingerprint include both, so a finding with another
// trusted account or without a condition is a different finding.

package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/document"
	"capaboot/policies/suppress"
)

// addTrustedAndLimits adds the limits of a statement to a finding about it and, for
// an Allow, sets the trusted principals, unless the finding already has them.
func (r *run) addTrustedAndLimits(f *Finding, s *statement) {
	written := r.asWritten(s.Statement)
	if f.Trusted == nil && s.allows() {
		f.Trusted = principalTexts(written.Principals)
	}
	f.Limits = append(slices.Clip(statementLimits(written)), f.Limits...)
}

// statementLimits returns what limits a statement besides its actions and
// resources: exceptions and conditions. The principals of a Deny count too: with
// fewer principals, it denies less.
func statementLimits(s *document.Statement) []string {
	all := exceptions(s)
	if s.Effect == document.Deny && len(s.Principals) > 0 {
		all = append(all, "Principal "+listText(principalTexts(s.Principals)))
	}
	for _, c := range s.Conditions {
		all = append(all, conditionText(c))
	}
	return all
}

func exceptions(s *document.Statement) []string {
	var all []string
	add := func(element string, values []string) {
		if len(values) > 0 {
			all = append(all, element+" "+listText(values))
		}
	}
	add("NotAction", s.NotActions)
	add("NotResource", s.NotResources)
	add("NotPrincipal", principalTexts(s.NotPrincipals))
	return all
}

// conditionText is like [document.Condition.String], but does not depend on the
// order of the values.
func conditionText(c document.Condition) string {
	return c.Operator + " " + c.Key + " = " + listText(c.Values)
}

// listText joins values in a fixed order. It quotes a value with a comma, so that
// two values and one value with a comma differ.
func listText(values []string) string {
	sorted := slices.Sorted(slices.Values(values))
	for i, value := range sorted {
		if strings.ContainsAny(value, `,"`) {
			sorted[i] = strconv.Quote(value)
		}
	}
	return strings.Join(slices.Compact(sorted), ", ")
}

func principalTexts(all []document.Principal) []string {
	var texts []string
	for _, p := range all {
		texts = append(texts, p.String())
	}
	return unique(texts)
}

// writtenPrincipals returns the principals of an entry, as written in the document.
func (r *run) writtenPrincipals(e *entry) []string {
	if original := r.originals[e.Statement]; original != nil {
		written := slices.DeleteFunc(slices.Clone(original.Principals), func(p document.Principal) bool {
			return r.set.WithWildcards(p.ID) != e.principal.ID
		})
		if len(written) > 0 {
			return principalTexts(written)
		}
	}
	return []string{e.principal.String()}
}

// denyRequirements returns the conditions that Deny statements of the policy require
// of an entry.
func (e *entry) denyRequirements() []string {
	var all []string
	for _, c := range e.requirements[min(len(e.Conditions), len(e.requirements)):] {
		all = append(all, "Deny unless "+conditionText(c))
	}
	return all
}

// limitTo copies the Sid and the template conditions of a statement to a step.
// It sets the conditions of the step, and its limits: these conditions, and the
// exceptions of the statement.
func (step *PathStep) limitTo(s *statement, conditions []document.Condition) {
	step.sid, step.when, step.limits = s.Sid, s.When, exceptions(s.Statement)
	for _, c := range conditions {
		step.Conditions = append(step.Conditions, c.String())
		step.limits = append(step.limits, conditionText(c))
	}
}

// stepLimits returns the limits of the steps of a path: their resources,
// exceptions and conditions. They do not depend on the position of a statement in
// its document. For the first statement, which has its own limits, stepLimits
// returns only those of the permissions boundary.
func stepLimits(steps []PathStep, first *statement) []string {
	var all []string
	for _, step := range steps {
		for _, limit := range step.boundary {
			all = append(all, "permissions boundary: "+limit)
		}
		if first != nil && step.Statement == first.Label() && step.Location == first.location() {
			continue
		}
		prefix := strings.Join(strings.Fields(step.Principal+" "+step.Policy+" "+step.sid), " ") + ": "
		if len(step.Resources) > 0 { // the statement of a trust policy has none
			all = append(all, prefix+"Resource "+listText(step.Resources))
		}
		for _, limit := range step.limits {
			all = append(all, prefix+limit)
		}
	}
	return all
}

// denyDigests identifies the Deny statements that deny a part of what a finding
// is about. It uses digests of their content, so that their positions do not
// matter.
func denyDigests(denies []*statement) []string {
	var all []string
	for _, d := range denies {
		digest := d.digest()
		all = append(all, fmt.Sprintf("Deny %s %x", d.policy.name, digest[:4]))
	}
	return all
}

// AllLimits returns the limits of a finding and its template conditions, sorted.
// Findings with different limits are different findings.
func (f *Finding) AllLimits() []string {
	all := slices.Concat(f.Limits, f.heldLimits())
	for _, condition := range f.When {
		all = append(all, suppress.ConditionPrefix+condition)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
