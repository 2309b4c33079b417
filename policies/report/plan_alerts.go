// The changes of a plan that a reader must not miss.

package report

import (
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/diff"
)

// Alerts returns a sentence for each principal whose trust policy would allow more to
// principals outside of the account, and for each change that removes, replaces or
// widens a permissions boundary. If the permissions cannot be compared, it returns
// only the alerts of boundaryChanges.
func (p Plan) Alerts() []string {
	return p.alerts(func(principal diff.Principal) bool { return principal.Status != diff.Removed })
}

// Risks returns the alerts about roles and users that exist already: a deployment
// asks for a confirmation of these changes.
func (p Plan) Risks() []string {
	return p.alerts(func(principal diff.Principal) bool {
		return principal.Status != diff.Removed && principal.Status != diff.New
	})
}

// alerts returns the alerts about the principals that isWanted selects. If the
// permissions cannot be compared, it returns those of boundaryChanges.
func (p Plan) alerts(isWanted func(diff.Principal) bool) (all []string) {
	if p.PermissionsUnknown != "" {
		return p.boundaryChanges()
	}
	for _, principal := range p.Permissions.Principals {
		name := principal.Kind + " " + escapeLine(principal.Name)
		if !isWanted(principal) {
			continue
		}
		for _, alert := range boundaryAlerts(principal) {
			all = append(all, name+alert)
		}
		for _, alert := range trustAlerts(principal, p.Account) {
			all = append(all, name+alert)
		}
	}
	return all
}

// boundaryChanges returns an alert for each resource whose permissions boundary
// would be removed or replaced. If the change set does not show the values of the
// boundary, there is an alert too. boundaryChanges reads only the change set.
func (p Plan) boundaryChanges() (all []string) {
	for _, change := range p.Changes {
		for _, property := range change.Properties {
			switch {
			case property.Name != "PermissionsBoundary" || property.Added:
			case property.Before != nil:
				all = append(all, escapeLine(change.LogicalID)+" would lose its permissions boundary or have another one")
			case property.After == nil:
				all = append(all, escapeLine(change.LogicalID)+" would get, lose or replace its permissions boundary; the change set does not show which")
			}
		}
	}
	return all
}

// boundaryAlerts returns the alerts about the permissions boundary of a
// principal, without the name of the principal at their beginning.
func boundaryAlerts(p diff.Principal) (all []string) {
	isWhole := func(g diff.Grant) bool { return g.Boundary && g.Effect == "" }
	before, after := slices.IndexFunc(p.Gained, isWhole), slices.IndexFunc(p.Lost, isWhole)
	switch {
	case before >= 0 && after < 0:
		all = append(all, " would lose its permissions boundary "+escapeLine(p.Gained[before].Policy))
	case before >= 0 && p.Gained[before].Policy == p.Lost[after].Policy:
		all = append(all, " would have another permissions boundary; it is unknown whether the new one allows more")
	case before >= 0:
		all = append(all, " would have the permissions boundary "+escapeLine(p.Lost[after].Policy)+" instead of "+escapeLine(p.Gained[before].Policy)+"; it is unknown whether the new one allows more")
	}
	var names []string
	for _, g := range p.Gained {
		if !g.Boundary || g.Effect == "" {
			continue
		}
		for _, action := range g.Actions {
			names = append(names, action.Action)
		}
		if len(g.NotActions) > 0 {
			names = append(names, "all actions except "+joinFew(g.NotActions, maxNames))
		}
	}
	if len(names) > 0 {
		all = append(all, " would have a permissions boundary that allows more than before: "+joinFew(distinct(names), maxNames))
	}
	return all
}

// trustAlerts returns the alerts about the trust policy of a principal, without the
// name of the principal at their beginning.
func trustAlerts(p diff.Principal, account string) (all []string) {
	isAllow := func(g diff.Grant) bool { return g.Trust && g.Effect == "Allow" }
	isDeny := func(g diff.Grant) bool { return g.Trust && g.Effect == "Deny" }
	already := namedOutside(p.Lost, account, isAllow)
	var added, changed []string
	for _, name := range namedOutside(p.Gained, account, isAllow) {
		if slices.Contains(already, name) {
			changed = append(changed, name)
		} else {
			added = append(added, name)
		}
	}
	if len(added) > 0 {
		all = append(all, " would trust principals outside of account "+account+": "+joinFew(added, maxNames))
	}
	if len(changed) > 0 {
		all = append(all, " would trust principals outside of account "+account+" under other conditions or for other actions: "+joinFew(changed, maxNames))
	}
	if denied := namedOutside(p.Gained, account, isDeny); len(denied) > 0 {
		all = append(all, " would lose a Deny statement of its trust policy for principals outside of account "+account+": "+joinFew(denied, maxNames))
	}
	return all
}

// namedOutside returns the principals that the wanted grants name and that are
// certainly outside of the account. It returns none if account is "". For a grant with
// NotPrincipal, it returns one text about all other principals.
func namedOutside(grants []diff.Grant, account string, isWanted func(diff.Grant) bool) (names []string) {
	for _, grant := range grants {
		if account == "" || !isWanted(grant) {
			continue
		}
		for _, principal := range grant.Principals {
			if isOutside(principal, account) {
				names = append(names, principal)
			}
		}
		if len(grant.NotPrincipals) > 0 {
			names = append(names, "all principals except "+joinFew(grant.NotPrincipals, maxNames))
		}
	}
	return distinct(names)
}

// isOutside reports whether a principal, such as "AWS 111122223333", is certainly
// outside of an account. AWS services count as inside, and identity providers
// that are not resources of an account, such as accounts.google.com, as outside.
func isOutside(principal, account string) bool {
	kind, id, _ := strings.Cut(principal, " ")
	owner, a := id, arn.ParsePattern(id)
	isARN := a.Parts == 6 && a.Prefix == "arn"
	if isARN {
		owner = a.Account
	}
	switch {
	case kind == "AWS" && id == "*":
		return true
	case kind == "Federated" && !isARN:
		return !strings.Contains(id, "${")
	case kind == "AWS" || kind == "Federated":
		return arn.IsAccount(owner) && owner != account
	}
	return false
}
