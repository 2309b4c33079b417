// Conditions that no request can meet together, conditions that every request
// meets, and conditions of a Deny that let requests without the key pass.
//
// Source: IAM User Guide, "Conditions with multiple context keys or values":
// every condition of a statement must hold; a condition holds if any of its
// values matches or, with a negated operator, if none does.

package review

import (
	"math"
	"net/netip"
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func contradictionRules() []Rule {
	const (
		logicPage = userGuide + "reference_policies_condition-logic-multiple-context-keys-or-values.html"
		boolPage  = userGuide + "reference_policies_elements_condition_operators.html#Conditions_Boolean"
	)
	return []Rule{
		{ID: "conditions-contradict", Severity: Medium, Reference: logicPage,
			Risk:   "no request meets both conditions, so the statement never applies",
			Remedy: "correct or remove one of the conditions; to match either value, put both values into one condition", policy: checkContradictions},
		{ID: "condition-any-value", Severity: High, Reference: boolPage,
			Risk:   "the condition has both true and false, so it holds for every value",
			Remedy: "keep the intended value, or remove the condition", policy: checkBooleanPairs},
		{ID: "denial-without-key", Severity: High, Reference: mfaPage,
			Risk:   "requests without the condition key are not denied, although the statement is meant for them",
			Remedy: "use the operator that ends in IfExists, which also denies requests without the key", policy: checkDenialsWithoutKey},
	}
}

// maxConditions is the largest number of conditions of a statement that is
// searched for contradictions. A statement with more conditions is skipped,
// because the check compares conditions in pairs.
const maxConditions = 200

func checkContradictions(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		byKey := map[string][]comparison{}
		var order []string
		for _, condition := range s.Conditions {
			op, ok := document.ParseOperator(condition.Operator)
			key := strings.ToLower(condition.Key)
			if !ok || op.Set != "" || mayHaveSeveralValues(key) || len(s.Conditions) > maxConditions {
				continue
			}
			if byKey[key] == nil {
				order = append(order, key)
			}
			byKey[key] = append(byKey[key], comparison{condition, op})
		}
		for _, key := range order {
			if a, b, ok := r.contradiction(byKey[key]); ok {
				r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(),
					Message: sentencef("no request meets both %s and %s, so the statement never applies", a.String(), b.String())})
			}
		}
	}
}

// mayHaveSeveralValues reports whether a request can have several values of a
// key. It also returns true if that is unknown. Of the claims of an identity
// provider, only amr is a list.
func mayHaveSeveralValues(key string) bool {
	if isProviderKey(key) {
		return hasUnknownPart(key) || strings.HasSuffix(key, ":amr")
	}
	if g, ok := authz.Global(key); ok {
		return g.Multivalued
	}
	k, ok := authz.Key(key)
	return !ok || k.Multivalued
}

// contradiction returns two conditions on one key that no request can meet
// together, and whether there are any.
func (r *run) contradiction(all []comparison) (a, b comparison, found bool) {
	for i, a := range all {
		for _, b := range all[i+1:] {
			r.spend(1 + len(a.Values) + len(b.Values))
			if outcomeWithoutKey(a.Condition) != outcomeFails && outcomeWithoutKey(b.Condition) != outcomeFails {
				continue // requests without the key meet both
			}
			r.spend(2 * pairWork(a.Values, b.Values))
			if contradicts(a, b) || contradicts(b, a) {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// pairWork is the work of comparing each text of one list with each text of
// another.
func pairWork(a, b []string) int {
	lengths := func(all []string) (total int) {
		for _, text := range all {
			total += len(text)
		}
		return total
	}
	return len(a)*len(b) + lengths(a)*lengths(b)/64
}

// contradicts reports whether no request can meet both conditions. It returns
// false if a value is unknown, and it finds some contradictions only in one
// order of the arguments.
func contradicts(a, b comparison) bool {
	if len(a.Values) == 0 || len(b.Values) == 0 || slices.ContainsFunc(slices.Concat(a.Values, b.Values), hasUnknownPart) {
		return false
	}
	if a.op.Name == "Null" {
		absent := slices.ContainsFunc(a.Values, isTrue)
		present := slices.ContainsFunc(a.Values, isFalse)
		switch {
		case absent == present:
			return false
		case b.op.Name == "Null":
			return !slices.ContainsFunc(b.Values, isTrue) && absent
		}
		return absent && outcomeWithoutKey(b.Condition) == outcomeFails
	}
	if b.op.Name == "Null" {
		return false // handled when the arguments are swapped
	}
	switch valueFamily(a) {
	case "String", "Bool":
		return (valueFamily(b) == "String" || valueFamily(b) == "Bool") && textsContradict(a, b)
	case "Arn":
		return valueFamily(b) == "Arn" && textsContradict(a, b)
	case "Numeric", "Date":
		return valueFamily(a) == valueFamily(b) && numbersContradict(a, b)
	case "IpAddress":
		return valueFamily(b) == "IpAddress" && blocksContradict(a, b)
	}
	return false
}

func isTrue(value string) bool  { return strings.EqualFold(value, "true") }
func isFalse(value string) bool { return strings.EqualFold(value, "false") }

// valueFamily returns the type of values that an operator compares, or "" if
// contradictions between its values are not checked.
func valueFamily(c comparison) string {
	name := strings.TrimPrefix(c.op.Name, "Not")
	for _, prefix := range []string{"String", "Arn", "Numeric", "Date", "Bool", "IpAddress"} {
		if strings.HasPrefix(name, prefix) {
			return prefix
		}
	}
	return ""
}

// textsContradict reports whether b accepts none of the texts that a requires.
// A negated condition requires no text, so it returns false if a is negated.
func textsContradict(a, b comparison) bool {
	if a.isNegated() {
		return false
	}
	fold := slices.ContainsFunc([]comparison{a, b}, func(c comparison) bool {
		return strings.HasSuffix(c.op.Name, "IgnoreCase") || c.op.Name == "Bool"
	})
	hasWildcard := func(c comparison, value string) bool {
		return c.supportsWildcards() && strings.ContainsAny(value, "*?")
	}
	return !slices.ContainsFunc(a.Values, func(x string) bool {
		if b.isNegated() {
			// If the second condition accepts at least one value of the first
			// condition, a request can meet both. A value with a wildcard that the
			// operator compares as a plain character counts as accepted.
			return !slices.ContainsFunc(b.Values, func(y string) bool {
				if !a.supportsWildcards() && !b.supportsWildcards() {
					return equalText(x, y, fold && !strings.HasPrefix(a.op.Name, "StringEqualsI"))
				}
				return (a.supportsWildcards() || !strings.ContainsAny(x, "*?")) && (b.supportsWildcards() || !strings.ContainsAny(y, "*?")) && document.Covers(y, x, false)
			})
		}
		return slices.ContainsFunc(b.Values, func(y string) bool {
			if !hasWildcard(a, x) && !hasWildcard(b, y) {
				return equalText(x, y, fold)
			}
			return document.Intersects(x, y, fold)
		})
	})
}

func equalText(x, y string, fold bool) bool { return x == y || fold && strings.EqualFold(x, y) }

// span is a range of numbers, or of dates as seconds since 1970, with or
// without its bounds.
type span struct {
	low, high                 float64
	excludesLow, excludesHigh bool
}

// spans returns the numbers that a condition accepts: one span for each value.
// ok is false if the condition is negated or does not compare numbers or dates, or
// if a value is not a number or date.
func (c comparison) spans() (all []span, ok bool) {
	for _, value := range c.Values {
		n, isNumber := document.ParseNumber(value)
		if valueFamily(c) == "Date" {
			date, isDate := document.ParseDate(value)
			n, isNumber = float64(date.UnixMilli())/1000, isDate
		}
		if !isNumber {
			return nil, false
		}
		s := span{math.Inf(-1), math.Inf(1), false, false}
		switch name := strings.TrimPrefix(strings.TrimPrefix(c.op.Name, "Date"), "Numeric"); name {
		case "Equals":
			s.low, s.high = n, n
		case "LessThan", "LessThanEquals":
			s.high, s.excludesHigh = n, name == "LessThan"
		case "GreaterThan", "GreaterThanEquals":
			s.low, s.excludesLow = n, name == "GreaterThan"
		default:
			return nil, false
		}
		all = append(all, s)
	}
	return all, true
}

func numbersContradict(a, b comparison) bool {
	if b.isNegated() && !a.isNegated() {
		// Equals contradicts NotEquals if b excludes every value of a.
		wanted, ok := a.spans()
		return ok && strings.HasSuffix(a.op.Name, "Equals") && !strings.Contains(a.op.Name, "Than") && !slices.ContainsFunc(wanted, func(s span) bool {
			other := b
			other.op.Name = strings.Replace(b.op.Name, "Not", "", 1)
			excluded, ok := other.spans()
			return !ok || !slices.Contains(excluded, s)
		})
	}
	x, okX := a.spans()
	y, okY := b.spans()
	return okX && okY && !slices.ContainsFunc(x, func(s span) bool { return slices.ContainsFunc(y, s.overlaps) })
}

func (s span) overlaps(o span) bool {
	least, greatest := max(s.low, o.low), min(s.high, o.high)
	if least != greatest {
		return least < greatest
	}
	excludesEnd := func(s span) bool { return s.low == least && s.excludesLow || s.high == greatest && s.excludesHigh }
	return !excludesEnd(s) && !excludesEnd(o)
}

func blocksContradict(a, b comparison) bool {
	blocks := func(c comparison) (all []netip.Prefix) {
		for _, value := range c.Values {
			if block, ok := document.ParseAddressBlock(value); ok {
				all = append(all, block)
			}
		}
		return all
	}
	x, y := blocks(a), blocks(b)
	if a.isNegated() || len(x) < len(a.Values) || len(y) < len(b.Values) {
		return false
	}
	return !slices.ContainsFunc(x, func(block netip.Prefix) bool {
		containsBlock := func(other netip.Prefix) bool { return other.Bits() <= block.Bits() && other.Contains(block.Addr()) }
		if b.isNegated() {
			return !slices.ContainsFunc(y, containsBlock)
		}
		return slices.ContainsFunc(y, block.Overlaps)
	})
}

// checkBooleanPairs finds "Bool": {"aws:SecureTransport": ["true", "false"]}.
func checkBooleanPairs(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		for _, condition := range s.Conditions {
			op, ok := document.ParseOperator(condition.Operator)
			boolean := op.Name == "Bool" || op.Name == "Null" || strings.HasPrefix(op.Name, "StringEquals") && isBooleanKey(condition.Key)
			if !ok || !boolean || !slices.ContainsFunc(condition.Values, isTrue) || !slices.ContainsFunc(condition.Values, isFalse) {
				continue
			}
			f := Finding{Actions: s.patterns(), Message: sentencef("%s has both true and false for %s, so the condition holds for every value and limits nothing", condition.Operator, condition.Key)}
			if s.Effect == document.Deny {
				f.Severity = Medium
				f.Message = sentencef("%s has both true and false for %s, so the condition holds for every value and the statement denies more than it seems to", condition.Operator, condition.Key)
			}
			r.reportStatement(s, f)
		}
	}
}

// mfaAgeKey is the key for the seconds since the MFA authentication. Requests
// that are signed with long-lived keys lack it.
const mfaAgeKey = "aws:MultiFactorAuthAge"

const (
	mfaKey  = "aws:MultiFactorAuthPresent"
	mfaPage = userGuide + "reference_policies_condition-keys.html#condition-keys-multifactorauthpresent"
)

// checkDenialsWithoutKey finds Deny statements that are meant for requests
// without some protection, such as MFA, but do not apply to requests without
// the condition key. For example, requests that are signed with a user's access
// keys have no aws:MultiFactorAuthPresent.
//
// Source: IAM User Guide, "AWS global condition context keys",
// aws:MultiFactorAuthPresent: use BoolIfExists in a Deny.
func checkDenialsWithoutKey(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		if s.Effect != document.Deny {
			continue
		}
		for _, condition := range s.Conditions {
			op, ok := document.ParseOperator(condition.Operator)
			g, global := authz.Global(condition.Key)
			if !ok || !global || op.IfExists || op.Set != "" || g.Presence != authz.Sometimes {
				continue
			}
			onlyFalse := g.Type == authz.Bool && requiresFalse(condition)
			limitsAge := strings.EqualFold(g.Name, mfaAgeKey) && strings.HasPrefix(op.Name, "NumericGreaterThan")
			if onlyFalse || limitsAge {
				r.spend(p.weight() * max(1, len(s.Actions)))
			}
			if (onlyFalse || limitsAge) && !p.deniesWithout(s, condition.Key) {
				r.reportStatement(s, Finding{Actions: s.patterns(), Resources: s.Resources,
					Message: sentencef("%s with %s does not deny requests without the key, and requests have the key only if %s", condition.Operator, condition.Key, g.When)})
			}
		}
	}
}

// deniesWithout reports whether other statements of the policy deny the
// requests that lack the key but otherwise match the statement d.
func (p *policy) deniesWithout(d *statement, key string) bool {
	denied := func(actions []string) bool {
		return slices.ContainsFunc(p.statements, func(s *statement) bool {
			return s.Effect == document.Deny && s.holdsWithoutKey(d, key) && s.coversScope(d, actions)
		})
	}
	if len(d.Actions) == 0 {
		return denied(nil)
	}
	return !slices.ContainsFunc(d.Actions, func(action string) bool { return !denied([]string{action}) })
}

// coversScope reports whether the statement s covers the given actions of the
// statement d: s exists in each stack that has d, and applies to these actions
// on all resources, and for all principals, of d.
func (s *statement) coversScope(d *statement, actions []string) bool {
	return document.Implies(d.When, s.When) &&
		coversElement(s.Actions, s.NotActions, actions, d.NotActions, true) &&
		coversElement(s.Resources, s.NotResources, d.Resources, d.NotResources, false) &&
		coversPrincipals(s, d)
}

// holdsWithoutKey reports whether the statement s has a condition on the key,
// each of its conditions on the key holds for requests without it, and each of
// its other conditions is also a condition of d. For mfaAgeKey, a condition
// that mfaKey is false counts as one on the key: without MFA, a request has no
// mfaAgeKey.
func (s *statement) holdsWithoutKey(d *statement, key string) bool {
	holds := false
	for _, c := range s.Conditions {
		switch {
		case strings.EqualFold(c.Key, key), strings.EqualFold(key, mfaAgeKey) && strings.EqualFold(c.Key, mfaKey) && requiresFalse(c):
			if outcomeWithoutKey(c) != outcomeHolds {
				return false
			}
			holds = true
		case !slices.ContainsFunc(d.Conditions, func(other document.Condition) bool { return c.String() == other.String() }):
			return false
		}
	}
	return holds
}

// coversElement reports whether Action and NotAction of a statement, or
// Resource and NotResource, cover those of another statement. A statement with
// neither of the two covers everything.
func coversElement(covering, notCovering, covered, notCovered []string, foldCase bool) bool {
	all := func(texts, patterns []string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool {
			return !slices.ContainsFunc(patterns, func(pattern string) bool { return document.Covers(pattern, text, foldCase) })
		})
	}
	switch {
	case len(covering)+len(notCovering) == 0, slices.Contains(covering, "*"):
		return true
	case len(notCovering) == 0:
		return len(covered) > 0 && all(covered, covering)
	case len(covered) > 0:
		return !slices.ContainsFunc(covered, func(text string) bool {
			return slices.ContainsFunc(notCovering, func(pattern string) bool { return document.Intersects(pattern, text, foldCase) })
		})
	}
	return len(notCovered) > 0 && all(notCovering, notCovered)
}

// coversPrincipals reports whether the statement s applies to every principal
// that d applies to.
func coversPrincipals(s, d *statement) bool {
	if slices.Contains(s.Principals, document.Principal{Kind: "AWS", ID: "*"}) {
		return true
	}
	return slices.Equal(s.NotPrincipals, d.NotPrincipals) && !slices.ContainsFunc(d.Principals, func(p document.Principal) bool { return !slices.Contains(s.Principals, p) })
}
