// The summary of every principal, for the head of a report.

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// PrincipalSummary summarizes one principal, or a policy that is not attached
// to a principal.
type PrincipalSummary struct {
	Kind      document.Kind `json:"kind"`
	Name      string        `json:"name"`
	LogicalID string        `json:"logicalID,omitempty"`
	File      string        `json:"file,omitempty"`
	// IsResourcePolicy is true for a policy of a resource, which no role or user holds.
	IsResourcePolicy bool `json:"-"`
	// AssumedBy lists the statements of the trust policy of a role, or of a
	// trust policy that is not part of a role, including those that deny.
	AssumedBy []Assumer `json:"assumedBy,omitempty"`
	// Policies lists the policies that the principal holds. Policies whose
	// documents are unknown have no Statements.
	Policies []PolicySummary `json:"policies"`
	Boundary string          `json:"boundary,omitempty"`
	Quotas   []Quota         `json:"quotas"`
	// Grants counts what all policies of the principal allow, sorted by
	// service. It does not subtract what a Deny or the permissions boundary
	// removes.
	Grants []ServiceGrants `json:"grants"`
}

// Assumer is one statement of a trust policy: it says who may assume the role
// or, if Deny is set, who may not.
type Assumer struct {
	// Principals are in the format of document.Principal ("Service
	// ec2.amazonaws.com"). If Except is set, the statement applies to everyone
	// except these (NotPrincipal).
	Principals []string `json:"principals"`
	Except     bool     `json:"except,omitempty"`
	Deny       bool     `json:"deny,omitempty"`
	Actions    []string `json:"actions"`
	Conditions []string `json:"conditions,omitempty"`
}

// PolicySummary describes one policy of a principal.
type PolicySummary struct {
	Name       string `json:"name"`
	Inline     bool   `json:"inline,omitempty"`
	AWS        bool   `json:"aws,omitempty"`     // managed by AWS
	Unknown    bool   `json:"unknown,omitempty"` // whether its document is unknown
	Statements int    `json:"statements"`
	Characters int    `json:"characters"` // as IAM counts them, without white space
}

// ServiceGrants counts the allowed actions of one service.
type ServiceGrants struct {
	Service string       `json:"service"` // the prefix ("ec2")
	Levels  []LevelCount `json:"levels"`  // the most permissive first
}

// LevelCount counts the allowed actions of one access level.
type LevelCount struct {
	Level   authz.Level `json:"accessLevel"`
	Actions int         `json:"actions"`
	// Everywhere counts the actions that a statement allows on every resource,
	// or on every resource of one type, with no condition that narrows it.
	Everywhere int `json:"everywhere"`
}

func (r *run) summaries() []PrincipalSummary {
	all := make([]PrincipalSummary, len(r.subjects))
	for i, s := range r.subjects {
		r.startSubject(s, "the summary of its grants")
		all[i] = PrincipalSummary{Kind: s.Kind, Name: s.Name, LogicalID: s.LogicalID, File: s.File, Boundary: cmp.Or(s.BoundaryName, s.Boundary),
			IsResourcePolicy: s.Kind == document.PolicyKind && slices.ContainsFunc(s.policies, func(p *policy) bool { return p.kind == resourcePolicy }),
			AssumedBy:        assumers(s), Policies: policySummaries(s), Quotas: quotasOf(s), Grants: r.serviceGrants(s)}
		if all[i].Quotas == nil {
			all[i].Quotas = []Quota{}
		}
	}
	return all
}

// assumers lists the statements of the trust policy of a role, or of a standalone
// document that is a trust policy.
func assumers(s *subject) []Assumer {
	var all []Assumer
	for _, p := range append(slices.Clip(s.policies), s.trust) {
		if p == nil || p.kind != trustPolicy {
			continue
		}
		for _, st := range p.statements {
			a := Assumer{Except: len(st.NotPrincipals) > 0, Deny: st.Effect == document.Deny, Actions: slices.Clone(st.Actions)}
			for _, principal := range slices.Concat(st.Principals, st.NotPrincipals) {
				a.Principals = append(a.Principals, principal.String())
			}
			if len(st.NotActions) > 0 {
				a.Actions = append(a.Actions, "all but "+strings.Join(st.NotActions, ", "))
			}
			for _, c := range st.Conditions {
				a.Conditions = append(a.Conditions, c.String())
			}
			all = append(all, a)
		}
	}
	return all
}

func policySummaries(s *subject) []PolicySummary {
	all := []PolicySummary{}
	for i, p := range s.policies {
		if p.aws && i > 0 && s.policies[i-1].aws && s.policies[i-1].name == p.name {
			continue // the same policy, attached under other conditions
		}
		all = append(all, PolicySummary{Name: p.name, Inline: p.inline, AWS: p.aws, Statements: len(p.statements), Characters: p.doc.Size})
	}
	for _, name := range s.unknownPolicies {
		a := arn.ParsePattern(name)
		all = append(all, PolicySummary{Name: name, AWS: a.Parts == 6 && a.Account == "aws", Unknown: true})
	}
	return all
}

// serviceGrants counts the actions that the policies of a principal allow on a
// suitable resource, each action once.
func (r *run) serviceGrants(s *subject) []ServiceGrants {
	// Many principals have the same policies, so the result is cached by the
	// addresses of the policies.
	var addresses []string
	for _, p := range s.policies {
		addresses = append(addresses, fmt.Sprintf("%p", p))
	}
	slices.Sort(addresses)
	key := strings.Join(slices.Compact(addresses), " ")
	r.spend(2 * len(addresses))
	if known, ok := r.summaryGrants[key]; ok {
		return known
	}
	if len(s.policies) == 1 && s.policies[0].kind != trustPolicy {
		allowed := r.grantedActionsOf(s.policies[0])
		r.spend(4 * allowed.count)
		r.summaryGrants[key] = allowed.byService()
		return r.summaryGrants[key]
	}
	all := &grantedActions{}
	for _, p := range s.policies {
		if p.kind == trustPolicy {
			continue
		}
		allowed := r.grantedActionsOf(p)
		r.spend(2 * allowed.count)
		all.addAll(allowed)
	}
	r.spend(2 * all.count)
	r.summaryGrants[key] = all.byService()
	return r.summaryGrants[key]
}

// grantedActionsOf returns the actions that a policy allows, and those that
// [LevelCount.Everywhere] counts. The result is cached only if the policy has
// several holders.
func (r *run) grantedActionsOf(p *policy) *grantedActions {
	if known := r.grantedBy[p]; known != nil {
		return known
	}
	granted := &grantedActions{}
	for _, st := range p.statements {
		if !st.allows() {
			continue
		}
		narrowed := slices.ContainsFunc(st.Conditions, narrows)
		all := !narrowed && onEveryResource(st)
		actions := r.actions(st)
		r.spend(len(actions))
		for _, a := range actions {
			if !all && !r.hasFittingResource(st, a) {
				continue
			}
			if known := granted.of(a); *known != grantedEverywhere {
				everywhere := all || !narrowed && slices.ContainsFunc(st.Resources, func(resource string) bool { return r.coversType(a, resource) })
				granted.set(known, everywhere)
			}
		}
	}
	r.spend(4 * granted.count)
	if len(p.holders) > 1 {
		r.grantedBy[p] = granted
	}
	return granted
}

type grantState uint8

const (
	notGranted        grantState = iota
	grantedSomewhere             // on some resource
	grantedEverywhere            // on every resource, or on every resource of a type
)

type grantedActions struct {
	services map[string][]grantState // of each service, in the order of its actions
	count    int                     // of the actions that are granted

	recentService string
	recent        []grantState
}

func (g *grantedActions) of(a *authz.Action) *grantState {
	if g.recent == nil || g.recentService != a.Service {
		states := g.services[a.Service]
		if states == nil {
			service, _ := authz.ForPrefix(a.Service)
			states = make([]grantState, len(service.Actions))
			if g.services == nil {
				g.services = map[string][]grantState{}
			}
			g.services[a.Service] = states
		}
		g.recentService, g.recent = a.Service, states
	}
	return &g.recent[a.Index]
}

// set records that an action is granted and, if everywhere is true, that it is
// granted on every resource.
func (g *grantedActions) set(state *grantState, everywhere bool) {
	if *state == notGranted {
		g.count++
		*state = grantedSomewhere
	}
	if everywhere {
		*state = grantedEverywhere
	}
}

func (g *grantedActions) addAll(other *grantedActions) {
	for prefix, states := range other.services {
		service, _ := authz.ForPrefix(prefix)
		for i, state := range states {
			if state != notGranted {
				g.set(g.of(&service.Actions[i]), state == grantedEverywhere)
			}
		}
	}
}

func (g *grantedActions) byService() []ServiceGrants {
	grants := make([]ServiceGrants, 0, len(g.services))
	for _, prefix := range sortedKeys(g.services) {
		service, _ := authz.ForPrefix(prefix)
		var counts [authz.PermissionsManagement + 1]LevelCount
		for i, state := range g.services[prefix] {
			if state != notGranted {
				count := &counts[service.Actions[i].Level]
				count.Actions++
				if state == grantedEverywhere {
					count.Everywhere++
				}
			}
		}
		found := ServiceGrants{Service: prefix}
		for level, count := range counts {
			if count.Actions > 0 {
				count.Level = authz.Level(level)
				found.Levels = append(found.Levels, count)
			}
		}
		slices.Reverse(found.Levels)
		if len(found.Levels) > 0 {
			grants = append(grants, found)
		}
	}
	return grants
}

// hasFittingResource reports whether the action supports one of the statement's
// resources. If not, the statement has no effect on the action.
func (r *run) hasFittingResource(s *statement, a *authz.Action) bool {
	if len(s.Resources) == 0 {
		return true // NotResource, or the resource that the policy belongs to
	}
	return slices.ContainsFunc(s.Resources, func(resource string) bool { return mayBeAnything(resource) || r.allows(a, resource) })
}

// coversType reports whether a resource matches every resource of one type that
// the action supports, at least in one account: "arn:aws:s3:::*",
// "arn:aws:sqs:*:123456789012:*".
func (r *run) coversType(a *authz.Action, resource string) bool {
	return slices.ContainsFunc(a.Resources, func(t authz.ActionResource) bool { return r.typeCovered(t.Type, resource) })
}

// typeCovered is a cached [authz.ResourceType.CoveredBy].
func (r *run) typeCovered(t *authz.ResourceType, resource string) bool {
	known := r.factsOf(resource)
	covers, ok := known.covered[t]
	if !ok {
		r.spend(cacheWork + len(t.ARNPatterns)*len(resource)/4)
		covers = t.CoveredBy(resource)
		if known.covered == nil {
			known.covered = map[*authz.ResourceType]bool{}
		}
		known.covered[t] = covers
	}
	return covers
}

// notes says what was not evaluated or was assumed, and which resources use the
// roles.
func (r *run) notes() []Sentence {
	notes := r.notesOnPolicies()
	notes = append(notes, r.notesOnLimitingPolicies()...)
	notes = append(notes, r.notesOnRoleUses()...)
	notes = append(notes, r.notesOnActions()...)
	if slices.ContainsFunc(r.subjects, r.hasUndecidedConditions) {
		notes = append(notes, PlainSentence("if the values of parameters do not decide a template condition, the review covers both of its cases"))
	}
	for _, note := range sortedKeys(r.ruleNotes) {
		notes = append(notes, PlainSentence(note))
	}
	return append(notes, PlainSentence("not evaluated: service control policies, session policies, and any resource policy that is not in the input"))
}

// hasUndecidedConditions reports whether a template condition decides about a
// principal, a policy that is attached to it, or a statement of its policies.
func (r *run) hasUndecidedConditions(s *subject) bool {
	undecided := func(condition string) bool {
		_, _, isValue := document.ParameterValues(condition)
		return condition != "" && !isValue // unknown parameter values have their own note
	}
	for _, lists := range s.AttachedWhen {
		if slices.ContainsFunc(lists, func(list []string) bool { return slices.ContainsFunc(list, undecided) }) {
			return true
		}
	}
	return undecided(s.When) || slices.ContainsFunc(append(slices.Clip(s.policies), s.trust, r.boundary(s)), func(p *policy) bool {
		return p != nil && slices.ContainsFunc(p.statements, func(st *statement) bool { return slices.ContainsFunc(st.When, undecided) })
	})
}

// notesOnPolicies names the policies whose documents are unknown or assumed.
func (r *run) notesOnPolicies() []Sentence {
	attached, boundaries := map[string][]string{}, map[string][]string{}
	for _, s := range r.subjects {
		holder := fmt.Sprintf("%s %s", s.Kind, s.Name)
		for _, arn := range s.unknownPolicies {
			attached[arn] = append(attached[arn], holder)
		}
		if s.Boundary != "" && s.BoundaryPolicy == nil && readManaged(s.Boundary, nil) == nil {
			boundaries[s.Boundary] = append(boundaries[s.Boundary], holder)
		}
	}
	var notes []Sentence
	assumed := map[string]bool{}
	for _, s := range r.subjects {
		for _, arn := range s.Attached {
			if managed.IsAssumed(arn) {
				assumed[managed.AssumedNote(arn)] = true
			}
		}
	}
	for _, note := range sortedKeys(assumed) {
		notes = append(notes, sentencef("%s", note))
	}
	for _, arn := range sortedKeys(attached) {
		if document.IsAddedBySAM(arn) {
			notes = append(notes, sentencef("the document of the %s for %s is unknown, so what the policy grants is not reviewed", arn, nameList(attached[arn])))
			continue
		}
		notes = append(notes, sentencef("the document of the managed policy %s, which is attached to %s, is unknown, so what the policy grants is not reviewed", arn, nameList(attached[arn])))
	}
	for _, arn := range sortedKeys(boundaries) {
		notes = append(notes, sentencef("the document of the permissions boundary %s of %s is unknown, so what this boundary limits is not evaluated", document.Readable(arn), nameList(boundaries[arn])))
	}
	return notes
}

// notesOnActions names the actions that are known only at deployment, and the
// services whose authorization data is incomplete.
func (r *run) notesOnActions() []Sentence {
	var notes []Sentence
	incomplete := map[string]bool{}
	for _, p := range r.policies {
		var unread []string
		for _, s := range p.statements {
			for _, pattern := range s.patterns() {
				if hasUnknownPart(pattern) {
					unread = append(unread, pattern)
				}
				prefix, _, _ := strings.Cut(pattern, ":")
				prefix = strings.ToLower(prefix)
				if _, seen := incomplete[prefix]; !seen {
					service, ok := authz.ForPrefix(prefix)
					incomplete[prefix] = ok && !service.IsComplete()
				}
			}
		}
		if len(unread) > 0 {
			notes = append(notes, sentencef("policy %s: these actions are known only at deployment, so the summary does not count them: %s", p.name, nameList(unread)))
		}
	}
	var prefixes []string
	for _, prefix := range sortedKeys(incomplete) {
		if incomplete[prefix] {
			prefixes = append(prefixes, prefix)
		}
	}
	if len(prefixes) > 0 {
		notes = append(notes, sentencef("capaboot's authorization data lacks some resource types and condition keys of %s, so the review does not find some mistakes", strings.Join(prefixes, ", ")))
	}
	return notes
}
