// The trust rule for EKS Pod Identity: which pods can get a role.

package review

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// podIdentityService is the service principal of EKS Pod Identity, without its
// domain.
const podIdentityService = "pods.eks"

// The condition keys of the session tags with which EKS Pod Identity identifies a
// service account.
//
// Source: Amazon EKS User Guide, "Grant Pods access to AWS resources based on
// tags".
const (
	podNamespaceKey      = "aws:RequestTag/kubernetes-namespace"
	podServiceAccountKey = "aws:RequestTag/kubernetes-service-account"
)

func podIdentityRules() []Rule {
	return []Rule{{ID: "trust-pod-identity", Severity: Low, Reference: "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html",
		Risk:   "the trust policy does not name the service account, so pods of any service account can assume the role if an EKS Pod Identity association assigns the role to the service account",
		Remedy: "require the namespace and the service account, with StringEquals on " + podNamespaceKey + " and " + podServiceAccountKey + "; \"policy trust pod-identity\" prints the statement", policy: eachEntry(checkPodIdentityCallers)}}
}

// checkPodIdentityCallers finds trust in EKS Pod Identity that does not name the
// service account. The principal that creates the association needs
// iam:PassRole on the role, so this is a second line of defense.
func checkPodIdentityCallers(_ *run, e *entry) (entryRemark, bool) {
	name, ok := serviceOf(e.principal.ID)
	if e.principal.Kind != "Service" || !ok || name != podIdentityService || !e.canUse(assumeRole) || e.policy.isOfCAPARoleFor(podIdentityService) {
		return entryRemark{}, false
	}
	requires := func(key string) bool {
		return slices.ContainsFunc(e.requirements, func(c document.Condition) bool { return strings.EqualFold(c.Key, key) && e.requiresValue(c) })
	}
	hasNamespace, hasServiceAccount := requires(podNamespaceKey), requires(podServiceAccountKey)
	pods, missing := "pods of any service account can assume the role through ", []string{podNamespaceKey, podServiceAccountKey}
	switch {
	case hasNamespace && hasServiceAccount:
		return entryRemark{}, false
	case hasNamespace:
		pods, missing = "pods of any service account of the namespace in the condition can assume the role through ", missing[1:]
	case hasServiceAccount:
		pods, missing = "pods of the service account in the condition, in any namespace, can assume the role through ", missing[:1]
	}
	return entryRemark{severity: Low, before: pods, after: sentencef(", if an association assigns the role to their service account: no condition requires a value of %s", orList(missing))}, true
}

// isOfCAPARoleFor reports whether a trust policy belongs only to roles of CAPA
// whose template trusts the service.
func (p *policy) isOfCAPARoleFor(service string) bool {
	return len(p.holders) > 0 && !slices.ContainsFunc(p.holders, func(s *subject) bool {
		role := capaRole(s)
		return s.trust != p || role == nil || !slices.ContainsFunc(role.Trust, func(trust catalog.StatementTemplate) bool {
			return slices.ContainsFunc(trust.Services, func(grant catalog.Grant) bool {
				name, _ := serviceOf(grant.Name)
				return name == service
			})
		})
	})
}
