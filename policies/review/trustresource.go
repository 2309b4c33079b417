// Other accounts that can use a resource because of its resource policy: a
// bucket, a key, a queue, a function and so on.
//
// Source: IAM User Guide, "Cross account resource access in IAM".

package review

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

func resourceRules() []Rule {
	return []Rule{{ID: "resource-account", Severity: Medium, Reference: userGuide + "access_policies-cross-account-resource-access.html",
		Risk:   "principals of another account can use the resource",
		Remedy: "name the roles of the other account that use the resource, or require aws:PrincipalOrgID" + templateRemedyEnd, set: checkResourceAccounts}}
}

func checkResourceAccounts(r *run) {
	known := r.ownAccounts()
	for _, p := range r.policies {
		if p.kind != resourcePolicy {
			continue
		}
		accounts := accountsOf(p)
		for account := range known[p.file] {
			accounts[account] = true
		}
		eachEntry(func(r *run, e *entry) (entryRemark, bool) {
			account := accountOf(e.principal.ID)
			if e.principal.Kind == "CanonicalUser" && !hasUnknownPart(e.principal.ID) {
				return entryRemark{severity: Low, before: "these canonical user IDs can use the resource: ",
					after: sentencef(", %s; a canonical user ID does not show its account", e.conditionPhrase())}, true
			}
			if e.principal.Kind != "AWS" || len(e.usableActions) > 0 || !arn.IsAccount(account) || accounts[account] {
				return entryRemark{}, false
			}
			changing := r.matchingActions(e.statement, actionsOf("change-resource-policy"))
			if facts, ok := p.resourceType(); ok {
				changing = slices.DeleteFunc(changing, func(name string) bool { return !strings.HasPrefix(name, facts.service+":") })
			}
			found := entryRemark{severity: Low, before: "these principals of another account can use the resource: ", after: sentencef(", %s", e.conditionPhrase())}
			if isWholeAccount(e.principal.ID) {
				found = entryRemark{severity: Medium, before: "all principals of another account can use the resource, if their own policies allow it: ", after: sentencef(", %s", e.conditionPhrase())}
			}
			// If a policy writes ${AWS::AccountId} for its own account, the account IDs
			// in it are those of other accounts.
			isUnknown := len(accounts) == 0 && !p.namesOwnAccount()
			isProbablyOwn := isUnknown && p.namesOneAccount() && (!p.isInTemplate() || r.isChangeableKeyPolicy(p))
			if isUnknown && (isProbablyOwn || !p.isInTemplate()) {
				found.severity = Low
			}
			if len(changing) > 0 && !isProbablyOwn {
				found.before = "these principals of another account can change the policy of the resource, and so give anyone full access: "
				found.after = sentencef(", with %s, %s", nameList(changing), e.conditionPhrase())
				if found.severity = High; isUnknown {
					found.severity = Medium
				}
			}
			switch {
			case isUnknown && p.isInTemplate() && !isProbablyOwn:
				found.after = found.after.append(PlainSentence("; the account of the resource is unknown, so the review assumes the worst case; pass your account with --parameter AWS::AccountId=ID"))
			case isUnknown:
				found.after = found.after.append(PlainSentence("; the account of the resource is unknown; pass your account with --parameter AWS::AccountId=ID"))
			}
			return found, true
		})(r, p)
	}
}

// accountsOf returns the accounts of the resources that a policy names. A
// resource policy can only name its own resource.
func accountsOf(p *policy) map[string]bool {
	accounts := map[string]bool{}
	for _, s := range p.statements {
		for _, resource := range s.Resources {
			if a := arn.ParsePattern(resource); strings.HasPrefix(resource, "arn:") && arn.IsAccount(a.Account) {
				accounts[a.Account] = true
			}
		}
	}
	return accounts
}

// namesOwnAccount reports whether a principal of a policy is written with the
// account of the stack.
func (p *policy) namesOwnAccount() bool {
	return slices.ContainsFunc(p.statements, func(s *statement) bool {
		return slices.ContainsFunc(s.Principals, func(principal document.Principal) bool { return strings.Contains(principal.ID, ownAccount) })
	})
}

// isChangeableKeyPolicy reports whether a policy belongs to a KMS key and lets a
// principal change the policy. KMS refuses the policy of a new key unless the policy
// lets the creator of the key change the policy. So if such a policy names only one
// account, that account is the account of the key.
//
// Source: AWS KMS API Reference, CreateKey, BypassPolicyLockoutSafetyCheck.
func (r *run) isChangeableKeyPolicy(p *policy) bool {
	return p.isOfKey() && slices.ContainsFunc(p.statements, func(s *statement) bool {
		return s.allows() && len(r.matchingActions(s, actionsOf("change-resource-policy"))) > 0
	})
}

// namesOneAccount reports whether the principals of a policy contain at most one
// account ID.
func (p *policy) namesOneAccount() bool {
	accounts := map[string]bool{}
	for _, s := range p.statements {
		for _, principal := range s.Principals {
			if account := accountOf(principal.ID); arn.IsAccount(account) {
				accounts[account] = true
			}
		}
	}
	return len(accounts) <= 1
}

// delegatesToOwnAccount reports whether the account of the resource is the only
// principal of a statement in a resource policy, as in the default policy of a
// KMS key. Such a statement grants nothing by itself: the identity policies of
// the account decide.
//
// Source: AWS KMS Developer Guide, "Default key policy".
func (r *run) delegatesToOwnAccount(s *statement) bool {
	p := s.policy
	if p.kind != resourcePolicy || len(s.Principals) == 0 || slices.ContainsFunc(s.Principals, func(principal document.Principal) bool {
		return principal.Kind != "AWS" || !isWholeAccount(principal.ID)
	}) {
		return false
	}
	accounts := accountsOf(p)
	for account := range r.ownAccounts()[p.file] {
		accounts[account] = true
	}
	// A key whose policy does not allow its own account cannot be managed, so the
	// only account in the policy is that of the key.
	isOnlyAccount := len(accounts) == 0 && !p.namesOwnAccount() && p.namesOneAccount() && p.isOfKey()
	return !slices.ContainsFunc(s.Principals, func(principal document.Principal) bool {
		account := accountOf(principal.ID)
		return account != ownAccount && !accounts[account] && !(isOnlyAccount && arn.IsAccount(account))
	})
}

// isOfKey reports whether a resource policy belongs to a KMS key. If the type
// of the resource is unknown, it reports whether the policy has only actions of
// KMS.
func (p *policy) isOfKey() bool {
	if facts, ok := p.resourceType(); ok {
		return facts.service == "kms"
	}
	return !slices.ContainsFunc(p.statements, func(s *statement) bool {
		return slices.ContainsFunc(s.prefixes(), func(prefix string) bool { return !strings.EqualFold(prefix, "kms") })
	})
}
