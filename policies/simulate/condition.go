// Evaluation of conditions.
//
// Sources: IAM User Guide, "IAM JSON policy elements: Condition operators",
// "Conditions with multiple context keys or values", "Single-valued vs.
// multivalued context keys".

package simulate

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// evaluateCondition reports whether a condition holds, and records its key in
// e.missing if the request lacks the key.
func (e *evaluation) evaluateCondition(c document.Condition, variables bool) truth {
	op, ok := document.ParseOperator(c.Operator)
	if !ok {
		return no
	}
	if hasIntrinsic(c.Key) {
		if e.mayHaveKey(c.Key) {
			return e.unknownBecause("%s", strings.Join(intrinsics(c.Key), ", "))
		}
		c.Key = e.resolveKnown(c.Key)
	}
	values, present := e.contextValues(c.Key)
	canBePresent := !hasWildcard(c.Key) // keys have no wildcards
	present = present && canBePresent
	if op.Name == "Null" && !present && e.isInEveryRequest(c.Key) {
		return e.evaluateNull(c, op, true)
	}
	if op.Name == "Null" {
		if !present && canBePresent {
			e.missing[c.Key] = true
		}
		return e.evaluateNull(c, op, present && len(values) > 0)
	}
	negated := strings.Contains(op.Name, "Not")
	if !present || len(values) == 0 {
		if canBePresent {
			e.missing[c.Key] = true
		}
		switch {
		case op.IfExists:
			if op.Set == "ForAnyValue" {
				// The rules for ForAnyValue and for IfExists contradict each
				// other; IfExists applies to "any condition operator name
				// except the Null condition".
				return e.unclear(document.Unclear{Kind: document.AnyIfExists, Operator: c.Operator, About: c.Key})
			}
			return yes
		case op.Set == "ForAllValues":
			return yes
		case op.Set == "ForAnyValue":
			return no
		}
		return truthOf(negated)
	}
	// matches compares one value of the request with all values of the policy,
	// one of which must match. For a negated operator, holdsFor inverts the
	// result: no value of the policy may match.
	matches := func(value string) truth {
		result := no
		for _, v := range c.Values {
			if result = max(result, e.compare(op.Name, value, v, variables)); result == yes {
				break
			}
		}
		return result
	}
	holdsFor := matches
	if negated {
		holdsFor = func(value string) truth { return e.negate(func() truth { return matches(value) }) }
	}
	// For set operators, "a null data set, such as an empty string" counts as
	// no value.
	if op.Set != "" && !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
		return truthOf(op.Set == "ForAllValues")
	}
	least, most := yes, no
	for _, value := range values {
		holds := holdsFor(value)
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

// mayHaveKey reports whether a key of the request may be a condition key that is known
// only at deployment, such as aws:ResourceTag/${Ref:Name}.
func (e *evaluation) mayHaveKey(key string) bool {
	pattern, certain, _ := e.resolve(key, false, false)
	if certain {
		return false
	}
	pattern = strings.ToLower(pattern)
	for name := range e.Context {
		if document.Match(pattern, name, false) {
			return true
		}
	}
	return false
}

// contextValues returns the values of a condition key of the request, including
// the time, the region and the account of the resource that are assumed if the request
// does not give them.
func (e *evaluation) contextValues(key string) (values []string, present bool) {
	values, present = e.Context[strings.ToLower(key)]
	if present {
		return values, true
	}
	if value, ok := e.timeValue(key); ok {
		return []string{value}, true
	}
	// Source: AWS KMS Developer Guide, "AWS KMS condition keys".
	if e.hasUsualKeys && strings.EqualFold(key, "kms:CallerAccount") && authz.UsesKMSKey(e.Action) {
		return e.contextValues("aws:PrincipalAccount")
	}
	for _, assumed := range [...]struct{ name, value string }{{"aws:RequestedRegion", e.assumedRegion}, {"aws:ResourceAccount", e.assumedOwner}} {
		if assumed.value != "" && strings.EqualFold(key, assumed.name) {
			e.note("%s is assumed to be %s, as in the ARN of the resource", assumed.name, assumed.value)
			return []string{assumed.value}, true
		}
	}
	return nil, false
}

// ownerOf returns the value of aws:ResourceAccount in a request: the account in the ARN
// of the resource. It returns "" if there is none, or if the action does not have the
// key.
//
// Source: IAM User Guide, "AWS global condition context keys", aws:ResourceAccount.
func ownerOf(action, resource string) string {
	a, known := authz.Lookup(action)
	if !known || a.Supports("aws:ResourceAccount") == authz.Unsupported {
		return ""
	}
	return account(resource)
}

// regionOf returns the region in the ARN of a resource, or "". Requests for the
// resource go to the service in that region.
func regionOf(resource string) string {
	a, ok := arn.Parse(resource)
	if !ok || strings.ContainsAny(a.Region, "*?${}") {
		return ""
	}
	return a.Region
}

// hasWildcard reports whether a condition key has a wildcard. It returns false for a
// key with a part that is known only at deployment.
func hasWildcard(key string) bool {
	return strings.ContainsAny(key, "*?") && !strings.Contains(key, "${")
}

// evaluateNull evaluates the operator Null. present reports whether the request
// has a value for the key.
func (e *evaluation) evaluateNull(c document.Condition, op document.Operator, present bool) truth {
	// "true" holds when the key is missing or has no value.
	result := no
	for _, v := range c.Values {
		if pattern, certain, ok := e.resolve(v, false, false); ok && !certain {
			result = max(result, maybe)
		} else if strings.Contains(v, "${") && certain && len(intrinsics(v)) == 0 {
			result = max(result, e.unclear(document.Unclear{Kind: document.TakesNoVariable, Operator: op.Name, About: v}))
		} else if strings.EqualFold(pattern, "true") && !present || strings.EqualFold(pattern, "false") && present {
			result = yes
		}
	}
	return result
}

// compare compares a value of the request with a value of the policy. It
// ignores a "Not" in the operator, which its caller handles. Values that do not
// have the operator's type match nothing.
func (e *evaluation) compare(operator, value, wanted string, variables bool) truth {
	name := strings.Replace(operator, "Not", "", 1)
	switch name {
	case "StringEquals":
		return e.matchText(wanted, value, variables, false)
	case "StringEqualsIgnoreCase":
		if hasIntrinsic(value) {
			return e.matchOpen(wanted, value, resolving{variables: variables}, true)
		}
		pattern, certain, ok := e.resolve(wanted, variables, false)
		switch {
		case !ok:
			return no
		case certain:
			return truthOf(strings.EqualFold(pattern, escapeWildcards.Get().Replace(value)))
		}
		return and(maybe, truthOf(document.Match(strings.ToLower(pattern), strings.ToLower(escapeWildcards.Get().Replace(value)), false)))
	case "StringLike":
		return e.matchText(wanted, value, variables, true)
	case "ArnEquals", "ArnLike":
		return e.matchARN(wanted, value, variables)
	}
	if len(intrinsics(wanted)) > 0 || hasIntrinsic(value) {
		return maybe
	}
	if strings.Contains(wanted, "${") {
		return e.unclear(document.Unclear{Kind: document.TakesNoVariable, Operator: operator, About: wanted})
	}
	switch name {
	case "Bool":
		return truthOf(document.IsBoolean(value) && strings.EqualFold(value, wanted))
	case "BinaryEquals":
		a, errA := base64.StdEncoding.DecodeString(value)
		b, errB := base64.StdEncoding.DecodeString(wanted)
		return e.typedResult(errA == nil && errB == nil, bytes.Equal(a, b))
	case "IpAddress":
		address, err := netip.ParseAddr(strings.TrimSpace(value))
		block, ok := document.ParseAddressBlock(wanted)
		return e.typedResult(err == nil && ok, block.Contains(address.Unmap()))
	}
	var order int
	var ok bool
	if strings.HasPrefix(name, "Date") {
		order, ok = compareDates(value, wanted)
	} else {
		order, ok = compareNumbers(value, wanted)
	}
	if !ok {
		return e.typedResult(false, false)
	}
	switch strings.TrimPrefix(strings.TrimPrefix(name, "Date"), "Numeric") {
	case "LessThan":
		return truthOf(order < 0)
	case "LessThanEquals":
		return truthOf(order <= 0)
	case "GreaterThan":
		return truthOf(order > 0)
	case "GreaterThanEquals":
		return truthOf(order >= 0)
	}
	return truthOf(order == 0)
}

// matchARN compares the six parts of an ARN of the policy (wanted), which may have
// wildcards, with those of an ARN of the request (value), one by one.
func (e *evaluation) matchARN(wanted, value string, variables bool) truth {
	if hasIntrinsic(value) {
		return e.matchOpenARN(wanted, value, variables)
	}
	pattern, certain, ok := e.resolve(wanted, variables, true)
	if !ok {
		return no
	}
	if document.IsAnyARN(pattern) {
		return e.unclear(document.Unclear{Kind: document.AnyARN})
	}
	// An unknown part may contain colons, so the whole text is compared.
	if !certain && document.Match(pattern, escapeWildcards.Get().Replace(value), false) {
		return maybe
	}
	a, _ := arn.Parse(pattern)
	b, _ := arn.Parse(escapeWildcards.Get().Replace(value))
	if a.Parts < 6 || b.Parts < 6 {
		return e.typedResult(false, false)
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

// typedResult returns the result of a comparison. ok is false if a value does
// not have the type of the operator; then nothing matches.
func (e *evaluation) typedResult(ok, equal bool) truth {
	if !ok {
		e.incomparable = true
		return no
	}
	return truthOf(equal)
}

// compareNumbers compares integers exactly and other numbers as floating point.
// It returns false if one of the texts is not a number.
func compareNumbers(a, b string) (int, bool) {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y), true
	}
	f, okF := document.ParseNumber(a)
	g, okG := document.ParseNumber(b)
	return cmp.Compare(f, g), okF && okG
}

func compareDates(a, b string) (int, bool) {
	x, okX := document.ParseDate(a)
	y, okY := document.ParseDate(b)
	return x.Compare(y), okX && okY
}
