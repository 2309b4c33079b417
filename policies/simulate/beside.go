// Policies of resources in the same template as who asks.

package simulate

import (
	"slices"

	"capaboot/policies/document"
)

// beside notes which policies of resources in the template decide otherwise, if
// the resource of the request is theirs. Which resource they are of is not always
// in the template, so the answer is then not certain.
func (s *Simulation) beside(policies Policies, request Request, o *Outcome) {
	if s.set == nil || s.holder == nil || request.Resource == "*" {
		return
	}
	request.Principal = s.caller(request.Resource)
	for _, h := range s.set.Principals {
		if h.Kind != document.PolicyKind || h.Of == "" {
			continue
		}
		for i := range h.Policies {
			p := &h.Policies[i]
			e := &evaluation{Request: request, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
			alone := Policies{Resource: p}
			s.meter.Spend(alone.weight())
			if len(e.judgeAll(alone)) == 0 {
				continue
			}
			with := policies
			with.Resource = p
			r := s.evaluate(with, request)
			if r.Decision == o.Decision && r.Unknown == o.Unknown && len(r.Conditional) == len(o.Conditional) {
				continue
			}
			what := string(r.Decision)
			if r.Decision == ImplicitDeny && len(r.Conditional) > 0 {
				what = "allowed under a condition"
			} else if r.Decision == ImplicitDeny && r.Unknown {
				what = "not known"
			}
			note := "the template has the policy " + p.Name + " (" + h.Of + "): if it is that of the resource, the answer is " + what
			if !slices.Contains(o.Notes, note) {
				o.Notes = append(o.Notes, note)
			}
			o.Unknown = true
		}
	}
}
