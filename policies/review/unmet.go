// Statements with a condition that no request meets, because of its values. The rules
// in values.go report the values. Such a statement grants nothing now, but a correction
// of the values is likely, so findings about its grants remain, less severe.

package review

import (
	"slices"

	"capaboot/policies/document"
)

// maxUnmetSeverity is the highest severity of a finding about a grant whose condition
// is never met. It equals the severity of the rules that report such a condition.
const maxUnmetSeverity = Medium

// unmetKeys returns the keys of the conditions of a statement that no request meets.
func (r *run) unmetKeys(s *statement) []string {
	if !s.unmetKnown {
		s.unmetKnown = true
		for _, c := range s.Conditions {
			r.spend(1 + 20*len(c.Values))
			if isNeverMet(c) {
				s.cachedUnmet = append(s.cachedUnmet, c.Key)
			}
		}
		s.cachedUnmet = unique(s.cachedUnmet)
	}
	return s.cachedUnmet
}

// isNeverMet reports whether none of the values of a condition matches a request, and
// the condition does not hold without the key either.
func isNeverMet(condition document.Condition) bool {
	op, ok := document.ParseOperator(condition.Operator)
	c := comparison{condition, op}
	if !ok || len(c.Values) == 0 || hasUnknownPart(c.Key) || c.isNegated() || op.IfExists || op.Set == "ForAllValues" {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(value string) bool {
		return hasUnknownPart(value) || typeProblem(c, value)+shapeProblem(c, value)+addressProblem(c, value) == "" && !matchesNoRegion(c, value)
	})
}

// unmetKeys returns the keys of the conditions that no request meets, in the statement
// and the boundary of a grant.
func (g *grant) unmetKeys() []string {
	keys := slices.Clip(g.run.unmetKeys(g.statement))
	if g.boundary != nil {
		keys = append(keys, g.run.unmetKeys(g.boundary)...)
	}
	return keys
}

// unmetSentence returns the addition to a finding. consequence is a clause, such as
// "the statement grants nothing".
func unmetSentence(keys []string, consequence string) Sentence {
	return sentencef("; %s on %s never %s, so %s until %s corrected", PlainSentence(forCount(keys, "the condition", "the conditions")), nameList(keys), PlainSentence(forCount(keys, "holds", "hold")),
		PlainSentence(consequence), PlainSentence(forCount(keys, "the condition is", "the conditions are")))
}
