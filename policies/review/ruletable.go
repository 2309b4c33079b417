// The table of rules.

package review

import (
	"cmp"
	"fmt"
	"slices"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// Rule is one check of the review.
type Rule struct {
	// ID is stable: suppressions and other tools refer to it.
	ID    string
	Group string
	// Severity is the usual severity; a finding can be more or less severe.
	Severity Severity
	// Risk and Remedy are one sentence each, Reference is the AWS page.
	Risk      string
	Remedy    string
	Reference string

	// asWritten makes the rule check the text as written instead of its worst
	// case at deployment.
	asWritten bool
	// withinBoundary makes a rule about policies check only what the permissions
	// boundaries of the holders leave of a policy; see boundedPolicies.
	withinBoundary bool

	// At most one of these is set: the rule checks each policy, each principal,
	// or the whole set. The rules about suppressions have none; see
	// Report.suppress.
	policy  func(*run, *policy)
	subject func(*run, *subject)
	set     func(*run)
}

func (r *Rule) readsAsWritten() bool {
	return r.asWritten || !slices.Contains([]string{Exposure, Escalation, Trust}, r.Group)
}

// checksBoundaries reports whether a rule also checks the policies that are only
// permissions boundaries. Such a policy grants nothing, but a mistake in it changes
// what its holders can do, or makes a deployment fail.
func (r *Rule) checksBoundaries() bool {
	return r.Group == Correctness || r.Group == Refused
}

// The groups of rules.
const (
	Correctness  = "correctness"
	Refused      = "refused"
	Exposure     = "exposure"
	Escalation   = "escalation"
	Trust        = "trust"
	Hygiene      = "hygiene"
	Fit          = "fit"
	Suppressions = "suppressions"
)

// The AWS pages that several rules refer to, and the beginnings of their
// addresses.
const (
	userGuide    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
	authzGuide   = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
	actionsPage  = authzGuide + "reference_policies_actions-resources-contextkeys.html"
	practicePage = userGuide + "best-practices.html"
)

// Groups returns the names of all groups.
func Groups() []string {
	return []string{Correctness, Refused, Exposure, Escalation, Trust, Hygiene, Fit, Suppressions}
}

var loadRules = lazy.Value[[]Rule]{Make: func() []Rule {
	return slices.Concat(withGroup(Correctness, slices.Concat(correctnessRules(), conditionRules(), invertedRules(), exemptRules(), valueRules(), contradictionRules(), emptyRules(), denialEffectRules(), repeatRules(), linkedRoleRules(), quotaRules(), keyRules(), unclearRules())),
		withGroup(Refused, slices.Concat(refusedRules(), arnRules(), resourcePolicyRules())),
		withGroup(Exposure, slices.Concat(exposureRules(), tagRules(), unknownRules(), keyExposureRules())),
		withGroup(Escalation, slices.Concat(escalationRules(), chainRules())),
		withGroup(Trust, slices.Concat(trustRules(), resourceRules(), resourceServiceRules(), rolesAnywhereRules(), podIdentityRules())),
		withGroup(Hygiene, slices.Concat(hygieneRules(), clearTextRules(), optionalElementRules())),
		withGroup(Fit, slices.Concat(fitRules(), profileRules())),
		withGroup(Suppressions, suppressionRules()))
}}

// Rules returns all rules, group by group. Callers must not change them.
func Rules() []Rule { return loadRules.Get() }

func ruleByID(id string) (*Rule, bool) {
	all := Rules()
	for i := range all {
		if all[i].ID == id {
			return &all[i], true
		}
	}
	return nil, false
}

func checkRule(name string) error {
	var known []string
	for _, rule := range Rules() {
		known = append(known, rule.ID)
	}
	if slices.Contains(known, name) {
		return nil
	}
	if closest, ok := nearword.Closest(name, known); ok {
		return fmt.Errorf("unknown rule %q, did you mean %q?", name, closest)
	}
	return fmt.Errorf("unknown rule %q", name)
}

// sortFindings sorts findings by severity, the most severe first, then by rule
// and position.
func sortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Statement, b.Statement))
	})
}
