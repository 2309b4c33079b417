// Finding a role or user by name, and collecting its policies.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// The kinds of holders that can make requests.
const (
	Role = document.RoleKind
	User = document.UserKind
)

// FindHolder returns a role or user of a set. name can be its name, path and name
// ("team/r"), ARN or logical ID, or its name without the prefix and the suffix that
// the configuration adds. If the name depends on template conditions, each of its
// values is accepted. setName is the name of the set in errors.
func FindHolder(set *document.Set, setName string, kind document.Kind, name string) (*document.Holder, error) {
	var exact, short, prefixed []*document.Holder
	var names []string
	for _, h := range set.Principals {
		if h.Kind != kind {
			continue
		}
		possible := h.PossibleNames
		if len(possible) == 0 {
			possible = []string{h.Name}
		}
		before := make([]string, len(possible))
		for i := range possible {
			before[i], _, _ = strings.Cut(possible[i], ".")
		}
		switch {
		case slices.Contains(possible, name) || h.LogicalID == name || hasPathAndName(h, name):
			exact = append(exact, h)
		case slices.Contains(before, name):
			short = append(short, h)
		case isNameOf(h, name) && slices.ContainsFunc(before, func(b string) bool { return strings.HasSuffix(b, name) }):
			prefixed = append(prefixed, h)
		}
		if strings.Contains(name, ".") {
			before = possible
		}
		names = union(names, before)
	}
	found := exact
	if len(found) == 0 {
		found = short
	}
	if len(found) == 0 {
		found = prefixed
	}
	found = withoutElsewhere(found)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var places []string
		for _, h := range found {
			places = append(places, strings.TrimSpace(h.Name+" "+h.LogicalID+" "+h.File))
		}
		return nil, fmt.Errorf("%s has %d %ss that match %q: %s; use the full name or the logical ID", setName, len(found), kind, name, strings.Join(places, ", "))
	}
	for _, p := range set.Absent {
		if before, _, _ := strings.Cut(p.Name, "."); p.Kind == kind && (p.Name == name || p.LogicalID == name || before == name) {
			return nil, fmt.Errorf("%s has no %s %q: the template creates the %s only under the condition %s, which is false", setName, kind, name, kind, p.When)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no %s", setName, kind)
	}
	return nil, fmt.Errorf("%s has no %s %q%s", setName, kind, name, nearword.Allowed(name, names))
}

// withoutElsewhere drops the roles and users that the set does not create, if all of
// found have the same name. If the set creates none of them, it returns only the first.
// The policies that other templates attach to the name make a decision unknown if they
// can change the decision. If the names differ, withoutElsewhere returns found
// unchanged.
func withoutElsewhere(found []*document.Holder) []*document.Holder {
	if slices.ContainsFunc(found, func(h *document.Holder) bool { return h.Name != found[0].Name }) {
		return found
	}
	created := slices.DeleteFunc(slices.Clone(found), (*document.Holder).IsElsewhere)
	if len(created) == 0 {
		return found[:min(len(found), 1)]
	}
	return created
}

// Names returns the names of the roles or users of a set, each without what
// follows its first dot.
func Names(set *document.Set, kind document.Kind) []string {
	var names []string
	for _, h := range set.Principals {
		if name, _, _ := strings.Cut(h.Name, "."); h.Kind == kind {
			names = union(names, []string{name})
		}
	}
	return names
}

// isNameOf reports whether a text is the name that CAPA gives a role or user, such
// as "control-plane" for AWSIAMRoleControlPlane. Only the whole name counts:
// "controlplane" is not the role "eks-controlplane".
func isNameOf(h *document.Holder, text string) bool {
	return strings.EqualFold(h.LogicalID, "AWSIAM"+string(h.Kind)+strings.ReplaceAll(text, "-", ""))
}

// hasPathAndName reports whether a text has the path and the name of a role or
// user ("team/r"), or is its ARN.
func hasPathAndName(h *document.Holder, text string) bool {
	path, isPath := strings.CutPrefix(text, "/")
	if a, isARN := arn.Parse(text); isARN {
		path, isPath = strings.CutPrefix(a.Resource, string(h.Kind)+"/")
		if !isPath || a.Service != "iam" {
			return false
		}
	}
	isPath = isPath || strings.Contains(path, "/")
	return isPath && !h.IsElsewhere() && "/"+path == h.IAMPath()+h.Name || isPath && h.IsElsewhere() && strings.HasSuffix("/"+path, "/"+h.Name)
}

// SetHolder makes h, a role or user of the set, the simulated one: its policies
// are evaluated, and it is the caller unless [Simulation.SetCaller] sets
// another. The policies of h replace those that were added before.
func (s *Simulation) SetHolder(h *document.Holder, set *document.Set) {
	s.holder, s.set, s.Policies, s.notesOnTemplates, s.allowedValues = h, set, policiesOf(h), templateNotes(set, h), allowedValues(set, h)
	s.resourcePolicies, s.hasUnreadGrants, s.fromSSM = resourcePoliciesOf(set), hasUnreadGrants(set, h), set.FromSSM
	for i, policy := range s.resourcePolicies {
		s.resourcePolicies[i] = set.SeenFrom(h.File, policy)
	}
	s.known, s.possible, s.sameNames, s.withConditions = nil, nil, nil, nil
	s.inputs = []input{{holder: h, set: set}}
	s.addConditionalSet(set)
}

// AddPolicies adds the policies of a set without roles and users to the
// caller's policies. A resource policy applies only to the resource that it
// protects. A document that is not in a template is added as in
// [Simulation.AddPolicy].
func (s *Simulation) AddPolicies(set *document.Set) error {
	s.inputs = append(s.inputs, input{set: set})
	s.resourcePolicies, s.hasUnreadGrants = append(s.resourcePolicies, resourcePoliciesOf(set)...), s.hasUnreadGrants || hasUnreadGrants(set, nil)
	s.fromSSM = append(s.fromSSM, set.FromSSM...)
	s.Policies.ResourceAlone = len(s.Policies.Identity) == 0
	for _, h := range set.Principals {
		if isResourcePolicy(h) {
			continue
		}
		for _, p := range h.Policies {
			if h.LogicalID == "" {
				if err := s.addPolicy(p); err != nil {
					return err
				}
				continue
			}
			s.Policies.Identity, s.Policies.ResourceAlone = append(s.Policies.Identity, p), false
		}
	}
	for _, note := range templateNotes(set, nil) {
		if !slices.Contains(s.notesOnTemplates, note) {
			s.notesOnTemplates = append(s.notesOnTemplates, note)
		}
	}
	if s.allowedValues == nil {
		s.allowedValues = map[string][]string{}
	}
	addAllowedValues(s.allowedValues, allowedValues(set, nil))
	s.addConditionalSet(set)
	return nil
}

// AddPolicy adds a policy to the caller's policies. A policy that names
// principals, such as a trust policy, becomes the policy of the resource
// instead; a simulation can have only one.
func (s *Simulation) AddPolicy(policy document.Policy) error {
	s.inputs = append(s.inputs, input{policy: &policy})
	return s.addPolicy(policy)
}

func (s *Simulation) addPolicy(policy document.Policy) error {
	if slices.ContainsFunc(policy.Document.Statements, func(s document.Statement) bool {
		return len(s.Principals)+len(s.NotPrincipals) > 0
	}) {
		if s.Policies.Resource != nil {
			return fmt.Errorf("%s and %s both name principals, but a request has one resource with one policy: pass only one of the two policies", s.Policies.Resource.Name, policy.Name)
		}
		s.Policies.Resource = &policy
	} else {
		s.Policies.Identity = append(s.Policies.Identity, policy)
	}
	s.Policies.ResourceAlone = len(s.Policies.Identity) == 0
	return nil
}

// SetBoundary sets the permissions boundary of the caller.
func (s *Simulation) SetBoundary(boundary document.Policy) {
	s.inputs = append(s.inputs, input{boundary: &boundary})
	s.Policies.Boundary, s.Policies.UnknownBoundary = &boundary, false
}
