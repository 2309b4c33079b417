// Conditions.
//
// Sources: IAM User Guide, "IAM JSON policy elements: Condition operators",
// "Conditions with multiple context keys or values", "Single-valued vs.
// multivalued context keys".

package simulate

import (
	"bytes"
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// condition reports whether a condition holds.
func (e *evaluation) condition(c document.Condition, variables bool) truth {
	op, ok := document.ParseOperator(c.Operator)
	if !ok {
		return no
	}
	values, there := e.Context[strings.ToLower(c.Key)]
	if op.Name == "Null" {
		if !there {
			e.missing[c.Key] = true
		}
		return e.isNull(c, op, len(values) > 0)
	}
	negated := strings.Contains(op.Name, "Not")
	if !there || len(values) == 0 {
		e.missing[c.Key] = true
		switch {
		case op.IfExists:
			if op.Set == "ForAnyValue" {
				// The two rules say the opposite; that of IfExists is for "any
				// condition operator name except the Null condition".
				return e.unclear(document.Unclear{Kind: document.AnyIfExists, Operator: c.Operator, About: c.Key})
			}
			return yes
		case op.Set == "ForAllValues":
			return yes
		case op.Set == "ForAnyValue":
			return no
		}
		return known(negated)
	}
	// one compares one value of the request with all of the policy: any may
	// match, and for a negated operator none.
	matches := func(value string) truth {
		result := no
		for _, v := range c.Values {
			if result = max(result, e.compare(op.Name, value, v, variables)); result == yes {
				break
			}
		}
		return result
	}
	one := matches
	if negated {
		one = func(value string) truth { return e.negate(func() truth { return matches(value) }) }
	}
	// "A null data set, such as an empty string" is none for these two.
	if op.Set != "" && !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
		return known(op.Set == "ForAllValues")
	}
	least, most := yes, no
	for _, value := range values {
		holds := one(value)
		least, most = min(least, holds), max(most, holds)
	}
	switch {
	case op.Set == "ForAllValues":
		return least
	case op.Set == "ForAnyValue":
		return most
	case least != most:
		return e.unclear(document.Unclear{Kind: document.SeveralValues, About: c.Key})
	}
	return least
}

// isNull evaluates the operator Null, for a key that the request has or has not.
func (e *evaluation) isNull(c document.Condition, op document.Operator, there bool) truth {
	// "true" holds when the key is missing, or has no value.
	result := no
	for _, v := range c.Values {
		if pattern, certain, ok := e.resolve(v, false, false); ok && !certain {
			result = max(result, maybe)
		} else if strings.Contains(v, "${") && certain && len(intrinsics(v)) == 0 {
			result = max(result, e.unclear(document.Unclear{Kind: document.TakesNoVariable, Operator: op.Name, About: v}))
		} else if strings.EqualFold(pattern, "true") && !there || strings.EqualFold(pattern, "false") && there {
			result = yes
		}
	}
	return result
}

// compare compares one value of the request with one of the policy, by an
// operator that is taken without its "Not". Values that are not of the
// operator's type match nothing.
func (e *evaluation) compare(operator, value, wanted string, variables bool) truth {
	name := strings.Replace(operator, "Not", "", 1)
	switch name {
	case "StringEquals":
		return e.matches(wanted, value, variables, false)
	case "StringEqualsIgnoreCase":
		pattern, certain, ok := e.resolve(wanted, variables, false)
		switch {
		case !ok:
			return no
		case certain:
			return known(strings.EqualFold(pattern, plain.Get().Replace(value)))
		}
		return both(maybe, known(document.Match(strings.ToLower(pattern), strings.ToLower(plain.Get().Replace(value)), false)))
	case "StringLike":
		return e.matches(wanted, value, variables, true)
	case "ArnEquals", "ArnLike":
		return e.matchesARN(wanted, value, variables)
	}
	if len(intrinsics(wanted)) > 0 {
		return maybe
	}
	if strings.Contains(wanted, "${") {
		return e.unclear(document.Unclear{Kind: document.TakesNoVariable, Operator: operator, About: wanted})
	}
	switch name {
	case "Bool":
		return known(isBool(value) && strings.EqualFold(value, wanted))
	case "BinaryEquals":
		a, errA := base64.StdEncoding.DecodeString(value)
		b, errB := base64.StdEncoding.DecodeString(wanted)
		return e.typed(errA == nil && errB == nil, bytes.Equal(a, b))
	case "IpAddress":
		address, err := netip.ParseAddr(strings.TrimSpace(value))
		block, ok := parseBlock(wanted)
		return e.typed(err == nil && ok, block.Contains(address.Unmap()))
	}
	var order int
	var ok bool
	if strings.HasPrefix(name, "Date") {
		order, ok = compareDates(value, wanted)
	} else {
		order, ok = compareNumbers(value, wanted)
	}
	if !ok {
		return e.typed(false, false)
	}
	switch strings.TrimPrefix(strings.TrimPrefix(name, "Date"), "Numeric") {
	case "LessThan":
		return known(order < 0)
	case "LessThanEquals":
		return known(order <= 0)
	case "GreaterThan":
		return known(order > 0)
	case "GreaterThanEquals":
		return known(order >= 0)
	}
	return known(order == 0)
}

// matchesARN compares the six parts of ARNs one by one; each may have
// wildcards.
func (e *evaluation) matchesARN(wanted, value string, variables bool) truth {
	pattern, certain, ok := e.resolve(wanted, variables, true)
	if !ok {
		return no
	}
	if document.IsAnyARN(pattern) {
		return e.unclear(document.Unclear{Kind: document.AnyARN})
	}
	// A part that is unknown may have colons: then the whole is compared.
	if !certain && document.Match(pattern, plain.Get().Replace(value), false) {
		return maybe
	}
	a, _ := arn.Parse(pattern)
	b, _ := arn.Parse(plain.Get().Replace(value))
	if a.Parts < 6 || b.Parts < 6 {
		return e.typed(false, false)
	}
	parts := b.Fields()
	for i, part := range a.Fields() {
		if !document.Match(part, parts[i], false) {
			return no
		}
	}
	if !certain {
		return maybe
	}
	return yes
}

// typed is the outcome of a comparison of values that should be of one type.
// Those that are not match nothing.
func (e *evaluation) typed(ok, equal bool) truth {
	if !ok {
		e.unresolved = true
		return no
	}
	return known(equal)
}

func isBool(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}

// parseBlock reads an address or a block of addresses in CIDR form.
func parseBlock(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), true
}

// compareNumbers compares whole numbers exactly, others as floating point.
func compareNumbers(a, b string) (int, bool) {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return compare(x, y), true
	}
	if !isNumber(a) || !isNumber(b) {
		return 0, false
	}
	f, errF := strconv.ParseFloat(a, 64)
	g, errG := strconv.ParseFloat(b, 64)
	return compare(f, g), errF == nil && errG == nil
}

// isNumber leaves out what Go reads as a number and IAM does not: NaN, Inf,
// hexadecimal, underscores.
func isNumber(text string) bool { return text != "" && strings.Trim(text, "+-0123456789.eE") == "" }

func compareDates(a, b string) (int, bool) {
	x, okX := document.ParseDate(a)
	y, okY := document.ParseDate(b)
	return x.Compare(y), okX && okY
}

func compare[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
