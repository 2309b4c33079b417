// Measures how much a grant covers, by its conditions and by its resources.

package review

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// reduction returns by how many severities a grant is less severe than an
// unlimited grant on everything.
func (g *grant) reduction() int {
	return int(reachAll-g.reach()) + g.conditionReduction()
}

// conditionReduction returns 1 if a condition limits what the grant gains, and
// otherwise 0.
func (g *grant) conditionReduction() int {
	if slices.ContainsFunc(g.grantedIf, g.isLimitedBy) {
		return 1
	}
	return 0
}

// isLimitedBy reports whether a condition limits what the grant gains. A
// condition limits nothing if the holder can meet it: by setting the required
// tag of the resource, or by making the required service send the request.
func (g *grant) isLimitedBy(c document.Condition) bool {
	return limitsGain(c) && !(g.holder != nil && (g.run.requiresSettableTag(g.holder, g.statement, c) || g.mayBeCalledVia(c)))
}

// mayBeCalledVia reports whether a condition requires that a service sends the
// request, and the holder is allowed to change something in that service.
func (g *grant) mayBeCalledVia(c document.Condition) bool {
	if _, isVia := keyFactOf("via", c.Key); !isVia {
		return false
	}
	return slices.ContainsFunc(c.Values, func(value string) bool {
		service, ok := serviceOf(value)
		return ok && slices.ContainsFunc(g.holder.identityPolicies(), func(p *policy) bool {
			return slices.ContainsFunc(p.statements, func(st *statement) bool {
				g.run.spend(1 + len(st.patterns()))
				return st.allows() && st != g.statement && st.mayMatchService(service) && slices.ContainsFunc(changingActions(g.run.actions(st)), func(a *authz.Action) bool { return a.Service == service })
			})
		})
	})
}

// limitsGain reports whether a condition limits what the holder gains: which
// policies may be attached, to which services a role may be passed, which resources
// may be changed or read. A condition on the time, the region or the caller does
// not: while it holds, the holder gains as much.
func limitsGain(c document.Condition) bool {
	if _, isMeans := keyFactOf("means", c.Key); isMeans || isProviderKey(c.Key) && !hasUnknownPart(c.Key) {
		return false
	}
	if _, isGlobal := authz.Global(c.Key); isGlobal {
		// The other global keys describe the caller or the request, which does
		// not limit the gain.
		_, isTag := resourceTag(c.Key)
		_, isVia := keyFactOf("via", c.Key)
		return (isTag || isVia) && limitsRequests(c)
	}
	return limitsRequests(c) && !allowsAdministratorPolicy(c)
}

// limitsRequests is like narrows, with two differences. A condition on a key of
// [isSameForHolder] never counts, even if it excludes the holder's own account.
// A condition with IfExists counts if every request has its key (see
// [narrowsDespiteIfExists]).
func limitsRequests(c document.Condition) bool {
	return !isSameForHolder(c.Key) && (narrows(c) || narrowsDespiteIfExists(c))
}

// administratorPolicies has, for each condition key that names a policy, the
// policies of AWS that make an administrator: of the account, or for EKS of the
// cluster. It has their ARNs in every partition. IAMFullAccess is in the list because
// a principal with all actions of IAM can allow itself all others.
var administratorPolicies = lazy.Value[map[string][]string]{Make: func() map[string][]string {
	var ofAccount, ofCluster []string
	for _, partition := range arn.Partitions() {
		ofAccount = append(ofAccount, arn.IAM(partition, "aws", "policy/AdministratorAccess").String(), arn.IAM(partition, "aws", "policy/IAMFullAccess").String())
		ofCluster = append(ofCluster, "arn:"+partition+":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy")
	}
	return map[string][]string{"iam:policyarn": ofAccount, "iam:permissionsboundary": ofAccount, "eks:policyarn": ofCluster}
}}

// allowsAdministratorPolicy reports whether a condition on the policies that may
// be attached allows a policy that makes an administrator, as arn:aws:iam::aws:*
// does.
func allowsAdministratorPolicy(c document.Condition) bool {
	policies := administratorPolicies.Get()[strings.ToLower(c.Key)]
	return slices.ContainsFunc(c.Values, func(value string) bool {
		value = strings.ReplaceAll(value, "${AWS::Partition}", "aws")
		return !hasUnknownPart(value) && slices.ContainsFunc(policies, func(policy string) bool { return document.Match(value, policy, false) })
	})
}

// narrowsDespiteIfExists reports whether a condition with IfExists narrows a
// grant like one without IfExists, because every request has its key.
func narrowsDespiteIfExists(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok || !op.IfExists {
		return false
	}
	condition := c
	condition.Operator = c.Operator[:len(c.Operator)-len("IfExists")]
	return slices.ContainsFunc([]string{passedToServiceKey, "iam:PolicyARN", serviceNameKey}, func(key string) bool { return strings.EqualFold(key, c.Key) }) && narrows(condition)
}

// reach says how many resources a pattern matches.
type reach int

const (
	reachOne  reach = iota // a name without wildcards
	reachSome              // a name with wildcards
	reachAll
)

func (g *grant) reach() reach {
	widest := reachOne
	for _, resource := range g.grantedOn {
		widest = max(widest, reachOf(resource))
		if widest < reachAll && slices.ContainsFunc(g.action.Resources, func(t authz.ActionResource) bool {
			return g.run.typeCovered(t.Type, resource) && g.wantsType(t.Type.Name)
		}) {
			widest = reachAll
		}
	}
	return widest
}

func (g *grant) wantsType(name string) bool {
	return len(g.types) == 0 || slices.ContainsFunc(g.types, func(wanted string) bool {
		kind, _, _ := strings.Cut(wanted, "/")
		return kind == name
	})
}

// reachOf returns the reach of a resource. It considers only the name in the
// ARN, so all functions of one region count as all functions. An incomplete ARN
// with a wildcard counts as all resources.
func reachOf(resource string) reach {
	if matchesEveryResource(resource) {
		return reachAll
	}
	a := arn.ParsePattern(arn.Complete(resource))
	if a.Parts < 6 {
		if strings.ContainsAny(resource, "*?") {
			return reachAll // "arn:aws:iam:*" also matches across colons
		}
		return reachOne
	}
	name := a.Resource
	if i := strings.IndexAny(name, "/:"); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case strings.Trim(name, "*/:") == "":
		return reachAll
	case strings.ContainsAny(stripVariables(name), "*?"):
		return reachSome
	}
	return reachOne
}

// inAnyAccount reports whether the account in the ARN of one of the grant's
// resources is a wildcard.
func (g *grant) inAnyAccount() bool {
	return slices.ContainsFunc(g.grantedOn, func(resource string) bool {
		a := arn.ParsePattern(arn.Complete(resource))
		return a.Parts == 6 && strings.Trim(a.Account, "*?") == "" && a.Account != ""
	})
}
