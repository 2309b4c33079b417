// What kinds a random request is of, read from its policies and not from how they
// came about, and how many of each kind there must be at least. An element counts
// only where the rest of its statement is about the request.

package simulate

import "strings"

// leastOfKind is how many requests of 5,000 must be of a kind: about half of what
// there are, so that the generator may change and not become thin.
var leastOfKind = map[string]int{
	"ForAllValues with an empty value":                           9,
	"ForAllValues with no key":                                   184,
	"ForAllValues with one value":                                143,
	"ForAllValues with several values":                           13,
	"ForAnyValue with an empty value":                            5,
	"ForAnyValue with no key":                                    179,
	"ForAnyValue with one value":                                 142,
	"ForAnyValue with several values":                            15,
	"IfExists and ForAllValues with an empty value":              2,
	"IfExists and ForAllValues with no key":                      90,
	"IfExists and ForAllValues with one value":                   72,
	"IfExists and ForAllValues with several values":              4,
	"IfExists and ForAnyValue with an empty value":               2,
	"IfExists and ForAnyValue with no key":                       104,
	"IfExists and ForAnyValue with one value":                    67,
	"IfExists and ForAnyValue with several values":               5,
	"IfExists and no set with an empty value":                    17,
	"IfExists and no set with no key":                            337,
	"IfExists and no set with one value":                         264,
	"IfExists and no set with several values":                    23,
	"NotAction, Allow":                                           536,
	"NotAction, Deny":                                            144,
	"NotPrincipal, Allow":                                        63,
	"NotPrincipal, Deny":                                         189,
	"NotResource, Allow":                                         441,
	"NotResource, Deny":                                          105,
	"Principal that gives to no one":                             403,
	"Principal that gives to the account":                        213,
	"Principal that gives to the caller":                         399,
	"Principal that gives to the role":                           87,
	"Principal that is a session of the role":                    39,
	"across accounts, with the policy of the resource":           272,
	"across accounts, without the policy of the resource":        291,
	"action in another case":                                     674,
	"action of the request in capitals":                          316,
	"action with a wildcard":                                     1992,
	"allowed":                                                    741,
	"allowed with more":                                          86,
	"an action that needs no permission":                         37,
	"an operator with several keys":                              103,
	"asked by Federated":                                         73,
	"asked by Service":                                           215,
	"asked by a role":                                            496,
	"asked by a session":                                         464,
	"asked by a user":                                            1003,
	"asked by no one in particular":                              248,
	"boundary":                                                   534,
	"boundary next to the policy of a resource":                  206,
	"conditional":                                                171,
	"explicitDeny":                                               466,
	"identity policies that are not there":                       63,
	"implicitDeny":                                               1292,
	"key in another case":                                        961,
	"key with its policy":                                        174,
	"no set with an empty value":                                 20,
	"no set with no key":                                         577,
	"no set with one value":                                      465,
	"no set with several values":                                 47,
	"open":                                                       246,
	"refused: a trust policy with NotPrincipal":                  71,
	"refused: a trust policy with Resource":                      12,
	"refused: action without a service":                          193,
	"refused: an identity policy with Principal, Allow":          97,
	"refused: an identity policy with Principal, Deny":           17,
	"refused: the policy of a resource without Principal, Allow": 27,
	"refused: the policy of a resource without Principal, Deny":  6,
	"refused: wildcard in the service, Allow":                    269,
	"refused: wildcard in the service, Deny":                     77,
	"resource of an unknown account, with its policy":            149,
	"role to assume, with its trust policy":                      314,
	"role to assume, without its trust policy":                   109,
	"several operators":                                          872,
	"several values in a policy":                                 835,
	"short ARN in the policy of a resource":                      259,
	"short ARN of 1 parts":                                       133,
	"short ARN of 2 parts":                                       138,
	"short ARN of 3 parts":                                       422,
	"short ARN of 4 parts":                                       298,
	"short ARN of 5 parts":                                       452,
	"unknown boundary":                                           104,
	"unknown identity policy":                                    96,
	"variable in a policy of 2008, Condition":                    52,
	"variable in a policy of 2008, Resource":                     99,
	"variable that is a plain character, Condition":              50,
	"variable that is a plain character, Resource":               190,
	"variable with a value, Condition":                           265,
	"variable with a value, Resource":                            286,
	"variable with its default, Condition":                       101,
	"variable with its default, Resource":                        166,
	"variable with several values, Condition":                    22,
	"variable with several values, Resource":                     43,
	"variable without a value, Condition":                        104,
	"variable without a value, Resource":                         197,

	// The operators, where the request has the key (Null: also where not).
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
	"resource that is open": 160,
}

// kinds is the set of them.
type kinds map[string]bool

func (c *refCase) kinds() kinds {
	k := kinds{}
	k.when(refExempt(c.action), "an action that needs no permission")
	k.when(c.action != strings.ToLower(c.action) && c.action == strings.ToUpper(c.action), "action of the request in capitals")
	k.when(c.boundary != nil, "boundary")
	k.when(c.boundaryUnknown, "unknown boundary")
	k.when(c.boundary != nil && c.trust != nil, "boundary next to the policy of a resource")
	k.when(c.unknown, "unknown identity policy")
	k.when(c.trust != nil && c.identity == nil && refKind(c.principal) == "AWS", "identity policies that are not there")
	k["asked by "+c.asks()] = true
	owner, caller := c.refOwner(), refAccount(c.principal)
	across := owner != "" && caller != "" && owner != caller
	k.when(across && c.trust != nil, "across accounts, with the policy of the resource")
	k.when(across && c.trust == nil, "across accounts, without the policy of the resource")
	k.when(owner == "" && c.trust != nil, "resource of an unknown account, with its policy")
	k.when(refAssumes(c.action) && c.trust != nil, "role to assume, with its trust policy")
	k.when(refAssumes(c.action) && c.trust == nil, "role to assume, without its trust policy")
	k.when(strings.HasPrefix(strings.ToLower(c.action), "kms:") && c.trust != nil, "key with its policy")
	for _, p := range []*refPolicy{c.identity, c.boundary, c.trust} {
		for i := 0; p != nil && i < len(p.Statement); i++ {
			k.ofStatement(c, &p.Statement[i], p)
		}
	}
	return k
}

func (k kinds) when(is bool, kind string) {
	if is {
		k[kind] = true
	}
}

// asks is the caller, in words.
func (c *refCase) asks() string {
	switch kind := refKind(c.principal); {
	case c.principal == "":
		return "no one in particular"
	case kind != "AWS":
		return kind
	case strings.Contains(c.principal, ":user/"):
		return "a user"
	case strings.Contains(c.principal, ":role/"):
		return "a role"
	}
	return "a session"
}

func (k kinds) ofStatement(c *refCase, s *refStatement, p *refPolicy) {
	r, ofResource := &c.refRequest, p == c.trust
	action := r.refAction(s)
	k.ofActions(r, s)
	if action == isFalse {
		return
	}
	k.when(len(s.NotAction) > 0, "NotAction, "+s.Effect)
	resource := r.refResource(s, p.Version, ofResource)
	for _, text := range append(s.Resource, s.NotResource...) {
		parts := strings.Count(text, ":") + 1
		k.when(strings.HasPrefix(text, "arn") && parts < 6 && ofResource, "short ARN in the policy of a resource")
		k.when(strings.HasPrefix(text, "arn") && parts < 6 && !ofResource, "short ARN of "+string(rune('0'+parts))+" parts")
		k.ofVariables(r, text, p.Version, "Resource")
	}
	if resource == isFalse {
		return
	}
	k.when(len(s.NotResource) > 0, "NotResource, "+s.Effect)
	k.when(resource == isOpen, "resource that is open")
	if ofResource {
		k.when(len(s.Principal)+len(s.NotPrincipal) == 0, "refused: the policy of a resource without Principal, "+s.Effect)
		k.when(refAssumes(c.action) && len(s.Resource)+len(s.NotResource) > 0, "refused: a trust policy with Resource")
		k.when(refAssumes(c.action) && len(s.NotPrincipal) > 0, "refused: a trust policy with NotPrincipal")
		k.when(len(s.NotPrincipal) > 0, "NotPrincipal, "+s.Effect)
		level, open := r.refPrincipal(s.Principal)
		k.when(len(s.Principal) > 0, "Principal that gives to "+[]string{"no one", "the account", "the role", "the caller"}[level])
		k.when(open > level, "Principal that is a session of the role")
	} else {
		k.when(len(s.Principal)+len(s.NotPrincipal) > 0, "refused: an identity policy with Principal, "+s.Effect)
	}
	k.when(len(s.Condition) > 1, "several operators")
	for operator, keys := range s.Condition {
		k.when(len(keys) > 1, "an operator with several keys")
		for key, values := range keys {
			k.ofCondition(r, operator, key, values, p.Version)
		}
	}
}

func (k kinds) ofActions(r *refRequest, s *refStatement) {
	for _, text := range append(s.Action, s.NotAction...) {
		service, name, colon := strings.Cut(text, ":")
		k.when(text != "*" && text != "*:*" && strings.ContainsAny(service, "*?"), "refused: wildcard in the service, "+s.Effect)
		k.when(text != "*" && !colon, "refused: action without a service")
		k.when(strings.EqualFold(text, r.action) && text != r.action, "action in another case")
		k.when(strings.ContainsAny(name, "*?") && refGlob(strings.ToLower(text), strings.ToLower(r.action)), "action with a wildcard")
	}
}

func (k kinds) ofVariables(r *refRequest, text, version, where string) {
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

func (k kinds) ofCondition(r *refRequest, operator, key string, wanted []string, version string) {
	set, name, ok := strings.Cut(operator, ":")
	if !ok {
		set, name = "no set", operator
	}
	base, ifExists := strings.CutSuffix(name, "IfExists")
	values := r.context[strings.ToLower(key)]
	k.when(key == strings.ToUpper(key) || key == strings.ToLower(key), "key in another case")
	k.when(len(wanted) > 1, "several values in a policy")
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
		k.ofVariables(r, w, version, "Condition")
	}
}
