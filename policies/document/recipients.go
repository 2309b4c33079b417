// Recipients: the roles, users and groups that policy resources and group
// memberships name.

package document

import "strings"

// recipient is a role, user or group that a policy resource or a group
// membership names, with the template conditions under which it is named.
type recipient struct {
	holder     *Holder
	conditions []string
}

// recipients returns the roles, users and groups that a policy resource is
// attached to. It adds those that the template does not create; they have only
// the policies that the template attaches.
func (r *templateReader) recipients(properties *node) []recipient {
	var all []recipient
	for _, list := range []struct {
		property string
		kind     Kind
	}{{"Roles", RoleKind}, {"Users", UserKind}, {"Groups", GroupKind}, {"RoleName", RoleKind}, {"UserName", UserKind}, {"GroupName", GroupKind}} {
		n := properties.get(list.property)
		if n == nil || n.isNoValue() {
			continue
		}
		items := []*node{n}
		if strings.HasSuffix(list.property, "s") {
			items = r.items(list.property, n)
		}
		for _, item := range items {
			all = append(all, r.findOrAddHolders(list.kind, list.property, item)...)
		}
	}
	return all
}

// findOrAddHolders returns the roles, users or groups that an entry of a
// property names, under any template condition. If the template creates none
// with the name, findOrAddHolders adds a holder.
func (r *templateReader) findOrAddHolders(kind Kind, property string, item *node) (all []recipient) {
	if _, isChoice := item.choice(); isChoice {
		// A holder whose name is the same Fn::If has the same name under every condition.
		if all = r.withName(kind, r.text("an entry of "+property, item), nil); len(all) > 0 {
			return all
		}
	}
	for _, e := range r.entries(property, &node{kind: listNode, items: []*node{item}}) {
		if h := r.holders[e.n.refTarget()]; h != nil && h.Kind == kind {
			all = append(all, recipient{h, e.conditions})
			continue
		}
		name := r.text("an entry of "+property, e.n)
		found := r.withName(kind, name, e.conditions)
		if len(found) == 0 {
			h := &Holder{Kind: kind, Name: name, File: r.file, Line: e.n.line, Column: e.n.column}
			r.allHolders = append(r.allHolders, h)
			found = []recipient{{h, e.conditions}}
		}
		all = append(all, found...)
	}
	return all
}

// withName returns the holders of a kind that have a name under the conditions.
// If several holders have the name, a deployment creates only one of them.
func (r *templateReader) withName(kind Kind, name string, conditions []string) (all []recipient) {
	for _, h := range r.allHolders {
		if h.Kind != kind {
			continue
		}
		if nameKey(h.Name) == nameKey(name) {
			all = append(all, recipient{h, conditions})
			continue
		}
		for _, b := range r.nameBranches[h] {
			if nameKey(b.n.opaque()) != nameKey(name) {
				continue
			}
			if both, consistent := addConditions(conditions, b.conditions...); consistent {
				all = append(all, recipient{h, both})
			}
		}
	}
	return all
}
