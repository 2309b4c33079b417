// From two sets to a result.

package diff

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/internal/meter"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// Compare returns what after allows that before does not, and the other way.
// Service control policies, resource policies and session policies are not
// evaluated. Neither set is changed.
//
// It goes on for as long as it takes; [Annotated] refuses what is too much.
func Compare(before, after *document.Set) Result {
	result, _ := compare(before, after, nil)
	return result
}

// compare is the analysis. The error is a [meter.TooMuch]; then there is no
// result.
func compare(before, after *document.Set, m *meter.Meter) (result Result, err error) {
	defer func() {
		if err != nil {
			result = Result{}
		}
	}()
	defer meter.Catch(&err)
	result = Result{Principals: []Principal{}}
	work := budget{maxWork, m}
	result.Unknown = unknownOnBoth(before, after)
	before = marked(before, after)
	for _, p := range pairs(before, after) {
		shown := cmp.Or(p.after, p.before)
		m.At(string(shown.Kind)+" "+shown.Name, "")
		m.Spend(20)
		change := p.compare(before, after, &work)
		if change.Status != Changed || len(change.Gained)+len(change.Lost) > 0 {
			result.Principals = append(result.Principals, change)
		}
	}
	unread, same := unreadOf(before, after)
	result.Principals, result.Unread = append(result.Principals, unread...), same
	slices.SortStableFunc(result.Principals, func(a, b Principal) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.LogicalID, b.LogicalID))
	})
	return result, nil
}

// pair is one principal on both sides; one of them may be nil.
type pair struct{ before, after *document.Holder }

// pairs finds who is who: by kind and name, else by kind and logical ID. Two
// bare policies are one pair whatever their files are called.
func pairs(before, after *document.Set) []pair {
	if len(before.Principals) == 1 && len(after.Principals) == 1 && isBare(before.Principals[0]) && isBare(after.Principals[0]) {
		return []pair{{before.Principals[0], after.Principals[0]}}
	}
	var all []pair
	taken := map[*document.Holder]bool{}
	for _, key := range []func(*document.Holder) string{
		func(h *document.Holder) string { return string(h.Kind) + "\n" + h.Name + "\n" + h.LogicalID },
		func(h *document.Holder) string { return string(h.Kind) + "\n" + h.Name },
		func(h *document.Holder) string {
			if h.LogicalID == "" {
				return ""
			}
			return string(h.Kind) + "\n" + h.LogicalID
		},
	} {
		free := map[string][]*document.Holder{}
		for _, h := range after.Principals {
			if k := key(h); !taken[h] && k != "" {
				free[k] = append(free[k], h)
			}
		}
		for _, h := range before.Principals {
			k := key(h)
			if taken[h] || len(free[k]) == 0 {
				continue
			}
			other := free[k][0]
			free[k] = free[k][1:]
			taken[h], taken[other] = true, true
			all = append(all, pair{h, other})
		}
	}
	for _, h := range before.Principals {
		if !taken[h] {
			all = append(all, pair{before: h})
		}
	}
	for _, h := range after.Principals {
		if !taken[h] {
			all = append(all, pair{after: h})
		}
	}
	return all
}

func isBare(h *document.Holder) bool { return h.Kind == document.PolicyKind && h.LogicalID == "" }

func (p pair) compare(before, after *document.Set, work *budget) Principal {
	shown := cmp.Or(p.after, p.before)
	change := Principal{Kind: string(shown.Kind), Name: shown.Name, LogicalID: shown.LogicalID, Status: Changed,
		Gained: []Grant{}, Lost: []Grant{}}
	old, now := p.before, p.after
	switch {
	case old == nil:
		change.Status, old = New, &document.Holder{}
	case now == nil:
		change.Status, now = Gone, &document.Holder{}
	case old.Name != now.Name && !(isBare(old) && isBare(now)):
		change.Status, change.RenamedFrom = Renamed, old.Name
	}
	old, now = known(old, now), known(now, old)
	add := func(o, n *rights) {
		if o.same(n) {
			return
		}
		change.Gained = append(append(change.Gained, n.allowedBeyond(o)...), removedDenials(o.deniedBeyond(n))...)
		change.Lost = append(append(change.Lost, o.allowedBeyond(n)...), newDenials(n.deniedBeyond(o))...)
	}
	add(trustOf(old, work), trustOf(now, work))
	add(identityOf(old, work), identityOf(now, work))
	for _, named := range []struct {
		before, after []string
		note          string
	}{
		{attachedTo(old), attachedTo(now), "attached policy; what it allows is not in these files"},
		{groupsOf(old, before), groupsOf(now, after), "member of this group; what it allows is not in these files"},
	} {
		change.Gained = append(change.Gained, byName(named.after, named.before, named.note)...)
		change.Lost = append(change.Lost, byName(named.before, named.after, named.note)...)
	}
	gained, lost := boundaryChange(old, now, work)
	change.Gained, change.Lost = append(change.Gained, gained...), append(change.Lost, lost...)
	noteUnknown(before, change.Lost)
	noteUnknown(after, change.Gained)
	return change
}

func removedDenials(grants []Grant) []Grant { return noted(grants, "this denial is gone") }
func newDenials(grants []Grant) []Grant     { return noted(grants, "this denial is new") }

func noted(grants []Grant, note string) []Grant {
	for i := range grants {
		if grants[i].Note == "" {
			grants[i].Note = note
		} else {
			grants[i].Note = note + "; " + grants[i].Note
		}
	}
	return grants
}

func trustOf(h *document.Holder, work *budget) *rights {
	at := document.Place{Holder: h}
	return &rights{allow: newSide(statementsOf(h.Trust, at, document.Allow, work)),
		deny: newSide(statementsOf(h.Trust, at, document.Deny, work))}
}

func identityOf(h *document.Holder, work *budget) *rights {
	var allow, deny []*statement
	for i := range h.Policies {
		p := &h.Policies[i]
		at := document.Place{Holder: h, Policy: p}
		allow = append(allow, statementsOf(p.Document, at, document.Allow, work)...)
		deny = append(deny, statementsOf(p.Document, at, document.Deny, work)...)
	}
	r := &rights{allow: newSide(allow), deny: newSide(deny)}
	if h.BoundaryPolicy != nil {
		r.boundary = newSide(statementsOf(h.BoundaryPolicy, document.Place{Holder: h, Boundary: true}, document.Allow, work))
	}
	return r
}

// attachedTo returns the policies whose documents are unknown. They depend
// on the condition of the template that the principal depends on.
func attachedTo(h *document.Holder) []string {
	var names []string
	for _, arn := range h.Attached {
		if h.AttachedWhen[arn] == nil {
			names = append(names, arn)
		}
		for _, when := range h.AttachedWhen[arn] {
			names = append(names, arn+" (when "+strings.Join(when, " and ")+")")
		}
	}
	return dependent(h, names)
}

// known returns the principal with the documents of those attached policies that
// the other one does not have and that are known here: AWS's own. One that
// both have is not a difference, whatever its version in an account.
func known(h, other *document.Holder) *document.Holder {
	there := attachedTo(other)
	expanded := *h
	expanded.Attached, expanded.Policies = nil, slices.Clip(h.Policies)
	for i, name := range attachedTo(h) {
		policy, ok := document.Policy{}, false
		if !slices.Contains(there, name) {
			policy, ok = managed.Read(h.Attached[i])
		}
		if !ok {
			expanded.Attached = append(expanded.Attached, h.Attached[i])
			continue
		}
		if h.When != "" {
			for j := range policy.Document.Statements {
				policy.Document.Statements[j].When = append(policy.Document.Statements[j].When, h.When)
			}
		}
		expanded.Policies = append(expanded.Policies, policy)
	}
	return &expanded
}

// groupsOf returns the groups whose policies are unknown.
func groupsOf(h *document.Holder, set *document.Set) []string {
	var unknown []string
	for _, name := range set.GroupsElsewhere(h) {
		unknown = append(unknown, "group "+name)
	}
	return dependent(h, unknown)
}

func dependent(h *document.Holder, names []string) []string {
	if h.When == "" {
		return names
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = name + " (when " + h.When + ")"
	}
	return all
}

// byName returns the names that others has not.
func byName(names, others []string, note string) []Grant {
	var grants []Grant
	for _, name := range names {
		if !slices.Contains(others, name) {
			grants = append(grants, Grant{Policy: name, Note: note})
		}
	}
	return grants
}

// boundaryChange compares permissions boundaries. To have none is to have the
// widest.
func boundaryChange(old, now *document.Holder, work *budget) (gained, lost []Grant) {
	entry := func(h *document.Holder, note string) []Grant {
		return []Grant{{Policy: h.Boundary, Boundary: true, Note: note}}
	}
	switch {
	case old.Boundary == "" && now.Boundary == "":
		return nil, nil
	case old.Boundary == "":
		return nil, entry(now, "this permissions boundary is new: it limits what the policies allow")
	case now.Boundary == "":
		return entry(old, "this permissions boundary is gone: it limited what the policies allow"), nil
	}
	if old.BoundaryPolicy != nil && now.BoundaryPolicy != nil {
		o, n := boundaryOf(old, work), boundaryOf(now, work)
		if o.same(n) {
			return nil, nil
		}
		gained = append(n.allowedBeyond(o), removedDenials(o.deniedBeyond(n))...)
		lost = append(o.allowedBeyond(n), newDenials(n.deniedBeyond(o))...)
		return gained, lost
	}
	if old.Boundary == now.Boundary && old.BoundaryPolicy == nil && now.BoundaryPolicy == nil {
		return nil, nil
	}
	return entry(old, "this permissions boundary was removed"), entry(now, "this permissions boundary was added")
}

func boundaryOf(h *document.Holder, work *budget) *rights {
	at := document.Place{Holder: h, Boundary: true}
	return &rights{allow: newSide(statementsOf(h.BoundaryPolicy, at, document.Allow, work)),
		deny: newSide(statementsOf(h.BoundaryPolicy, at, document.Deny, work))}
}
