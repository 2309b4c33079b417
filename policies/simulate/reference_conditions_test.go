// The conditions of the reference evaluator.

package simulate

import (
	"encoding/base64"
	"math"
	"net"
	"strconv"
	"strings"
	"time"
)

func (r *refRequest) refConditions(s *refStatement, version string) tri {
	result := isTrue
	for operator, keys := range s.Condition {
		for key, values := range keys {
			result = min(result, r.refCondition(operator, key, values, version))
		}
	}
	return result
}

func (r *refRequest) refCondition(operator, key string, wanted []string, version string) tri {
	set, name, ok := strings.Cut(operator, ":")
	if !ok {
		set, name = "", operator
	}
	name, ifExists := strings.CutSuffix(name, "IfExists")
	values := r.context[strings.ToLower(key)]
	if name == "Null" {
		result := isFalse
		for _, w := range wanted {
			if strings.Contains(w, "${") {
				result = max(result, isUncertain)
			} else {
				result = max(result, triOf(strings.EqualFold(w, "true") == (len(values) == 0)))
			}
		}
		return result
	}
	positive, negated := strings.CutPrefix(name, "Not")
	if !negated {
		positive = strings.Replace(name, "Not", "", 1)
		negated = positive != name
	}
	if len(values) == 0 {
		switch {
		case ifExists && set == "ForAnyValue":
			return isUncertain
		case ifExists || set == "ForAllValues":
			return isTrue
		case set == "ForAnyValue":
			return isFalse
		}
		return triOf(negated)
	}
	if set != "" && strings.Join(values, "") == "" {
		return triOf(set == "ForAllValues")
	}
	least, most := isTrue, isFalse
	for _, value := range values {
		found, mistyped := isFalse, false
		for _, w := range wanted {
			one, typed := r.refCompare(positive, value, w, version)
			found = max(found, one)
			mistyped = mistyped || !typed
		}
		if negated {
			if found == isFalse && mistyped {
				found = isUncertain
			}
			found = isTrue - found
		}
		least, most = min(least, found), max(most, found)
	}
	switch {
	case set == "ForAllValues":
		return least
	case set == "ForAnyValue":
		return most
	case least != most:
		return isUncertain
	}
	return least
}

// refCompare compares one value of the request with one value of the policy.
// typed is false if a value does not have the operator's type, or if a variable
// has several values. For Bool, which has no negated operator, it is always
// true.
func (r *refRequest) refCompare(operator, value, wanted, version string) (found tri, typed bool) {
	if strings.HasPrefix(operator, "String") || strings.HasPrefix(operator, "Arn") {
		filled, ok := r.refFill(wanted, version)
		if !ok {
			// A variable without a value is not equal to any value. The
			// documentation does not say how a variable with several values is
			// compared.
			return isFalse, !r.hasSeveralValues(wanted)
		}
		switch operator {
		case "StringEquals":
			return triOf(unescape(filled) == value), true
		case "StringEqualsIgnoreCase":
			return triOf(strings.EqualFold(unescape(filled), value)), true
		case "StringLike":
			return triOf(refGlob(filled, refEscape(value))), true
		}
		if filled == "*" {
			return isUncertain, true
		}
		a, b := strings.SplitN(filled, ":", 6), strings.SplitN(value, ":", 6)
		if len(a) < 6 || len(b) < 6 || a[0] != "arn" && len(a) < 6 {
			return isFalse, false
		}
		for i := range a {
			if !refGlob(a[i], refEscape(b[i])) {
				return isFalse, true
			}
		}
		return isTrue, true
	}
	if strings.Contains(wanted, "${") {
		return isUncertain, true
	}
	switch {
	case operator == "Bool":
		return triOf(strings.EqualFold(value, wanted) && (strings.EqualFold(value, "true") || strings.EqualFold(value, "false"))), true
	case operator == "BinaryEquals":
		a, errA := base64.StdEncoding.DecodeString(value)
		b, errB := base64.StdEncoding.DecodeString(wanted)
		return triOf(errA == nil && errB == nil && string(a) == string(b)), errA == nil && errB == nil
	case operator == "IpAddress":
		address := net.ParseIP(value)
		_, block, err := net.ParseCIDR(wanted)
		if err != nil {
			if one := net.ParseIP(wanted); one != nil {
				return triOf(address != nil && one.Equal(address)), address != nil
			}
			return isFalse, false
		}
		return triOf(address != nil && block.Contains(address)), address != nil
	}
	read := refNumber
	if strings.HasPrefix(operator, "Date") {
		read = refDate
	}
	a, b := read(value), read(wanted)
	if math.IsNaN(a) || math.IsNaN(b) {
		return isFalse, false
	}
	switch strings.TrimPrefix(strings.TrimPrefix(operator, "Date"), "Numeric") {
	case "Equals":
		return triOf(a == b), true
	case "LessThan":
		return triOf(a < b), true
	case "LessThanEquals":
		return triOf(a <= b), true
	case "GreaterThan":
		return triOf(a > b), true
	}
	return triOf(a >= b), true
}

func (r *refRequest) hasSeveralValues(text string) bool {
	for _, v := range refVariable.FindAllStringSubmatch(text, -1) {
		key, _, _ := strings.Cut(v[1], ",")
		if len(r.context[strings.ToLower(strings.TrimSpace(key))]) > 1 {
			return true
		}
	}
	return false
}

func unescape(s string) string {
	return strings.NewReplacer(string(escapedStar), "*", string(escapedQuestion), "?").Replace(s)
}

func refNumber(s string) float64 {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	return math.NaN()
}

func refDate(s string) float64 {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.Unix())
		}
	}
	return refNumber(s)
}
