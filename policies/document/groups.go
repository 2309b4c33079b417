// Groups: which groups a user is in, and what the user has from them.

package document

import "strings"

// membership is a group that a user is in, under template conditions.
type membership struct {
	group      string
	conditions []string
}

func (r *templateReader) addToGroup(h *Holder, group string, conditions []string) {
	h.Groups = append(h.Groups, group)
	r.memberships[h] = append(r.memberships[h], membership{group, conditions})
}

// inherit adds the policies of a user's groups to the user. A policy depends on
// the conditions under which the user is in the group.
func (r *templateReader) inherit(user *Holder) {
	if user.Kind != UserKind {
		return
	}
	always, when := map[string]bool{}, map[string][][]string{}
	for i, m := range r.memberships[user] {
		for _, group := range r.groupsNamed(m.group) {
			user.Groups[i] = group.Name
		}
		always[user.Groups[i]] = always[user.Groups[i]] || len(m.conditions) == 0
	}
	seen := map[string]bool{}
	for i, m := range r.memberships[user] {
		name := user.Groups[i]
		key := strings.Join(append([]string{name}, m.conditions...), "\n")
		if seen[key] || always[name] && len(m.conditions) > 0 { // the user is in the group anyway
			continue
		}
		seen[key] = true
		if len(m.conditions) > 0 {
			when[name] = append(when[name], m.conditions)
		}
		for _, group := range r.groupsNamed(m.group) {
			r.inheritFrom(user, group, m.conditions)
		}
	}
	if len(when) > 0 {
		user.GroupsWhen = when
	}
}

// inheritFrom adds the policies of a group to a user that is in the group under
// template conditions.
func (r *templateReader) inheritFrom(user, group *Holder, conditions []string) {
	for _, p := range group.Policies {
		p.Name += groupText + group.Name
		r.addPolicy(user, p.WithConditions(conditions))
	}
	if group.When != "" {
		both, consistent := addConditions(conditions, group.When)
		if !consistent {
			return
		}
		conditions = both
	}
	for _, arn := range group.Attached {
		branches := group.AttachedWhen[arn]
		if branches == nil {
			branches = [][]string{nil}
		}
		for _, branch := range branches {
			if both, consistent := addConditions(conditions, branch...); consistent {
				user.attachARN(arn, both)
				user.recordAttachedAt(arn, group.AttachedAt[arn])
			}
		}
	}
}

// groupsNamed returns the groups of the template that a name or a reference
// stands for. Call it only when all holders have been read.
func (r *templateReader) groupsNamed(name string) []*Holder {
	if r.groupsByName == nil {
		r.groupsByName = map[string][]*Holder{}
		for _, h := range r.allHolders {
			if h.Kind != GroupKind {
				continue
			}
			r.groupsByName[nameKey(h.Name)] = append(r.groupsByName[nameKey(h.Name)], h)
			if byReference := reference(h.LogicalID); byReference != h.Name {
				r.groupsByName[byReference] = append(r.groupsByName[byReference], h)
			}
		}
	}
	return r.groupsByName[nameKey(name)]
}
