// Condition operators.

package document

import (
	"slices"
	"strings"
)

// operators are the condition operators of IAM without prefix and suffix.
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
var operators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
	"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
}

// Operators returns the condition operators of IAM without ForAllValues: or
// ForAnyValue: and without IfExists.
func Operators() []string { return slices.Clone(operators) }

// Operator is a parsed condition operator.
type Operator struct {
	// Set is "ForAllValues", "ForAnyValue" or "".
	Set string
	// Name is the operator as IAM spells it: StringEquals.
	Name     string
	IfExists bool
}

// ParseOperator parses a condition operator. Like IAM, it ignores case.
func ParseOperator(text string) (op Operator, ok bool) {
	name := text
	if set, rest, found := strings.Cut(text, ":"); found {
		for _, known := range []string{"ForAllValues", "ForAnyValue"} {
			if strings.EqualFold(set, known) {
				op.Set = known
			}
		}
		if op.Set == "" {
			return Operator{}, false
		}
		name = rest
	}
	const suffix = "IfExists"
	if n := len(name) - len(suffix); n > 0 && strings.EqualFold(name[n:], suffix) {
		op.IfExists, name = true, name[:n]
	}
	i := slices.IndexFunc(operators, func(known string) bool { return strings.EqualFold(known, name) })
	if i < 0 || op.IfExists && operators[i] == "Null" {
		return Operator{}, false
	}
	op.Name = operators[i]
	return op, true
}

// String returns the operator in the spelling of the IAM documentation.
func (o Operator) String() string {
	text := o.Name
	if o.Set != "" {
		text = o.Set + ":" + text
	}
	if o.IfExists {
		text += "IfExists"
	}
	return text
}

func knownOperator(text string) bool {
	_, ok := ParseOperator(text)
	return ok
}
