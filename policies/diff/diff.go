// Compares two sets and builds the result.

package diff

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"capaboot/internal/meter"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// Compare returns what only after allows and what only before allows. It compares only
// the policies in the two sets. Other policies that limit what a principal can do, such
// as service control policies and session policies, are not evaluated. Neither set is
// changed.
//
// Beyond maxWork, statements count as changed without being compared. Compare
// accepts sets of any size; [CompareAnnotated] refuses sets that are too large.
func Compare(before, after *document.Set) Result {
	result, _ := compareWithin(before, after, nil)
	return result
}

// compareWithin compares two sets within the limit of m; nil means no limit.
// The error is a [meter.TooMuch]; the result is then empty.
func compareWithin(before, after *document.Set, m *meter.Meter) (result Result, err error) {
	defer func() {
		if err != nil {
			result = Result{}
		}
	}()
	defer meter.Catch(&err)
	result = compareSets(before, after, m)
	result.addChangedDefaults(before, after, m)
	slices.SortStableFunc(result.Principals, func(a, b Principal) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.LogicalID, b.LogicalID))
	})
	return result, nil
}

// compareSets compares two sets for equal values of the parameters. The principals
// of the result are not sorted.
func compareSets(before, after *document.Set, m *meter.Meter) Result {
	result := Result{Principals: []Principal{}}
	work := budget{remaining: maxWork, meter: m}
	before, after = replaceReferences(before), replaceReferences(after)
	before = markChanged(before, after)
	result.Unknown = unknownOnBoth(before, after)
	work.possible = possibleIn(before, after)
	work.tagKeys = sync.OnceValue(func() []string { return append(tagKeys(before), tagKeys(after)...) })
	pairs := matchPrincipals(before, after)
	addUses(pairs, before, after)
	for _, p := range pairs {
		holder := cmp.Or(p.after, p.before)
		m.At(string(holder.Kind)+" "+holder.Name, "")
		m.Spend(20)
		change := p.compare(before, after, &work)
		if change.Status != Changed || len(change.Gained)+len(change.Lost) > 0 {
			result.Principals = append(result.Principals, change)
		}
	}
	m.At("", "") // the work that follows belongs to no principal
	result.Principals = append(result.Principals, compareCredentialSources(before, after, pairs, m)...)
	m.At("", "")
	unread, unchanged := compareUnread(before, after)
	result.Principals, result.Unread = append(append(result.Principals, unread...), compareGuards(before, after)...), unchanged
	return result
}

// pair is a principal before and after the change; nil where the principal does
// not exist.
type pair struct{ before, after *document.Holder }

// matchPrincipals matches the principals of two sets by kind, name and logical
// ID, or else by kind and name, or else by kind and logical ID. If each set is a
// single bare policy, the two policies match regardless of their file names.
func matchPrincipals(before, after *document.Set) []pair {
	if len(before.Principals) == 1 && len(after.Principals) == 1 && isBare(before.Principals[0]) && isBare(after.Principals[0]) {
		return []pair{{before.Principals[0], after.Principals[0]}}
	}
	var all []pair
	for _, m := range match(before.Principals, after.Principals,
		func(h *document.Holder) string { return string(h.Kind) + "\n" + h.Name + "\n" + h.LogicalID },
		func(h *document.Holder) string { return string(h.Kind) + "\n" + h.Name },
		func(h *document.Holder) string {
			if h.LogicalID == "" {
				return ""
			}
			return string(h.Kind) + "\n" + h.LogicalID
		},
	) {
		all = append(all, pair(m))
	}
	return all
}

// matched has two values that belong together; one of them may be nil.
type matched[T any] struct{ before, after *T }

// match pairs values that have an equal key other than "". It tries one key after
// the other. A value without a match is paired with nil.
func match[T any](before, after []*T, keys ...func(*T) string) []matched[T] {
	var all []matched[T]
	isMatched := map[*T]bool{}
	for _, key := range keys {
		free := map[string][]*T{}
		for _, value := range after {
			if k := key(value); !isMatched[value] && k != "" {
				free[k] = append(free[k], value)
			}
		}
		for _, value := range before {
			k := key(value)
			if isMatched[value] || len(free[k]) == 0 {
				continue
			}
			other := free[k][0]
			free[k] = free[k][1:]
			isMatched[value], isMatched[other] = true, true
			all = append(all, matched[T]{value, other})
		}
	}
	for _, value := range before {
		if !isMatched[value] {
			all = append(all, matched[T]{before: value})
		}
	}
	for _, value := range after {
		if !isMatched[value] {
			all = append(all, matched[T]{after: value})
		}
	}
	return all
}

func isBare(h *document.Holder) bool { return h.Kind == document.PolicyKind && h.LogicalID == "" }

func (p pair) compare(before, after *document.Set, work *budget) Principal {
	holder := cmp.Or(p.after, p.before)
	change := Principal{Kind: string(holder.Kind), Name: holder.Name, LogicalID: holder.LogicalID, Status: Changed,
		Gained: []Grant{}, Lost: []Grant{}, files: []string{cmp.Or(p.before, holder).File, cmp.Or(p.after, holder).File}}
	old, now := p.before, p.after
	switch {
	case old == nil:
		change.Status, old = New, &document.Holder{}
	case now == nil:
		change.Status, now = Removed, &document.Holder{}
	case old.Name != now.Name && !(isBare(old) && isBare(now)):
		change.Status, change.RenamedFrom = Renamed, old.Name
	}
	wholeOld, wholeNow := old, now
	shared := sharedManaged(old, now)
	old, now = expandManaged(old, shared), expandManaged(now, shared)
	work.branches = branchesOf(before, after, old, now)
	add := func(o, n *permissions) {
		gained, lost := compareGrants(o, n)
		change.Gained, change.Lost = append(change.Gained, gained...), append(change.Lost, lost...)
	}
	add(trustPermissions(old, work), trustPermissions(now, work))
	o, n := identityPermissions(old, work), identityPermissions(now, work)
	if len(shared) > 0 && !o.equal(n) {
		// Add the policies that both sides have: they may allow or deny the same as a
		// policy that only one side has.
		old, now = expandManaged(wholeOld, nil), expandManaged(wholeNow, nil)
		work.branches = branchesOf(before, after, old, now)
		o, n = identityPermissions(old, work), identityPermissions(now, work)
	}
	if p.before != nil && p.after != nil {
		o.protected, n.protected = protectedBeyond(old, now), protectedBeyond(now, old)
	}
	add(o, n)
	for _, attached := range []struct {
		before, after []string
		note          string
	}{
		{attachedNames(old), attachedNames(now), "the document of this attached policy is not in the input"},
		{unknownGroups(old, before), unknownGroups(now, after), "the policies of this group are not in the input"},
	} {
		change.Gained = append(change.Gained, namedGrants(attached.after, attached.before, attached.note)...)
		change.Lost = append(change.Lost, namedGrants(attached.before, attached.after, attached.note)...)
	}
	isEntity := holder.Kind == document.RoleKind || holder.Kind == document.UserKind
	switch {
	case change.Status == New:
		change.Boundary = boundaryName(now)
	case change.Status == Removed && isEntity:
		// The boundary and the denials were removed with the principal, so no
		// principal gains anything.
		change.Gained = []Grant{}
	default:
		gained, lost := compareBoundaries(old, now, work)
		change.Gained, change.Lost = append(change.Gained, gained...), append(change.Lost, lost...)
	}
	if p.before != nil && p.after != nil {
		gained, lost := compareSameNames(old, now, work)
		change.Gained, change.Lost = append(change.Gained, gained...), append(change.Lost, lost...)
	}
	if change.Status != Removed {
		gained, lost := compareSettings(p.before, now, work.tagKeys)
		change.Gained, change.Lost = append(change.Gained, gained...), append(change.Lost, lost...)
	}
	noteUnknown(before, change.Lost)
	noteUnknown(after, change.Gained)
	return change
}

// compareGrants returns what only n allows or only o denies, and what only o allows or
// only n denies, with notes about what both sides have.
func compareGrants(o, n *permissions) (gained, lost []Grant) {
	if o.equal(n) {
		return nil, nil
	}
	allowed := noteRemaining(n, o, document.Allow, n.allowedBeyond(o), "was already allowed")
	notDenied := noteRemaining(o, n, document.Deny, o.deniedBeyond(n), "still denied")
	notAllowed := noteRemaining(o, n, document.Allow, o.allowedBeyond(n), "still allowed")
	denied := noteRemaining(n, o, document.Deny, n.deniedBeyond(o), "was already denied")
	return append(noteOtherResources(n, allowed), noteRemovedDenials(noteOtherResources(o, notDenied))...),
		append(noteOtherResources(o, notAllowed), noteAddedDenials(noteOtherResources(n, denied))...)
}

func noteRemovedDenials(grants []Grant) []Grant { return markDenials(grants, ChangeRemoved) }
func noteAddedDenials(grants []Grant) []Grant   { return markDenials(grants, ChangeAdded) }

func markDenials(grants []Grant, change Change) []Grant {
	for i := range grants {
		grants[i].Change = change
	}
	return prependNote(grants, denialNote+string(change))
}

func prependNote(grants []Grant, note string) []Grant {
	for i := range grants {
		if grants[i].Note == "" {
			grants[i].Note = note
		} else {
			grants[i].Note = note + "; " + grants[i].Note
		}
	}
	return grants
}

func trustPermissions(h *document.Holder, work *budget) *permissions {
	place := document.Place{Holder: h}
	return &permissions{allow: newIndex(statementsOf(h.Trust, place, document.Allow, work)),
		deny: newIndex(statementsOf(h.Trust, place, document.Deny, work))}
}

func identityPermissions(h *document.Holder, work *budget) *permissions {
	var allow, deny []*statement
	for i := range h.Policies {
		p := &h.Policies[i]
		place := document.Place{Holder: h, Policy: p}
		allow = append(allow, statementsOf(p.Document, place, document.Allow, work)...)
		deny = append(deny, statementsOf(p.Document, place, document.Deny, work)...)
	}
	r := &permissions{allow: newIndex(allow), deny: newIndex(deny)}
	if boundary := boundaryDocument(h); boundary != nil {
		r.boundary = newIndex(statementsOf(boundary, document.Place{Holder: h, Boundary: true}, document.Allow, work))
	}
	return r
}

// conditionalName is the name of something, such as an attached policy or a
// group, that applies only under the template conditions in when; if when is
// empty, it always applies.
type conditionalName struct {
	name string
	when []string
}

// attachments returns the policies of a principal that are attached by ARN: one
// entry for each list of conditions under which a policy is attached.
func attachments(h *document.Holder) []conditionalName {
	var all []conditionalName
	for _, arn := range h.Attached {
		if h.AttachedWhen[arn] == nil {
			all = append(all, conditionalName{arn, nil})
		}
		for _, conditions := range mergeBranches(h.AttachedWhen[arn]) {
			all = append(all, conditionalName{arn, conditions})
		}
	}
	return all
}

func (a conditionalName) String() string {
	if len(a.when) == 0 {
		return a.name
	}
	return a.name + " (when " + strings.Join(a.when, " and ") + ")"
}

// attachedNames returns the ARNs of the policies that are attached by ARN, with
// the template conditions that they depend on.
func attachedNames(h *document.Holder) []string {
	var names []string
	for _, a := range attachments(h) {
		names = append(names, a.String())
	}
	return withCondition(h, names)
}

// sharedManaged returns the names of the AWS managed policies that both principals
// have, under the same template conditions.
func sharedManaged(h, other *document.Holder) (shared []string) {
	otherNames := attachedNames(other)
	for _, a := range attachments(h) {
		name := withCondition(h, []string{a.String()})[0]
		if _, ok := managed.Read(a.name); ok && slices.Contains(otherNames, name) {
			shared = append(shared, name)
		}
	}
	return shared
}

// expandManaged returns the principal with the documents of its AWS managed policies,
// except those with the given names.
func expandManaged(h *document.Holder, except []string) *document.Holder {
	expanded := *h
	expanded.Attached, expanded.AttachedWhen, expanded.Policies = nil, map[string][][]string{}, slices.Clip(h.Policies)
	for _, a := range attachments(h) {
		if slices.Contains(except, withCondition(h, []string{a.String()})[0]) {
			continue
		}
		policy, ok := managed.Read(a.name)
		if !ok {
			if !slices.Contains(expanded.Attached, a.name) {
				expanded.Attached = append(expanded.Attached, a.name)
			}
			if a.when != nil {
				expanded.AttachedWhen[a.name] = append(expanded.AttachedWhen[a.name], a.when)
			}
			continue
		}
		when := a.when
		if h.When != "" {
			when = append(slices.Clip(when), h.When)
		}
		expanded.Policies = append(expanded.Policies, policy.WithConditions(when))
	}
	return &expanded
}

// unknownGroups returns the groups of a user that the template does not create, so
// that the policies of the groups are unknown. Each has the template conditions of
// the membership and of the user.
func unknownGroups(h *document.Holder, set *document.Set) []string {
	var unknown []string
	for _, name := range set.GroupsElsewhere(h) {
		if h.GroupsWhen[name] == nil {
			unknown = append(unknown, "group "+name)
		}
		for _, conditions := range mergeBranches(h.GroupsWhen[name]) {
			unknown = append(unknown, conditionalName{"group " + name, conditions}.String())
		}
	}
	return withCondition(h, unknown)
}

func withCondition(h *document.Holder, names []string) []string {
	if h.When == "" {
		return names
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = name + " (when " + h.When + ")"
	}
	return all
}

// namedGrants returns a grant for each name that is not in others.
func namedGrants(names, others []string, note string) []Grant {
	var grants []Grant
	for _, name := range names {
		if !slices.Contains(others, name) {
			grants = append(grants, Grant{Policy: name, Note: note})
		}
	}
	return grants
}
