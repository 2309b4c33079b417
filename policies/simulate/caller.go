// The caller: the condition keys that follow from it, and the roles that it
// assumes.

package simulate

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// SetCaller makes p the caller, for policies that name principals. It adds the
// condition keys that follow from the ARN of p, unless the context has them
// already.
func (s *Simulation) SetCaller(p document.Principal) {
	s.principal = &p
	s.addPrincipalKeys(p)
}

// addPrincipalKeys adds the condition keys that follow from the ARN of a
// principal. For a role session it leaves out aws:PrincipalArn, because the
// value of that key has the path of the role, which the ARN of a session lacks.
// Source: IAM User Guide, "AWS global condition context keys", "Properties of
// the principal".
func (s *Simulation) addPrincipalKeys(p document.Principal) {
	a, _ := arn.Parse(p.ID)
	if p.Kind != "AWS" || a.Parts < 6 {
		return
	}
	if a.Account != "" {
		s.addKey("aws:principalaccount", a.Account)
	}
	if a.Service == "iam" {
		s.addKey("aws:principalarn", p.ID)
	}
	if a.Service == "iam" && a.Kind() == "user" && a.Name() != "" {
		s.addKey("aws:username", a.Name())
	}
}

// addKey adds a key to the context if it is missing.
func (s *Simulation) addKey(key, value string) {
	if s.context[key] != nil {
		return
	}
	if s.context == nil {
		s.context = map[string][]string{}
	}
	s.context[key] = []string{value}
}

// contextOfCaller returns the condition keys of a request. If the caller is the
// simulated role or user, they include its [Simulation.callerKeys]. If the caller was
// also given with SetCaller, which adds the keys of its ARN, only the tags are added.
func (s *Simulation) contextOfCaller() map[string][]string {
	if s.holder == nil || s.principal != nil && !s.isHolder(s.principal.ID) {
		return s.context
	}
	all := maps.Clone(s.context)
	if all == nil {
		all = map[string][]string{}
	}
	keys, _ := s.principalTags()
	if s.principal == nil {
		keys = s.callerKeys()
	}
	for key, value := range keys {
		if all[key] == nil {
			all[key] = []string{value}
		}
	}
	return all
}

func trustPolicy(h *document.Holder) *document.Policy {
	return &document.Policy{Name: "the trust policy of " + h.Name, Document: h.Trust}
}

// callers returns the principals for which a resource policy is evaluated: the
// caller that [Simulation.SetCaller] set, or else every principal that the
// policy allows, or everyone if it allows none.
func (s *Simulation) callers(policies Policies) []document.Principal {
	if s.principal != nil {
		return []document.Principal{*s.principal}
	}
	var all []document.Principal
	for _, policy := range append([]document.Policy{*policies.Resource}, policies.MoreResourcePolicies...) {
		doc := policy.Document
		if doc == nil {
			continue
		}
		for _, statement := range doc.Statements {
			for _, p := range statement.Principals {
				if statement.Effect == document.Allow && !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	if len(all) == 0 {
		return []document.Principal{{Kind: "AWS", ID: "*"}}
	}
	return all
}

// asksWhoAssumes reports whether a request is about who may assume the
// simulated role: no resource policy is given, and the resource is that role or
// "*".
func (s *Simulation) asksWhoAssumes(action, resource string) bool {
	if !authz.AssumesRole(action) || s.Policies.Resource != nil || s.holder == nil || s.holder.Kind != document.RoleKind {
		return false
	}
	role, _ := s.rolesOf(resource)
	return resource == "*" || role == s.holder
}

// noteAssumedAccount adds a note if only the resource of the request says in which
// account the role of the template is, because a role of the same name in another
// account can have a different trust policy.
func (s *Simulation) noteAssumedAccount(o *Outcome) {
	if id := account(o.Resource); id != "" && s.Parameters["AWS::AccountId"] == "" {
		o.Notes = append(o.Notes, "the role is assumed to be that of the template: the value of AWS::AccountId is not given, and the resource is in account "+id)
	}
}

// rolesOf returns the role of the set that has an ARN, or nil. If several roles
// have the ARN, it returns the simulated role, if that is one of them. If role
// is nil, possible has the roles that may have the ARN: several roles have it,
// or their names or paths are known only at deployment.
func (s *Simulation) rolesOf(resource string) (role *document.Holder, possible []*document.Holder) {
	a := arn.ParsePattern(resource)
	if s.set == nil || a.Service != "iam" || a.Kind() != "role" {
		return nil, nil
	}
	if account := s.Parameters["AWS::AccountId"]; account != "" && account != a.Account {
		return nil, nil
	}
	pathAndName := strings.TrimPrefix(a.Resource, "role")
	e := &evaluation{Request: Request{Resource: resource, Parameters: s.givenParameters(), identities: s.identities}, notes: map[string]bool{}, meter: s.meter}
	s.meter.Spend(1 + len(s.set.Principals))
	var found []*document.Holder
	for _, h := range s.set.Principals {
		if h.Kind != document.RoleKind {
			continue
		}
		own := h.IAMPath() + h.IAMName()
		pattern, certain, _ := e.resolve(own, false, false)
		switch {
		case certain && pattern == pathAndName, own == pathAndName:
			found = append(found, h)
		case hasIntrinsic(pathAndName): // the ARN of another role, see resourceOf
		case !certain && document.Match(pattern, escapeWildcards.Get().Replace(pathAndName), false):
			possible = append(possible, h)
		}
	}
	switch {
	case slices.Contains(found, s.holder):
		return s.holder, nil
	case len(found) == 1:
		return found[0], nil
	}
	return nil, append(found, possible...)
}
