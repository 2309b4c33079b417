// Requests that an escalation route needs: a key with a value, such as
// ec2:Attribute=UserData to set new user data. A condition that requires
// another value blocks the route.
//
// Sources: Service Authorization Reference, ec2:Attribute: the attribute that a
// request sets. Its values are the names of the operation's parameters, as in
// AWS managed policies (InstanceType of ModifyInstanceAttribute in
// AmazonRDSCustomServiceRolePolicy).

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// ruledOutBy reports whether one of the conditions fails for every request that
// meets the need.
func (n need) ruledOutBy(all []document.Condition, a *authz.Action) bool {
	return slices.ContainsFunc(all, func(c document.Condition) bool {
		_, isTag := resourceTag(c.Key)
		return neverHolds(c, a) || isOutsideIAM(c, a) || n.resultOf(c) == truthNo || isTag && n.isForAWSResources() && outcomeWithoutKey(c) == outcomeFails
	})
}

// isForAWSResources reports whether the need is about resources that AWS owns:
// SSM documents whose names begin with "AWS-". An account cannot tag them.
func (n need) isForAWSResources() bool {
	return len(n.types) > 0 && !slices.ContainsFunc(n.types, func(wanted string) bool {
		_, name, _ := strings.Cut(wanted, "/")
		return !strings.HasPrefix(name, "AWS-")
	})
}

const requestedRegionKey = "aws:RequestedRegion"

// isInControlRegion reports whether AWS handles every request for the action in
// one region, that of the IAM control plane. A role is passed in a request to
// another service, so iam:PassRole does not count.
//
// Source: IAM User Guide, "AWS global condition context keys",
// aws:RequestedRegion.
func isInControlRegion(a *authz.Action) bool {
	return a.Service == "iam" && a.Supports(passedToServiceKey) == authz.Unsupported
}

// isOutsideIAM reports whether a condition allows only regions in which IAM
// handles no request for the action.
func isOutsideIAM(c document.Condition, a *authz.Action) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok || !strings.EqualFold(c.Key, requestedRegionKey) || !isInControlRegion(a) || !strings.HasPrefix(op.Name, "String") || strings.Contains(op.Name, "Not") {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(value string) bool {
		control := arn.ControlRegion(arn.PartitionOfRegionPattern(value))
		return control == "" || hasUnknownPart(value) || resultWithValue(c, c.Key, control) != truthNo
	})
}

// limitsAction reports whether a condition narrows an Allow for an action. A
// condition on the region narrows nothing for IAM, because IAM handles all
// requests in one region.
func limitsAction(c document.Condition, a *authz.Action) bool {
	return narrows(c) && !(strings.EqualFold(c.Key, requestedRegionKey) && isInControlRegion(a) && !isOutsideIAM(c, a))
}

// alwaysMeets reports whether the conditions hold for every request that meets
// the need.
func (n need) alwaysMeets(all []document.Condition) bool {
	return !slices.ContainsFunc(all, func(c document.Condition) bool { return n.resultOf(c) != truthYes })
}

// resultOf returns the result of a condition for a request that meets the need.
// The result is unknown if it depends on the letter case of the value, because
// the documentation does not define whether case matters.
func (n need) resultOf(c document.Condition) truth {
	if n.key == "" {
		return truthMaybe
	}
	lower := c
	lower.Values = make([]string, len(c.Values))
	for i, value := range c.Values {
		lower.Values[i] = strings.ToLower(value)
	}
	if result := resultWithValue(c, n.key, n.value); result == resultWithValue(lower, n.key, strings.ToLower(n.value)) {
		return result
	}
	return truthMaybe
}
