// Policies that may belong to the caller: a template attaches them to a role,
// user or group that it does not create, and the name may be that of the
// simulated role or user, or of one of its groups. If such a policy would change
// the decision, the decision is unknown.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// possiblePolicy is a policy that may belong to the caller.
type possiblePolicy struct {
	policy *document.Policy // nil if the content is unknown
	name   string
	// claim is the beginning of a note. It names the role, user or group that has
	// the policy, and the caller or the caller's group that may be the same.
	// parameters has the parameters that decide whether the two are the same.
	claim      string
	parameters []string
}

// possiblePolicies returns the policies that may belong to the simulated role or
// user, and are not among its own policies.
func (s *Simulation) possiblePolicies() []possiblePolicy {
	if s.possible != nil {
		return s.possible
	}
	s.possible = []possiblePolicy{}
	s.meter.Spend(1 + len(s.set.Principals))
	groups := s.groupsOf(s.holder)
	for _, other := range s.set.Principals {
		if other == s.holder || other.Kind != s.holder.Kind || !s.mayBeSame(other, s.holder) {
			continue
		}
		s.addPossible(other, s.holder)
		groups = append(groups, s.groupsOf(other)...)
		for _, group := range s.set.GroupsElsewhere(other) {
			s.possible = append(s.possible, s.possibleFrom(other, s.holder, nil, group, "the policies of the group "+group+" belong to"))
		}
	}
	for _, other := range s.set.Principals {
		if other.Kind != document.GroupKind || slices.Contains(groups, other) {
			continue
		}
		if i := slices.IndexFunc(groups, func(g *document.Holder) bool { return s.mayBeSame(other, g) }); i >= 0 {
			s.addPossible(other, groups[i])
		}
	}
	return s.possible
}

// addPossible adds the policies of a role, user or group that may be the same as h.
func (s *Simulation) addPossible(other, h *document.Holder) {
	p := policiesOf(s.set.SeenFrom(s.holder.File, other))
	for i := range p.Identity {
		name := p.Identity[i].Name
		s.possible = append(s.possible, s.possibleFrom(other, h, &p.Identity[i], name, "the policy "+name+" belongs to"))
	}
	for _, name := range p.UnknownIdentity {
		s.possible = append(s.possible, s.possibleFrom(other, h, nil, name, "the policy "+name+" belongs to"))
	}
}

func (s *Simulation) possibleFrom(other, h *document.Holder, policy *document.Policy, name, belongs string) possiblePolicy {
	owner, same := string(other.Kind)+" "+other.Name, string(h.Kind)+" "+h.Name
	if other.File != h.File {
		owner, same = owner+" of "+other.File, same+" of "+h.File
	}
	one := possiblePolicy{policy: policy, name: name, claim: belongs + " the " + owner + ": if that is the " + same}
	for _, part := range intrinsics(other.Name) {
		parameter := strings.TrimSuffix(strings.TrimPrefix(part, "${Ref:"), "}")
		if slices.Contains(s.set.Parameters, parameter) && !slices.Contains(s.fromSSM, parameter) {
			one.parameters = append(one.parameters, parameter)
		}
	}
	return one
}

// groupsOf returns the groups of a user, from the user's own file.
func (s *Simulation) groupsOf(h *document.Holder) (all []*document.Holder) {
	for _, name := range h.Groups {
		for _, g := range s.set.Principals {
			if g.Kind == document.GroupKind && g.Name == name && g.File == h.File {
				all = append(all, g)
			}
		}
	}
	return all
}

// mayBeSame reports whether a role, user or group that a template names but does
// not create (other) may be h: whether their names can be equal at deployment.
// In one template, a part that both names share, such as ${Ref:Prefix}, has the
// same value in both, so mayBeSame compares only the other parts.
func (s *Simulation) mayBeSame(other, h *document.Holder) bool {
	if !other.IsElsewhere() || h.ResourceType != "" {
		return false // IAM Identity Center alone attaches policies to the role of a permission set
	}
	sameFile := other.File == h.File
	names := h.PossibleNames
	if len(names) == 0 {
		names = []string{h.IAMName()}
	}
	for _, name := range names {
		a, b := other.Name, name
		if sameFile {
			if h.HasGeneratedName && !slices.ContainsFunc(intrinsics(a), func(part string) bool { return !strings.HasPrefix(part, "${AWS::") }) {
				continue // a generated name has a random part, which no pseudo parameter has
			}
			a, b = withoutCommonParts(a, b)
		}
		x, y := s.namePattern(a, ""), s.namePattern(b, h.LogicalID)
		s.meter.Spend(1 + (len(x)+1)*(len(y)+1)/64)
		if document.Intersects(x, y, true) { // names that differ only in case are the same in IAM
			return true
		}
	}
	return false
}

// namePattern returns a pattern for the names that a name of the template can
// become at deployment. A reference to the resource with the ID stands for a
// name that AWS generates.
func (s *Simulation) namePattern(name, id string) string {
	e := &evaluation{Request: Request{Parameters: s.givenParameters()}, notes: map[string]bool{}, meter: s.meter}
	if id != "" {
		e.identities = func() map[string]string { return map[string]string{"Ref:" + id: "${Ref:" + id + "}"} }
	}
	pattern, _, _ := e.resolve(name, false, false)
	return pattern
}

// withoutCommonParts removes the common beginning and the common end of two
// texts of one template.
func withoutCommonParts(a, b string) (restA, restB string) {
	x, y := splitIntrinsics(a), splitIntrinsics(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return strings.Join(x, ""), strings.Join(y, "")
}

// splitIntrinsics splits a text into its intrinsic functions and the characters
// between them.
func splitIntrinsics(text string) (parts []string) {
	rest := text
	for _, function := range intrinsics(text) {
		before, after, _ := strings.Cut(rest, function)
		parts, rest = append(append(parts, strings.Split(before, "")...), function), after
	}
	return append(parts, strings.Split(rest, "")...)
}

// notePossiblePolicies adds a note for each policy that may belong to the caller and
// would change the decision, and returns these notes without their remedies. The
// outcome is then unknown.
func (s *Simulation) notePossiblePolicies(action, resource string, o *Outcome) (notes []string) {
	if s.holder == nil || o.Decision == ExplicitDeny || o.isRefused {
		return nil
	}
	wasUnknown := o.Unknown
	e := &evaluation{Request: Request{Action: action, Resource: "*", Parameters: s.givenParameters()}, notes: map[string]bool{}, missing: map[string]bool{}, work: maxWork, meter: s.meter}
	for _, p := range s.possiblePolicies() {
		with := *s
		if p.policy == nil {
			with.Policies.UnknownIdentity = append(slices.Clip(s.Policies.UnknownIdentity), p.name)
		} else {
			s.meter.Spend(1 + len(p.policy.Document.Statements))
			if !slices.ContainsFunc(p.policy.Document.Statements, func(one document.Statement) bool { return e.matchAction(&one) != no }) {
				continue
			}
			with.Policies.Identity = append(slices.Clip(s.Policies.Identity), *p.policy)
		}
		found := with.decide(action, resource)
		with.noteWithoutResource(action, &found)
		if found.Decision == o.Decision && (found.Unknown == wasUnknown || wasUnknown) && sameConditionals(found.Conditional, o.Conditional) {
			continue
		}
		note := p.claim + ", the decision is " + found.inWords()
		o.Unknown = true
		if slices.Contains(notes, note) {
			continue
		}
		s.meter.Spend(noteCost(note))
		notes = append(notes, note)
		if len(p.parameters) == 1 {
			note += fmt.Sprintf("; pass the value with --parameter %s=VALUE", p.parameters[0])
		}
		o.Notes = append(o.Notes, note)
	}
	return notes
}
