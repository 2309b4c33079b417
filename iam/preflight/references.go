// Checks what the template refers to: policies, boundaries, and principals of
// trust policies.

package preflight

import (
	"context"
	"maps"
	"slices"
	"strings"

	"capaboot/iam/verify"
	"capaboot/policies/arn"
)

// Types of the identity providers in trust policies.
const (
	typeOIDCProvider = "AWS::IAM::OIDCProvider"
	typeSAMLProvider = "AWS::IAM::SAMLProvider"
)

// checkAttachedPolicies looks up the permissions boundaries and attached
// policies that the template does not create. A policy of another account is a
// failure without a lookup.
func (r *run) checkAttachedPolicies(ctx context.Context) {
	policies, own := map[string][]string{}, map[string]bool{} // the logical IDs that refer to each policy; the policies that the template creates
	for _, f := range r.expected {
		if f.Type == typePolicy {
			own[f.Name] = true
		}
	}
	for _, f := range r.expected {
		for _, policy := range append(slices.Clone(f.Attached), f.Boundary) {
			if policy != "" && !own[policy] && !slices.Contains(policies[policy], f.LogicalID) {
				policies[policy] = append(policies[policy], f.LogicalID)
			}
		}
	}
	exist, all := 0, slices.Sorted(maps.Keys(policies))
	foreign := func(policy string) bool {
		a, _ := arn.Parse(policy)
		return a.Account != "aws" && a.Account != r.Account
	}
	answers := mapConcurrently(all, func(policy string) presence {
		if foreign(policy) {
			return presence{}
		}
		return r.lookUpPresence(ctx, typePolicy, policy)
	})
	for i, p := range answers {
		policy, id, count := all[i], policies[all[i]][0], len(policies[all[i]])
		switch {
		case foreign(policy):
			r.add(Finding{Kind: KindPolicyForeign, Result: Failed, LogicalID: id, Subject: policy, Count: count, Fields: r.NamedPolicies[policy]})
		case p.notRead != nil:
			r.addNotRead(withLogicalID(p.notRead, id))
		case !p.exists:
			r.add(Finding{Kind: KindPolicyMissing, Result: Failed, LogicalID: id, Subject: policy, Count: count, Fields: r.NamedPolicies[policy]})
		default:
			exist++
		}
	}
	if exist > 0 || len(policies) == 0 {
		r.add(Finding{Kind: KindPoliciesExist, Result: Passed, Count: exist})
	}
}

type trustedPrincipal struct {
	kind string // the key in Principal, such as AWS
	id   string // the value
	role string // logical ID of the first role that trusts the principal
}

// checkTrustPrincipals looks up the principals of the trust policies. IAM rejects a
// policy with a role or user that does not exist.
func (r *run) checkTrustPrincipals(ctx context.Context) {
	exist := 0
	for _, f := range mapConcurrently(r.trustedPrincipals(), func(t trustedPrincipal) Finding { return r.checkPrincipal(ctx, t) }) {
		if f.Result == Passed {
			exist++
		} else {
			r.add(f)
		}
	}
	if exist > 0 || len(r.current.Findings) == 0 {
		r.add(Finding{Kind: KindPrincipalsExist, Result: Passed, Count: exist})
	}
}

// checkPrincipal looks up one principal, unless it always exists (a service,
// the account itself, a public identity provider, or "*") or belongs to another
// account.
func (r *run) checkPrincipal(ctx context.Context, t trustedPrincipal) Finding {
	f := Finding{LogicalID: t.role, Subject: t.id}
	a, isARN := arn.Parse(t.id)
	switch {
	case t.kind == "Service", t.id == "*", t.id == r.Account, isARN && a.Account == r.Account && a.Resource == "root":
		f.Result = Passed
	case t.kind == "Federated" && slices.Contains(publicProviders(), t.id):
		f.Result = Passed
	case arn.IsAccount(t.id), isARN && a.Account != r.Account:
		f.Kind, f.Result = KindPrincipalForeign, NotPossible
	default:
		return r.checkInAccount(ctx, f, a)
	}
	return f
}

// publicProviders returns the identity providers that trust policies name by
// domain. Source: IAM User Guide, "AWS JSON policy elements: Principal", OIDC
// federated user principals.
func publicProviders() []string {
	return []string{"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
}

// trustedType returns the type of a principal for the first word of the
// resource in its ARN, or "" for a type that is not looked up.
func trustedType(word string) string {
	switch word {
	case "role":
		return "AWS::IAM::Role"
	case "user":
		return "AWS::IAM::User"
	case "oidc-provider":
		return typeOIDCProvider
	case "saml-provider":
		return typeSAMLProvider
	}
	return ""
}

// checkInAccount looks up a principal in the account. A role or user with
// another path is a different principal.
func (r *run) checkInAccount(ctx context.Context, f Finding, a arn.ARN) Finding {
	kind, name := trustedType(a.Kind()), a.Name()
	switch {
	case kind == typeOIDCProvider, kind == typeSAMLProvider:
		name = f.Subject
	case a.Service == "sts" && a.Kind() == "assumed-role":
		kind, name = "AWS::IAM::Role", strings.Split(a.Resource, "/")[1]
	case kind == "" || a.Service != "iam":
		f.Kind, f.Result = KindPrincipalUnknown, NotPossible
		return f
	}
	for _, own := range r.expected {
		if own.Type == kind && own.Name == name && !r.inStack(own) {
			// The deployment creates the principal, but IAM may check the trust
			// policy first.
			f.Kind, f.Result = KindPrincipalUnknown, NotPossible
			return f
		}
	}
	p := r.lookUpPresence(ctx, kind, name)
	switch {
	case p.notRead != nil:
		f.Kind, f.Result, f.NotRead = KindLookupFailed, NotPossible, []verify.NotRead{withLogicalID(p.notRead, f.LogicalID)}
	case !p.exists:
		f.Kind, f.Result = KindPrincipalMissing, Failed
	case a.Service == "iam" && !strings.EqualFold(p.arn, f.Subject):
		f.Kind, f.Result, f.What = KindPrincipalMoved, Failed, p.arn
	default:
		f.Result = Passed
	}
	return f
}

// trustedPrincipals returns the principals that the template's trust policies name
// in plain text, without duplicates. It leaves out statements with "Principal": "*".
func (r *run) trustedPrincipals() (all []trustedPrincipal) {
	seen := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(r.template)) {
		document, _ := r.template[id].Properties["AssumeRolePolicyDocument"].(map[string]any)
		for _, statement := range asList(document["Statement"]) {
			statement, _ := statement.(map[string]any)
			principals, _ := statement["Principal"].(map[string]any)
			for _, kind := range slices.Sorted(maps.Keys(principals)) {
				for _, one := range asList(principals[kind]) {
					text, _ := one.(string)
					if text != "" && !seen[text] {
						seen[text] = true
						all = append(all, trustedPrincipal{kind, text, id})
					}
				}
			}
		}
	}
	return all
}

// asList returns a value of a policy document, which can be a list or a single
// value, as a list.
func asList(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}
