// Suppressions: hidden findings are listed in the report with their reasons.
// Expired and unused suppressions are findings themselves.

package review

import (
	"cmp"
	"fmt"
	"slices"

	"capaboot/internal/shortlist"
	"capaboot/policies/suppress"
)

// Suppressed is a finding that a suppression hides, and the reason. If the
// suppression hides only some actions or principals, the finding has only
// these.
type Suppressed struct {
	Finding
	Reason  string
	Expires string // the last day on which the suppression applies, YYYY-MM-DD; "" if it never expires
}

const (
	expiredRuleID = "expired-suppression"
	unusedRuleID  = "unused-suppression"
)

func suppressionRules() []Rule {
	return []Rule{
		{ID: expiredRuleID, Severity: Medium, Reference: practicePage,
			Risk: "the suppression has expired, so its findings are reported again", Remedy: "fix the finding, or accept it again with a later date and a reason"},
		{ID: unusedRuleID, Severity: Info, Reference: practicePage,
			Risk: "the suppression matches no finding, and would hide a matching finding in the future", Remedy: "remove the suppression, or correct the fields of the suppression"},
	}
}

// CheckSuppressible returns an error for a name that is not a rule, or for a
// rule whose findings cannot be suppressed.
func CheckSuppressible(rule string) error {
	if rule == expiredRuleID || rule == unusedRuleID {
		return fmt.Errorf("findings of %s cannot be suppressed; remove the suppression that the finding names", rule)
	}
	if slices.Contains(Groups(), rule) {
		return fmt.Errorf("%q is a group of rules; name one of its rules", rule)
	}
	return checkRule(rule)
}

// Suggest returns the entry of a suppression file that hides the finding. It
// returns false for a finding about a suppression.
func (f *Finding) Suggest() (suppress.Entry, bool) {
	if CheckSuppressible(f.Rule) != nil {
		return suppress.Entry{}, false
	}
	return suppress.Suggest(f.asSuppressFinding()), true
}

func (f *Finding) asSuppressFinding() suppress.Finding {
	return suppress.Finding{Rule: f.Rule, Policy: f.Policy, File: f.File, Severity: f.Severity.String(), Statement: f.Statement, Actions: f.Actions, Principals: f.Principals, Trusted: f.Trusted, Resources: f.Resources, Limits: f.limitsToCompare(), EarlierLimits: f.earlierLimits(), Path: len(f.Path) > 0}
}

// limitsToCompare returns the limits that a suppression compares. They are nil only
// for a finding that is about no statement and so cannot have limits.
func (f *Finding) limitsToCompare() []string {
	if all := f.AllLimits(); len(all) > 0 || f.Statement == "" && len(f.Path) == 0 {
		return all
	}
	return []string{}
}

// suppress removes the accepted findings and adds those about the suppressions
// themselves. ran lists the rules that have run.
func (r *Report) suppress(options Options, ran []Rule) {
	m := suppress.NewMatcher(options.Suppressions, options.Today)
	var kept []Finding
	for _, f := range r.Findings {
		suppressed, remainder, remains := m.Match(f.asSuppressFinding())
		for _, t := range suppressed {
			if t.Entry.Exactly != nil && (t.WithoutConditions || leavesOpen(t.Entry.Exactly, f.restrictTo(t.Part))) && !slices.ContainsFunc(r.Unpinned, func(e suppress.Entry) bool { return e.Line == t.Entry.Line }) {
				r.Unpinned = append(r.Unpinned, *t.Entry)
			}
			r.Suppressed = append(r.Suppressed, Suppressed{f.restrictTo(t.Part), t.Entry.Reason, t.Entry.Expires})
		}
		if remains {
			kept = append(kept, f.restrictTo(remainder))
		}
	}
	r.Findings = append(kept, suppressionFindings(m.Uses(), kept, options, ran)...)
}

// leavesOpen reports whether a suppression does not compare the limits or the
// trusted principals of the part that it hides.
func leavesOpen(x *suppress.Finding, hidden Finding) bool {
	return x.Limits == nil && len(hidden.AllLimits()) > 0 || x.Trusted == nil && len(hidden.Trusted) > 0
}

func (f Finding) restrictTo(p suppress.Part) Finding {
	f.NotAction = f.NotAction && len(p.Actions) == len(f.Actions)
	f.Actions, f.Principals, f.Trusted = p.Actions, p.Principals, p.Trusted
	f.HeldWhen = slices.DeleteFunc(slices.Clone(f.HeldWhen), func(h HeldWhen) bool { return h.Principal != "" && !slices.Contains(p.Principals, h.Principal) })
	if len(p.Without) > 0 {
		f.Message = f.Message.append(sentencef(" (this part of the finding is not about %s)", nameList(p.Without)))
	}
	return f
}

const otherFileRemedy = "run the review in the same folder as when the suppression was written, or correct the file in the suppression"

const changedRemedy = "if the similar finding is acceptable too, replace the suppression with one that is written for that finding; otherwise, remove the suppression"

// suppressionFindings returns the findings about expired and unused
// suppressions. Whether a suppression is unused is known only if its rule has
// run. kept are the findings that no suppression hides.
func suppressionFindings(uses []suppress.Use, kept []Finding, options Options, ran []Rule) []Finding {
	var unhidden []suppress.Finding
	for i := range kept {
		unhidden = append(unhidden, kept[i].asSuppressFinding())
	}
	hasRule := func(id string) bool { return slices.ContainsFunc(ran, func(rule Rule) bool { return rule.ID == id }) }
	var all []Finding
	for _, u := range uses {
		f := Finding{Actions: []string{}, Resources: []string{}, Location: Location{options.Suppressions.File, u.Line, u.Column}}
		switch {
		case u.Expired && (hasRule(u.Rule) || hasRule(expiredRuleID)):
			f.Rule = expiredRuleID
			f.Message = sentencef("the suppression of %s expired on %s", u.Entry, u.Expires)
			switch {
			case u.Findings > 0:
				f.Message = f.Message.append(sentencef(", so its findings are reported again (number of findings: %d)", u.Findings))
			case hasRule(u.Rule): // otherwise it is unknown whether it matches a finding
				f.Message = f.Message.append(PlainSentence(", and matches no finding now"))
			}
		case !u.Expired && u.Findings == 0 && (len(options.Rules) == 0 || hasRule(u.Rule)):
			f.Rule = unusedRuleID
			f.Message = sentencef("the suppression of %s matches no finding, and would hide a matching finding in the future", u.Entry)
			if file := u.OtherFile(unhidden); file != "" {
				f.Message, f.Remedy = sentencef("the suppression names the file %s, but the finding is in %s, so the suppression matches no finding: %s", u.Exactly.File, file, u.Entry), otherFileRemedy
			} else if fields := u.Changed(unhidden); len(fields) > 0 {
				f.Message, f.Remedy = sentencef("the suppression matches no finding, and the most similar finding differs in its %s: %s", shortlist.And(fields), u.Entry), changedRemedy
			}
		default:
			continue
		}
		rule, _ := ruleByID(f.Rule)
		f.Severity, f.Remedy, f.Reference = rule.Severity, cmp.Or(f.Remedy, rule.Remedy), rule.Reference
		all = append(all, f)
	}
	return all
}
