// The caller: the condition keys that follow from it, and the roles that it
// assumes.

package simulate

import (
	"slices"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// SetCaller makes p the caller, for policies that name principals. It adds the
// condition keys that every request of p has, unless the context has them
// already.
func (s *Simulation) SetCaller(p document.Principal) {
	s.principal = &p
	s.addPrincipalKeys(p)
}

// addPrincipalKeys adds the condition keys that every request of a principal
// has. For a role session it leaves out the keys that depend on the path of the
// role. Source: IAM User Guide, "AWS global condition context keys",
// "Properties of the principal".
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

// trustPolicy returns the trust policy of a role.
func trustPolicy(h *document.Holder) *document.Policy {
	return &document.Policy{Name: "the trust policy of " + h.Name, Document: h.Trust}
}

// callers returns the principals for which a resource policy is evaluated: the
// caller if it is known, or else every principal that the policy allows, or
// everyone if it allows none.
func (s *Simulation) callers(policies Policies) []document.Principal {
	if s.principal != nil {
		return []document.Principal{*s.principal}
	}
	var all []document.Principal
	for _, policy := range append([]document.Policy{*policies.Resource}, policies.MoreResource...) {
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
	return authz.AssumesRole(action) && s.Policies.Resource == nil && s.holder != nil && s.holder.Kind == document.RoleKind &&
		(resource == "*" || s.roleOf(resource) == s.holder)
}

// roleOf returns the role of the set that has the name in the ARN, or nil.
func (s *Simulation) roleOf(resource string) *document.Holder {
	a, ok := arn.Parse(resource)
	if s.set == nil || !ok || a.Service != "iam" || a.Kind() != "role" {
		return nil
	}
	for _, h := range s.set.Principals {
		if h.Kind == document.RoleKind && h.Name == a.Name() {
			return h
		}
	}
	return nil
}

// caller returns the principal that was given as the caller or, if none was
// given, the simulated role or user as a principal in the account of the
// resource.
func (s *Simulation) caller(resource string) document.Principal {
	if s.principal != nil {
		return *s.principal
	}
	a, _ := arn.Parse(resource)
	return document.Principal{Kind: "AWS", ID: arn.IAM(a.Partition, a.Account, string(s.holder.Kind)+"/"+s.holder.Name).String()}
}
