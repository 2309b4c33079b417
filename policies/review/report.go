// Reports findings: the fields that the rules leave out, and the additions to
// their messages.

package review

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// reportStatement reports a finding about a statement. It sets the fields that
// identify the statement; f has the other fields. If f leaves some of these
// empty, [run.report] fills them from the rule.
func (r *run) reportStatement(s *statement, f Finding) {
	f.Policy, f.Trust, f.Statement, f.Sid, f.Location = s.policy.name, s.policy.isRoleTrust(), s.Label(), s.Sid, s.location()
	f.NotAction = len(s.Actions) == 0 && len(s.NotActions) > 0 && slices.Equal(f.Actions, s.NotActions)
	if remedy, ok := strings.CutSuffix(cmp.Or(f.Remedy, r.rule.Remedy), templateRemedyEnd); ok && !s.policy.isInTemplate() {
		f.Remedy = remedy + documentRemedyEnd
	}
	if s.policy.isFixed(r.rule) {
		f.Remedy = awsPolicyRemedy
	}
	if f.Principals == nil {
		f.Principals = s.policy.holderNames()
	}
	f.setConditions(s)
	addition := r.worstCase(&f, s)
	if s.addition != "" {
		addition = PlainSentence(s.addition).append(addition)
	}
	if keys := r.unmetKeys(s); len(keys) > 0 && r.rule.Group == Exposure && s.allows() {
		f.Severity = min(cmp.Or(f.Severity, r.rule.Severity), maxUnmetSeverity)
		addition = unmetSentence(keys, "the statement grants nothing").append(addition)
	}
	if len(addition) > 0 {
		if len(f.Message) == 0 {
			f.Message = PlainSentence(r.rule.Risk)
		}
		f.Message = f.Message.append(addition)
	}
	r.addTrustedAndLimits(&f, s)
	r.report(f)
}

// awsPolicyRemedy replaces the remedy of a finding about what an AWS managed policy
// grants, because only AWS can change this policy.
const awsPolicyRemedy = "instead of the AWS managed policy, attach a policy of your own that allows only the actions and resources that are needed, or a narrower AWS managed policy"

// isFixed reports whether a finding of the rule is about the grants of a policy that
// only AWS can change.
func (p *policy) isFixed(rule *Rule) bool {
	return p.aws && (rule.Group == Exposure || rule.Group == Escalation)
}

// isRoleTrust reports whether a policy is the trust policy of a role in the
// set, and not a standalone document.
func (p *policy) isRoleTrust() bool {
	return slices.ContainsFunc(p.holders, func(s *subject) bool { return s.trust == p })
}

// holderNames returns the names of a policy's holders; none for a standalone
// policy.
func (p *policy) holderNames() []string {
	if !p.holderNamesKnown {
		p.holderNamesKnown = true
		for _, s := range p.holders {
			if s.Kind != document.PolicyKind {
				p.cachedHolderNames = append(p.cachedHolderNames, s.Name)
			}
		}
		p.cachedHolderNames = unique(p.cachedHolderNames)
	}
	return slices.Clip(p.cachedHolderNames)
}

func (r *run) reportSubject(s *subject, f Finding) {
	if s.Kind != document.PolicyKind {
		f.Principals = []string{s.Name}
	}
	if f.Location == (Location{}) {
		f.Location = Location{s.File, s.Line, s.Column}
	}
	if f.When == nil {
		f.When = s.templateConditions()
	}
	r.report(f)
}

func (r *run) report(f Finding) {
	f.Rule = r.rule.ID
	if f.Severity == 0 {
		f.Severity = r.rule.Severity
	}
	if len(f.Message) == 0 {
		f.Message = PlainSentence(r.rule.Risk)
	}
	f.Remedy = cmp.Or(f.Remedy, r.rule.remedyFor(f.Actions))
	f.Reference = cmp.Or(f.Reference, r.rule.Reference)
	if f.Actions == nil {
		f.Actions = []string{}
	}
	if f.Resources == nil {
		f.Resources = []string{}
	}
	r.spend(20 + f.size())
	r.findings = append(r.findings, f)
	r.meter.LimitCount(len(r.findings), r.maxFindings(), "findings")
}

// size estimates the memory of a finding, in units of a meter.
func (f *Finding) size() int {
	size := 2 * (len(f.Actions) + len(f.Resources) + len(f.Principals) + len(f.Trusted) + len(f.Limits))
	for _, p := range f.Message {
		size += 2*len(p.Names) + len(p.Words)/16
	}
	for _, step := range f.Path {
		size += 10 + 2*(len(step.Actions)+len(step.Resources)+4*len(step.Conditions))
	}
	return size
}
