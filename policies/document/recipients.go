// Recipients: the principals that policy resources and group memberships name.

package document

import "strings"

// recipient is a principal to which a policy is attached, with the template
// conditions of the attachment.
type recipient struct {
	holder     *Holder
	conditions []string
}

// recipients returns the principals that a policy resource is attached to. It
// adds a principal that the template does not create; that principal has only
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
			all = append(all, r.findOrAddPrincipals(list.kind, list.property, item)...)
		}
	}
	return all
}

// findOrAddPrincipals returns the principals that an entry of a property names,
// under any template condition. It adds a principal that the template does not
// create.
func (r *templateReader) findOrAddPrincipals(kind Kind, property string, item *node) (all []recipient) {
	if _, isChoice := item.choice(); isChoice {
		// A principal whose name is the same choice has the same name under
		// every condition.
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

// withName returns the principals that have a name under the conditions.
// Several can have it: the template then creates only one of them.
func (r *templateReader) withName(kind Kind, name string, conditions []string) (all []recipient) {
	for _, h := range r.allHolders {
		if h.Kind != kind {
			continue
		}
		if h.Name == name {
			all = append(all, recipient{h, conditions})
			continue
		}
		for _, b := range r.nameBranches[h] {
			if b.n.opaque() != name {
				continue
			}
			if both, consistent := addConditions(conditions, b.conditions...); consistent {
				all = append(all, recipient{h, both})
			}
		}
	}
	return all
}
