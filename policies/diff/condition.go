// Compares conditions: whether one statement applies whenever another one does.

package diff

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

type normalizedCondition struct {
	op     document.Operator
	key    string
	values []string
}

// normalize returns the conditions of a statement in a form in which equal
// conditions have equal texts: operators in IAM's spelling, keys in lower case
// (IAM ignores their case), values sorted.
func normalize(conditions []document.Condition, text func(string) string) []normalizedCondition {
	all := make([]normalizedCondition, 0, len(conditions))
	for _, c := range conditions {
		op, _ := document.ParseOperator(c.Operator)
		n := normalizedCondition{op: op, key: strings.ToLower(c.Key)}
		for _, v := range c.Values {
			n.values = append(n.values, text(canonicalValue(op.Name, v)))
		}
		n.op.Name = canonicalOperator(n)
		slices.Sort(n.values)
		n.values = slices.Compact(n.values)
		all = append(all, n)
	}
	return withoutUnneeded(all)
}

// isNegated reports whether the condition holds only if none of its values matches, so
// a further value makes the condition stricter. Source: IAM User Guide, "Conditions
// with multiple context keys or values", "Evaluation logic for negated matching
// condition operators".
func (c normalizedCondition) isNegated() bool { return strings.Contains(c.op.Name, "Not") }

// canonicalOperator returns one name for operators with the same effect.
// ArnEquals and ArnLike are the same, and StringLike without a wildcard is
// StringEquals. A value that is known only at deployment may have wildcards.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// "Amazon Resource Name (ARN) condition operators" and "String condition
// operators".
func canonicalOperator(c normalizedCondition) string {
	switch c.op.Name {
	case "ArnEquals":
		return "ArnLike"
	case "ArnNotEquals":
		return "ArnNotLike"
	case "StringLike", "StringNotLike":
		if !slices.ContainsFunc(c.values, func(v string) bool { return strings.ContainsAny(v, "*?") || strings.Contains(v, "${") }) {
			return strings.Replace(c.op.Name, "Like", "Equals", 1)
		}
	}
	return c.op.Name
}

// implies reports whether other holds whenever c does.
func (c normalizedCondition) implies(other normalizedCondition) bool {
	if c.key != other.key {
		return false
	}
	if other.requiresKey() && c.failsWithoutKey() {
		return true
	}
	if c.op.Set != other.op.Set || c.isNegated() != other.isNegated() || c.op.IfExists && !other.op.IfExists {
		return false
	}
	// A negated condition holds for what its values exclude. So c must exclude at least
	// the values that other excludes.
	narrower, wider := c, other
	if c.isNegated() {
		narrower, wider = other, c
	}
	operator := strings.Replace(wider.op.Name, "Not", "", 1)
	isLike := operator == "StringLike" && strings.Replace(narrower.op.Name, "Not", "", 1) == "StringEquals"
	if narrower.op.Name != wider.op.Name && !isLike {
		return false
	}
	return allCovered(narrower.values, wider.values, valueCovers(operator))
}

// coversARN reports whether an ARN pattern of a condition covers another one.
// IAM compares their six parts separately, so a wildcard does not match the
// colon between two parts. A pattern with fewer parts covers only itself.
func coversARN(covering, covered string) bool {
	w, n := arn.ParsePattern(covering), arn.ParsePattern(covered)
	if covering == covered || w.Parts < 6 || n.Parts < 6 {
		return covering == covered
	}
	parts := n.Fields()
	for i, part := range w.Fields() {
		if !document.Covers(part, parts[i], false) {
			return false
		}
	}
	return true
}

// maxParts limits the parts into which a statement is split. A condition whose values
// would exceed the limit is not split.
const maxParts = 256

// split returns statements that together apply when this one does: one for each
// combination of its condition values and of the template conditions of the
// principal. They are compared one by one if no single statement covers the
// whole, because several statements may cover it together. It returns only s
// itself if there is nothing to split, and none if s cannot exist.
func (s *statement) split() []*statement {
	all := []*statement{s}
	for i, c := range s.conditions {
		// Negated operators and ForAllValues combine their values into a single
		// requirement, which cannot be split.
		if c.isNegated() || c.op.Set == "ForAllValues" || len(c.values) < 2 || len(c.values)*len(all) > maxParts {
			continue
		}
		var next []*statement
		for _, part := range all {
			for _, value := range c.values {
				single := *part
				single.conditions = slices.Clone(part.conditions)
				single.conditions[i].values = []string{value}
				single.conditions[i].op.Name = canonicalOperator(single.conditions[i])
				next = append(next, &single)
			}
		}
		all = next
	}
	return s.splitByBranches(all)
}

// hasNew reports whether part of an entry is new, according to isNew for whole
// statements. If the statement can be split and none of its parts is new, the
// entry is not new.
func (c *coverage) hasNew(isNew func(*coverage, entry) bool, e entry) bool {
	if !isNew(c, e) {
		return false
	}
	if c.parts == nil {
		c.parts = []*coverage{}
		for _, part := range c.statement.split() {
			if part == c.statement {
				c.parts = append(c.parts, c)
				continue
			}
			c.parts = append(c.parts, newCoverage(part))
		}
	}
	return slices.ContainsFunc(c.parts, func(part *coverage) bool { return isNew(part, e) })
}

// allCovered reports whether each covered value is covered by one of the covering
// values. If the lists are too long to compare value by value, it reports only
// whether they are equal.
func allCovered(covered, covering []string, covers func(covering, covered string) bool) bool {
	if slices.Equal(covered, covering) {
		return true
	}
	if len(covered)*len(covering) > maxPairs {
		return false
	}
	for _, n := range covered {
		if !slices.ContainsFunc(covering, func(w string) bool { return covers(w, n) }) {
			return false
		}
	}
	return true
}

// isWider reports whether the conditions in covering certainly hold whenever
// those in covered do. It returns false for lists that are too long to compare.
func isWider(covering, covered []normalizedCondition) bool {
	if len(covering)*len(covered) > maxPairs {
		return false
	}
	for _, w := range covering {
		if !slices.ContainsFunc(covered, func(n normalizedCondition) bool { return n.implies(w) }) {
			return false
		}
	}
	return true
}
