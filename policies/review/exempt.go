// The rule about operations that need no permission: no policy can allow or
// deny them.
//
// Source: AWS Security Token Service API Reference, "GetCallerIdentity" and
// "GetSessionToken"; package authz has the table.

package review

import (
	"slices"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func exemptRules() []Rule {
	return []Rule{{ID: "needs-no-permission", Severity: Low, Reference: "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
		Risk:   "the operation needs no permission, so no policy grants or denies it",
		Remedy: "remove the action: nothing depends on it", policy: checkExemptActions}}
}

const exemptDenyRemedy = "remove the action: denying it has no effect; to limit what callers can do, deny the other actions that they use"

// checkExemptActions finds Allow statements whose operations all need no
// permission, and Deny statements with at least one such operation: denying it
// looks like protection but has no effect.
func checkExemptActions(r *run, p *policy) {
	if p.aws {
		return
	}
	for _, s := range p.statements {
		var exempt []string
		for _, pattern := range s.Actions {
			if r.isExempt(pattern) {
				exempt = append(exempt, pattern)
			}
		}
		onlyExempt := len(exempt) == len(s.Actions)
		reference := exemptReference(exempt)
		switch {
		case len(exempt) == 0:
		case s.Effect == document.Deny:
			r.reportStatement(s, Finding{Actions: exempt, Reference: reference, Remedy: exemptDenyRemedy, Message: sentencef("AWS requires no permission for %s, so no policy can deny %s", orList(exempt), forCount(exempt, "this action", "these actions"))})
		case onlyExempt:
			r.reportStatement(s, Finding{Actions: exempt, Reference: reference, Message: sentencef("AWS requires no permission for %s, so the statement grants nothing", orList(exempt))})
		}
	}
}

// exemptReference returns the page about sts:GetSessionToken. It returns "" if a
// pattern matches sts:GetCallerIdentity, because the page of the rule is about that
// operation.
func exemptReference(patterns []string) string {
	if slices.ContainsFunc(patterns, func(pattern string) bool { return matchesAction(pattern, "sts:GetCallerIdentity") }) {
		return ""
	}
	return "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"
}

func (r *run) isExempt(pattern string) bool {
	if _, exempt := authz.NeedsNoPermission(pattern); exempt {
		return true
	}
	if hasUnknownPart(pattern) || document.RefusedAction(pattern) {
		return false
	}
	r.spend(matchWork(pattern))
	matched, ok := r.matched[pattern]
	if !ok {
		matched = authz.Match(pattern)
	}
	return len(matched) > 0 && !slices.ContainsFunc(matched, func(a *authz.Action) bool {
		_, exempt := authz.NeedsNoPermission(a.String())
		return !exempt
	})
}
