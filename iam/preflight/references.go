// Checks what the template refers to: policies, boundaries, groups, and
// principals of trust policies.

package preflight

import (
	"context"
	"maps"
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/iam/verify"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
)

// Types of the identity providers in trust policies.
const (
	typeOIDCProvider = "AWS::IAM::OIDCProvider"
	typeSAMLProvider = "AWS::IAM::SAMLProvider"
)

// checkAttachedPolicies looks up the permissions boundaries and attached
// policies that the template names by ARN, except for those of the stack. A
// policy of another account is a failure without a lookup. A policy that does not
// exist is a failure even if the template creates it: CloudFormation creates the
// policy after the roles to which it is attached, and does not wait for it before
// it creates a resource that names its ARN.
func (r *run) checkAttachedPolicies(ctx context.Context) {
	own := map[string]*iam.ResourceState{} // the policies that the template creates, by ARN
	for _, f := range r.expected {
		if f.Type == typePolicy {
			own[f.Name] = f
		}
	}
	policies := map[string][]string{} // the logical IDs that refer to each policy
	for _, id := range slices.Sorted(maps.Keys(r.template)) {
		properties := r.template[id].Properties
		for _, value := range append(slices.Clone(asList(properties["ManagedPolicyArns"])), properties["PermissionsBoundary"]) {
			policy, _ := value.(string)
			if created := own[policy]; policy == "" || created != nil && r.inStack(created) {
				continue
			}
			if !slices.Contains(policies[policy], id) {
				policies[policy] = append(policies[policy], id)
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
		case !p.exists && own[policy] != nil:
			r.add(Finding{Kind: KindPolicyTooLate, Result: Failed, LogicalID: id, Subject: policy, Count: count, Fields: r.NamedPolicies[policy]})
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

// checkGroups looks up the groups that a user joins, except for those that the
// template creates.
func (r *run) checkGroups(ctx context.Context) {
	var names, users []string
	for _, f := range r.expected {
		if f.Type != "AWS::IAM::User" {
			continue
		}
		for _, group := range f.Groups {
			isOwn := func(own *iam.ResourceState) bool { return own.Type == "AWS::IAM::Group" && own.Name == group }
			if group != "" && !slices.ContainsFunc(r.expected, isOwn) {
				names, users = append(names, group), append(users, f.LogicalID)
			}
		}
	}
	exist := 0
	for i, p := range mapConcurrently(names, func(name string) presence { return r.lookUpPresence(ctx, "AWS::IAM::Group", name) }) {
		switch {
		case p.notRead != nil:
			r.addNotRead(withLogicalID(p.notRead, users[i]))
		case !p.exists:
			r.add(Finding{Kind: KindGroupMissing, Result: Failed, LogicalID: users[i], Subject: names[i]})
		default:
			exist++
		}
	}
	if exist > 0 || len(names) == 0 {
		r.add(Finding{Kind: KindGroupsExist, Result: Passed, Count: exist})
	}
}

type trustedPrincipal struct {
	kind string // the key in Principal, such as AWS
	id   string // the value
	role string // logical ID of the first role that trusts the principal
}

// checkTrustPrincipals looks up the principals of the trust policies. IAM rejects a
// policy with a role or user that does not exist, and a trust policy with
// NotPrincipal.
func (r *run) checkTrustPrincipals(ctx context.Context) {
	exist := 0
	for _, f := range r.expected {
		document, _ := f.Trust.(map[string]any)
		for _, statement := range asList(document["Statement"]) {
			if statement, _ := statement.(map[string]any); statement["NotPrincipal"] != nil {
				r.add(Finding{Kind: KindNotPrincipal, Result: Failed, LogicalID: f.LogicalID, Subject: f.Name})
				break
			}
		}
	}
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

// checkPrincipal looks up one principal, unless it always exists (a listed
// service, the account itself, a public identity provider, or "*"), is a service
// that is not listed, or belongs to another account.
func (r *run) checkPrincipal(ctx context.Context, t trustedPrincipal) Finding {
	f := Finding{LogicalID: t.role, Subject: t.id}
	a, isARN := arn.Parse(t.id)
	switch {
	case t.kind == "Service" && t.id != "*" && !authz.IsServicePrincipal(t.id):
		f.Kind, f.Result = KindServiceUnknown, NotPossible
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
					if key := kind + " " + text; text != "" && !seen[key] {
						seen[key] = true
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
