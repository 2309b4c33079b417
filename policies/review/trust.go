// Trust: who can assume a role or use a resource, by the trust policies of roles and
// the policies of other resources.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/document"
)

func trustRules() []Rule {
	const (
		principalPage  = userGuide + "reference_policies_elements_principal.html"
		thirdPartyPage = userGuide + "id_roles_common-scenarios_third-party.html"
		sharedPage     = userGuide + "id_roles_providers_oidc_secure-by-default.html"
		oidcPage       = userGuide + "id_roles_create_for-idp_oidc.html"
		samlPage       = userGuide + "id_roles_create_for-idp_saml.html"
		comparisonPage = userGuide + "id_credentials_sts-comparison.html"
	)
	return []Rule{
		{ID: "trust-anyone", Severity: Critical, Reference: principalPage + "#principal-anonymous",
			Risk:   "everyone is allowed, from any AWS account or identity provider",
			Remedy: "name the allowed principals, or require their organization (aws:PrincipalOrgID) or their ARNs (aws:PrincipalArn)", policy: trust(trustAnyone)},
		{ID: "trust-account", Severity: Low, Reference: principalPage + "#principal-accounts",
			Risk:   "every principal of the account whose policies allow sts:AssumeRole can assume the role, so whoever grants permissions in that account decides",
			Remedy: "name the roles that assume it, or require their ARNs (aws:PrincipalArn)", set: trustedAccounts(trustAccount)},
		{ID: "trust-external-id", Severity: High, Reference: thirdPartyPage,
			Risk:   "another account can assume the role without an external ID, so another customer of that account can make it act on this role (confused deputy)",
			Remedy: "require, with StringEquals, the sts:ExternalId that the other account generated for you, or aws:PrincipalOrgID if it is in your organization; write ${AWS::AccountId} if it is your own account", set: trustedAccounts(trustExternalID)},
		{ID: "trust-web-identity-subject", Severity: High, Reference: sharedPage,
			Risk:   "the subject of the token is not checked, so everyone with a token of the OIDC provider can assume the role",
			Remedy: "require the allowed subjects, with StringEquals on the provider's sub key", policy: trust(webIdentitySubject)},
		{ID: "trust-web-identity-audience", Severity: Low, Reference: oidcPage,
			Risk:   "the audience of the token is not checked, so tokens issued for another application of the provider are accepted",
			Remedy: "require the audience, with StringEquals on the provider's aud key", policy: trust(webIdentityAudience)},
		{ID: "trust-saml-audience", Severity: Medium, Reference: samlPage,
			Risk:   "the audience of the SAML assertion is not checked, so one issued for another sign-in endpoint is accepted",
			Remedy: "require the sign-in endpoint of AWS, with StringEquals on SAML:aud", policy: trust(samlAudience)},
		{ID: "trust-service", Severity: Medium, Reference: principalPage + "#principal-services",
			Risk:   "the policy allows a service that should have no access, or that does not exist",
			Remedy: "name the service principals that the resource is for, as AWS spells them", policy: trustedServices},
		{ID: "trust-confused-deputy", Severity: Info, Reference: userGuide + "confused-deputy.html",
			Risk:   "the service is allowed whoever it acts for, and AWS recommends to limit that",
			Remedy: "require your account (aws:SourceAccount), or the resource that the service acts for (aws:SourceArn)", policy: trust(confusedDeputy)},
		{ID: "trust-never", Severity: Low, Reference: comparisonPage,
			Risk:   "principals of this kind never use this action, so the statement never matches any caller",
			Remedy: "use sts:AssumeRole for AWS and services, sts:AssumeRoleWithWebIdentity for OIDC providers, sts:AssumeRoleWithSAML for SAML providers", policy: trustThatNeverWorks},
	}
}

// remark is what a rule has to say of an entry. Entries of a statement with the
// same remark are one finding, with their principals between the two texts.
type remark struct {
	severity  Severity
	before    string
	after     Sentence
	reference string
	call      string // the action that before names, where it has %s
}

// message is what is remarked on some principals.
func (m remark) message(who []string) Sentence {
	before := Say(m.before)
	if m.call != "" {
		before = say(m.before, name(m.call))
	}
	return say("%s%s%s", before, names(who), m.after)
}

// trust makes the check of a rule that looks at entries one by one.
func trust(check func(*run, *entry) (remark, bool)) func(*run, *policy) {
	return func(r *run, p *policy) {
		type group struct {
			of   *statement
			text string // with the actions
		}
		var order []group
		found := map[group]remark{}
		who := map[group][]string{}
		actions := map[group][]string{}
		for _, e := range r.entries(p) {
			m, ok := check(r, &e)
			if !ok {
				continue
			}
			g := group{e.statement, strings.Join(slices.Concat(e.actions(), []string{m.severity.String(), m.before, m.after.key(), m.reference, m.call}), "\x00")}
			if who[g] == nil {
				order = append(order, g)
				found[g] = m
				actions[g] = e.actions()
			}
			if name := e.who(); !slices.Contains(who[g], name) {
				who[g] = append(who[g], name)
			}
		}
		for _, g := range order {
			m := found[g]
			r.on(g.of, Finding{Severity: m.severity, Actions: actions[g], Resources: g.of.Resources, Reference: m.reference,
				Message: m.message(who[g])})
		}
	}
}

// who names the principal for a message.
func (e *entry) who() string {
	id := e.principal.ID
	switch account := accountOf(id); {
	case e.principal.Kind == "AWS" && account != "" && isWhole(id):
		return account
	case e.principal.Kind == "Federated":
		if host, ok := issuerOf(e.principal); ok {
			return host
		}
	}
	return id
}

// under says which conditions there are, for a message.
func (e *entry) under() Sentence {
	if len(e.demands) == 0 {
		return Say("with no condition")
	}
	return say("under %s", conditionList(e.demands))
}

func trustAnyone(r *run, e *entry) (remark, bool) {
	if e.principal.ID != "*" {
		return remark{}, false
	}
	how := e.bound()
	if how == toNamed {
		return remark{}, false
	}
	// The principals stand between before and after; here they are "*".
	found := remark{before: "the principal ", severity: map[bound]Severity{unbounded: Critical, toShared: High, toOrganization: Medium, toAccounts: Medium}[how]}
	whom := "everyone with an AWS account"
	switch {
	case e.principal.Kind == "Service":
		whom = "every AWS service, whoever it acts for,"
	case e.principal.Kind == "Federated" || len(e.ways) > 0 && !e.by(byRole):
		whom = "everyone with a token or assertion of any identity provider that IAM knows"
	case len(e.ways) == 0:
		whom = "everyone, with an AWS account or without,"
	}
	what := "assume the role and use all its permissions"
	if len(e.ways) == 0 {
		what = "use the resource"
		if acts := r.actions(e.statement); how != unbounded || len(acts) > 0 && len(changes(acts)) == 0 && !r.hasUnknown(e.statement) {
			found.severity-- // to read is bad enough
		}
	}
	switch how {
	case unbounded:
		found.after = say(" lets %s %s, %s", whom, what, e.under())
		if len(e.demands) > 0 {
			found.after = found.after.and(Say(", which does not limit who"))
		}
	case toShared:
		found.after = say(" lets %s %s, %s, which others can meet", whom, what, e.under())
	case toOrganization:
		found.after = say(" lets every principal of every account of the organization %s, %s", what, e.under())
	case toAccounts:
		found.after = say(" lets every principal of the account %s, whatever the account's policies allow, %s", what, e.under())
	}
	return found, true
}

// trustedAccounts makes the check of a rule that needs to know which accounts
// are the policies' own.
func trustedAccounts(check func(e *entry, own bool) (remark, bool)) func(*run) {
	return func(r *run) {
		accounts := r.ownAccounts()
		each := trust(func(r *run, e *entry) (remark, bool) {
			id := e.principal.ID
			if e.principal.Kind != "AWS" || id == "*" || !e.by(byRole) {
				return remark{}, false
			}
			of := accountOf(id)
			if of == "" {
				if opaque(id) && !strings.HasPrefix(id, "${GetAtt:") {
					r.limits[fmt.Sprintf("%s: the owner of %s is only known at deployment", e.policy.name, id)] = true
				}
				return remark{}, false
			}
			return check(e, of == ownAccount || accounts[e.policy.file][of])
		})
		for _, p := range r.policies {
			each(r, p)
		}
	}
}

func trustAccount(e *entry, own bool) (remark, bool) {
	if !isWhole(e.principal.ID) || e.bound() == toNamed {
		return remark{}, false
	}
	if own {
		return remark{severity: Low, before: "the role is open to every principal of its own account whose policies let it call %s, so whoever grants permissions in that account decides who has the role: ", call: byRole.String()}, true
	}
	if e.needsExternalID() {
		return remark{}, false // one finding, not two
	}
	return remark{severity: Medium, before: "the role is open to every principal of another account whose policies let it call %s, so whoever grants permissions in that account decides who has the role: ", call: byRole.String()}, true
}

func trustExternalID(e *entry, own bool) (remark, bool) {
	if own || !e.needsExternalID() {
		return remark{}, false
	}
	found := remark{Medium, "a principal of another account can assume the role without an external ID, so other customers of that account can make it act on this role: ", nil, "", ""}
	if isWhole(e.principal.ID) && e.bound() != toNamed {
		found = remark{High, "every principal of another account can assume the role, without an external ID, so whoever grants permissions in that account decides, and other customers of it can make it act on this role: ", nil, "", ""}
	}
	if slices.ContainsFunc(e.demands, e.demandsMFA) {
		found.severity = Low
		found.after = Say(" (with MFA, which people use and programs do not)")
	}
	return found, true
}

// needsExternalID reports whether nothing tells apart for whom another account
// comes: neither an external ID nor that it is of a known organization, which
// is not a third party.
func (e *entry) needsExternalID() bool {
	return !slices.ContainsFunc(e.demands, func(c document.Condition) bool {
		kind := keyKind(c.Key)
		return strings.EqualFold(c.Key, "sts:ExternalId") && e.boundBy(c) != unbounded || kind == "organization" && e.boundBy(c) == toOrganization
	})
}

// demandsMFA reports whether a condition asks for multi-factor authentication.
func (e *entry) demandsMFA(c document.Condition) bool {
	if !e.positive(c) {
		return false
	}
	return strings.EqualFold(c.Key, "aws:MultiFactorAuthPresent") && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true") || strings.EqualFold(c.Key, "aws:MultiFactorAuthAge")
}

func samlAudience(_ *run, e *entry) (remark, bool) {
	id := e.principal.ID
	if e.principal.Kind != "Federated" || id == "*" || !e.by(bySAML) {
		return remark{}, false
	}
	if slices.ContainsFunc(e.demands, func(c document.Condition) bool { return strings.EqualFold(c.Key, "SAML:aud") && e.demandsValue(c) }) {
		return remark{}, false
	}
	return remark{Medium, "every user to whom ", Say(" gives an assertion for any endpoint can assume the role: no condition requires SAML:aud, so an assertion issued for another sign-in is accepted"), "", ""}, true
}

func trustThatNeverWorks(r *run, p *policy) {
	if p.kind == identityPolicy || p.aws {
		return
	}
	_, _, small := p.trustCost()
	for _, s := range p.statements {
		if !s.allows() || !s.forRole() {
			continue
		}
		ways := s.waysOf()
		if len(ways) == 0 {
			continue
		}
		var actions, unusable, foreigners []string
		for _, w := range ways {
			actions = append(actions, w.String())
		}
		for _, principal := range s.Principals {
			if principalProblem(principal) != "" {
				continue // AWS refuses it: another rule
			}
			if !slices.ContainsFunc(ways, func(w way) bool { return w.usable(principal) }) {
				unusable = append(unusable, principal.String())
				continue
			}
			e := entry{statement: s, principal: principal, ways: ways, demands: s.Conditions}
			if small && e.neverHolds() {
				foreigners = append(foreigners, principal.String())
			}
		}
		if len(unusable) > 0 {
			r.on(s, Finding{Actions: actions, Message: say("%s never uses %s, so the statement has no effect for it", names(unusable), names(actions))})
		}
		if len(foreigners) > 0 {
			r.on(s, Finding{Actions: actions, Message: say("%s never matches: a condition requires a claim that only the tokens of another provider have", names(foreigners)),
				Remedy: "write the condition keys with the provider's own address before the colon, or give each provider a statement"})
		}
	}
}
