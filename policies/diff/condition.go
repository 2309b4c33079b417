// Conditions: when one statement applies at least where another one does.

package diff

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// condition is a condition in a form that can be compared.
type condition struct {
	op     document.Operator
	key    string
	values []string
}

// normal returns the conditions of a statement in a form in which equal ones
// look equal: operators in IAM's spelling, keys in lower case (IAM does not
// tell their case apart), values sorted.
func normal(conditions []document.Condition, text func(string) string) []condition {
	all := make([]condition, 0, len(conditions))
	for _, c := range conditions {
		op, _ := document.ParseOperator(c.Operator)
		n := condition{op: op, key: strings.ToLower(c.Key)}
		for _, v := range c.Values {
			switch op.Name {
			case "Bool", "Null", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
				if !strings.Contains(v, "${") {
					v = strings.ToLower(v)
				}
			}
			n.values = append(n.values, text(v))
		}
		n.op.Name = sameAs(n)
		slices.Sort(n.values)
		n.values = slices.Compact(n.values)
		all = append(all, n)
	}
	return all
}

// negative reports whether more values make the condition narrower: no value
// may match. Source: IAM User Guide, "Conditions with multiple context keys or
// values", "Evaluation logic for negated matching condition operators".
func (c condition) negative() bool { return strings.Contains(c.op.Name, "Not") }

// sameAs returns the operator that a condition has in the form that is compared.
// The operators on ARNs are two names for the same, and StringLike without a
// wildcard is StringEquals. What is known at deployment only may have wildcards.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators",
// "Amazon Resource Name (ARN) condition operators" and "String condition
// operators".
func sameAs(c condition) string {
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
func (c condition) implies(other condition) bool {
	like := c.op.Name == "StringEquals" && other.op.Name == "StringLike"
	if c.op.Set != other.op.Set || c.op.Name != other.op.Name && !like || c.key != other.key || c.op.IfExists && !other.op.IfExists {
		return false
	}
	if c.negative() {
		return subset(other.values, c.values, func(a, b string) bool { return a == b })
	}
	same := func(wide, narrow string) bool { return wide == narrow }
	switch other.op.Name {
	case "StringLike":
		same = func(wide, narrow string) bool { return document.Covers(wide, narrow, false) }
	case "ArnLike":
		same = coversARN
	}
	return subset(c.values, other.values, same)
}

// coversARN reports whether an ARN pattern of a condition covers another one:
// these are compared part by part, so no wildcard reaches over a colon.
func coversARN(wide, narrow string) bool {
	w, n := arn.ParsePattern(wide), arn.ParsePattern(narrow)
	if wide == narrow || w.Parts < 6 || n.Parts < 6 {
		return wide == narrow
	}
	parts := n.Fields()
	for i, part := range w.Fields() {
		if !document.Covers(part, parts[i], false) {
			return false
		}
	}
	return true
}

// maxParts is into how many parts a statement is split at most.
const maxParts = 256

// split returns statements that together apply where this one does: one for
// each combination of the values of its conditions. They are compared one by
// one when no statement covers the whole, which may be spread over several;
// nil when there is nothing to split.
func (s *statement) split() []*statement {
	all := []*statement{s}
	for i, c := range s.conditions {
		// That no value may match is one demand, and so is that all must.
		if c.negative() || c.op.Set == "ForAllValues" || len(c.values) < 2 || len(c.values)*len(all) > maxParts {
			continue
		}
		var next []*statement
		for _, part := range all {
			for _, value := range c.values {
				one := *part
				one.conditions = slices.Clone(part.conditions)
				one.conditions[i].values = []string{value}
				one.conditions[i].op.Name = sameAs(one.conditions[i])
				next = append(next, &one)
			}
		}
		all = next
	}
	if len(all) == 1 {
		return nil
	}
	return all
}

// finds reports whether something of an entry is new, as isNew says of a whole
// statement. What is not new in any of its parts is not new.
func (c *coverage) finds(isNew func(*coverage, entry) bool, e entry) bool {
	if !isNew(c, e) {
		return false
	}
	if c.parts == nil {
		c.parts = []*coverage{}
		for _, part := range c.of.split() {
			c.parts = append(c.parts, newCoverage(part))
		}
	}
	return len(c.parts) == 0 || slices.ContainsFunc(c.parts, func(part *coverage) bool { return isNew(part, e) })
}

// subset reports whether every narrow value is covered by one of the wide
// ones. Long lists are only taken when they are equal, to bound the work.
func subset(narrow, wide []string, covers func(wide, narrow string) bool) bool {
	if slices.Equal(narrow, wide) {
		return true
	}
	if len(narrow)*len(wide) > maxPairs {
		return false
	}
	for _, n := range narrow {
		if !slices.ContainsFunc(wide, func(w string) bool { return covers(w, n) }) {
			return false
		}
	}
	return true
}

// wider reports whether the conditions wide hold whenever those of narrow do.
func wider(wide, narrow []condition) bool {
	if len(wide)*len(narrow) > maxPairs {
		return false
	}
	for _, w := range wide {
		if !slices.ContainsFunc(narrow, func(n condition) bool { return n.implies(w) }) {
			return false
		}
	}
	return true
}
