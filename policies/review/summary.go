// The summary of every principal, for the head of a report.

package review

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// PrincipalSummary summarizes one principal, or a policy that is not attached
// to a principal.
type PrincipalSummary struct {
	Kind      document.Kind `json:"kind"`
	Name      string        `json:"name"`
	LogicalID string        `json:"logicalID,omitempty"`
	File      string        `json:"file,omitempty"`
	// AssumedBy lists the statements of a role's trust policy, including those
	// that deny.
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
		all[i] = PrincipalSummary{Kind: s.Kind, Name: s.Name, LogicalID: s.LogicalID, File: s.File, Boundary: s.Boundary,
			AssumedBy: assumers(s), Policies: policySummaries(s), Quotas: quotasOf(s), Grants: r.grants(s)}
		if all[i].Quotas == nil {
			all[i].Quotas = []Quota{}
		}
	}
	return all
}

// assumers lists the statements of a trust policy, including a standalone one.
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

// grants counts the actions that the policies of a principal allow on a
// suitable resource, each action once.
func (r *run) grants(s *subject) []ServiceGrants {
	var policies []string // the addresses: many principals have the same policies
	for _, p := range s.policies {
		policies = append(policies, fmt.Sprintf("%p", p))
	}
	slices.Sort(policies)
	key := strings.Join(slices.Compact(policies), " ")
	r.spend(2 * len(policies))
	if known, ok := r.summaryGrants[key]; ok {
		return known
	}
	if len(s.policies) == 1 && s.policies[0].kind != trustPolicy {
		allowed := r.grantsOf(s.policies[0])
		r.spend(4 * len(allowed))
		r.summaryGrants[key] = byService(allowed)
		return r.summaryGrants[key]
	}
	everywhere := map[*authz.Action]bool{} // the allowed actions, and whether on every resource
	for _, p := range s.policies {
		if p.kind == trustPolicy {
			continue
		}
		allowed := r.grantsOf(p)
		r.spend(2 * len(allowed))
		for a, all := range allowed {
			everywhere[a] = everywhere[a] || all
		}
	}
	r.spend(2 * len(everywhere))
	r.summaryGrants[key] = byService(everywhere)
	return r.summaryGrants[key]
}

// grantsOf returns the actions that a policy allows; the value is true for
// those that [LevelCount.Everywhere] counts. The result is cached only if the
// policy has several holders.
func (r *run) grantsOf(p *policy) map[*authz.Action]bool {
	everywhere := r.grantedBy[p]
	if everywhere != nil {
		return everywhere
	}
	everywhere = map[*authz.Action]bool{}
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
			if known, ok := everywhere[a]; !ok || !known {
				everywhere[a] = all || !narrowed && slices.ContainsFunc(st.Resources, func(resource string) bool { return r.coversType(a, resource) })
			}
		}
	}
	r.spend(4 * len(everywhere))
	if len(p.holders) > 1 {
		r.grantedBy[p] = everywhere
	}
	return everywhere
}

// byService counts the actions of each service and access level.
func byService(everywhere map[*authz.Action]bool) []ServiceGrants {
	services := map[string]*[authz.PermissionsManagement + 1]LevelCount{}
	for a, all := range everywhere {
		counts := services[a.Service]
		if counts == nil {
			counts = &[authz.PermissionsManagement + 1]LevelCount{}
			services[a.Service] = counts
		}
		counts[a.Level].Actions++
		if all {
			counts[a.Level].Everywhere++
		}
	}
	grants := make([]ServiceGrants, 0, len(services))
	for _, service := range sortedKeys(services) {
		g := ServiceGrants{Service: service}
		for level, count := range services[service] {
			if count.Actions > 0 {
				count.Level = authz.Level(level)
				g.Levels = append(g.Levels, count)
			}
		}
		slices.Reverse(g.Levels)
		grants = append(grants, g)
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
	key := typeAndResource{t, resource}
	covers, ok := r.covered[key]
	if !ok {
		r.spend(cacheWork + len(t.ARNPatterns)*len(resource)/4)
		covers = t.CoveredBy(resource)
		r.covered[key] = covers
	}
	return covers
}

// notes says what was not evaluated, the most important first.
func (r *run) notes() []Sentence {
	notes := r.notesOnPolicies()
	notes = append(notes, r.notesOnActions()...)
	for _, s := range r.subjects {
		undecided := func(condition string) bool {
			_, _, isValue := document.IsValue(condition)
			return condition != "" && !isValue // unknown parameter values have their own note
		}
		if undecided(s.When) || slices.ContainsFunc(s.policies, func(p *policy) bool {
			return slices.ContainsFunc(p.statements, func(st *statement) bool { return slices.ContainsFunc(st.When, undecided) })
		}) {
			notes = append(notes, PlainSentence("the template's conditions are not evaluated: the review includes everything that depends on a condition"))
			break
		}
	}
	for _, limit := range sortedKeys(r.limitNotes) {
		notes = append(notes, PlainSentence(limit))
	}
	return append(notes, PlainSentence("not evaluated: service control policies, session policies, and any resource policy that is not in the input"))
}

// notesOnPolicies names the policies whose documents are unknown.
func (r *run) notesOnPolicies() []Sentence {
	attached, boundaries := map[string][]string{}, map[string][]string{}
	for _, s := range r.subjects {
		holder := fmt.Sprintf("%s %s", s.Kind, s.Name)
		for _, arn := range s.unknownPolicies {
			attached[arn] = append(attached[arn], holder)
		}
		if s.Boundary != "" && s.BoundaryPolicy == nil && readManaged(s.Boundary) == nil {
			boundaries[s.Boundary] = append(boundaries[s.Boundary], holder)
		}
	}
	var notes []Sentence
	for _, arn := range sortedKeys(attached) {
		notes = append(notes, sentencef("the managed policy %s is attached to %s, and its document is unknown: what it grants is not reviewed", arn, nameList(attached[arn])))
	}
	for _, arn := range sortedKeys(boundaries) {
		notes = append(notes, sentencef("the document of the permissions boundary %s of %s is unknown, so what this boundary limits is not evaluated", arn, nameList(boundaries[arn])))
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
					incomplete[prefix] = ok && !service.Complete()
				}
			}
		}
		if len(unread) > 0 {
			notes = append(notes, sentencef("policy %s: these actions are only known at deployment, so the summary does not count them: %s", p.name, nameList(unread)))
		}
	}
	var prefixes []string
	for _, prefix := range sortedKeys(incomplete) {
		if incomplete[prefix] {
			prefixes = append(prefixes, prefix)
		}
	}
	if len(prefixes) > 0 {
		notes = append(notes, sentencef("the authorization data lacks some resource types and condition keys of %s, so some mistakes are not found", strings.Join(prefixes, ", ")))
	}
	return notes
}
