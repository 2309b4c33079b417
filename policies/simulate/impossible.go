// Conditions that no request can meet.

package simulate

import (
	"encoding/base64"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// anyImpossible reports whether one of the needs can never be met because none of
// its values has the type of the operator. A need also counts as impossible if
// each of its values has the wrong type or is a variable that IAM refuses: with
// such a variable, the decision is unknown, and a note says so. A need for the name of
// the calling user is impossible for a role.
func (e *evaluation) anyImpossible(needs []Need) bool {
	return slices.ContainsFunc(needs, func(n Need) bool {
		if e.isOwnRole && n.isAboutUserName() {
			e.note("%s: the caller is a role, whose requests have no %s, so the statement cannot allow the request", n.Of, userName)
			return true
		}
		op, ok := document.ParseOperator(n.Operator)
		if !ok || n.Not || len(n.Or) > 0 || len(n.Values) == 0 || strings.Contains(op.Name, "Not") {
			return false
		}
		result, variable := no, ""
		for _, v := range n.Values {
			if can := fitsType(op.Name, v); can > result {
				result, variable = can, v
			}
		}
		if result == maybe {
			e.note("%s: %s, so it is unknown whether the statement allows anything", n.Of, document.Unclear{Kind: document.TakesNoVariable, Operator: op.Name, About: variable})
			e.hasRefusedVariable = true
		}
		return result != yes
	})
}

const userName = "aws:username"

// isAboutUserName reports whether only a request with the name of the calling user can
// meet the need.
func (n *Need) isAboutUserName() bool {
	switch {
	case len(n.Or) > 0:
		return false
	case n.Operator == "Resource":
		return !n.Not && document.NeedUserName(n.Values)
	}
	return strings.EqualFold(n.Key, userName)
}

// fitsType reports whether a value has the type of an operator. The result is yes
// for an intrinsic function, which may return any type, and for an operator whose
// values can be any text. It is maybe for a policy variable in the value of an
// operator for which IAM refuses variables.
func fitsType(operator, value string) truth {
	fits := func(typed bool) truth {
		switch {
		case typed || len(intrinsics(value)) > 0:
			return yes
		case strings.Contains(value, "${"):
			return maybe
		}
		return no
	}
	switch {
	case strings.HasPrefix(operator, "Numeric"):
		_, ok := compareNumbers(value, value)
		return fits(ok)
	case strings.HasPrefix(operator, "Date"):
		_, ok := compareDates(value, value)
		return fits(ok)
	case operator == "Bool":
		return fits(document.IsBoolean(value))
	case operator == "IpAddress":
		_, ok := document.ParseAddressBlock(value)
		return fits(ok)
	case operator == "BinaryEquals":
		_, err := base64.StdEncoding.DecodeString(value)
		return fits(err == nil)
	}
	return yes
}
