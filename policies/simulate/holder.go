// Who holds what: a role or user by its name, and the policies it has.

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// The kinds of holders that can ask.
const (
	Role = document.RoleKind
	User = document.UserKind
)

// FindHolder returns the role or user of a set with a name, a logical ID, or a
// name without the suffix that the configuration puts to all of them. of is how
// errors call the set.
func FindHolder(set *document.Set, of string, kind document.Kind, name string) (*document.Holder, error) {
	var exact, short []*document.Holder
	var names []string
	for _, h := range set.Principals {
		if h.Kind != kind {
			continue
		}
		before, _, _ := strings.Cut(h.Name, ".")
		switch {
		case h.Name == name || h.LogicalID == name:
			exact = append(exact, h)
		case before == name:
			short = append(short, h)
		}
		if strings.Contains(name, ".") {
			before = h.Name
		}
		if !slices.Contains(names, before) {
			names = append(names, before)
		}
	}
	found := exact
	if len(found) == 0 {
		found = short
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var places []string
		for _, h := range found {
			places = append(places, strings.TrimSpace(h.Name+" "+h.LogicalID+" "+h.File))
		}
		return nil, fmt.Errorf("%s has %d %ss that match %q: %s; use the full name or the logical ID", of, len(found), kind, name, strings.Join(places, ", "))
	case len(names) == 0:
		return nil, fmt.Errorf("%s has no %s", of, kind)
	}
	return nil, fmt.Errorf("%s has no %s %q%s", of, kind, name, nearword.Allowed(name, names))
}

// As makes the requests those of a role or user of a set.
func (s *Simulation) As(h *document.Holder, set *document.Set) {
	s.holder, s.set, s.Policies, s.template, s.allowed = h, set, policiesOf(h), templateNotes(set, h), allowedValues(set)
	s.guards, s.unread = guardsOf(set), isUnread(set)
	if h.Kind == document.UserKind {
		s.addKey("aws:username", h.Name)
	}
}

// AddPolicies makes the requests those of somebody with the policies of a set that
// has no roles and users. Those of resources count for the resource that they are
// of; documents by themselves are as [Simulation.AddPolicy] says.
func (s *Simulation) AddPolicies(set *document.Set) error {
	s.guards, s.unread = append(s.guards, guardsOf(set)...), s.unread || isUnread(set)
	s.Policies.ResourceAlone = len(s.Policies.Identity) == 0
	for _, h := range set.Principals {
		if isGuard(h) {
			continue
		}
		for _, p := range h.Policies {
			if h.LogicalID == "" {
				if err := s.AddPolicy(p); err != nil {
					return err
				}
				continue
			}
			s.Policies.Identity, s.Policies.ResourceAlone = append(s.Policies.Identity, p), false
		}
	}
	for _, note := range templateNotes(set, nil) {
		if !slices.Contains(s.template, note) {
			s.template = append(s.template, note)
		}
	}
	if s.allowed == nil {
		s.allowed = map[string][]string{}
	}
	maps.Copy(s.allowed, allowedValues(set))
	return nil
}

// AddPolicy makes the requests those of somebody with a policy, and maybe others. One
// with principals is the policy of the resource, such as a trust policy: there
// is one at most.
func (s *Simulation) AddPolicy(policy document.Policy) error {
	if slices.ContainsFunc(policy.Document.Statements, func(s document.Statement) bool {
		return len(s.Principals)+len(s.NotPrincipals) > 0
	}) {
		if s.Policies.Resource != nil {
			return fmt.Errorf("%s and %s both name principals, but a request has one resource with one policy: pass only one of them", s.Policies.Resource.Name, policy.Name)
		}
		s.Policies.Resource = &policy
	} else {
		s.Policies.Identity = append(s.Policies.Identity, policy)
	}
	s.Policies.ResourceAlone = len(s.Policies.Identity) == 0
	return nil
}

// Bound puts the requests within a permissions boundary.
func (s *Simulation) Bound(boundary document.Policy) {
	s.Policies.Boundary, s.Policies.UnknownBoundary = &boundary, false
}

// policiesOf are the policies of a role or user, with those of AWS.
func policiesOf(h *document.Holder) Policies {
	p := Policies{Identity: slices.Clone(h.Policies), UnknownBoundary: h.Boundary != "" && h.BoundaryPolicy == nil}
	if h.BoundaryPolicy != nil {
		p.Boundary = &document.Policy{Name: h.Boundary, Document: h.BoundaryPolicy}
	} else if known, ok := managed.Read(h.Boundary); ok {
		p.Boundary, p.UnknownBoundary = withoutPositions(known), false
	}
	for _, arn := range h.Attached {
		if known, ok := managed.Read(arn); ok {
			p.Identity = append(p.Identity, *withoutPositions(known))
		} else {
			p.Unknown = append(p.Unknown, arn)
		}
	}
	return p
}

// withoutPositions leaves out the lines of a policy of AWS: no one has the file.
func withoutPositions(p document.Policy) *document.Policy {
	doc := *p.Document
	doc.Statements = slices.Clone(doc.Statements)
	for i := range doc.Statements {
		doc.Statements[i].Line, doc.Statements[i].Column = 0, 0
	}
	p.Document = &doc
	return &p
}
