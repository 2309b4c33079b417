// Work: what a review may take. Every loop that can be longer than its input
// spends from one meter; a review that has used it up is refused, and never
// looks like one without findings. What a rule may compare besides (see budget,
// and climber.spend) only makes it say that it did not compare everything.

package review

import (
	"fmt"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxFindings is how many findings a review of one file has at most, before those
// of one policy of several principals are made one: no one reads a tenth. Of
// several files each has one more for each bytesAFinding; AWS's own policies have
// one for 350.
const (
	maxFindings   = 20_000
	bytesAFinding = 100
)

func (r *run) maxFindings() int {
	return maxFindings + max(0, r.set.Bytes-r.set.Largest)/bytesAFinding
}

// spend takes work off what the review may do.
func (r *run) spend(units int) { r.meter.Spend(units) }

// covers, intersects and coversResource are those of package document, counted.
func (r *run) covers(wide, narrow string, fold bool) bool {
	r.spend(meter.Patterns(wide, narrow))
	return document.Covers(wide, narrow, fold)
}

func (r *run) coversResource(wide, narrow string) bool {
	r.spend(meter.Patterns(wide, narrow))
	return document.CoversResource(wide, narrow)
}

func (r *run) intersectsResource(a, b string) bool {
	r.spend(meter.Patterns(a, b))
	return document.IntersectsResource(a, b)
}

// weight is how many texts a statement has, long ones counted several times:
// what a rule spends that looks at each.
func (s *statement) weight() int {
	if s.size == 0 {
		s.size = 1
		for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources, s.When} {
			for _, text := range list {
				s.size += 1 + len(text)/64
			}
		}
		for _, list := range [][]document.Principal{s.Principals, s.NotPrincipals} {
			for _, principal := range list {
				s.size += 1 + len(principal.ID)/64
			}
		}
		for _, c := range s.Conditions {
			s.size += 2
			for _, value := range c.Values {
				s.size += 1 + len(value)/64
			}
		}
	}
	return s.size
}

func (p *policy) weight() int {
	if p.size == 0 {
		p.size = 1
		for _, s := range p.statements {
			p.size += s.weight()
		}
	}
	return p.size
}

// atPolicy and atSubject say what the work from here on is about.
func (r *run) startPolicy(p *policy, rule string) {
	if p.label == "" {
		p.label = fmt.Sprintf("policy %s with %d statements", p.name, len(p.statements))
	}
	r.meter.At(p.label, rule)
}

func (r *run) startSubject(s *subject, rule string) {
	if s.Kind == document.PolicyKind && len(s.policies) == 1 {
		r.startPolicy(s.policies[0], rule)
		return
	}
	r.meter.At(fmt.Sprintf("%s %s with %d policies", s.Kind, s.Name, len(s.policies)), rule)
}

// matchWork is what it takes to find the actions of a pattern.
func matchWork(pattern string) int {
	actions := 1
	prefix, _, _ := strings.Cut(pattern, ":")
	if s, ok := authz.ForPrefix(prefix); ok && strings.ContainsAny(pattern, "*?") {
		actions = len(s.Actions)
	} else if pattern == "*" || pattern == "*:*" {
		actions = allActions
	}
	return 1 + actions*(2+len(pattern)/16)
}

// allActions is about how many actions AWS has; it is for counting work alone.
const allActions = 20_000
