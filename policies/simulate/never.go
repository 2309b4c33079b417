// Conditions that no request meets.

package simulate

import (
	"encoding/base64"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// hopeless reports whether one of the needs can never be met, since no value of it
// is of the operator's type. What IAM refuses is unknown, and noted.
func (e *evaluation) hopeless(needs []Need) bool {
	return slices.ContainsFunc(needs, func(n Need) bool {
		op, ok := document.ParseOperator(n.Operator)
		if !ok || n.Not || len(n.Or) > 0 || len(n.Values) == 0 || strings.Contains(op.Name, "Not") {
			return false
		}
		result, variable := no, ""
		for _, v := range n.Values {
			if can := canHold(op.Name, v); can > result {
				result, variable = can, v
			}
		}
		if result == maybe {
			e.note("%s: %s, so whether it allows anything is unknown", n.Of, document.Unclear{Kind: document.TakesNoVariable, Operator: op.Name, About: variable})
			e.refusedVariable = true
		}
		return result != yes
	})
}

// canHold reports whether a value is of the type of an operator.
func canHold(operator, value string) truth {
	is := func(of bool) truth {
		switch {
		case of || len(intrinsics(value)) > 0:
			return yes
		case strings.Contains(value, "${"):
			return maybe
		}
		return no
	}
	switch {
	case strings.HasPrefix(operator, "Numeric"):
		_, ok := compareNumbers(value, value)
		return is(ok)
	case strings.HasPrefix(operator, "Date"):
		_, ok := compareDates(value, value)
		return is(ok)
	case operator == "Bool":
		return is(isBool(value))
	case operator == "IpAddress":
		_, ok := parseBlock(value)
		return is(ok)
	case operator == "BinaryEquals":
		_, err := base64.StdEncoding.DecodeString(value)
		return is(err == nil)
	}
	return yes
}
