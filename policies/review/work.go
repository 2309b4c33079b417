// Limits on the work of a review. Every loop that can be longer than its input
// spends from one meter. A review that exceeds the meter returns an error, so
// it never looks like a review without findings. The limits of single rules
// (see budget and principalGrants.spend) only add a note that not everything
// was compared.

package review

import (
	"fmt"
	"strconv"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// maxFindingsOfOneFile limits the findings of a review of one file, before
// findings about one policy of several principals are merged. It is ten times
// as many as a reader could check. A review of several files may have one more
// finding for every bytesPerFinding bytes of the files other than the largest.
// A review with more findings is refused. For comparison, AWS managed policies
// have one finding per 350 bytes.
const (
	maxFindingsOfOneFile = 20_000
	bytesPerFinding      = 100
)

func (r *run) maxFindings() int {
	return maxFindingsOfOneFile + max(0, r.set.Bytes-r.set.Largest)/bytesPerFinding
}

func (r *run) spend(units int) { r.meter.Spend(units) }

// covers, coversResource and intersectsResource call the functions of package
// document and count their work.
func (r *run) covers(covering, covered string, fold bool) bool {
	r.spend(meter.PatternCost(covering, covered))
	return document.Covers(covering, covered, fold)
}

func (r *run) coversResource(covering, covered string) bool {
	r.spend(meter.PatternCost(covering, covered))
	return document.CoversResource(covering, covered)
}

func (r *run) intersectsResource(a, b string) bool {
	r.spend(meter.PatternCost(a, b))
	return document.IntersectsResource(a, b)
}

// weight is the number of texts in a statement, where long texts count several
// times. It is the work of a rule that checks each text.
func (s *statement) weight() int {
	if s.cachedWeight == 0 {
		s.cachedWeight = 1
		for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources, s.When} {
			for _, text := range list {
				s.cachedWeight += 1 + len(text)/64
			}
		}
		for _, list := range [][]document.Principal{s.Principals, s.NotPrincipals} {
			for _, principal := range list {
				s.cachedWeight += 1 + len(principal.ID)/64
			}
		}
		for _, c := range s.Conditions {
			s.cachedWeight += 2
			for _, value := range c.Values {
				s.cachedWeight += 1 + len(value)/64
			}
		}
	}
	return s.cachedWeight
}

func (p *policy) weight() int {
	if p.cachedWeight == 0 {
		p.cachedWeight = 1
		for _, s := range p.statements {
			p.cachedWeight += s.weight()
		}
	}
	return p.cachedWeight
}

// startPolicy and startSubject record which policy or principal the following
// work is about, for the error of the meter.
func (r *run) startPolicy(p *policy, rule string) {
	if p.label == "" {
		p.label = "policy " + p.name + " with " + strconv.Itoa(len(p.statements)) + " statements"
	}
	r.meter.At(p.label, rule)
}

func (r *run) startSubject(s *subject, rule string) {
	if s.Kind == document.PolicyKind && len(s.policies) == 1 {
		r.startPolicy(s.policies[0], rule)
		return
	}
	if s.label == "" {
		s.label = fmt.Sprintf("%s %s with %d policies", s.Kind, s.Name, len(s.policies))
	}
	r.meter.At(s.label, rule)
}

// matchWork is the work of finding the actions that a pattern matches.
func matchWork(pattern string) int {
	actions := 1
	if strings.ContainsAny(pattern, "*?") {
		prefix, _, _ := strings.Cut(pattern, ":")
		if s, ok := authz.ForPrefix(prefix); ok {
			actions = len(s.Actions)
		} else if isEveryAction(pattern) {
			actions = actionCountEstimate
		}
	}
	return 1 + actions*(2+len(pattern)/16)
}

// actionCountEstimate is the approximate number of actions of AWS. It is only
// used to count work.
const actionCountEstimate = 20_000
