// Measures how far a condition limits who can use an entry of a trust policy or
// a resource policy.

package review

import (
	_ "embed"
	"net/netip"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

//go:embed trust.tsv
var trustTSV string

// trustFacts has the contents of trust.tsv.
type trustFacts struct {
	keys    map[string]string  // what a key says about a caller, by the key in lower case
	chosen  map[string]bool    // the keys whose values a caller of any account can choose
	issuers map[string]*issuer // by host, in lower case
}

// issuer is an issuer of OIDC tokens that many customers share.
type issuer struct {
	kind      string // "issuer", "login" or "guest", as trust.tsv explains
	name      string
	claims    []string // one of these claims must identify your tokens; nil if the audience does
	audiences []string // the claims that contain the audience
}

var loadTrust = lazy.Value[*trustFacts]{Make: func() *trustFacts {
	facts := &trustFacts{map[string]string{}, map[string]bool{}, map[string]*issuer{}}
	for _, row := range rows(trustTSV, 5) {
		if row[0] == "key" {
			facts.keys[row[1]], facts.chosen[row[1]] = row[4], row[2] == "chosen"
			continue
		}
		found := &issuer{kind: row[0], name: row[4], audiences: strings.Fields(row[3])}
		if row[2] != "-" {
			found.claims = strings.Fields(row[2])
		}
		facts.issuers[row[1]] = found
	}
	return facts
}}

// keyKind returns what a condition key says about a caller, or "" if it says
// nothing.
func keyKind(key string) string {
	key = strings.ToLower(key)
	if strings.HasPrefix(key, "aws:principaltag/") {
		return "word" // every account can tag its own principals
	}
	return loadTrust.Get().keys[key]
}

// bound says how far conditions limit the callers; higher is narrower.
type bound uint8

const (
	boundNone         bound = iota
	boundChosen             // by a value that a caller of any account can choose
	boundShared             // by a value that callers of other accounts can have
	boundOrganization       // to the accounts of an organization
	boundAccounts           // to the principals of certain accounts
	boundNamed              // to certain principals
)

// bound returns how far the requirements of an entry limit the callers. All
// requirements must hold, so the narrowest counts.
func (e *entry) bound() bound {
	if e.limitedToExceptions {
		return boundNamed
	}
	closest := boundNone
	for _, c := range e.requirements {
		closest = max(closest, e.boundOf(c))
	}
	return closest
}

// serviceContextPrefix begins the keys of the encryption context that AWS services set,
// such as the ARN of the trail for which CloudTrail encrypts. Callers that are not
// services choose their encryption context.
//
// Source: AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
const serviceContextPrefix = "kms:encryptioncontext:aws:"

// boundOf returns how far one condition limits the callers. Any of its values
// is enough, so the widest counts.
func (e *entry) boundOf(c document.Condition) bound {
	if !e.requiresNamedValue(c) {
		return boundNone
	}
	kind := keyKind(c.Key)
	if e.principal.Kind == "Service" && strings.HasPrefix(strings.ToLower(c.Key), serviceContextPrefix) {
		kind = "principal"
	}
	if _, _, ok := claimOf(c.Key); ok {
		kind = "claim"
	} else if prefix, _, _ := strings.Cut(c.Key, ":"); strings.EqualFold(prefix, "saml") {
		kind = "word"
	}
	widest := boundNamed
	for _, value := range c.Values {
		widest = min(widest, e.valueBound(c, kind, valuePattern(c, value)))
	}
	if key := strings.ToLower(c.Key); widest == boundShared && (loadTrust.Get().chosen[key] || strings.HasPrefix(key, "aws:principaltag/")) {
		return boundChosen
	}
	return widest
}

func (e *entry) valueBound(c document.Condition, kind, value string) bound {
	if kind == "" || isAnything(value) {
		return boundNone
	}
	hasWildcard := strings.ContainsAny(value, "*?")
	switch kind {
	case "principal":
		return principalBound(c.Key, value)
	case "account":
		if hasWildcard {
			return boundShared
		}
		return boundAccounts
	case "organization":
		if id, _, _ := strings.Cut(value, "/"); strings.ContainsAny(id, "*?") {
			return boundShared
		}
		return boundOrganization
	case "place":
		// A block this large contains too many addresses to limit the callers.
		if prefix, err := netip.ParsePrefix(value); err == nil && prefix.Bits() < minLimitingPrefix {
			return boundNone
		}
		return boundShared
	case "claim":
		// Sessions of a web identity keep the claims of the token, so a claim
		// limits the callers as long as the issuer gives this value only to
		// your own identities.
		host, claim, _ := claimOf(c.Key)
		if slices.Contains(audienceClaims(host), claim) {
			return boundShared
		}
		switch claimScope(host, claim, value) {
		case scopeAll:
			return boundNone
		case scopeTenant:
			return boundOrganization
		}
		return boundNamed
	}
	if strings.EqualFold(c.Key, "aws:PrincipalIsAWSService") && !strings.EqualFold(value, "true") {
		return boundNone
	}
	return boundShared
}

// principalBound returns how far a value limits the callers if the key is the
// ARN or the unique ID of the caller, or the ARN of the resource that a service
// acts for.
func principalBound(key, value string) bound {
	if !strings.HasPrefix(value, "arn:") {
		// The value is an aws:userid (ID:SESSION), or an ARN that begins with a
		// wildcard.
		id, _, _ := strings.Cut(value, ":")
		if !strings.EqualFold(key, "aws:userid") || strings.ContainsAny(id, "*?") {
			return boundShared
		}
		return boundNamed
	}
	a := arn.ParsePattern(value)
	if a.Parts < 6 || strings.ContainsAny(a.Account, "*?") {
		return boundShared // a role of that name can be created in any account
	}
	kind, name, sub := strings.Cut(a.Resource, "/")
	if !sub {
		kind, name = "", a.Resource
	}
	session, _, _ := strings.Cut(name, "/")
	switch {
	case a.Account == "":
		// Anyone can create a bucket whose name matches a wildcard.
		if strings.ContainsAny(kind, "*?") || !sub && strings.ContainsAny(name, "*?") {
			return boundShared
		}
	case name == "root" || isAnything(name) || strings.Contains(kind, "*"):
		return boundAccounts
	case kind == "assumed-role" && isAnything(session):
		return boundAccounts // the caller chooses the name of the session
	}
	return boundNamed
}

// requiresNamedValue reports whether a condition requires the key to be present
// with one of the named values.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and
// "Set operators for multivalued context keys": IfExists and ForAllValues also
// hold without the key, unless every request has it or a Null condition requires
// it.
func (e *entry) requiresNamedValue(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok || op.Name == "Null" || strings.Contains(op.Name, "Not") {
		return false
	}
	if !op.IfExists && op.Set != "ForAllValues" || isInEveryRequest(c.Key) || e.alwaysHasClaim(c.Key) {
		return true
	}
	return slices.ContainsFunc(e.requirements, func(other document.Condition) bool {
		o, ok := document.ParseOperator(other.Operator)
		return ok && o.Name == "Null" && requiresKey(other, c.Key)
	})
}

// requiresValue reports whether a condition requires a value other than a bare
// wildcard.
func (e *entry) requiresValue(c document.Condition) bool {
	return e.requiresNamedValue(c) && !slices.ContainsFunc(c.Values, func(value string) bool { return isAnything(valuePattern(c, value)) })
}

// isAnything reports whether a pattern consists of wildcards and separators
// only.
func isAnything(value string) bool { return strings.Trim(value, "*?:/") == "" }

// valuePattern returns the value of a condition as a pattern. If the operator
// does not support wildcards, it replaces them with plain characters, unless
// the value consists only of wildcards. It replaces policy variables with "*",
// because the request determines their values, except variables about the
// resource, which belongs to you.
func valuePattern(c document.Condition, value string) string {
	if op, _ := document.ParseOperator(c.Operator); strings.HasPrefix(op.Name, "StringEquals") && !isAnything(value) {
		value = strings.NewReplacer("*", "x", "?", "x").Replace(value)
	}
	if !hasVariable(value) {
		return value
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(value, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		text := "${" + name + "}"
		if hasVariable(text) && !strings.HasPrefix(strings.ToLower(name), "aws:resource") {
			text = "*"
		}
		b.WriteString(text)
		if !closed {
			return b.String()
		}
		value = rest
	}
}

// inverseOperators maps the negated operators that inverseCondition supports to
// the operators that they negate.
var inverseOperators = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
		"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NotIpAddress": "IpAddress"}
}}

// inverseCondition returns the condition under which a Deny with this condition
// does not apply. It returns false for an operator that inverseOperators does
// not have, and for ForAnyValue, with which the Deny does not apply if the key
// is missing.
func inverseCondition(c document.Condition) (document.Condition, bool) {
	op, ok := document.ParseOperator(c.Operator)
	name, known := inverseOperators.Get()[op.Name]
	if !ok || !known || op.Set == "ForAnyValue" {
		return c, false
	}
	c.Operator = name
	if op.Set == "ForAllValues" {
		c.Operator = "ForAnyValue:" + name
	}
	return c, true
}
