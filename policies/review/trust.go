// Trust rules: who can assume a role or use a resource, by the trust policies
// of roles and the policies of other resources.

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
			Remedy: "name the allowed principals, or require their organization (aws:PrincipalOrgID) or their ARNs (aws:PrincipalArn)", policy: eachEntryWith(checkTrustAnyone, anyoneRemedy)},
		{ID: "trust-account", Severity: Low, Reference: principalPage + "#principal-accounts",
			Risk:   "all principals of the account that have permission for sts:AssumeRole can assume the role, so everyone who can grant permissions in that account decides who can assume the role",
			Remedy: "name the roles that assume this role, or require their ARNs (aws:PrincipalArn)", set: eachTrustedAccount(checkTrustAccount)},
		{ID: "trust-external-id", Severity: High, Reference: thirdPartyPage,
			Risk:   "another account can assume the role without an external ID, so if the account belongs to a vendor, another customer of the vendor can make the vendor use this role (confused deputy)",
			Remedy: "with StringEquals, require the sts:ExternalId that the other account generated for you; if the other account is in your organization, require aws:PrincipalOrgID" + templateRemedyEnd, set: eachTrustedAccount(checkTrustExternalID)},
		{ID: "trust-web-identity-subject", Severity: High, Reference: sharedPage,
			Risk:   "the subject of the token is not checked, so everyone with a token of the OIDC provider can assume the role",
			Remedy: "require the allowed subjects, with StringEquals on the provider's sub key", policy: eachEntry(checkWebIdentitySubject)},
		{ID: "trust-web-identity-audience", Severity: Low, Reference: oidcPage,
			Risk:   "the audience of the token is not checked, so tokens issued for another application of the provider are accepted",
			Remedy: "require the audience, with StringEquals on the provider's aud key", policy: eachEntry(checkWebIdentityAudience)},
		{ID: "trust-saml-audience", Severity: Medium, Reference: samlPage,
			Risk:   "the audience of the SAML assertion is not checked, so an assertion issued for another sign-in endpoint is accepted",
			Remedy: "require the sign-in endpoint of AWS, with StringEquals on SAML:aud", policy: eachEntry(checkSAMLAudience)},
		{ID: "trust-service", Severity: Medium, Reference: principalPage + "#principal-services",
			Risk:   "the policy allows a service that should have no access, or that does not exist",
			Remedy: "name the service principals that need access, spelled as in AWS's documentation", policy: checkTrustedServices},
		{ID: "trust-confused-deputy", Severity: Info, Reference: userGuide + "confused-deputy.html",
			Risk:   "the service can act on behalf of any account, but AWS recommends a condition on the account or the resource that the service acts for",
			Remedy: "require your account (aws:SourceAccount), or the resource that the service acts for (aws:SourceArn)", policy: eachEntry(checkConfusedDeputy)},
		{ID: "trust-never", Severity: Low, Reference: comparisonPage,
			Risk:   "principals of this kind never use this action, so the statement never matches any caller",
			Remedy: "use sts:AssumeRole for AWS principals and services, sts:AssumeRoleWithWebIdentity for OIDC providers, sts:AssumeRoleWithSAML for SAML providers", policy: bothChecks(checkUnusableTrust, checkPodIdentityTagSession)},
	}
}

// entryRemark is a rule's objection to an entry. Entries of one statement with
// the same remark become one finding. Its message has three parts: before, the
// principals of the entries, and after.
type entryRemark struct {
	severity  Severity
	before    string
	after     Sentence
	reference string
	call      string // the action for the %s in before; "" if before has no %s
}

func (m entryRemark) message(principals []string) Sentence {
	before := PlainSentence(m.before)
	if m.call != "" {
		before = sentencef(m.before, singleName(m.call))
	}
	return sentencef("%s%s%s", before, nameList(principals), m.after)
}

// eachEntry returns a rule function that checks entries one by one.
func eachEntry(check func(*run, *entry) (entryRemark, bool)) func(*run, *policy) {
	return eachEntryWith(check, func(*entry) string { return "" })
}

// eachEntryWith is like eachEntry, with a function that returns the remedy for an
// entry, or "" for the remedy of the rule.
func eachEntryWith(check func(*run, *entry) (entryRemark, bool), remedyOf func(*entry) string) func(*run, *policy) {
	return func(r *run, p *policy) {
		type group struct {
			statement *statement
			text      string // the remark, the actions and the remedy
		}
		var order []group
		found := map[group]entryRemark{}
		callers := map[group][]string{}
		actions := map[group][]string{}
		remedies := map[group]string{}
		trusted, limits := map[group][]string{}, map[group][]string{}
		for _, e := range r.entries(p) {
			m, ok := check(r, &e)
			if !ok {
				continue
			}
			remedy := remedyOf(&e)
			g := group{e.statement, strings.Join(slices.Concat(e.actions(), []string{m.severity.String(), m.before, m.after.key(), m.reference, m.call, remedy}), "\x00")}
			if callers[g] == nil {
				order = append(order, g)
				found[g] = m
				remedies[g] = remedy
				actions[g] = e.actions()
			}
			if name := e.callerName(); !slices.Contains(callers[g], name) {
				callers[g] = append(callers[g], name)
			}
			trusted[g] = append(trusted[g], r.writtenPrincipals(&e)...)
			limits[g] = append(limits[g], e.denyRequirements()...)
		}
		for _, g := range order {
			m := found[g]
			r.reportStatement(g.statement, Finding{Severity: m.severity, Actions: actions[g], Resources: g.statement.Resources, Reference: m.reference, Remedy: remedies[g], Trusted: unique(trusted[g]), Limits: unique(limits[g]),
				Message: m.message(callers[g])})
		}
	}
}

func (e *entry) callerName() string {
	id := e.principal.ID
	switch account := accountOf(id); {
	case e.principal.Kind == "AWS" && account != "" && isWholeAccount(id):
		return account
	case e.principal.Kind == "Federated":
		if host, ok := issuerOf(e.principal); ok {
			return host
		}
	}
	return id
}

func (e *entry) conditionPhrase() Sentence {
	if len(e.requirements) == 0 {
		return PlainSentence("with no condition")
	}
	if len(e.requirements) == 1 {
		return sentencef("under the condition %s", conditionList(e.requirements))
	}
	return sentencef("under the conditions %s", conditionList(e.requirements))
}

func checkTrustAnyone(r *run, e *entry) (entryRemark, bool) {
	if e.principal.ID != "*" {
		return entryRemark{}, false
	}
	limit := e.bound()
	if limit == boundNamed {
		return entryRemark{}, false
	}
	// The message names the principals after this text; here the only principal
	// is "*".
	found := entryRemark{before: "the principal ", severity: map[bound]Severity{boundNone: Critical, boundChosen: High, boundShared: High, boundOrganization: Medium, boundAccounts: Medium}[limit]}
	principals := "everyone with an AWS account"
	switch {
	case e.principal.Kind == "Service":
		principals = "every AWS service, on behalf of any account,"
	case e.principal.Kind == "Federated" || len(e.usableActions) > 0 && !e.canUse(assumeRole):
		principals = "everyone with a token or assertion of any identity provider that IAM knows"
	case len(e.usableActions) == 0:
		principals = "everyone, with or without an AWS account,"
	}
	action, target := "assume the role and use all its permissions", "role"
	if len(e.usableActions) == 0 {
		action, target = "use the resource", "resource"
		if e.policy.isStandalone() && e.principal.Kind == "AWS" {
			r.ruleNotes["trust-anyone: if "+e.policy.name+" is the policy of a VPC endpoint, the finding does not apply: such a policy grants nothing, and only limits the requests through the endpoint"] = true
		}
		if actions := r.actions(e.statement); limit >= boundShared || limit == boundNone && len(actions) > 0 && len(changingActions(actions)) == 0 && !r.hasUnknownAction(e.statement) {
			found.severity-- // less severe if a condition limits the callers, or if anyone can only read
		}
	}
	// The messages about an organization or an account name only the narrowest limit,
	// so they mention further conditions that limit the callers.
	meeting := ""
	if e.countLimitingRequirements() > 1 {
		meeting = " that meets the conditions"
	}
	switch limit {
	case boundNone:
		found.after = sentencef(" lets %s %s, %s", principals, action, e.conditionPhrase())
		if len(e.requirements) > 0 {
			found.after = found.after.append(PlainSentence(", which almost any caller can meet"))
		}
	case boundChosen, boundShared:
		found.after = sentencef(" lets %s %s, %s, which callers of other accounts can meet", principals, action, e.conditionPhrase())
	case boundOrganization:
		found.after = sentencef(" lets every principal in the organization's accounts%s %s, %s", PlainSentence(meeting), action, e.conditionPhrase())
	case boundAccounts:
		found.after = sentencef(" lets every principal of the account%s %s, %s; if the %s is in the same account, these principals need no identity policy for this", PlainSentence(meeting), action, e.conditionPhrase(), target)
	}
	return found, true
}

func (e *entry) countLimitingRequirements() int {
	n := 0
	for _, c := range e.requirements {
		if e.boundOf(c) > boundNone {
			n++
		}
	}
	return n
}

// anyoneRemedy returns the remedy for an entry that allows everyone within a
// limit: it names what the statement does not require yet. "" means the remedy
// of the rule.
func anyoneRemedy(e *entry) string {
	limit := e.bound()
	hasARNs := slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		return strings.EqualFold(c.Key, "aws:PrincipalArn") && e.boundOf(c) > boundNone
	})
	switch {
	case hasARNs && limit >= boundOrganization:
		return "name the allowed principals, or write their full ARNs, without wildcards, in aws:PrincipalArn"
	case hasARNs:
		return "name the allowed principals, or require their organization (aws:PrincipalOrgID), or write their full ARNs, without wildcards, in aws:PrincipalArn"
	case limit >= boundOrganization && e.principal.Kind == "AWS":
		return "name the allowed principals, or require their ARNs (aws:PrincipalArn)"
	}
	return ""
}

// eachTrustedAccount returns a rule function that checks the entries with an
// AWS principal, other than "*", that can use sts:AssumeRole. It skips
// principals whose account is unknown, and tells check whether the account is
// the own account of the policy's file.
func eachTrustedAccount(check func(e *entry, isOwnAccount bool) (entryRemark, bool)) func(*run) {
	return func(r *run) {
		accounts := r.ownAccounts()
		checkEntries := eachEntry(func(r *run, e *entry) (entryRemark, bool) {
			id := e.principal.ID
			if e.principal.Kind != "AWS" || id == "*" || !e.canUse(assumeRole) {
				return entryRemark{}, false
			}
			account := accountOf(id)
			if account == "" {
				if hasUnknownPart(id) && !strings.HasPrefix(id, "${GetAtt:") {
					r.ruleNotes[fmt.Sprintf("%s: the owner of %s is known only at deployment", e.policy.name, id)] = true
				}
				return entryRemark{}, false
			}
			return check(e, account == ownAccount || accounts[e.policy.file][account])
		})
		for _, p := range r.policies {
			checkEntries(r, p)
		}
	}
}

func checkTrustAccount(e *entry, isOwnAccount bool) (entryRemark, bool) {
	if !isWholeAccount(e.principal.ID) || e.bound() == boundNamed {
		return entryRemark{}, false
	}
	if isOwnAccount {
		return entryRemark{severity: Low, before: "everyone who can grant permission for %s in the role's own account decides who can assume the role, because the policy trusts the whole account: ", call: assumeRole.String()}, true
	}
	if e.needsExternalID() {
		return entryRemark{}, false // trust-external-id reports this entry
	}
	return entryRemark{severity: Medium, before: "everyone who can grant permission for %s in another account decides who can assume the role, because the policy trusts the whole account: ", call: assumeRole.String()}, true
}

func checkTrustExternalID(e *entry, isOwnAccount bool) (entryRemark, bool) {
	if isOwnAccount || !e.needsExternalID() {
		return entryRemark{}, false
	}
	found := entryRemark{Medium, "no condition requires an external ID, so if the other account belongs to a vendor, other customers of the vendor can make the vendor use this role; the policy trusts a principal of that account: ", nil, "", ""}
	if isWholeAccount(e.principal.ID) && e.bound() != boundNamed {
		found = entryRemark{High, "no condition requires an external ID, so if the other account belongs to a vendor, other customers of the vendor can make the vendor use this role; the policy trusts the whole account: ", nil, "", ""}
	}
	if slices.ContainsFunc(e.requirements, e.requiresMFA) {
		found.severity = Low
		found.after = PlainSentence(" (with MFA, which people use and programs do not)")
	}
	return found, true
}

// needsExternalID reports whether the conditions leave open for whom another
// account acts: they require neither an external ID nor membership in a known
// organization. An account of that organization is not a third party.
func (e *entry) needsExternalID() bool {
	return !slices.ContainsFunc(e.requirements, func(c document.Condition) bool {
		kind := keyKind(c.Key)
		return strings.EqualFold(c.Key, "sts:ExternalId") && e.boundOf(c) != boundNone || kind == "organization" && e.boundOf(c) == boundOrganization
	})
}

func (e *entry) requiresMFA(c document.Condition) bool {
	if !e.requiresNamedValue(c) {
		return false
	}
	return strings.EqualFold(c.Key, "aws:MultiFactorAuthPresent") && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "true") || strings.EqualFold(c.Key, "aws:MultiFactorAuthAge")
}

func checkSAMLAudience(_ *run, e *entry) (entryRemark, bool) {
	id := e.principal.ID
	if e.principal.Kind != "Federated" || id == "*" || !e.canUse(assumeRoleWithSAML) {
		return entryRemark{}, false
	}
	if slices.ContainsFunc(e.requirements, func(c document.Condition) bool { return strings.EqualFold(c.Key, "SAML:aud") && e.requiresValue(c) }) {
		return entryRemark{}, false
	}
	return entryRemark{Medium, "every user with an assertion of ", PlainSentence(" for any endpoint can assume the role: no condition requires SAML:aud, so an assertion issued for another sign-in endpoint is accepted"), "", ""}, true
}

func checkUnusableTrust(r *run, p *policy) {
	if p.kind == identityPolicy || p.aws {
		return
	}
	_, _, isWithinBudget := p.denialsAndCost()
	for _, s := range p.statements {
		if !s.allows() || !s.assumesRole() {
			continue
		}
		assumeActions := s.assumeActions()
		if len(assumeActions) == 0 {
			continue
		}
		var actions, unusable, mismatched, malformed []string
		for _, action := range assumeActions {
			actions = append(actions, action.String())
		}
		for _, principal := range s.Principals {
			if principalProblem(principal) != "" {
				continue // refused-principal reports what AWS refuses
			}
			if !slices.ContainsFunc(assumeActions, func(action assumeAction) bool { return action.usableBy(principal) }) {
				unusable = append(unusable, principal.String())
				continue
			}
			e := entry{statement: s, principal: principal, usableActions: assumeActions, requirements: s.Conditions}
			switch neverHolds := isWithinBudget && e.neverHolds(); {
			case neverHolds && slices.ContainsFunc(s.Conditions, func(c document.Condition) bool { return isURLKey(c.Key) && e.requiresNamedValue(c) }):
				malformed = append(malformed, principal.String())
			case neverHolds:
				mismatched = append(mismatched, principal.String())
			}
		}
		if len(unusable) > 0 {
			r.reportStatement(s, Finding{Actions: actions, Message: sentencef("principals of this kind never use %s, so the statement has no effect for %s", orList(actions), nameList(unusable))})
		}
		if len(malformed) > 0 {
			r.reportStatement(s, Finding{Actions: actions, Message: sentencef("%s never matches: a condition key begins with https://, and no request has such a key", nameList(malformed)),
				Remedy: "write the condition keys with the address of the provider, without https://"})
		}
		if len(mismatched) > 0 {
			r.reportStatement(s, Finding{Actions: actions, Message: sentencef("%s never matches: a condition requires a claim that only the tokens of another provider have", nameList(mismatched)),
				Remedy: "write the condition keys with the provider's own address before the colon, or write one statement for each provider"})
		}
	}
}
