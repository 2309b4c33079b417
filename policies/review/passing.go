// Determines to which services a role can be passed under conditions on
// iam:PassedToService.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/document"
)

// passedToServiceKey is the condition key for the service that a role is passed
// to. Every request that passes a role has exactly one value for it.
//
// Source: IAM User Guide, "IAM and AWS STS condition context keys".
const passedToServiceKey = "iam:PassedToService"

// truth is the result of a condition: yes, no, or maybe if it is unknown.
type truth uint8

const (
	truthMaybe truth = iota
	truthYes
	truthNo
)

// mayPassTo reports whether a grant of iam:PassRole may apply to a service: no
// condition of the grant excludes the service, and a resource remains after the
// Deny statements that apply to every request for the service.
func (c *principalGrants) mayPassTo(g *grant, service string) bool {
	if slices.ContainsFunc(g.grantedIf, func(cond document.Condition) bool { return resultWhenPassedTo(cond, service) == truthNo }) {
		return false
	}
	limited := *g
	c.run.spend(len(g.denies))
	for _, d := range g.denies {
		if g.existsOnlyWith(d) && !slices.ContainsFunc(d.Conditions, func(cond document.Condition) bool { return resultWhenPassedTo(cond, service) != truthYes }) {
			limited.grantedOn = c.afterDeny(&limited, d)
		}
	}
	return len(limited.grantedOn) > 0
}

// resultWhenPassedTo returns the result of a condition when a role is passed to
// the service.
func resultWhenPassedTo(c document.Condition, service string) truth {
	values := make([]string, len(c.Values))
	for i, value := range c.Values {
		// Convert the domains of other partitions, such as ec2.amazonaws.com.cn.
		values[i] = strings.TrimSuffix(strings.ReplaceAll(value, "${AWS::URLSuffix}", "amazonaws.com"), ".cn")
	}
	c.Values = values
	return resultWithValue(c, passedToServiceKey, service)
}

// resultWithValue returns the result of a condition when the request has this
// value for the key. The result of a condition on another key is unknown.
func resultWithValue(c document.Condition, key, value string) truth {
	op, ok := document.ParseOperator(c.Operator)
	if !ok || !strings.EqualFold(c.Key, key) {
		return truthMaybe
	}
	if op.Name == "Null" {
		if outcomeWithoutKey(c) == outcomeHolds {
			return truthNo
		}
		return truthYes
	}
	if !strings.HasPrefix(op.Name, "String") {
		return truthMaybe
	}
	hasWildcards, foldCase := strings.HasSuffix(op.Name, "Like"), strings.HasSuffix(op.Name, "IgnoreCase")
	result := truthNo
	for _, wanted := range c.Values {
		switch {
		case hasUnknownPart(wanted):
			if document.Intersects(wanted, value, foldCase) && result == truthNo {
				result = truthMaybe
			}
		case hasWildcards && document.Match(wanted, value, false), wanted == value, foldCase && strings.EqualFold(wanted, value):
			result = truthYes
		}
	}
	if strings.Contains(op.Name, "Not") {
		switch result {
		case truthYes:
			return truthNo
		case truthNo:
			return truthYes
		}
	}
	return result
}
