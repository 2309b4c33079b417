// The rule about Deny statements that deny nothing, because they except every
// action, resource or caller, or because their condition excepts every value of a
// key that each request has.
//
// Sources: IAM User Guide, "IAM JSON policy elements: NotAction", "NotResource" and
// "NotPrincipal", "IAM JSON policy elements: Condition operators".

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func denialEffectRules() []Rule {
	return []Rule{{ID: "denial-without-effect", Severity: High, Reference: userGuide + "reference_policies_elements_effect.html",
		Risk:   "the Deny statement excludes everything that it could deny, so the statement denies nothing",
		Remedy: "use Resource or Action to list what must be denied, or remove the statement", policy: checkDenialsWithoutEffect}}
}

func checkDenialsWithoutEffect(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		if s.Effect != document.Deny {
			continue
		}
		f := Finding{Actions: s.patterns(), Resources: slices.Concat(s.Resources, s.NotResources)}
		c := r.neverMet(s)
		switch {
		case slices.ContainsFunc(s.NotActions, isEveryAction):
			f.Message = PlainSentence("NotAction names every action, so the statement denies nothing")
		case slices.ContainsFunc(s.NotResources, isEveryResource):
			f.Message = PlainSentence("NotResource names every resource, so the statement denies nothing")
		case slices.ContainsFunc(s.NotPrincipals, func(principal document.Principal) bool { return principal.Kind == "AWS" && principal.ID == "*" }):
			f.Message = PlainSentence("NotPrincipal names every caller, so the statement denies nothing")
		case c != nil:
			f.Message = sentencef("every request for these actions has %s, so %s with %s never holds and the statement denies nothing", c.Key, c.Operator, nameList(c.Values))
			f.Remedy = "correct the condition, or remove the statement"
		default:
			excepted := r.exceptedActions(s)
			if len(excepted) == 0 {
				continue
			}
			f.Actions, f.Resources = excepted, s.NotResources
			f.Message = sentencef("NotResource names every resource of these actions, so the statement does not deny them: %s", nameList(excepted))
		}
		r.reportStatement(s, f)
	}
}

// isEveryResource reports whether a resource matches every request, also those for
// actions that support no resource: their resource is "*", which "arn:*" does not
// match.
func isEveryResource(resource string) bool {
	return resource != "" && strings.Trim(resource, "*") == ""
}

// exceptedActions returns the action patterns of a statement for which
// NotResource names every resource.
func (r *run) exceptedActions(s *statement) (excepted []string) {
	if len(s.NotResources) == 0 {
		return nil
	}
	// A principal can reach only resources of its own partition. Each pattern in
	// wholes matches all resources of a partition that NotResource names, or all
	// resources of all partitions.
	var wholes []string
	for _, resource := range s.NotResources {
		whole := "*"
		if partition := arn.ParsePattern(resource).Partition; partition != "" && !strings.ContainsAny(partition, "*?$") {
			whole = "arn:" + partition + ":*"
		}
		wholes = append(wholes, whole)
	}
	wholes = unique(wholes)
	isReached := func(a *authz.Action) bool {
		return slices.ContainsFunc(wholes, func(whole string) bool { return !a.CoveredAs(whole, s.NotResources) })
	}
	if slices.ContainsFunc(s.NotResources, matchesEveryResource) {
		isReached = func(a *authz.Action) bool { return len(a.Resources) == 0 }
	}
	for i, pattern := range s.Actions {
		actions := r.matchOf(s, i)
		r.spend(len(actions) * len(s.NotResources) * len(wholes))
		if len(actions) > 0 && !slices.ContainsFunc(actions, isReached) {
			excepted = append(excepted, pattern)
		}
	}
	return excepted
}

// neverMet returns the first condition of a statement that no request meets:
// every request has the key, but the condition requires that the key is absent,
// or excludes every value. It returns nil if there is none.
func (r *run) neverMet(s *statement) *document.Condition {
	for i := range s.Conditions {
		c := &s.Conditions[i]
		op, ok := document.ParseOperator(c.Operator)
		if !ok || op.Set != "" || len(c.Values) == 0 {
			continue
		}
		var excepts bool
		switch op.Name {
		case "Null":
			excepts = !slices.ContainsFunc(c.Values, func(value string) bool { return !isTrue(value) })
		case "StringNotLike":
			excepts = slices.ContainsFunc(c.Values, func(value string) bool { return value != "" && strings.Trim(value, "*") == "" })
		case "ArnNotLike", "ArnNotEquals":
			excepts = slices.Contains(c.Values, "arn:*:*:*:*:*")
		}
		if !excepts {
			continue
		}
		global, isGlobal := authz.Global(c.Key)
		isSigned := s.policy.kind == identityPolicy && isGlobal && global.Presence == authz.Signed // only signed requests have a principal with policies
		if isSigned || !r.mayLackKey(s, c.Key) {
			return c
		}
	}
	return nil
}
