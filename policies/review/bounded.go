// The part of a policy that the permissions boundary of its holder leaves. The
// exposure rules check this part, so that a boundary can resolve a finding.
//
// Each Allow of the policy is combined with each Allow of the boundary. Where
// the result cannot be written as one statement, it is too wide, never too
// narrow. Denies of the boundary count like those of the policy.
//
// Source: IAM User Guide, "Permissions boundaries for IAM entities": only what
// the identity policies and the boundary both allow is allowed.

package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// maxBoundedStatements limits the statements that one policy and one boundary
// give when combined. If there are more, the policy is reviewed without the
// boundary, and a note says so.
const maxBoundedStatements = 2000

// boundedPolicies returns the policies for the exposure rules: for each policy,
// the parts that partsOf returns.
func (r *run) boundedPolicies() []*policy {
	if r.bounded == nil {
		for _, p := range r.policies {
			r.bounded = append(r.bounded, r.partsOf(p)...)
		}
	}
	return r.bounded
}

// partsOf splits a policy by the permissions boundaries of its holders. Each
// boundary that limits holders gives a part with what the boundary leaves of
// the policy. The other holders get the whole policy: a part for each text that
// is added to their findings. If no holder is limited and no text is added,
// partsOf returns the policy itself.
func (r *run) partsOf(p *policy) []*policy {
	if p.kind != identityPolicy {
		return []*policy{p}
	}
	// open has the holders that no boundary is known to limit, by the text to add
	// to their findings. limited has the other holders, by their boundary.
	open, limited := map[string][]*subject{}, map[*policy][]*subject{}
	var texts []string
	var limits []*policy
	addOpen := func(s *subject, text string) {
		if open[text] == nil {
			texts = append(texts, text)
		}
		open[text] = append(open[text], s)
	}
	for _, s := range p.holders {
		switch limit := r.boundary(s); {
		case s.Boundary == "" && limit == nil:
			addOpen(s, "")
		case limit == nil:
			addOpen(s, fmt.Sprintf("; the permissions boundary %s may exclude this, but the document of the boundary is unknown", s.boundaryLabel()))
		case s.allowsEverything(limit):
			addOpen(s, "")
		case r.canLiftBoundary(s):
			addOpen(s, fmt.Sprintf("; the holder can remove or change its permissions boundary %s, so the boundary does not limit the holder", s.boundaryLabel()))
		default:
			if limited[limit] == nil {
				limits = append(limits, limit)
			}
			limited[limit] = append(limited[limit], s)
		}
	}
	if len(open[""]) == len(p.holders) {
		return []*policy{p}
	}
	var parts []*policy
	for _, text := range texts {
		part := p.forHolders(open[text])
		part.statements = p.statementsIn(part, text)
		parts = append(parts, part)
	}
	for _, limit := range limits {
		label := limited[limit][0].boundaryLabel()
		part := p.forHolders(limited[limit])
		if !r.limitPolicy(part, p, limit, fmt.Sprintf("; the permissions boundary %s allows this, but not everything that the statement allows", label)) {
			r.ruleNotes[fmt.Sprintf("policy %s: too large to compare with the permissions boundary %s, so the boundary may not allow everything that is reported", p.name, label)] = true
			part.statements = p.statementsIn(part, "")
		}
		parts = append(parts, part)
	}
	return parts
}

// canLiftBoundary reports whether a principal may be allowed to remove or replace
// its own permissions boundary, or to change the policy that serves as one.
func (r *run) canLiftBoundary(s *subject) bool {
	c := r.principalGrants(s)
	if c == nil {
		return false
	}
	ownPolicy := &principalGrants{run: r, subject: &subject{Holder: &document.Holder{Boundary: s.Boundary, BoundaryName: s.BoundaryName, BoundaryLogicalID: s.BoundaryLogicalID}}}
	_, isManaged := managed.Read(s.Boundary)
	may := func(action string, owner *principalGrants) bool {
		return slices.ContainsFunc(c.facts.byName[action], func(i int) bool {
			return slices.ContainsFunc(c.grants(i), func(g *grant) bool {
				return !slices.ContainsFunc(g.grantedIf, func(cond document.Condition) bool {
					return strings.HasPrefix(action, "iam:put") && strings.EqualFold(cond.Key, "iam:PermissionsBoundary") && limitsGain(cond)
				}) && !(strings.HasPrefix(action, "iam:put") && slices.ContainsFunc(g.denies, func(d *statement) bool { return d.policy == c.boundary && r.deniesOtherBoundaries(d, s) })) && (g.reach() == reachAll || len(owner.ownResources(g)) > 0)
			})
		})
	}
	for _, verb := range []string{"delete", "put"} {
		if may("iam:"+verb+string(s.Kind)+"permissionsboundary", c) {
			return true
		}
	}
	return !isManaged && (may("iam:createpolicyversion", ownPolicy) || may("iam:setdefaultpolicyversion", ownPolicy))
}

// deniesOtherBoundaries reports whether a statement denies a principal every boundary
// except those that its condition names. Such a Deny in an identity policy does not
// count in [run.canLiftBoundary], because the principal may be able to change that
// policy.
func (r *run) deniesOtherBoundaries(d *statement, s *subject) bool {
	if len(d.Conditions) != 1 || !document.Implies(s.templateConditions(), d.When) {
		return false
	}
	allowed := d.Conditions[0]
	op, ok := document.ParseOperator(allowed.Operator)
	positive := map[string]string{"StringNotEquals": "StringEquals", "StringNotLike": "StringLike", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike"}[op.Name]
	if !ok || op.Set != "" || positive == "" || !strings.EqualFold(allowed.Key, "iam:PermissionsBoundary") {
		return false
	}
	allowed.Operator = positive
	own := "arn:aws:iam::*:" + string(s.Kind) + "/*"
	return limitsGain(allowed) && slices.ContainsFunc(d.Resources, func(resource string) bool {
		return matchesEveryResource(resource) || r.coversResource(resource, own)
	})
}

// allowsEverything reports whether, in every stack that has the subject, a
// boundary allows everything and denies nothing, except under conditions on the
// request.
func (s *subject) allowsEverything(boundary *policy) bool {
	return slices.ContainsFunc(boundary.statements, s.alwaysAllowsEverything) && !slices.ContainsFunc(boundary.statements, func(st *statement) bool {
		return st.Effect == document.Deny && len(st.Conditions) == 0
	})
}

func (s *subject) boundaryLabel() string {
	return document.Readable(cmp.Or(s.BoundaryName, s.Boundary))
}

// forHolders returns a policy without statements, for some of its holders.
func (p *policy) forHolders(holders []*subject) *policy {
	return &policy{name: p.name, kind: p.kind, aws: p.aws, attachedAt: p.attachedAt, inline: p.inline, file: p.file, doc: p.doc, holders: holders}
}

// statementsIn copies the statements of the policy for one of its parts. Messages
// about the copies end with addition.
func (p *policy) statementsIn(part *policy, addition string) []*statement {
	all := make([]*statement, len(p.statements))
	for i, st := range p.statements {
		all[i] = &statement{Statement: st.Statement, policy: part, addition: addition}
	}
	return all
}

// limitPolicy adds to a part of the policy p what the boundary leaves of p, and the
// Deny statements of the boundary. It returns false if there are too many
// statements.
func (r *run) limitPolicy(part, p, limit *policy, addition string) bool {
	allowing := slices.DeleteFunc(slices.Clone(limit.statements), func(st *statement) bool { return !st.allows() })
	if len(p.statements)*(1+len(allowing)) > maxBoundedStatements {
		return false
	}
	allowing = r.withoutDenied(allowing, limit)
	for _, st := range p.statements {
		if !st.allows() {
			part.statements = append(part.statements, &statement{Statement: st.Statement, policy: part})
			continue
		}
		var found []*document.Statement
		limitedBy := map[*document.Statement]*document.Statement{}
		for _, l := range allowing {
			r.spend(10 + st.weight() + l.weight())
			for _, common := range r.commonStatements(st.Statement, l.Statement) {
				if same := slices.IndexFunc(found, func(other *document.Statement) bool { return sameScope(other, &common) }); same >= 0 {
					found[same].Actions = unique(append(found[same].Actions, common.Actions...))
				} else {
					found = append(found, &common)
					limitedBy[&common] = l.Statement
				}
			}
		}
		for _, common := range found {
			text := addition
			if slices.Equal(common.Actions, st.Actions) && slices.Equal(common.NotActions, st.NotActions) && slices.Equal(common.Resources, st.Resources) && slices.Equal(common.NotResources, st.NotResources) {
				text = ""
			}
			r.setLimitedOriginal(common, st.Statement, limitedBy[common])
			part.statements = append(part.statements, &statement{Statement: common, policy: part, addition: text})
		}
	}
	for _, st := range limit.statements {
		if !st.allows() {
			part.statements = append(part.statements, &statement{Statement: st.Statement, policy: part})
		}
	}
	return true
}

// setLimitedOriginal records an original for the statement common, which is the
// part of the statement s that a boundary allows. This original is s as written,
// or common if s has no original, with the exceptions and conditions of both
// statements as written. It records nothing if neither s nor the statement of the
// boundary has an original.
func (r *run) setLimitedOriginal(common, s, boundary *document.Statement) {
	original, ofBoundary := r.originals[s], r.originals[boundary]
	if original == nil && ofBoundary == nil {
		return
	}
	if original == nil {
		original = common
	}
	ofBoundary = r.asWritten(boundary)
	limited := *original
	limited.NotActions = unique(slices.Concat(original.NotActions, ofBoundary.NotActions))
	limited.NotResources = unique(slices.Concat(original.NotResources, ofBoundary.NotResources))
	limited.Conditions = withConditions(r.asWritten(s).Conditions, ofBoundary.Conditions)
	r.originals[common] = &limited
}

// withConditions returns the union of two lists of conditions, in order.
func withConditions(conditions, others []document.Condition) []document.Condition {
	all := slices.Clone(conditions)
	for _, c := range others {
		if !slices.ContainsFunc(all, func(other document.Condition) bool { return other.String() == c.String() }) {
			all = append(all, c)
		}
	}
	return all
}

// asWritten returns a statement as written in the document, without the worst case of
// what is known only at deployment.
func (r *run) asWritten(s *document.Statement) *document.Statement {
	if original := r.originals[s]; original != nil {
		return original
	}
	return s
}

// sameScope reports whether two parts of one statement have no NotAction, and
// differ only in their actions.
func sameScope(a, b *document.Statement) bool {
	return len(a.NotActions)+len(b.NotActions) == 0 && slices.Equal(a.Resources, b.Resources) && slices.Equal(a.NotResources, b.NotResources) && slices.Equal(a.When, b.When) && sameConditions(a.Conditions, b.Conditions)
}

// withoutDenied returns the statements of a boundary without the actions that
// it denies on all resources in every request. It changes only statements that
// allow all actions or have a NotAction, because the rules that report such
// statements do not read Deny statements.
func (r *run) withoutDenied(allowing []*statement, limit *policy) []*statement {
	all := slices.Clone(allowing)
	for _, d := range limit.statements {
		if d.Effect != document.Deny || len(d.Conditions) > 0 || !onEveryResource(d) || !d.actionsAreKnown() {
			continue
		}
		for i, st := range all {
			if !document.Implies(st.When, d.When) || !slices.ContainsFunc(st.Actions, isEveryAction) && len(st.NotActions) == 0 {
				continue
			}
			remaining := *st.Statement
			switch {
			case len(d.NotActions) == 0:
				remaining.Actions, remaining.NotActions = nil, unique(slices.Concat(st.NotActions, d.Actions))
			case len(st.NotActions) == 0:
				remaining.Actions = d.NotActions
			default:
				remaining.Actions, remaining.NotActions = r.withoutActions(d.NotActions, st.NotActions), nil
			}
			all[i] = &statement{Statement: &remaining, policy: limit}
		}
	}
	return all
}

func isEveryAction(pattern string) bool { return pattern == "*" || pattern == "*:*" }

func (r *run) commonStatements(a, b *document.Statement) []document.Statement {
	when, possible := document.Together(a.When, b.When...)
	if !possible {
		return nil
	}
	common := *a
	common.When = when
	common.Conditions = withConditions(a.Conditions, b.Conditions)
	if !r.commonResources(&common, a, b) {
		return nil
	}
	var all []document.Statement
	add := func(actions, notActions []string) {
		if len(actions)+len(notActions) > 0 {
			common.Actions, common.NotActions = actions, notActions
			all = append(all, common)
		}
	}
	switch {
	case len(a.NotActions) > 0 && len(b.NotActions) > 0:
		add(nil, unique(slices.Concat(a.NotActions, b.NotActions)))
	case len(a.NotActions) > 0:
		r.addActionsExcept(b.Actions, a.NotActions, add)
	case len(b.NotActions) > 0:
		r.addActionsExcept(a.Actions, b.NotActions, add)
	default:
		add(r.commonActions(a.Actions, b.Actions), nil)
	}
	return all
}

// addActionsExcept calls add with the actions that are not excluded. If actions
// contains "*", it passes excluded as NotAction instead.
func (r *run) addActionsExcept(actions, excluded []string, add func(actions, notActions []string)) {
	if slices.ContainsFunc(actions, isEveryAction) {
		add(nil, excluded)
		return
	}
	add(r.withoutActions(actions, excluded), nil)
}

// withoutActions returns action patterns without the excluded actions. A pattern
// that is excluded in part becomes the list of its other actions.
func (r *run) withoutActions(actions, excluded []string) []string {
	var all []string
	for _, pattern := range actions {
		r.spend(len(excluded))
		switch {
		case slices.ContainsFunc(excluded, func(e string) bool { return r.covers(e, pattern, true) }):
		case hasUnknownPart(pattern), !slices.ContainsFunc(excluded, func(e string) bool { return document.Intersects(e, pattern, true) }):
			all = append(all, pattern)
		default:
			for _, a := range r.match(pattern) {
				if !slices.ContainsFunc(excluded, func(e string) bool { return matchesAction(e, a.String()) }) {
					all = append(all, a.String())
				}
			}
		}
	}
	return unique(all)
}

// commonActions returns the patterns of the actions that two lists share. Where
// two patterns only overlap, it names the actions, unless the pattern of the
// first list has an unknown part: then it returns this pattern.
func (r *run) commonActions(a, b []string) []string {
	var all []string
	byService := groupByService(b)
	for _, x := range a {
		for _, y := range byService.of(x) {
			switch {
			case isEveryAction(y), r.covers(y, x, true):
				all = append(all, x)
			case isEveryAction(x), r.covers(x, y, true):
				all = append(all, y)
			case hasUnknownPart(x) && document.Intersects(x, y, true):
				all = append(all, x)
			case document.Intersects(x, y, true):
				for _, action := range r.match(x) {
					if matchesAction(y, action.String()) {
						all = append(all, action.String())
					}
				}
			}
		}
	}
	return unique(all)
}

// commonResources sets the resources that two statements share, and returns false
// if there are none.
func (r *run) commonResources(common, a, b *document.Statement) bool {
	common.Resources, common.NotResources = nil, nil
	switch {
	case len(a.NotResources) > 0 && len(b.NotResources) > 0:
		common.NotResources = unique(slices.Concat(a.NotResources, b.NotResources))
	case len(a.NotResources) > 0:
		r.setResourcesExcept(common, b.Resources, a.NotResources)
	case len(b.NotResources) > 0:
		r.setResourcesExcept(common, a.Resources, b.NotResources)
	default:
		for _, x := range a.Resources {
			for _, y := range b.Resources {
				switch {
				case matchesEveryResource(y), r.coversResource(y, x):
					common.Resources = append(common.Resources, x)
				case matchesEveryResource(x), r.coversResource(x, y):
					common.Resources = append(common.Resources, y)
				case r.intersectsResource(x, y):
					common.Resources = append(common.Resources, narrower(x, y))
				}
			}
		}
		common.Resources = unique(common.Resources)
	}
	return len(common.Resources)+len(common.NotResources) > 0
}

// narrower returns the pattern that begins with more text before its first
// wildcard.
func narrower(x, y string) string {
	fixed := func(text string) int {
		if i := strings.IndexAny(text, "*?"); i >= 0 {
			return i
		}
		return len(text)
	}
	if fixed(y) > fixed(x) {
		return y
	}
	return x
}

func (r *run) setResourcesExcept(common *document.Statement, resources, excluded []string) {
	if slices.ContainsFunc(resources, matchesEveryResource) {
		common.NotResources = excluded
		return
	}
	common.Resources = slices.DeleteFunc(slices.Clone(resources), func(resource string) bool {
		return slices.ContainsFunc(excluded, func(e string) bool { return r.coversResource(e, resource) })
	})
}
