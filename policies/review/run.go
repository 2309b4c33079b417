// The state of a review: the set of policies, prepared once for all rules.

package review

import (
	"crypto/sha256"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

type run struct {
	options  Options
	subjects []*subject
	// boundaryOnly has the managed policies that are only permissions boundaries.
	// They grant nothing, so only the rules about mistakes check them; see
	// [Rule.checksBoundaries].
	boundaryOnly []*subject
	// policies has the policies of all subjects, each once: a policy that is
	// attached to two roles is one policy.
	policies        []*policy
	findings        []Finding
	matched         map[string][]*authz.Action     // caches authz.Match
	scratch         map[*authz.Action]bool         // scratch set, to collect each action once
	factsByResource map[string]*resourceFacts      // caches typeAllows and typeCovered
	recentFacts     *resourceFacts                 // the facts about the resource that was compared last
	ruleNotes       map[string]bool                // notes of the rules, such as what was too large to compare
	types           map[*authz.Action]*actionTypes // caches typesOf
	complements     map[string][]*authz.Action     // caches allExcept, for NotAction

	coverages     map[*policy][]coverage      // caches budget.coverages
	grantedBy     map[*policy]*grantedActions // caches grantedActionsOf
	summaryGrants map[string][]ServiceGrants  // caches serviceGrants

	needStatementsOf  map[*policy]*needStatements
	principalGrantsOf map[*subject]*principalGrants
	boundaries        map[boundaryKey]*policy      // caches boundary
	bounded           []*policy                    // caches boundedPolicies
	policyMistakes    map[string]Sentence          // caches policyARNMistake
	settable          map[*subject][]settableGuard // caches settableGuards
	accountsByFile    map[string]map[string]bool   // caches ownAccounts

	set *document.Set
	// originals maps each widened statement to the statement as written; see
	// widenSet.
	originals map[*document.Statement]*document.Statement

	meter *meter.Meter
	rule  *Rule // the rule that is running
}

// resourceFacts caches the results of typeAllows and typeCovered for one
// resource.
type resourceFacts struct {
	resource         string
	allowed, covered map[*authz.ResourceType]bool
}

// factsOf returns the facts about a resource. Rules usually compare one resource
// with many types in a row.
func (r *run) factsOf(resource string) *resourceFacts {
	if r.recentFacts != nil && r.recentFacts.resource == resource {
		return r.recentFacts
	}
	known := r.factsByResource[resource]
	if known == nil {
		known = &resourceFacts{resource: resource}
		r.factsByResource[resource] = known
	}
	r.recentFacts = known
	return known
}

// subject is one principal, or a policy that is not attached to a principal,
// such as a bucket policy.
type subject struct {
	*document.Holder
	policies        []*policy // all but the trust policy of a role, including AWS managed ones; for a resource, its resource policies
	trust           *policy   // nil if the subject is not a role, or its trust policy is unknown
	unknownPolicies []string  // attached policies whose documents are unknown
	label           string    // caches the text of startSubject
}

// policyKind says what the statements of a policy are about.
type policyKind uint8

const (
	identityPolicy policyKind = iota // what its holder may do
	trustPolicy                      // who may assume a role
	resourcePolicy                   // who may use a resource; a standalone document can be a resource policy
)

type policy struct {
	name              string
	kind              policyKind
	aws               bool     // managed by AWS, so it cannot be changed
	attachedAt        Location // for an AWS managed policy: where it is first attached
	inline            bool
	file              string
	doc               *document.Document
	holders           []*subject
	statements        []*statement
	denies            []*statement          // Deny statements without conditions on the request; set by deniedInSamePolicy
	denied            map[deniedKey]*denial // caches the results of denialOf for the statements in denies
	cachedWeight      int                   // caches weight
	label             string                // caches the text of startPolicy
	cachedHolderNames []string              // caches holderNames
	holderNamesKnown  bool
}

type statement struct {
	*document.Statement
	policy         *policy
	matchedActions []*authz.Action // caches run.actions
	actionsMatched bool
	cachedWeight   int               // caches weight
	cachedDigest   [sha256.Size]byte // caches digest
	unknownAction  int8              // caches hasUnknownAction: -1 for no, 1 for yes, 0 for not computed yet
	lowerPatterns  []string          // caches patternsInLowerCase
	patternMatches [][]*authz.Action // caches run.matchOf
	// cachedPrefixes caches prefixes; nil until it is computed.
	cachedPrefixes []string
	addition       string   // what reportStatement adds to messages about the statement
	cachedUnmet    []string // caches unmetKeys
	unmetKnown     bool
}

func newRun(set *document.Set, options Options, m *meter.Meter) *run {
	r := &run{options: options, meter: m, types: map[*authz.Action]*actionTypes{}, complements: map[string][]*authz.Action{}, matched: map[string][]*authz.Action{}, scratch: map[*authz.Action]bool{}, factsByResource: map[string]*resourceFacts{}, ruleNotes: map[string]bool{}, coverages: map[*policy][]coverage{}, grantedBy: map[*policy]*grantedActions{}, summaryGrants: map[string][]ServiceGrants{}, needStatementsOf: map[*policy]*needStatements{}, principalGrantsOf: map[*subject]*principalGrants{}, boundaries: map[boundaryKey]*policy{}, settable: map[*subject][]settableGuard{}, set: set}
	seen := map[*document.Document]*policy{}
	aws := map[string]*policy{}
	for _, h := range set.Principals {
		s := &subject{Holder: h}
		r.subjects = append(r.subjects, s)
		add := func(p document.Policy, kind policyKind) *policy {
			known := seen[p.Document]
			if known == nil {
				known = newPolicy(p.Name, kind, h.File, p.Document)
				known.inline, known.aws = p.Inline, p.AWS
				seen[p.Document] = known
				r.policies = append(r.policies, known)
			}
			known.holders = append(known.holders, s)
			return known
		}
		if h.Trust != nil {
			s.trust = add(document.Policy{Name: "trust policy of " + h.Name, Document: h.Trust}, trustPolicy)
		}
		for _, p := range h.Policies {
			s.policies = append(s.policies, add(p, policyKindOf(h, p.Document)))
		}
		for _, arn := range h.Attached {
			// A policy that is attached under conditions counts once for each
			// list of conditions.
			for _, conditions := range attachmentConditions(h, arn) {
				key := strings.Join(append([]string{arn}, conditions...), "\x00")
				p := aws[key]
				if p == nil {
					if p = readManaged(arn, conditions); p == nil {
						s.unknownPolicies = append(s.unknownPolicies, arn)
						break
					}
					p.attachedAt = attachedAt(h, arn)
					aws[key] = p
					r.policies = append(r.policies, p)
				}
				p.holders = append(p.holders, s)
				s.policies = append(s.policies, p)
			}
		}
	}
	for _, h := range set.Boundaries {
		s := &subject{Holder: h}
		for _, p := range h.Policies {
			limit := newPolicy(p.Name, identityPolicy, h.File, p.Document)
			limit.holders, s.policies = []*subject{s}, append(s.policies, limit)
		}
		r.boundaryOnly = append(r.boundaryOnly, s)
	}
	return r
}

func (s *statement) location() Location {
	if s.policy.aws {
		return s.policy.attachedAt // positions within the managed policy are not in the user's files
	}
	return Location{s.policy.file, s.Line, s.Column}
}

// hasUnknownPart reports whether a text has a part that is unknown: a template
// expression or a policy variable.
func hasUnknownPart(text string) bool { return strings.Contains(text, "${") }

// matchesAction reports whether a pattern that IAM accepts matches an action.
func matchesAction(pattern, action string) bool {
	matches, isRefused := document.MatchAction(pattern, action)
	return matches && !isRefused
}

// match returns the actions that a pattern matches; none for a pattern that is
// known only at deployment.
func (r *run) match(pattern string) []*authz.Action {
	if hasUnknownPart(pattern) {
		return nil
	}
	found, ok := r.matched[pattern]
	if !ok {
		r.spend(matchWork(pattern))
		found = authz.Match(pattern)
		r.spend(4 * len(found))
		r.matched[pattern] = found
	}
	r.spend(1 + len(found)/8) // the caller's work: it checks each action
	return found
}

// matchOf returns the actions that Action[i] of a statement matches.
func (r *run) matchOf(s *statement, i int) []*authz.Action {
	if s.patternMatches == nil {
		s.patternMatches = make([][]*authz.Action, len(s.Actions))
		for k, pattern := range s.Actions {
			s.patternMatches[k] = r.match(pattern)
		}
	}
	r.spend(1 + len(s.patternMatches[i])/8)
	return s.patternMatches[i]
}

// maxScratch is the number of actions up to which run.scratch is cleared and
// reused. A larger map is replaced.
const maxScratch = 1000

// actions returns the actions that the statement covers, each once. For
// NotAction, these are all other known actions.
func (r *run) actions(s *statement) []*authz.Action {
	if s.actionsMatched {
		r.spend(1 + len(s.matchedActions)/8) // the caller's work: it checks each action
		return s.matchedActions
	}
	s.actionsMatched = true
	if len(s.NotActions) > 0 {
		s.matchedActions = r.allExcept(s.NotActions)
		return s.matchedActions
	}
	if len(s.Actions) == 1 {
		s.matchedActions = slices.Clip(r.matchOf(s, 0))
		r.spend(4 * len(s.matchedActions))
		return s.matchedActions
	}
	clear(r.scratch)
	count := 0
	for i := range s.Actions {
		count += len(r.matchOf(s, i))
	}
	s.matchedActions = make([]*authz.Action, 0, count)
	for _, matched := range s.patternMatches {
		for _, a := range matched {
			if !r.scratch[a] {
				r.scratch[a] = true
				s.matchedActions = append(s.matchedActions, a)
			}
		}
	}
	s.matchedActions = slices.Clip(s.matchedActions)
	if count > maxScratch {
		r.scratch = map[*authz.Action]bool{} // clearing a large map takes long
	}
	r.spend(4 * len(s.matchedActions))
	return s.matchedActions
}

// allExcept returns all actions that no pattern matches. Statements with the
// same NotAction share the result.
func (r *run) allExcept(patterns []string) []*authz.Action {
	key := strings.Join(patterns, "\n")
	if found, ok := r.complements[key]; ok {
		r.spend(1 + len(found)/8)
		return found
	}
	excluded := map[*authz.Action]bool{}
	for _, pattern := range patterns {
		for _, a := range r.match(pattern) {
			excluded[a] = true
		}
	}
	var found []*authz.Action
	for _, a := range r.match("*") {
		if !excluded[a] {
			found = append(found, a)
		}
	}
	r.spend(actionCountEstimate + 4*len(found))
	r.complements[key] = found
	return found
}

// actionTypes lists the resource types that an action supports. If AWS documents
// types for the action and the data of its service is incomplete, it lists all
// types of the service.
type actionTypes struct {
	types []*authz.ResourceType
	// undocumented reports whether AWS documents no types for the action. If
	// so, the list is incomplete.
	undocumented bool
}

func (r *run) typesOf(a *authz.Action) *actionTypes {
	if known := r.types[a]; known != nil {
		return known
	}
	found := &actionTypes{undocumented: len(a.Resources) == 0, types: a.UndocumentedTypes()}
	if !found.undocumented {
		for i := range a.Resources {
			found.types = append(found.types, a.Resources[i].Type)
		}
		if s, ok := authz.ForPrefix(a.Service); ok && !s.IsComplete() {
			for i := range s.ResourceTypes {
				found.types = append(found.types, &s.ResourceTypes[i])
			}
		}
	}
	r.types[a] = found
	return found
}

// allows is a cached [authz.Action.Allows]. Actions of one service share
// resource types, so the cache is by type.
func (r *run) allows(a *authz.Action, resource string) bool {
	types := r.typesOf(a)
	r.spend(1 + len(types.types))
	for _, t := range types.types {
		if r.typeAllows(t, resource) {
			return true
		}
	}
	return types.undocumented && a.Allows(resource)
}

// cacheWork is the work of comparing a type with a resource and of storing the
// result, which takes about 100 bytes.
const cacheWork = 30

func (r *run) typeAllows(t *authz.ResourceType, resource string) bool {
	known := r.factsOf(resource)
	allowed, ok := known.allowed[t]
	if !ok {
		r.spend(cacheWork + len(t.ARNPatterns)*len(resource)/4)
		allowed = t.Allows(resource)
		if known.allowed == nil {
			known.allowed = map[*authz.ResourceType]bool{}
		}
		known.allowed[t] = allowed
	}
	return allowed
}

func (r *run) apply(rule *Rule) {
	r.rule = rule
	var boundaries []*subject
	if rule.checksBoundaries() {
		boundaries = r.boundaryOnly
	}
	if rule.policy != nil {
		policies := slices.Clip(r.policies)
		if rule.withinBoundary {
			policies = r.boundedPolicies()
		}
		for _, s := range boundaries {
			policies = append(policies, s.policies...)
		}
		for _, p := range policies {
			r.startPolicy(p, rule.ID)
			r.spend(p.weight())
			rule.policy(r, p)
		}
	}
	if rule.subject != nil {
		for _, s := range append(slices.Clip(r.subjects), boundaries...) {
			r.startSubject(s, rule.ID)
			for _, p := range s.policies {
				r.spend(1 + len(p.statements))
			}
			rule.subject(r, s)
		}
	}
	if rule.set != nil {
		r.meter.At("", rule.ID)
		rule.set(r)
	}
}
