// Finds out which of the trusted accounts is the policies' own account.

package review

import (
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// ownAccount is the account of the stack that a template creates.
const ownAccount = "${AWS::AccountId}"

// ownAccounts returns the known accounts of each file: [Options.Account], the
// accounts in the ARNs of its principals' managed policies and boundaries, and
// the accounts of the identity providers that its roles trust. All of these
// must be in the account of the principals. All other accounts count as
// foreign.
func (r *run) ownAccounts() map[string]map[string]bool {
	if r.accountsByFile != nil {
		return r.accountsByFile
	}
	accounts := map[string]map[string]bool{}
	add := func(file, id string) {
		if account := accountOf(id); arn.IsAccount(account) {
			if accounts[file] == nil {
				accounts[file] = map[string]bool{}
			}
			accounts[file][account] = true
		}
	}
	for _, s := range r.subjects {
		add(s.File, r.options.Account)
		add(s.File, s.Boundary)
		for _, policy := range s.Attached {
			add(s.File, policy)
		}
	}
	for _, p := range r.policies {
		add(p.file, r.options.Account)
		if p.kind != trustPolicy {
			continue
		}
		for _, s := range p.statements {
			for _, principal := range s.Principals {
				if principal.Kind == "Federated" {
					add(p.file, principal.ID)
				}
			}
		}
	}
	r.accountsByFile = accounts
	return accounts
}

// inOtherAccounts splits an entry for "*" whose conditions limit the callers to certain
// accounts or principals, as if the statement named these instead of "*". It returns any
// other entry unchanged.
func (r *run) inOtherAccounts(e entry) []entry {
	if e.principal.Kind != "AWS" || e.principal.ID != "*" || e.limitedToExceptions {
		return []entry{e}
	}
	own := r.ownAccounts()[e.policy.file]
	if e.policy.kind == resourcePolicy {
		if named := accountsOf(e.policy); len(named) > 0 {
			own = maps.Clone(named)
			maps.Copy(own, r.ownAccounts()[e.policy.file])
		}
	}
	switch e.bound() {
	case boundAccounts:
		return e.byAccount(own)
	case boundNamed:
		// The entry for "*" stays too, for the principals of the policy's own account.
		return append(e.byNameElsewhere(own), e)
	}
	return []entry{e}
}

// byAccount splits an entry by the accounts that a condition requires, if all of these
// are known to differ from the account of the role or resource.
func (e entry) byAccount(own map[string]bool) []entry {
	// If a resource policy writes ${AWS::AccountId} for its own account, the account
	// IDs in it are those of other accounts.
	if len(own) == 0 && !(e.policy.kind == resourcePolicy && e.policy.namesOwnAccount()) {
		return []entry{e}
	}
	for _, c := range e.requirements {
		key := strings.ToLower(c.Key)
		if e.boundOf(c) != boundAccounts || key != "aws:principalaccount" && key != "aws:principalarn" && key != "kms:calleraccount" {
			continue
		}
		var all []entry
		for _, value := range c.Values {
			account := accountOf(value)
			if !arn.IsAccount(account) || own[account] {
				all = nil
				break
			}
			one := e
			one.principal.ID = account
			all = append(all, one)
		}
		if len(all) > 0 {
			return all
		}
	}
	return []entry{e}
}

// byNameElsewhere returns an entry for each principal of a foreign account whose ARN a
// condition requires. Every account that is not in the set own is foreign.
func (e entry) byNameElsewhere(own map[string]bool) (all []entry) {
	for _, c := range e.requirements {
		if e.boundOf(c) != boundNamed || !strings.EqualFold(c.Key, "aws:PrincipalArn") {
			continue
		}
		for _, value := range c.Values {
			if account := accountOf(value); arn.IsAccount(account) && !own[account] {
				one := e
				one.principal.ID = value
				all = append(all, one)
			}
		}
		return all
	}
	return nil
}

// accountOf returns the account of an AWS principal or of another ARN: a
// 12-digit ID, or the template expression in its place; "" if there is none.
func accountOf(id string) string {
	if arn.IsAccount(id) || id == ownAccount {
		return id
	}
	if a := arn.ParsePattern(id); a.Parts == 6 && a.Prefix == "arn" {
		return a.Account
	}
	return ""
}

func isWholeAccount(id string) bool {
	return arn.IsAccount(id) || id == ownAccount || strings.HasPrefix(id, "arn:") && strings.HasSuffix(id, ":root")
}

// templateRemedyEnd and documentRemedyEnd are the ends of remedies for an account
// that is written as a number. They differ because a document has no pseudo
// parameters.
const (
	templateRemedyEnd = "; if the account is your own, write ${AWS::AccountId} instead of the number"
	documentRemedyEnd = "; if the account is your own, pass the account with --parameter AWS::AccountId=ID"
)

func (p *policy) isInTemplate() bool {
	return slices.ContainsFunc(p.holders, func(s *subject) bool { return s.Kind != document.PolicyKind || s.LogicalID != "" })
}
