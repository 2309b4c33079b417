// Several inline policies of one name: a role or user has one policy of each name, so
// the last one that is written replaces the others. A template does not say which one is
// the last. If one of them alone leads to another decision, the decision is unknown.
//
// Source: IAM API Reference, "PutRolePolicy": it adds or updates the policy.

package simulate

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// noteSameNames adds a note for each inline policy whose name another one has, if the
// decision without the others would be another. The outcome is then unknown.
func (s *Simulation) noteSameNames(action, resource string, o *Outcome) {
	if s.holder == nil || o.isRefused {
		return
	}
	own := s.Policies.Identity
	s.meter.Spend(1 + len(own)*len(own)/16)
	for i := range own {
		replaced := make([]bool, len(own))
		for k := range own {
			replaced[k] = k != i && s.replaces(&own[i], &own[k])
		}
		if !slices.Contains(replaced, true) {
			continue
		}
		with := *s
		with.Policies.Identity = nil
		for k := range own {
			if !replaced[k] {
				with.Policies.Identity = append(with.Policies.Identity, own[k])
			}
		}
		found := with.decide(action, resource)
		with.noteWithoutResource(action, &found)
		if found.Decision == o.Decision && (found.Unknown == o.Unknown || o.Unknown) && sameConditionals(found.Conditional, o.Conditional) {
			continue
		}
		note := fmt.Sprintf("the %s %s has several inline policies with the name %s, and the last one that is written replaces the others: if that is the policy on line %d, the decision is %s",
			s.holder.Kind, s.holder.Name, own[i].Name, own[i].Document.Line, found.inWords())
		if o.Unknown = true; !slices.Contains(o.Notes, note) {
			s.meter.Spend(noteCost(note))
			o.Notes = append(o.Notes, note)
		}
	}
}

// replaces reports whether two inline policies have one name and can exist together. A
// text with a space is not the name of a policy in IAM: it describes a policy that SAM
// or IAM Identity Center names, or the policy of a group.
func (s *Simulation) replaces(a, b *document.Policy) bool {
	if !a.Inline || !b.Inline || a.Name == "" || strings.Contains(a.Name, " ") || !strings.EqualFold(a.Name, b.Name) {
		return false
	}
	when := func(p *document.Policy) [][]string {
		all := [][]string{}
		for i := range p.Document.Statements {
			all = append(all, p.Document.Statements[i].When)
		}
		return all
	}
	return slices.ContainsFunc(when(a), func(x []string) bool {
		return slices.ContainsFunc(when(b), func(y []string) bool {
			both, consistent := document.Together(x, y...)
			return consistent && s.set.Possible(both)
		})
	})
}
