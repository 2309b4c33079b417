// An independent evaluator for the tests of the comparison, and the small set
// of requests that it evaluates.

package diff

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

// request is one request to evaluate. It lacks a key whose list is nil.
type request struct {
	action, resource, principal string
	keyValues                   [3][]string // the values of keyNames
}

// keyNames are condition keys with one value, with several values, and with a
// number.
var keyNames = [3]string{"key", "many", "number"}

// allRequests returns requests with texts that the wildcards of the random
// policies match or do not match. Some requests lack keys.
func allRequests() []request {
	var all []request
	for _, action := range []string{"a:x", "a:xy", "a:y", "a:z", "b:x", "b:z"} {
		for _, resource := range []string{"r1", "r2", "r12", "q"} {
			for _, key := range [][]string{nil, {"k1"}, {"K1"}, {"k2"}, {"k12"}} {
				for _, values := range [][]string{nil, {"m1"}, {"m2", "m1"}, {"m12", "M1"}} {
					for _, number := range [][]string{nil, {"5"}, {"true"}} {
						all = append(all, request{action, resource, "", [3][]string{key, values, number}})
					}
				}
			}
		}
	}
	return all
}

// simpleMatch matches wildcards by trying every possibility.
func simpleMatch(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return simpleMatch(pattern[1:], text) || text != "" && simpleMatch(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && simpleMatch(pattern[1:], text[1:])
}

// withoutRefused removes the pattern that IAM refuses.
func withoutRefused(actions []string) []string {
	return slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a == "*:x" })
}

func anyMatch(patterns []string, text string) bool {
	for _, p := range patterns {
		if simpleMatch(p, text) {
			return true
		}
	}
	return false
}

func statementMatches(s document.Statement, r request) bool {
	if len(s.Actions) > 0 && !anyMatch(withoutRefused(s.Actions), r.action) || len(s.NotActions) > 0 && anyMatch(s.NotActions, r.action) {
		return false
	}
	if len(s.Resources) > 0 && !anyMatch(s.Resources, r.resource) || len(s.NotResources) > 0 && anyMatch(s.NotResources, r.resource) {
		return false
	}
	principal := func(p document.Principal) bool {
		return p.Kind+" "+p.ID == r.principal || p.ID == "*" && strings.HasPrefix(r.principal, p.Kind+" ")
	}
	if len(s.Principals) > 0 && !slices.ContainsFunc(s.Principals, principal) || len(s.NotPrincipals) > 0 && slices.ContainsFunc(s.NotPrincipals, principal) {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return !conditionHolds(c, r) })
}

// conditionHolds evaluates a condition as IAM documents it.
func conditionHolds(c document.Condition, r request) bool {
	var values []string
	for i, name := range keyNames {
		if strings.EqualFold(name, c.Key) {
			values = r.keyValues[i]
		}
	}
	set, operator, found := strings.Cut(c.Operator, ":")
	if !found {
		set, operator = "", set
	}
	if operator == "Null" {
		return slices.Contains(c.Values, fmt.Sprint(values == nil))
	}
	operator, ifExists := strings.CutSuffix(operator, "IfExists")
	if ifExists && values == nil {
		return true
	}
	positive := strings.Replace(operator, "Not", "", 1)
	// valueMatches reports whether one value of the request meets the
	// condition.
	valueMatches := func(value string) bool {
		matched := slices.ContainsFunc(c.Values, func(v string) bool {
			switch positive {
			case "StringEquals":
				return v == value
			case "StringEqualsIgnoreCase", "Bool":
				return strings.EqualFold(v, value)
			case "StringLike":
				return simpleMatch(v, value)
			case "NumericLessThan":
				return value == "5" && v == "15"
			}
			panic(c.Operator)
		})
		return matched == (positive == operator)
	}
	switch set {
	case "ForAllValues":
		return !slices.ContainsFunc(values, func(v string) bool { return !valueMatches(v) })
	case "ForAnyValue":
		return slices.ContainsFunc(values, valueMatches)
	}
	if values == nil {
		return positive != operator
	}
	return valueMatches(values[0])
}

func isAllowedBy(doc *document.Document, r request) bool {
	allowed := false
	for _, s := range doc.Statements {
		if statementMatches(s, r) {
			if s.Effect == document.Deny {
				return false
			}
			allowed = true
		}
	}
	return allowed
}

// isAllowed reports whether IAM allows a holder a request: by its policies,
// within its boundary.
func isAllowed(h *document.Holder, r request) bool {
	union := &document.Document{}
	for _, p := range h.Policies {
		union.Statements = append(union.Statements, p.Document.Statements...)
	}
	return isAllowedBy(union, r) && (h.BoundaryPolicy == nil || isAllowedBy(h.BoundaryPolicy, r))
}
