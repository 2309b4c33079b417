// Correctness rules for conditions: conditions that always or never hold, or
// compare something other than they seem to, and policy variables without the
// Version that they need.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func conditionRules() []Rule {
	const (
		keysPage      = userGuide + "reference_policies_condition-keys.html"
		conditionPage = userGuide + "reference_policies_elements_condition.html"
		operatorsPage = userGuide + "reference_policies_elements_condition_operators.html"
		versionPage   = userGuide + "reference_policies_elements_version.html"
	)
	return []Rule{
		{ID: "unknown-condition-key", Severity: Medium, Reference: keysPage,
			Risk:   "the Service Authorization Reference does not list the condition key, so according to AWS no request has this key",
			Remedy: "use the spelling of the Service Authorization Reference", policy: checkUnknownKeys},
		{ID: "condition-never-holds", Severity: Medium, Reference: conditionPage,
			Risk:   "requests for the action never have the condition key, so the statement never applies to that action",
			Remedy: "use a key that the action supports, or move the action to a separate statement", policy: bothChecks(checkConditionsThatNeverHold, checkPastDates)},
		{ID: "condition-always-holds", Severity: High, Reference: conditionPage,
			Risk:   "requests for the action never have the condition key, so the condition always holds and limits nothing",
			Remedy: "use a key that the action supports", policy: checkConditionsThatAlwaysHold},
		{ID: "literal-wildcard", Severity: Medium, Reference: operatorsPage,
			Risk:   "this operator compares the exact text, so the wildcard in the value is a plain character",
			Remedy: "use an operator that supports wildcards, such as StringLike", policy: checkLiteralWildcards},
		{ID: "operator-of-other-type", Severity: Medium, Reference: operatorsPage,
			Risk:   "the operator cannot compare the values of the condition key, so the condition never holds, or AWS does not document whether it holds",
			Remedy: "use an operator for the type of the key", policy: checkOperatorsOfOtherType},
		{ID: "variables-without-version", Severity: Medium, Reference: versionPage,
			Risk:   "without Version 2012-10-17, policy variables are plain text, so the statement does not match what it is meant to match",
			Remedy: `write "Version": "2012-10-17"`, policy: checkVariablesWithoutVersion},
	}
}

func bothChecks(first, second func(*run, *policy)) func(*run, *policy) {
	return func(r *run, p *policy) {
		first(r, p)
		second(r, p)
	}
}

// isProviderKey reports whether a key belongs to an identity provider. AWS does
// not list such keys; their prefix is a host name. It also returns true for a
// key with an unknown part.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys", "Available
// keys for AWS OIDC federation".
func isProviderKey(key string) bool {
	prefix, _, _ := strings.Cut(key, ":")
	return hasUnknownPart(key) && (strings.Contains(prefix, "${") || !hasKnownKind(key)) || strings.Contains(prefix, ".")
}

func keyExists(key string) bool {
	if _, ok := authz.Global(key); ok {
		return true
	}
	_, ok := authz.Key(key)
	return ok
}

func checkUnknownKeys(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var keys []string
		for _, c := range s.Conditions {
			if keyHasWildcard(c.Key) {
				r.reportStatement(s, wildcardKeyFinding(s, c))
				continue
			}
			if isUnknownKey(c.Key) && !slices.Contains(keys, c.Key) {
				keys = append(keys, c.Key)
			}
		}
		if variables := unknownVariables(p, s); len(variables) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Message: sentencef("the Service Authorization Reference of %s does not list the condition key of %s: %s", authz.Published(), forCount(variables, "this policy variable, so according to AWS no request has a value for the variable", "these policy variables, so according to AWS no request has a value for the variables"), nameList(variables))})
		}
		if len(keys) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Message: sentencef("the Service Authorization Reference of %s does not list %s: %s", authz.Published(), forCount(keys, "this condition key, so according to AWS no request has this key", "these condition keys, so according to AWS no request has these keys"), nameList(keys))})
		}
	}
}

// isUnknownKey reports whether no request has a condition key, according to the
// reference. The reference describes some services on several pages, so the data may
// lack some of their keys: all keys of these services count as known.
func isUnknownKey(key string) bool {
	if isProviderKey(key) || keyExists(key) {
		return false
	}
	prefix, _, _ := strings.Cut(key, ":")
	service, ok := authz.ForPrefix(prefix)
	return !ok || service.IsComplete()
}

// unknownVariables returns those policy variables of a statement whose names are
// unknown condition keys.
func unknownVariables(p *policy, s *statement) []string {
	if p.doc.Version != "2012-10-17" {
		return nil // in other versions a variable is plain text
	}
	texts := slices.Concat(s.Resources, s.NotResources)
	for _, c := range s.Conditions {
		texts = append(texts, c.Values...)
	}
	var unknown []string
	for _, text := range texts {
		for _, key := range variableKeys(text) {
			if name := "${" + key + "}"; isUnknownKey(key) && !slices.Contains(unknown, name) {
				unknown = append(unknown, name)
			}
		}
	}
	return unknown
}

// outcome is the result of a condition when the request lacks its key.
type outcome uint8

const (
	outcomeFails outcome = iota
	outcomeHolds
	// outcomeUnclear: the documentation supports both results for ForAnyValue
	// with IfExists.
	outcomeUnclear
)

// outcomeWithoutKey returns the result of a condition when the request lacks
// its key. A condition with an unknown operator counts as failing.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators": a
// missing key does not match. IfExists operators and ForAllValues then hold.
// Negated operators hold too, except with ForAnyValue. Null tests for the key
// itself. The result of ForAnyValue with IfExists is unclear.
func outcomeWithoutKey(c document.Condition) outcome {
	op, ok := document.ParseOperator(c.Operator)
	switch {
	case !ok:
		return outcomeFails
	case op.Name == "Null":
		if slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "true") }) {
			return outcomeHolds
		}
		return outcomeFails
	case op.Set == "ForAnyValue" && op.IfExists:
		return outcomeUnclear
	case op.Set == "ForAnyValue":
		return outcomeFails
	case op.IfExists || op.Set == "ForAllValues" || strings.Contains(op.Name, "Not"):
		return outcomeHolds
	}
	return outcomeFails
}

func checkConditionsThatNeverHold(r *run, p *policy) {
	r.reportUnsupportedKeys(p, outcomeFails, func(s *statement, c document.Condition, actions []string) Finding {
		effect := "allows"
		if s.Effect == document.Deny {
			effect = "denies"
		}
		return Finding{Severity: ineffectiveSeverity(s, 0), Message: sentencef("no request for %s has %s, so the statement never %s these requests", orList(unique(slices.Clone(actions))), c.Key, effect)}
	})
}

func checkConditionsThatAlwaysHold(r *run, p *policy) {
	r.reportUnsupportedKeys(p, outcomeHolds, func(s *statement, c document.Condition, actions []string) Finding {
		// The statement can have other conditions, so the message names the key.
		severity, effect := Severity(0), "limits nothing"
		if s.Effect == document.Deny {
			severity, effect = Medium, "exempts none of these requests" // the statement denies more than it seems to
		}
		if outcomeWithoutKey(c) == outcomeUnclear {
			return Finding{Severity: Medium, Message: sentencef("no request for %s has %s, and it is uncertain whether %s holds without the key, so the condition may limit nothing", orList(unique(slices.Clone(actions))), c.Key, c.Operator)}
		}
		return Finding{Severity: severity, Message: sentencef("no request for %s has %s, and %s always holds without the key, so the condition on %s %s", orList(unique(slices.Clone(actions))), c.Key, c.Operator, c.Key, effect)}
	})
}

// reportUnsupportedKeys reports the conditions on a key that no action of an
// action pattern supports. If want is outcomeFails, it reports the conditions
// that fail without the key, and otherwise those that hold or may hold without
// it.
func (r *run) reportUnsupportedKeys(p *policy, want outcome, finding func(s *statement, c document.Condition, actions []string) Finding) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		if len(s.NotActions) > 0 {
			continue // the author did not choose the actions that NotAction leaves
		}
		for _, c := range s.Conditions {
			if isProviderKey(c.Key) || !keyExists(c.Key) || (outcomeWithoutKey(c) == outcomeFails) != (want == outcomeFails) {
				continue
			}
			var actions []string
			for i, pattern := range s.Actions {
				found := r.matchOf(s, i)
				r.spend(len(found))
				if len(found) > 0 && noneSupports(found, c.Key) && (want == outcomeFails || !neverApplies(s, found)) {
					actions = append(actions, pattern)
				}
			}
			if len(actions) == 0 {
				continue
			}
			f := finding(s, c, actions)
			f.Actions = actions
			r.reportStatement(s, f)
		}
	}
}

func noneSupports(actions []*authz.Action, key string) bool {
	return !slices.ContainsFunc(actions, func(a *authz.Action) bool { return a.Supports(key) != authz.Unsupported })
}

// neverApplies reports whether a statement applies to none of the actions,
// because one of its conditions requires a key that none of the actions
// supports. If so, its other conditions do not matter.
func neverApplies(s *statement, actions []*authz.Action) bool {
	return slices.ContainsFunc(s.Conditions, func(c document.Condition) bool {
		return !isProviderKey(c.Key) && keyExists(c.Key) && outcomeWithoutKey(c) == outcomeFails && noneSupports(actions, c.Key)
	})
}

// checkLiteralWildcards finds "StringEquals": "x*". ARN operators support
// wildcards, even those that end in Equals.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
func checkLiteralWildcards(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		for _, c := range s.Conditions {
			op, ok := document.ParseOperator(c.Operator)
			if !ok || !strings.HasPrefix(op.Name, "String") || strings.HasSuffix(op.Name, "Like") {
				continue
			}
			var values []string
			for _, v := range c.Values {
				if strings.ContainsAny(stripVariables(v), "*?") {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(),
					Message: sentencef("%s compares %s with the exact text %s: the wildcard is a plain character", c.Operator, c.Key, nameList(values))})
			}
		}
	}
}

// stripVariables removes "${", "}" and everything between them, because ${*} is a
// deliberate literal star, and the default of a variable can contain any character.
func stripVariables(text string) string {
	for {
		before, after, found := strings.Cut(text, "${")
		_, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			return text
		}
		text = before + rest
	}
}

// operatorTypes lists the key types that each family of operators can compare.
// String operators are missing because they can compare any type as text, and
// Null because it accepts every type.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
var operatorTypes = []struct {
	prefix string
	types  []authz.KeyType
}{
	{"Numeric", []authz.KeyType{authz.Numeric}},
	{"Date", []authz.KeyType{authz.Date, authz.Numeric}},
	{"Bool", []authz.KeyType{authz.Bool, authz.String}},
	{"Binary", []authz.KeyType{authz.Binary}},
	{"IpAddress", []authz.KeyType{authz.IPAddress}},
	{"NotIpAddress", []authz.KeyType{authz.IPAddress}},
	// Some keys that hold ARNs have the type String.
	{"Arn", []authz.KeyType{authz.ARN, authz.String}},
}

func checkOperatorsOfOtherType(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		for _, c := range s.Conditions {
			op, ok := document.ParseOperator(c.Operator)
			if !ok || isProviderKey(c.Key) {
				continue
			}
			types := keyTypes(c.Key)
			if len(types) == 0 {
				continue
			}
			for _, o := range operatorTypes {
				if strings.HasPrefix(op.Name, o.prefix) && !slices.ContainsFunc(types, func(t authz.KeyType) bool { return slices.Contains(o.types, t) }) {
					severity, consequence := comparison{c, op}.failed(s)
					r.reportStatement(s, Finding{Severity: severity, Actions: s.patterns(),
						Message: sentencef("%s does not fit %s, whose type is %s: %s", c.Operator, c.Key, types[0], consequence)})
				}
			}
		}
	}
}

// failed returns the severity and the consequence of a condition whose operator cannot
// compare the values of its key. AWS does not document the result of a negated operator
// then, and package simulate does not decide it.
func (c comparison) failed(s *statement) (severity Severity, consequence string) {
	switch {
	case c.isNegated() && s.Effect == document.Deny:
		return Medium, "AWS does not document whether the condition holds for requests with the key"
	case c.isNegated():
		return High, "AWS does not document whether the condition holds for requests with the key"
	case c.op.IfExists || c.op.Set == "ForAllValues":
		return ineffectiveSeverity(s, 0), "the condition never holds if the request has the key"
	}
	return ineffectiveSeverity(s, 0), "the condition never holds"
}

func checkVariablesWithoutVersion(r *run, p *policy) {
	if p.aws || p.doc.Version == "2012-10-17" {
		return
	}
	for _, s := range p.statements {
		var texts []string
		add := func(all []string) {
			for _, text := range all {
				if hasVariable(text) && !slices.Contains(texts, text) {
					texts = append(texts, text)
				}
			}
		}
		add(s.Resources)
		add(s.NotResources)
		for _, c := range s.Conditions {
			add(c.Values)
		}
		if len(texts) > 0 {
			r.reportStatement(s, Finding{Severity: ineffectiveSeverity(s, 0), Actions: s.patterns(), Resources: texts})
		}
	}
}

// hasVariable reports whether a text contains a policy variable such as
// "${aws:username}", as opposed to the "${AWS::Partition}" or "${Ref:X}" of a
// template. The prefix of a condition key is written in lower case.
func hasVariable(text string) bool {
	for {
		_, after, found := strings.Cut(text, "${")
		if !found {
			return false
		}
		prefix, rest, ok := strings.Cut(after, ":")
		if ok && prefix != "" && !strings.HasPrefix(rest, ":") && prefix == strings.ToLower(prefix) && !strings.ContainsAny(prefix, "}!") {
			return true
		}
		text = after
	}
}
