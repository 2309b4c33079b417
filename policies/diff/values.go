// The values of conditions: one notation for values that IAM compares as
// equal, and whether one value includes another.

package diff

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"capaboot/policies/document"
)

// canonicalValue returns one text for the notations of a value that the operator
// compares as equal. A text that the operator cannot compare, or that is only
// known at deployment, stays as it is.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
func canonicalValue(operator, value string) string {
	if strings.Contains(value, "${") {
		return value
	}
	switch {
	case operator == "Bool" || operator == "Null" || strings.HasSuffix(operator, "IgnoreCase"):
		return strings.ToLower(value)
	case strings.HasPrefix(operator, "Numeric"):
		if number, ok := exactNumber(value); ok {
			return strconv.FormatFloat(number, 'g', -1, 64)
		}
	case strings.HasPrefix(operator, "Date"):
		if date, ok := document.ParseDate(value); ok {
			return date.UTC().Format(time.RFC3339Nano)
		}
	case strings.HasSuffix(operator, "IpAddress"):
		if block, ok := document.ParseAddressBlock(value); ok {
			return block.String()
		}
	}
	return value
}

// valueCovers returns the function that reports whether a value of a condition
// matches everything that another value of the same key matches. operator is
// the operator of the covering value, without its negation.
func valueCovers(operator string) func(covering, covered string) bool {
	switch {
	case operator == "StringLike":
		return func(covering, covered string) bool { return document.Covers(covering, covered, false) }
	case operator == "ArnLike":
		return coversARN
	case operator == "IpAddress":
		return coversBlock
	case strings.Contains(operator, "Than"):
		return func(covering, covered string) bool { return isWithin(operator, covering, covered) }
	}
	return func(covering, covered string) bool { return covering == covered }
}

// coversBlock reports whether a block of addresses contains another one.
func coversBlock(covering, covered string) bool {
	w, ok := document.ParseAddressBlock(covering)
	n, okCovered := document.ParseAddressBlock(covered)
	if covering == covered || !ok || !okCovered {
		return covering == covered
	}
	return w.Bits() <= n.Bits() && w.Contains(n.Addr())
}

// isWithin reports whether the covered number or date is at most the covering
// one or, for a GreaterThan operator, at least that one.
func isWithin(operator, covering, covered string) bool {
	order, ok := orderOf(operator, covering, covered)
	if strings.Contains(operator, "GreaterThan") {
		order = -order
	}
	return covering == covered || ok && order >= 0
}

// orderOf compares two numbers or dates. ok is false if one of the texts is
// neither.
func orderOf(operator, a, b string) (order int, ok bool) {
	if strings.HasPrefix(operator, "Date") {
		x, okX := document.ParseDate(a)
		y, okY := document.ParseDate(b)
		return x.Compare(y), okX && okY
	}
	x, okX := exactNumber(a)
	y, okY := exactNumber(b)
	return cmp.Compare(x, y), okX && okY
}

// exactNumber parses a number. It returns false for a text that is not a number, or
// that has more than 15 characters: two such numbers can differ and still have the same
// float64.
func exactNumber(text string) (float64, bool) {
	const maxDigits = 15
	if len(strings.TrimSpace(text)) > maxDigits {
		return 0, false
	}
	return document.ParseNumber(text)
}

// withoutUnneeded removes IfExists where it has no effect: from conditions that hold
// without their key anyway, and from conditions whose key is required by a condition
// Null with the value false. It replaces StringLike with the value * by Null with the
// value false, because * matches every value.
func withoutUnneeded(all []normalizedCondition) []normalizedCondition {
	for i, c := range all {
		if c.op.Name == "StringLike" && c.op.Set == "" && !c.op.IfExists && slices.ContainsFunc(c.values, matchesEverything) {
			all[i].op.Name, all[i].values = "Null", []string{"false"}
		}
	}
	for i, c := range all {
		if !c.op.IfExists {
			continue
		}
		isRequired := func(other normalizedCondition) bool { return other.key == c.key && other.requiresKey() }
		if c.op.Set == "ForAllValues" || c.op.Set == "" && (c.isNegated() || slices.ContainsFunc(all, isRequired)) {
			all[i].op.IfExists = false
		}
	}
	return all
}

func matchesEverything(pattern string) bool { return pattern != "" && strings.Trim(pattern, "*") == "" }

// requiresKey reports whether the condition is Null with the value false.
func (c normalizedCondition) requiresKey() bool {
	return c.op.Name == "Null" && c.op.Set == "" && slices.Equal(c.values, []string{"false"})
}

// failsWithoutKey reports whether the condition certainly fails for a request
// without its key. Source: IAM User Guide, "IAM JSON policy elements: Condition
// operators", and "Set operators for multivalued context keys".
func (c normalizedCondition) failsWithoutKey() bool {
	if c.op.IfExists || c.op.Name == "Null" {
		return c.requiresKey()
	}
	return c.op.Set == "ForAnyValue" || c.op.Set == "" && !c.isNegated()
}
