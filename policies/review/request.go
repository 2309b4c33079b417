// Requests that a way needs: a key with a value, as ec2:Attribute=UserData for new
// user data. A condition on another value keeps the way closed.
//
// Sources: Service Authorization Reference, ec2:Attribute: the attribute that a
// request sets. Its values are named as the parameters of the operation, as AWS's
// managed policies have them (InstanceType of ModifyInstanceAttribute in
// AmazonRDSCustomServiceRolePolicy).

package review

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// excluded reports whether conditions hold for no request that the need takes.
func (n need) ruledOutBy(all []document.Condition, a *authz.Action) bool {
	return slices.ContainsFunc(all, func(c document.Condition) bool {
		_, tag := resourceTag(c.Key)
		return neverHolds(c, a) || n.resultOf(c) == no || tag && n.isForAWSResources() && withoutKey(c) == fails
	})
}

// ofAWS reports whether the need is for resources that AWS owns: documents with
// names of AWS's. An account cannot tag these.
func (n need) isForAWSResources() bool {
	return len(n.types) > 0 && !slices.ContainsFunc(n.types, func(wanted string) bool {
		_, name, _ := strings.Cut(wanted, "/")
		return !strings.HasPrefix(name, "AWS-")
	})
}

// included reports whether conditions hold for every request that the need takes.
func (n need) alwaysMeets(all []document.Condition) bool {
	return !slices.ContainsFunc(all, func(c document.Condition) bool { return n.resultOf(c) != yes })
}

// condition returns what a condition comes to for a request that the need takes.
// The documentation does not say whether the case of the value is always the same,
// so what depends on the case is unknown.
func (n need) resultOf(c document.Condition) truth {
	if n.key == "" {
		return maybe
	}
	lower := c
	lower.Values = make([]string, len(c.Values))
	for i, value := range c.Values {
		lower.Values[i] = strings.ToLower(value)
	}
	if result := resultWithValue(c, n.key, n.value); result == resultWithValue(lower, n.key, strings.ToLower(n.value)) {
		return result
	}
	return maybe
}
