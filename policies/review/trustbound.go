// Trust: what a condition says about who comes in.

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

// trustFacts are the rows of trust.tsv.
type trustFacts struct {
	keys    map[string]string // lower case; what a key says of a caller
	issuers map[string]*issuer
}

// issuer gives out OIDC tokens, to many customers.
type issuer struct {
	kind      string // "issuer", "login" or "guest"
	name      string
	claims    []string
	audiences []string
}

var loadTrust = lazy.Value[*trustFacts]{Make: func() *trustFacts {
	facts := &trustFacts{map[string]string{}, map[string]*issuer{}}
	for _, row := range rows(trustTSV, 5) {
		if row[0] == "key" {
			facts.keys[row[1]] = row[4]
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

// keyKind says what a condition key says about a caller, "" for nothing.
func keyKind(key string) string {
	key = strings.ToLower(key)
	if strings.HasPrefix(key, "aws:principaltag/") {
		return "word" // every account tags its own principals
	}
	return loadTrust.Get().keys[key]
}

// bound is how far conditions limit who comes in; the higher, the closer.
type bound uint8

const (
	unbounded      bound = iota
	toShared             // by what callers of any account can have or give
	toOrganization       // to the accounts of an organization
	toAccounts           // to the principals of some accounts
	toNamed              // to some principals
)

// bound is how far the demands of an entry limit who comes in. They must all
// hold, so the closest of them counts.
func (e *entry) bound() bound {
	if e.excepted {
		return toNamed
	}
	closest := unbounded
	for _, c := range e.requirements {
		closest = max(closest, e.boundOf(c))
	}
	return closest
}

// boundBy is how far one condition does. One of its values is enough, so the
// widest of them counts.
func (e *entry) boundOf(c document.Condition) bound {
	if !e.requiresNamedValue(c) {
		return unbounded
	}
	kind := keyKind(c.Key)
	if _, _, ok := claimOf(c.Key); ok {
		kind = "claim"
	} else if prefix, _, _ := strings.Cut(c.Key, ":"); strings.EqualFold(prefix, "saml") {
		kind = "word"
	}
	widest := toNamed
	for _, value := range c.Values {
		widest = min(widest, e.valueBound(c, kind, pattern(c, value)))
	}
	return widest
}

func (e *entry) valueBound(c document.Condition, kind, value string) bound {
	if kind == "" || isAnything(value) {
		return unbounded
	}
	wild := strings.ContainsAny(value, "*?")
	switch kind {
	case "principal":
		return principalBound(c.Key, value)
	case "account":
		if wild {
			return toShared
		}
		return toAccounts
	case "organization":
		if id, _, _ := strings.Cut(value, "/"); strings.ContainsAny(id, "*?") {
			return toShared
		}
		return toOrganization
	case "place":
		// "The internet" is not a place.
		if prefix, err := netip.ParsePrefix(value); err == nil && prefix.Bits() < 8 {
			return unbounded
		}
		return toShared
	case "claim":
		// Sessions of a web identity keep the claims, so the issuer answers
		// for them as long as the value is one that it gives to yours alone.
		host, claim, _ := claimOf(c.Key)
		if slices.Contains(audienceClaims(host), claim) {
			return toShared
		}
		switch openness(host, claim, value) {
		case toAll:
			return unbounded
		case toTenant:
			return toOrganization
		}
		return toNamed
	}
	if strings.EqualFold(c.Key, "aws:PrincipalIsAWSService") && !strings.EqualFold(value, "true") {
		return unbounded
	}
	return toShared
}

// principalBound is how far a value of a key limits that is the ARN or the
// unique ID of whoever calls.
func principalBound(key, value string) bound {
	if !strings.HasPrefix(value, "arn:") {
		// aws:userid is ID:SESSION, and an ARN may begin with a wildcard.
		id, _, _ := strings.Cut(value, ":")
		if !strings.EqualFold(key, "aws:userid") || strings.ContainsAny(id, "*?") {
			return toShared
		}
		return toNamed
	}
	a := arn.ParsePattern(value)
	if a.Parts < 6 || strings.ContainsAny(a.Account, "*?") {
		return toShared // a role of that name can be made in any account
	}
	kind, name, sub := strings.Cut(a.Resource, "/")
	if !sub {
		kind, name = "", a.Resource
	}
	session, _, _ := strings.Cut(name, "/")
	switch {
	case a.Account == "":
		// Of a bucket: its name is taken once, and one that is like it is free.
		if strings.ContainsAny(kind, "*?") || !sub && strings.ContainsAny(name, "*?") {
			return toShared
		}
	case name == "root" || isAnything(name) || strings.Contains(kind, "*"):
		return toAccounts
	case kind == "assumed-role" && isAnything(session):
		return toAccounts // whoever comes chooses the name of the session
	}
	return toNamed
}

// positive reports whether a condition demands the key, with a value that it
// names.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and
// "Set operators for multivalued context keys": what ends in IfExists, or has
// ForAllValues, also holds without the key, unless Null demands it.
func (e *entry) requiresNamedValue(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok || op.Name == "Null" || strings.Contains(op.Name, "Not") {
		return false
	}
	if !op.IfExists && op.Set != "ForAllValues" {
		return true
	}
	return slices.ContainsFunc(e.requirements, func(other document.Condition) bool {
		o, ok := document.ParseOperator(other.Operator)
		return ok && o.Name == "Null" && requiresKey(other, c.Key)
	})
}

// demandsValue reports whether a condition demands a value that is not just
// anything.
func (e *entry) requiresValue(c document.Condition) bool {
	return e.requiresNamedValue(c) && !slices.ContainsFunc(c.Values, func(value string) bool { return isAnything(pattern(c, value)) })
}

// isAnything reports whether a pattern has only wildcards, and what
// is between parts.
func isAnything(value string) bool { return strings.Trim(value, "*?:/") == "" }

// pattern returns the value of a condition as a pattern: where the operator
// knows no wildcards they are other characters, and what only the request says
// (a policy variable) can be anything. Those about the resource are its own.
func pattern(c document.Condition, value string) string {
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

// inverses are the operators that hold when the others do not.
var inverses = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
		"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike", "NotIpAddress": "IpAddress"}
}}

// inverse returns the condition that must hold where a Deny with this one
// leaves something over. It knows those that deny when the key is missing.
func inverse(c document.Condition) (document.Condition, bool) {
	op, ok := document.ParseOperator(c.Operator)
	name, known := inverses.Get()[op.Name]
	if !ok || !known || op.Set == "ForAnyValue" {
		return c, false
	}
	c.Operator = name
	if op.Set == "ForAllValues" {
		c.Operator = "ForAnyValue:" + name
	}
	return c, true
}
