// Resource policies in the templates. The policy of the requested resource is
// evaluated. If a policy may belong to the resource and would change the
// decision, the decision is unknown.

package simulate

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

// otherResourcesNote is the note for a request about a resource for which the input
// has no policy.
const otherResourcesNote = "the resource policies in the input belong to other resources"

// isResourcePolicy reports whether a holder is a resource policy in a template.
func isResourcePolicy(h *document.Holder) bool {
	return h.Kind == document.PolicyKind && h.ResourceType != "" && slices.ContainsFunc(h.Policies, func(p document.Policy) bool { return h.IsResourcePolicy(p.Document) })
}

func resourcePoliciesOf(set *document.Set) (all []*document.Holder) {
	for _, h := range set.Principals {
		if isResourcePolicy(h) {
			all = append(all, h)
		}
	}
	return all
}

// addResourcePolicies adds the policies of the requested resource to p, and
// returns the policies that may belong to the resource. If the caller is a role
// or user of the template and a policy was added, it also sets the caller in
// the request, and p.SameTemplate.
func (s *Simulation) addResourcePolicies(p *Policies, request *Request) (candidates []*document.Policy) {
	if len(s.resourcePolicies) == 0 || request.Resource == "*" {
		return nil
	}
	for _, h := range s.resourcePolicies {
		switch s.isPolicyOf(h, *request) {
		case yes:
			for i := range h.Policies {
				if p.Resource == nil {
					p.Resource = &h.Policies[i]
				} else {
					p.MoreResourcePolicies = append(p.MoreResourcePolicies, h.Policies[i])
				}
			}
		case maybe:
			for i := range h.Policies {
				candidates = append(candidates, &h.Policies[i])
			}
		}
	}
	if s.holder == nil {
		if p.Resource == nil && len(candidates) == 1 && p.ResourceAlone {
			// The policy is the whole input, so it must be the policy of the
			// resource.
			p.Resource = candidates[0]
			return nil
		}
		return candidates
	}
	if p.Resource != nil {
		request.Principal, p.SameTemplate = s.caller(request.Resource), s.principal == nil
	}
	return candidates
}

// isPolicyOf reports whether a policy belongs to the requested resource. The
// result is maybe if the template does not say which resource the policy
// belongs to, or if that depends on an unknown value.
func (s *Simulation) isPolicyOf(h *document.Holder, request Request) truth {
	if h.Protects == nil {
		return maybe
	}
	result := no
	for _, pattern := range h.Protects {
		e := &evaluation{Request: request, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
		s.meter.Spend(1 + len(pattern)/16)
		text, certain, _ := e.resolve(pattern, false, true)
		text = withoutOuterARN(text)
		if strings.Contains(text, "://") && strings.Contains(request.Resource, ":sqs:") {
			result = maybe // the URL of a queue, in place of its name
			continue
		}
		if request.resourceIsPattern {
			switch covers := document.Covers(text, request.Resource, false); {
			case covers && certain:
				return yes
			case covers || document.Intersects(text, request.Resource, false):
				result = maybe
			}
			continue
		}
		if e.canAfford(text, request.Resource) && document.Match(text, escapeWildcards.Get().Replace(request.Resource), false) {
			if certain {
				return yes
			}
			result = maybe
		}
	}
	return result
}

// withoutOuterARN returns the ARN inside an ARN pattern, or else the pattern. A pattern
// contains a second ARN if the value of a parameter is an ARN where package document
// expects a name.
func withoutOuterARN(pattern string) string {
	if i := max(strings.LastIndex(pattern, ":arn:"), strings.LastIndex(pattern, "/arn:")); i >= 0 {
		return pattern[i+1:]
	}
	return pattern
}

// noteOtherDecisions adds a note for each candidate that would change the
// decision if it were the policy of the resource. The outcome is then unknown.
func (s *Simulation) noteOtherDecisions(policies Policies, request Request, candidates []*document.Policy, o *Outcome) {
	if len(candidates) == 0 {
		return
	}
	if s.holder != nil {
		request.Principal = s.caller(request.Resource)
		policies.SameTemplate = s.principal == nil
	} else if s.principal != nil {
		request.Principal = *s.principal
	}
	for _, p := range candidates {
		e := &evaluation{Request: request, sameTemplate: policies.SameTemplate, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
		alone := Policies{Resource: p}
		s.meter.Spend(alone.weight())
		knowsCaller := s.holder != nil || s.principal != nil
		if knowsCaller && len(e.evaluateStatements(alone)) == 0 && !resourcePolicyRequired(request.Action) {
			continue
		}
		with := policies
		if with.Resource == nil {
			with.Resource = p
		} else {
			with.MoreResourcePolicies = append(slices.Clip(with.MoreResourcePolicies), *p)
		}
		r := s.decideAs(with, request)
		if r.Decision == o.Decision && r.Unknown == o.Unknown && sameConditionals(r.Conditional, o.Conditional) {
			continue
		}
		note := "the template has the policy " + p.Name + s.typeInParentheses(p) + ": if it is the policy of the resource, the decision is " + r.inWords()
		if !slices.Contains(o.Notes, note) {
			o.Notes = append(o.Notes, note)
		}
		o.Unknown = true
	}
}

// decideAs evaluates a request of the caller. If no caller is known and only
// the policy of the resource decides, it evaluates a request of each principal
// that the policy allows.
func (s *Simulation) decideAs(policies Policies, request Request) Outcome {
	if s.holder == nil && s.principal == nil && policies.ResourceAlone {
		return s.decideForAny(policies, request)
	}
	return outcomeOf(request, s.evaluateAllowedValues(policies, request))
}

// typeInParentheses returns the resource type of a policy in parentheses, or "".
func (s *Simulation) typeInParentheses(p *document.Policy) string {
	for _, h := range s.resourcePolicies {
		if len(h.Policies) > 0 && &h.Policies[0] == p {
			return " (" + h.ResourceType + ")"
		}
	}
	return ""
}
