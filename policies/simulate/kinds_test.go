// The kinds of random requests, determined from their policies, and the minimum
// number of requests of each kind. Resources count only if the action of their
// statement matches the request, and principals and conditions only if the
// action and the resource match.

package simulate

import "strings"

// minimums has the minimum number of requests of each kind among 5,000. Each is
// about half of the current number, so that the generator can change but must
// still produce every kind.
var minimums = map[string]int{
	"ForAllValues with an empty value":                    9,
	"ForAllValues with no key":                            184,
	"ForAllValues with one value":                         143,
	"ForAllValues with several values":                    13,
	"ForAnyValue with an empty value":                     5,
	"ForAnyValue with no key":                             179,
	"ForAnyValue with one value":                          142,
	"ForAnyValue with several values":                     15,
	"IfExists and ForAllValues with an empty value":       2,
	"IfExists and ForAllValues with no key":               90,
	"IfExists and ForAllValues with one value":            72,
	"IfExists and ForAllValues with several values":       4,
	"IfExists and ForAnyValue with an empty value":        2,
	"IfExists and ForAnyValue with no key":                104,
	"IfExists and ForAnyValue with one value":             67,
	"IfExists and ForAnyValue with several values":        5,
	"IfExists and no set with an empty value":             17,
	"IfExists and no set with no key":                     337,
	"IfExists and no set with one value":                  264,
	"IfExists and no set with several values":             23,
	"NotAction, Allow":                                    536,
	"NotAction, Deny":                                     144,
	"NotPrincipal, Allow":                                 63,
	"NotPrincipal, Deny":                                  189,
	"NotResource, Allow":                                  441,
	"NotResource, Deny":                                   105,
	"Principal that grants nothing":                       403,
	"Principal that grants to the account":                213,
	"Principal that grants to the caller":                 399,
	"Principal that grants to the role":                   87,
	"Principal that is a session of the role":             39,
	"across accounts, with the resource policy":           272,
	"across accounts, without the resource policy":        291,
	"action in another letter case":                       674,
	"action of the request in capitals":                   316,
	"action that needs no permission":                     37,
	"action with a wildcard":                              1992,
	"allowed with more":                                   86,
	"allowed":                                             741,
	"boundary next to a resource policy":                  206,
	"boundary":                                            534,
	"conditional":                                         171,
	"explicitDeny":                                        466,
	"identity policies that are missing":                  63,
	"implicitDeny":                                        1292,
	"key in another letter case":                          961,
	"key with its policy":                                 174,
	"no set with an empty value":                          20,
	"no set with no key":                                  577,
	"no set with one value":                               465,
	"no set with several values":                          47,
	"open":                                                246,
	"operator with several keys":                          103,
	"refused: a resource policy without Principal, Allow": 27,
	"refused: a resource policy without Principal, Deny":  6,
	"refused: a trust policy with NotPrincipal":           71,
	"refused: a trust policy with Resource":               12,
	"refused: action without a service":                   193,
	"refused: an identity policy with Principal, Allow":   97,
	"refused: an identity policy with Principal, Deny":    17,
	"refused: wildcard in the service, Allow":             269,
	"refused: wildcard in the service, Deny":              77,
	"requested by Federated":                              73,
	"requested by Service":                                215,
	"requested by a role":                                 496,
	"requested by a session":                              464,
	"requested by a user":                                 1003,
	"requested by an unspecified caller":                  248,
	"resource of an unknown account, with its policy":     149,
	"role to assume, with its trust policy":               314,
	"role to assume, without its trust policy":            109,
	"several operators":                                   872,
	"several values in a policy":                          835,
	"short ARN in a resource policy":                      259,
	"short ARN of 1 parts":                                133,
	"short ARN of 2 parts":                                138,
	"short ARN of 3 parts":                                422,
	"short ARN of 4 parts":                                298,
	"short ARN of 5 parts":                                452,
	"unknown boundary":                                    104,
	"unknown identity policy":                             96,
	"variable in a policy of 2008, Condition":             52,
	"variable in a policy of 2008, Resource":              99,
	"variable that is a plain character, Condition":       50,
	"variable that is a plain character, Resource":        190,
	"variable with a value, Condition":                    265,
	"variable with a value, Resource":                     286,
	"variable with its default, Condition":                101,
	"variable with its default, Resource":                 166,
	"variable with several values, Condition":             22,
	"variable with several values, Resource":              43,
	"variable without a value, Condition":                 104,
	"variable without a value, Resource":                  197,

	// The operators, for requests that have the key; Null also for those that
	// lack it.
	"ArnEquals that is false": 27, "ArnEquals that is open": 7, "ArnEquals that is true": 8,
	"ArnLike that is false": 33, "ArnLike that is open": 4, "ArnLike that is true": 6,
	"ArnNotEquals that is false": 6, "ArnNotEquals that is open": 24, "ArnNotEquals that is true": 10,
	"ArnNotLike that is false": 7, "ArnNotLike that is open": 25, "ArnNotLike that is true": 9,
	"BinaryEquals that is false": 120, "BinaryEquals that is open": 4, "BinaryEquals that is true": 48,
	"Bool that is false": 83, "Bool that is open": 24, "Bool that is true": 41,
	"DateEquals that is false": 15, "DateEquals that is open": 1, "DateEquals that is true": 7,
	"DateGreaterThan that is false": 19, "DateGreaterThan that is open": 5, "DateGreaterThan that is true": 5,
	"DateGreaterThanEquals that is false": 16, "DateGreaterThanEquals that is open": 2, "DateGreaterThanEquals that is true": 13,
	"DateLessThan that is false": 20, "DateLessThan that is open": 7, "DateLessThan that is true": 6,
	"DateLessThanEquals that is false": 13, "DateLessThanEquals that is open": 3, "DateLessThanEquals that is true": 11,
	"DateNotEquals that is false": 8, "DateNotEquals that is open": 15, "DateNotEquals that is true": 9,
	"IpAddress that is false": 47, "IpAddress that is open": 8, "IpAddress that is true": 23,
	"NotIpAddress that is false": 18, "NotIpAddress that is open": 34, "NotIpAddress that is true": 20,
	"Null that is false": 147, "Null that is open": 65, "Null that is true": 216,
	"NumericEquals that is false": 18, "NumericEquals that is open": 2, "NumericEquals that is true": 4,
	"NumericGreaterThan that is false": 16, "NumericGreaterThan that is open": 4, "NumericGreaterThan that is true": 4,
	"NumericGreaterThanEquals that is false": 8, "NumericGreaterThanEquals that is open": 4, "NumericGreaterThanEquals that is true": 10,
	"NumericLessThan that is false": 12, "NumericLessThan that is open": 4, "NumericLessThan that is true": 7,
	"NumericLessThanEquals that is false": 16, "NumericLessThanEquals that is open": 6, "NumericLessThanEquals that is true": 10,
	"NumericNotEquals that is false": 3, "NumericNotEquals that is open": 14, "NumericNotEquals that is true": 9,
	"StringEquals that is false": 63, "StringEquals that is open": 2, "StringEquals that is true": 21,
	"StringEqualsIgnoreCase that is false": 70, "StringEqualsIgnoreCase that is true": 25,
	"StringLike that is false": 54, "StringLike that is open": 3, "StringLike that is true": 31,
	"StringNotEquals that is false": 24, "StringNotEquals that is open": 3, "StringNotEquals that is true": 62,
	"StringNotEqualsIgnoreCase that is false": 22, "StringNotEqualsIgnoreCase that is open": 2, "StringNotEqualsIgnoreCase that is true": 57,
	"StringNotLike that is false": 31, "StringNotLike that is open": 3, "StringNotLike that is true": 56,
	"resource that may match": 160,
}

// kinds is a set of kinds of requests; see minimums.
type kinds map[string]bool

func (c *refCase) kinds() kinds {
	k := kinds{}
	k.addIf(refExempt(c.action), "action that needs no permission")
	k.addIf(c.action != strings.ToLower(c.action) && c.action == strings.ToUpper(c.action), "action of the request in capitals")
	k.addIf(c.boundary != nil, "boundary")
	k.addIf(c.boundaryUnknown, "unknown boundary")
	k.addIf(c.boundary != nil && c.resourcePolicy != nil, "boundary next to a resource policy")
	k.addIf(c.identityUnknown, "unknown identity policy")
	k.addIf(c.resourcePolicy != nil && c.identity == nil && refKind(c.principal) == "AWS", "identity policies that are missing")
	k["requested by "+c.callerKind()] = true
	owner, caller := c.refOwner(), refAccount(c.principal)
	across := owner != "" && caller != "" && owner != caller
	k.addIf(across && c.resourcePolicy != nil, "across accounts, with the resource policy")
	k.addIf(across && c.resourcePolicy == nil, "across accounts, without the resource policy")
	k.addIf(owner == "" && c.resourcePolicy != nil, "resource of an unknown account, with its policy")
	k.addIf(refAssumes(c.action) && c.resourcePolicy != nil, "role to assume, with its trust policy")
	k.addIf(refAssumes(c.action) && c.resourcePolicy == nil, "role to assume, without its trust policy")
	k.addIf(strings.HasPrefix(strings.ToLower(c.action), "kms:") && c.resourcePolicy != nil, "key with its policy")
	for _, p := range []*refPolicy{c.identity, c.boundary, c.resourcePolicy} {
		for i := 0; p != nil && i < len(p.Statement); i++ {
			k.addStatement(c, &p.Statement[i], p)
		}
	}
	return k
}

func (k kinds) addIf(is bool, kind string) {
	if is {
		k[kind] = true
	}
}

func (c *refCase) callerKind() string {
	switch kind := refKind(c.principal); {
	case c.principal == "":
		return "an unspecified caller"
	case kind != "AWS":
		return kind
	case strings.Contains(c.principal, ":user/"):
		return "a user"
	case strings.Contains(c.principal, ":role/"):
		return "a role"
	}
	return "a session"
}

func (k kinds) addStatement(c *refCase, s *refStatement, p *refPolicy) {
	r, inResourcePolicy := &c.refRequest, p == c.resourcePolicy
	action := r.refAction(s)
	k.addActions(r, s)
	if action == isFalse {
		return
	}
	k.addIf(len(s.NotAction) > 0, "NotAction, "+s.Effect)
	resource := r.refResource(s, p.Version, inResourcePolicy)
	for _, text := range append(s.Resource, s.NotResource...) {
		parts := strings.Count(text, ":") + 1
		k.addIf(strings.HasPrefix(text, "arn") && parts < 6 && inResourcePolicy, "short ARN in a resource policy")
		k.addIf(strings.HasPrefix(text, "arn") && parts < 6 && !inResourcePolicy, "short ARN of "+string(rune('0'+parts))+" parts")
		k.addVariables(r, text, p.Version, "Resource")
	}
	if resource == isFalse {
		return
	}
	k.addIf(len(s.NotResource) > 0, "NotResource, "+s.Effect)
	k.addIf(resource == isUncertain, "resource that may match")
	if inResourcePolicy {
		k.addIf(len(s.Principal)+len(s.NotPrincipal) == 0, "refused: a resource policy without Principal, "+s.Effect)
		k.addIf(refAssumes(c.action) && len(s.Resource)+len(s.NotResource) > 0, "refused: a trust policy with Resource")
		k.addIf(refAssumes(c.action) && len(s.NotPrincipal) > 0, "refused: a trust policy with NotPrincipal")
		k.addIf(len(s.NotPrincipal) > 0, "NotPrincipal, "+s.Effect)
		level, open := r.refPrincipal(s.Principal)
		k.addIf(len(s.Principal) > 0, "Principal that grants "+[]string{"nothing", "to the account", "to the role", "to the caller"}[level])
		k.addIf(open > level, "Principal that is a session of the role")
	} else {
		k.addIf(len(s.Principal)+len(s.NotPrincipal) > 0, "refused: an identity policy with Principal, "+s.Effect)
	}
	k.addIf(len(s.Condition) > 1, "several operators")
	for operator, keys := range s.Condition {
		k.addIf(len(keys) > 1, "operator with several keys")
		for key, values := range keys {
			k.addCondition(r, operator, key, values, p.Version)
		}
	}
}

func (k kinds) addActions(r *refRequest, s *refStatement) {
	for _, text := range append(s.Action, s.NotAction...) {
		service, name, colon := strings.Cut(text, ":")
		k.addIf(text != "*" && text != "*:*" && strings.ContainsAny(service, "*?"), "refused: wildcard in the service, "+s.Effect)
		k.addIf(text != "*" && !colon, "refused: action without a service")
		k.addIf(strings.EqualFold(text, r.action) && text != r.action, "action in another letter case")
		k.addIf(strings.ContainsAny(name, "*?") && refGlob(strings.ToLower(text), strings.ToLower(r.action)), "action with a wildcard")
	}
}

func (k kinds) addVariables(r *refRequest, text, version, where string) {
	for _, v := range refVariable.FindAllStringSubmatch(text, -1) {
		key, _, hasDefault := strings.Cut(v[1], ",")
		n := len(r.context[strings.ToLower(strings.TrimSpace(key))])
		switch {
		case version != "2012-10-17":
			k["variable in a policy of 2008, "+where] = true
		case key == "*" || key == "?":
			k["variable that is a plain character, "+where] = true
		case n == 1:
			k["variable with a value, "+where] = true
		case n > 1:
			k["variable with several values, "+where] = true
		case hasDefault:
			k["variable with its default, "+where] = true
		default:
			k["variable without a value, "+where] = true
		}
	}
}

func (k kinds) addCondition(r *refRequest, operator, key string, wanted []string, version string) {
	set, name, ok := strings.Cut(operator, ":")
	if !ok {
		set, name = "no set", operator
	}
	base, ifExists := strings.CutSuffix(name, "IfExists")
	values := r.context[strings.ToLower(key)]
	k.addIf(key == strings.ToUpper(key) || key == strings.ToLower(key), "key in another letter case")
	k.addIf(len(wanted) > 1, "several values in a policy")
	outcome := []string{"false", "open", "true"}[r.refCondition(operator, key, wanted, version)]
	if base == "Null" {
		k["Null that is "+outcome] = true
		return
	}
	how := "one value"
	switch {
	case len(values) == 0:
		how = "no key"
	case strings.Join(values, "") == "":
		how = "an empty value"
	case len(values) > 1:
		how = "several values"
	}
	if ifExists {
		k["IfExists and "+set+" with "+how] = true
	} else {
		k[set+" with "+how] = true
	}
	if len(values) > 0 {
		k[base+" that is "+outcome] = true
	}
	for _, w := range wanted {
		k.addVariables(r, w, version, "Condition")
	}
}
