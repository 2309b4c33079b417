// Conditions: when one statement applies at least where another one does.

package diff

import (
	"slices"
	"strings"

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

// implies reports whether other holds whenever c does.
func (c condition) implies(other condition) bool {
	if c.op.Set != other.op.Set || c.op.Name != other.op.Name || c.key != other.key || c.op.IfExists && !other.op.IfExists {
		return false
	}
	if c.negative() {
		return subset(other.values, c.values, func(a, b string) bool { return a == b })
	}
	same := func(wide, narrow string) bool { return wide == narrow }
	if c.op.Name == "StringLike" {
		same = func(wide, narrow string) bool { return document.Covers(wide, narrow, false) }
	}
	return subset(c.values, other.values, same)
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
