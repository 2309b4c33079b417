// Policies of resources in the templates: that of the resource of a request counts;
// of the others, some may be of it.

package simulate

import (
	"slices"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// otherResources is a note on a request about a resource that no policy is of.
const otherResources = "the policies of resources here belong to other resources"

// isGuard reports whether a holder is the policy of a resource in a template.
func isGuard(h *document.Holder) bool {
	return h.Kind == document.PolicyKind && h.Of != "" && slices.ContainsFunc(h.Policies, func(p document.Policy) bool { return h.OfResource(p.Document) })
}

func guardsOf(set *document.Set) (all []*document.Holder) {
	for _, h := range set.Principals {
		if isGuard(h) {
			all = append(all, h)
		}
	}
	return all
}

// guard adds the policies that are of the resource of the request, and returns
// those that may be. The caller is then a principal of the template's account.
func (s *Simulation) guard(p *Policies, request *Request) (maybes []*document.Policy) {
	if len(s.guards) == 0 || request.Resource == "*" {
		return nil
	}
	for _, h := range s.guards {
		switch s.protects(h, *request) {
		case yes:
			for i := range h.Policies {
				if p.Resource == nil {
					p.Resource = &h.Policies[i]
				} else {
					p.ResourceToo = append(p.ResourceToo, h.Policies[i])
				}
			}
		case maybe:
			for i := range h.Policies {
				maybes = append(maybes, &h.Policies[i])
			}
		}
	}
	if s.holder == nil {
		if p.Resource == nil && len(maybes) == 1 && p.ResourceAlone {
			// It is what the question is about.
			p.Resource = maybes[0]
			return nil
		}
		return maybes
	}
	request.arns = s.arns(request.Resource)
	if p.Resource != nil {
		request.Principal, p.Together = s.caller(request.Resource), s.principal == nil
	}
	return maybes
}

// protects reports whether a policy is that of the resource of a request. Which one
// it is of is not always in the template.
func (s *Simulation) protects(h *document.Holder, request Request) truth {
	if h.Protects == nil {
		return maybe
	}
	result := no
	for _, pattern := range h.Protects {
		e := &evaluation{Request: request, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
		s.meter.Spend(1 + len(pattern)/16)
		text, certain, _ := e.resolve(pattern, false, true)
		if e.afford(text, request.Resource) && document.Match(text, plain.Get().Replace(request.Resource), false) {
			if certain {
				return yes
			}
			result = maybe
		}
	}
	return result
}

// arns are the ARNs of the roles and users of the set, by what stands for them in
// their template.
func (s *Simulation) arns(resource string) map[string]string {
	all := map[string]string{}
	a, _ := arn.Parse(s.caller(resource).ID)
	for _, h := range s.set.Principals {
		if h.LogicalID != "" && (h.Kind == document.RoleKind || h.Kind == document.UserKind) {
			all["${GetAtt:"+h.LogicalID+".Arn}"] = arn.IAM(a.Partition, a.Account, string(h.Kind)+"/"+h.Name).String()
		}
	}
	return all
}

// beside notes which of some policies decide otherwise if they are that of the
// resource of the request. The answer is then not certain.
func (s *Simulation) beside(policies Policies, request Request, maybes []*document.Policy, o *Outcome) {
	if len(maybes) == 0 {
		return
	}
	if s.holder != nil {
		request.Principal = s.caller(request.Resource)
		policies.Together = s.principal == nil
	}
	for _, p := range maybes {
		e := &evaluation{Request: request, together: policies.Together, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
		alone := Policies{Resource: p}
		s.meter.Spend(alone.weight())
		if len(e.judgeAll(alone)) == 0 {
			continue
		}
		with := policies
		if with.Resource == nil {
			with.Resource = p
		} else {
			with.ResourceToo = append(slices.Clip(with.ResourceToo), *p)
		}
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
		note := "the template has the policy " + p.Name + s.typeOf(p) + ": if it is the policy of the resource, the answer is " + what
		if !slices.Contains(o.Notes, note) {
			o.Notes = append(o.Notes, note)
		}
		o.Unknown = true
	}
}

// typeOf is the type of the resource of a policy, in brackets.
func (s *Simulation) typeOf(p *document.Policy) string {
	for _, h := range s.guards {
		if len(h.Policies) > 0 && &h.Policies[0] == p {
			return " (" + h.Of + ")"
		}
	}
	return ""
}
