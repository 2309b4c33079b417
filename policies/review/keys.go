// Rules about condition keys that do not have the effect that they seem to
// have: for the caller, the service, the resource or the operator.
//
// Source: IAM User Guide, "IAM policy validation check reference".

package review

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

//go:embed keys.tsv
var keysTSV string

// keyFact is a row of keys.tsv.
type keyFact struct {
	key    string   // in lower case
	others []string // the other keys of a pair, or the actions to which the fact applies
}

var loadKeyFacts = lazy.Value[map[string][]keyFact]{Make: func() map[string][]keyFact {
	table := map[string][]keyFact{}
	for _, row := range rows(keysTSV, 3) {
		table[row[0]] = append(table[row[0]], keyFact{strings.ToLower(row[1]), strings.Fields(strings.TrimPrefix(row[2], "-"))})
	}
	return table
}}

// keyFactOf returns the row of this kind in keys.tsv for a key. A row whose key
// ends in "/" applies to all keys with that prefix.
func keyFactOf(kind, key string) (keyFact, bool) {
	key = strings.ToLower(key)
	for _, fact := range loadKeyFacts.Get()[kind] {
		if key == fact.key || strings.HasSuffix(fact.key, "/") && strings.HasPrefix(key, fact.key) {
			return fact, true
		}
	}
	return keyFact{}, false
}

func keyRules() []Rule {
	const (
		keysPage   = userGuide + "reference_policies_condition-keys.html"
		setPage    = userGuide + "reference_policies_condition-single-vs-multi-valued-context-keys.html"
		checksPage = userGuide + "access-analyzer-reference-policy-checks.html"
	)
	return []Rule{
		{ID: "missing-set-operator", Severity: Medium, Reference: setPage,
			Risk:   "a request can have several values of the key, and the operator does not say whether all or any of them must match",
			Remedy: "write \"ForAnyValue:\" or \"ForAllValues:\" before the operator", policy: eachCondition(checkMissingSetOperator)},
		{ID: "set-operator", Severity: Low, Reference: setPage,
			Risk:   "ForAllValues and ForAnyValue are for keys that can have several values in a request, but this key has at most one value, or the operator is Null",
			Remedy: "remove \"ForAllValues:\" or \"ForAnyValue:\"", policy: eachCondition(checkNeedlessSetOperator)},
		{ID: "arn-as-text", Severity: Low, Reference: userGuide + "reference_policies_elements_condition_operators.html#Conditions_ARN",
			Risk:   "a string operator compares an ARN as one text, so a wildcard also matches across the colons of the ARN",
			Remedy: "use ArnLike or ArnNotLike", policy: eachCondition(checkArnsAsText)},
		{ID: "unpaired-key", Severity: Medium, Reference: checksPage + "#access-analyzer-reference-policy-checks-security-warning-missing-paired-condition-keys",
			Risk:   "the condition key limits little without a condition on a second key",
			Remedy: "also add a condition on the key that the finding names", policy: eachCondition(checkUnpairedKeys)},
		{ID: "prefix-bypass", Severity: Medium, Reference: checksPage + "#access-analyzer-reference-policy-checks-security-warning-s3-prefix-in-negative-context",
			Risk:   "a request with a shorter prefix does not match the condition, but lists the same objects",
			Remedy: "allow the prefixes with StringLike, or deny all other prefixes with StringNotLike", policy: eachCondition(checkPrefixBypasses)},
		{ID: "tag-with-not-action", Severity: Medium, Reference: userGuide + "access_tags.html",
			Risk:   "NotAction covers all actions that it does not list, and many of the covered actions do not support the tag: requests for those actions lack the condition key",
			Remedy: "use Action to list the actions that support the key", policy: eachCondition(checkTagsWithNotAction)},
		{ID: "service-limited-key", Severity: Medium, Reference: keysPage,
			Risk:   "only requests to some services contain the condition key, but the statement covers all services",
			Remedy: "in Action, name the services that have the key", policy: eachCondition(checkServiceLimitedKeys)},
		{ID: "key-of-callers", Severity: Medium, Reference: keysPage,
			Risk:   "a call that an AWS service makes on its own behalf does not have the condition key",
			Remedy: "require aws:SourceAccount, aws:SourceArn or aws:SourceOrgID", policy: eachCondition(checkKeysOfCallers)},
		{ID: "irrelevant-key", Severity: Low, Reference: checksPage + "#access-analyzer-reference-policy-checks-suggestion-irrelevant-condition-key-in-policy",
			Risk:   "the condition key describes the resource that has the policy, so its value is the same in every request",
			Remedy: "move the condition to an identity policy, or remove the condition", policy: eachCondition(checkIrrelevantKeys)},
	}
}

func keyExposureRules() []Rule {
	const keysPage = userGuide + "reference_policies_condition-keys.html"
	return []Rule{
		{ID: "sensitive-key-wildcard", Severity: Medium, Reference: keysPage + "#condition-keys-sensitive", asWritten: true,
			Risk:   "the key decides who has access, and a wildcard or a variable in its value can match anyone",
			Remedy: "write the whole value, without a wildcard or variable", policy: eachCondition(checkSensitiveWildcards)},
		{ID: "spoofable-key", Severity: Medium, Reference: keysPage + "#condition-keys-referer", asWritten: true,
			Risk:   "the caller chooses the value of this condition key, so the condition gives no protection",
			Remedy: "compare a key that AWS sets, such as aws:SourceArn or aws:PrincipalArn", policy: eachCondition(checkSpoofableKeys)},
	}
}

// eachCondition returns a rule function that checks conditions one by one. It
// skips keys that are known only at deployment, unknown operators, and AWS
// managed policies.
func eachCondition(check func(*run, *statement, comparison) (Finding, bool)) func(*run, *policy) {
	return func(r *run, p *policy) {
		if p.aws {
			return
		}
		for _, s := range p.statements {
			r.spend(len(s.Conditions))
			for _, c := range s.Conditions {
				op, ok := document.ParseOperator(c.Operator)
				if !ok || hasUnknownPart(c.Key) {
					continue
				}
				if f, found := check(r, s, comparison{c, op}); found {
					if f.Actions == nil {
						f.Actions = s.patterns()
					}
					r.reportStatement(s, f)
				}
			}
		}
	}
}

func checkMissingSetOperator(_ *run, _ *statement, c comparison) (Finding, bool) {
	if c.op.Set != "" || c.op.Name == "Null" || isProviderKey(c.Key) || !keyExists(c.Key) || !mayHaveSeveralValues(c.Key) {
		return Finding{}, false
	}
	return Finding{Message: PlainSentence(document.Unclear{Kind: document.SeveralValues, About: c.Key}.String())}, true
}

// checkNeedlessSetOperator finds set operators with Null, which does not
// compare the values, and with the audience of a token, which is a single
// value. It also finds ForAllValues in a Deny; see checkDenialsOfAllValues.
func checkNeedlessSetOperator(_ *run, s *statement, c comparison) (Finding, bool) {
	_, claim, isClaim := claimOf(c.Key)
	if f, found := checkDenialsOfAllValues(s, c); found {
		return f, true
	}
	switch {
	case c.op.Set == "":
	case c.op.Name == "Null" && c.op.Set == "ForAllValues":
		return Finding{Severity: Medium, Message: sentencef("%s always holds, so the condition on %s limits nothing", c.Operator, c.Key)}, true
	case c.op.Name == "Null":
		return Finding{Severity: ineffectiveSeverity(s, Medium), Message: sentencef("%s never holds, so the statement never applies", c.Operator)}, true
	case isClaim && claim == "aud":
		return Finding{Message: sentencef("a token has one audience, so %s does not fit %s", c.Operator, c.Key)}, true
	}
	return Finding{}, false
}

func checkArnsAsText(_ *run, _ *statement, c comparison) (Finding, bool) {
	types := keyTypes(c.Key)
	if c.op.Name != "StringLike" && c.op.Name != "StringNotLike" || len(types) == 0 || types[0] != authz.ARN {
		return Finding{}, false
	}
	return Finding{Message: sentencef("%s compares the ARN in %s as one text, so a wildcard also matches across the colons of the ARN", c.Operator, c.Key)}, true
}

func checkUnpairedKeys(r *run, s *statement, c comparison) (Finding, bool) {
	fact, ok := keyFactOf("pair", c.Key)
	if !ok || slices.ContainsFunc(s.Conditions, func(other document.Condition) bool {
		return slices.ContainsFunc(fact.others, func(key string) bool { return strings.EqualFold(key, other.Key) })
	}) {
		return Finding{}, false
	}
	if _, global := authz.Global(c.Key); !global && !slices.ContainsFunc(r.actions(s), func(a *authz.Action) bool { return a.Supports(fact.others[0]) != authz.Unsupported }) {
		return Finding{}, false
	}
	severity := Severity(0)
	if s.Effect == document.Deny {
		severity = Low
	}
	return Finding{Severity: severity, Message: sentencef("%s limits little without a condition on %s", c.Key, orList(fact.others))}, true
}

// checkPrefixBypasses finds prefixes that are excluded by name: a listing with
// the shorter prefix "priv" also contains the objects below "private/".
func checkPrefixBypasses(_ *run, s *statement, c comparison) (Finding, bool) {
	if !strings.EqualFold(c.Key, "s3:prefix") || !strings.HasPrefix(c.op.Name, "String") || c.isNegated() == (s.Effect == document.Deny) {
		return Finding{}, false
	}
	return Finding{Message: sentencef("a request with a prefix that is shorter than %s does not match, but lists the same objects", orList(c.Values))}, true
}

func checkTagsWithNotAction(_ *run, s *statement, c comparison) (Finding, bool) {
	key := strings.ToLower(c.Key)
	if len(s.NotActions) == 0 || c.op.Name == "Null" || key != strings.ToLower(tagKeysKey) && !strings.HasPrefix(key, "aws:resourcetag/") && !strings.HasPrefix(key, "aws:requesttag/") {
		return Finding{}, false
	}
	outcomeIfMissing := outcomeWithoutKey(c.Condition)
	switch {
	case s.Effect == document.Deny && outcomeIfMissing != outcomeHolds:
		return Finding{Message: sentencef("requests for actions that do not support %s are not denied", c.Key)}, true
	case s.Effect == document.Allow && outcomeIfMissing == outcomeFails:
		return Finding{Severity: Low, Message: sentencef("requests for actions that do not support %s are not allowed", c.Key)}, true
	case s.Effect == document.Allow:
		meet := "meet the condition, so they are allowed"
		if outcomeIfMissing == outcomeUnclear {
			meet = "may meet the condition, so they may be allowed"
		}
		return Finding{Message: sentencef("requests for actions that do not support %s %s", c.Key, PlainSentence(meet))}, true
	}
	return Finding{}, false
}

// checkServiceLimitedKeys checks statements about all services. For statements
// that name services, condition-never-holds and condition-always-holds report
// the same.
func checkServiceLimitedKeys(_ *run, s *statement, c comparison) (Finding, bool) {
	key, ok := authz.Global(c.Key)
	if !ok || len(key.Services) == 0 || len(s.NotActions) == 0 && !slices.ContainsFunc(s.Actions, isEveryAction) {
		return Finding{}, false
	}
	return Finding{Message: sentencef("the statement covers all services, but only requests to %d of them contain %s", len(key.Services), c.Key)}, true
}

func checkKeysOfCallers(_ *run, s *statement, c comparison) (Finding, bool) {
	if _, ok := keyFactOf("no-service", c.Key); !ok || !s.allows() || c.op.Name == "Null" || len(s.Principals) == 0 || slices.ContainsFunc(s.Principals, func(p document.Principal) bool { return p.Kind != "Service" }) {
		return Finding{}, false
	}
	switch outcomeWithoutKey(c.Condition) {
	case outcomeHolds:
		return Finding{Message: sentencef("a request that an AWS service makes on its own behalf does not contain %s, so the condition always holds", c.Key)}, true
	case outcomeUnclear:
		return Finding{Message: sentencef("a request that an AWS service makes on its own behalf does not contain %s, and it is uncertain whether the condition holds without the key", c.Key)}, true
	}
	return Finding{Message: sentencef("a request that an AWS service makes on its own behalf does not contain %s, so the condition never holds", c.Key)}, true
}

// checkIrrelevantKeys finds keys that describe the resource that has the policy.
// It skips policies whose type of resource is unknown: a standalone document may
// belong to a VPC endpoint, whose requests go to many resources.
func checkIrrelevantKeys(_ *run, s *statement, c comparison) (Finding, bool) {
	if _, ok := keyFactOf("own-resource", c.Key); !ok {
		return Finding{}, false
	}
	if _, ok := s.policy.resourceType(); !ok {
		return Finding{}, false
	}
	return Finding{Message: sentencef("%s describes the resource that has the policy, so its value is the same in every request", c.Key)}, true
}

// checkSensitiveWildcards checks the keys that AWS documents as sensitive, and
// the part of aws:userid before the colon, which identifies the caller.
func checkSensitiveWildcards(_ *run, _ *statement, c comparison) (Finding, bool) {
	key, ok := authz.Global(c.Key)
	userID := ok && strings.EqualFold(key.Name, "aws:userid")
	if !ok || !key.Sensitive && !userID || !strings.HasPrefix(c.op.Name, "String") {
		return Finding{}, false
	}
	var flagged []string
	for _, value := range c.Values {
		part := value
		if userID {
			before, _, colon := strings.Cut(value, ":")
			if part = before; before == "*" && colon {
				continue
			}
		}
		if c.supportsWildcards() && strings.ContainsAny(stripVariables(part), "*?") || hasVariable(part) && !isAWSVariable(part) {
			flagged = append(flagged, value)
		}
	}
	if len(flagged) == 0 {
		return Finding{}, false
	}
	return Finding{Message: sentencef("the condition on %s decides who has access, but part of %s is a wildcard or variable: %s", c.Key, forCount(flagged, "this value", "each of these values"), nameList(flagged))}, true
}

// isAWSVariable reports whether a text is a single variable that AWS sets,
// namely a sensitive condition key, such as ${aws:PrincipalOrgID} as the value
// of aws:ResourceOrgID.
func isAWSVariable(text string) bool {
	name, ok := strings.CutPrefix(text, "${")
	key, known := authz.Global(strings.TrimSuffix(name, "}"))
	return ok && known && key.Sensitive
}

func checkSpoofableKeys(_ *run, s *statement, c comparison) (Finding, bool) {
	if _, ok := keyFactOf("caller", c.Key); !ok {
		return Finding{}, false
	}
	severity := Severity(0)
	if s.Effect == document.Deny {
		severity = Low
	}
	return Finding{Severity: severity, Message: sentencef("the caller chooses the value of %s, so the condition gives no protection", c.Key)}, true
}
