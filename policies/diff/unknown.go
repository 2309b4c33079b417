// Finds what is unknown on both sides and assumed to be the same.

package diff

import (
	"slices"
	"strings"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// unknownOnBoth returns what both sets contain and is unknown, sorted.
func unknownOnBoth(before, after *document.Set) []string {
	var both []string
	now := unknownIn(after)
	for name := range unknownIn(before) {
		if now[name] {
			both = append(both, name)
		}
	}
	slices.Sort(both)
	return both
}

// unknownIn names what is unknown in a set: values, template conditions,
// policies, groups, and roles that resources use.
func unknownIn(set *document.Set) map[string]bool {
	found := map[string]bool{}
	text := func(texts ...string) {
		for _, text := range texts {
			for _, part := range set.Unknown(text) {
				found[part] = true
			}
		}
	}
	when := func(conditions ...string) {
		for _, condition := range conditions {
			if _, _, isValue := document.ParameterValues(condition); isValue || condition == "" {
				continue
			}
			condition = strings.TrimPrefix(condition, "!")
			if strings.HasPrefix(condition, "${") {
				text(condition)
				continue
			}
			found["the condition "+condition] = true
		}
	}
	read := func(d *document.Document) {
		if d == nil {
			return
		}
		for i := range d.Statements {
			s := &d.Statements[i]
			when(s.When...)
			for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources} {
				text(list...)
			}
			for _, p := range slices.Concat(s.Principals, s.NotPrincipals) {
				text(p.ID)
			}
			for _, c := range s.Conditions {
				text(c.Key)
				text(c.Values...)
			}
		}
	}
	policy := func(name string) {
		if _, known := managed.Read(name); !known && name != "" {
			found["the policy "+name] = true
		}
	}
	for _, h := range set.Principals {
		when(h.When)
		read(h.Trust)
		read(h.BoundaryPolicy)
		for _, p := range h.Policies {
			read(p.Document)
		}
		for _, name := range h.Attached {
			policy(name)
			for _, conditions := range h.AttachedWhen[name] {
				when(conditions...)
			}
		}
		if h.BoundaryPolicy == nil {
			policy(h.Boundary)
		}
		for _, group := range set.GroupsElsewhere(h) {
			found["the group "+group] = true
			for _, conditions := range h.GroupsWhen[group] {
				when(conditions...)
			}
		}
	}
	for _, u := range set.Unread {
		if u.Role != "" {
			found["the "+u.Role] = true
		}
	}
	for _, source := range set.CredentialSources {
		for _, p := range source.Principals {
			when(p.When...)
		}
	}
	return found
}
