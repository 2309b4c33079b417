// Groups: which groups a user is in, and what the user has from them.

package document

import "slices"

// membership is a group that a user is in, under template conditions.
type membership struct {
	group      string
	conditions []string
}

// join adds a user to a group.
func (r *templateReader) join(h *Holder, group string, conditions []string) {
	h.Groups = append(h.Groups, group)
	r.memberships[h] = append(r.memberships[h], membership{group, conditions})
}

// attachARN attaches a policy whose document is not in the template.
func (h *Holder) attachARN(arn string, conditions []string) {
	_, conditional := h.AttachedWhen[arn]
	unconditional := !conditional && slices.Contains(h.Attached, arn)
	h.Attached = append(h.Attached, arn)
	switch {
	case unconditional:
	case len(conditions) == 0:
		delete(h.AttachedWhen, arn)
	default:
		if h.AttachedWhen == nil {
			h.AttachedWhen = map[string][][]string{}
		}
		h.AttachedWhen[arn] = append(h.AttachedWhen[arn], conditions)
	}
}

// inherit adds the policies of a user's groups to the user. A policy depends on
// the conditions under which the user is in the group.
func (r *templateReader) inherit(user *Holder) {
	if user.Kind != UserKind {
		return
	}
	isRepeated := func(i int, m membership) bool {
		return slices.ContainsFunc(r.memberships[user], func(other membership) bool {
			return other.group == m.group && len(other.conditions) == 0 && len(m.conditions) > 0
		}) || slices.ContainsFunc(r.memberships[user][:i], func(other membership) bool {
			return other.group == m.group && slices.Equal(other.conditions, m.conditions)
		})
	}
	for i, m := range r.memberships[user] {
		for _, group := range r.groups(m.group) {
			user.Groups[i] = group.Name
			if isRepeated(i, m) {
				continue
			}
			for _, p := range group.Policies {
				p.Name = "group " + group.Name + ": " + p.Name
				r.addPolicy(user, p.WithConditions(m.conditions))
			}
			for _, arn := range group.Attached {
				branches := group.AttachedWhen[arn]
				if branches == nil {
					branches = [][]string{nil}
				}
				for _, branch := range branches {
					if conditions, consistent := addConditions(m.conditions, branch...); consistent {
						user.attachARN(arn, conditions)
						user.attachedAt(arn, group.AttachedAt[arn])
					}
				}
			}
		}
	}
}

// groups returns the groups of the template that a name or a reference stands
// for. Call it only when all holders have been read.
func (r *templateReader) groups(name string) []*Holder {
	if r.groupsByName == nil {
		r.groupsByName = map[string][]*Holder{}
		for _, h := range r.allHolders {
			if h.Kind != GroupKind {
				continue
			}
			r.groupsByName[h.Name] = append(r.groupsByName[h.Name], h)
			if byReference := reference(h.LogicalID); byReference != h.Name {
				r.groupsByName[byReference] = append(r.groupsByName[byReference], h)
			}
		}
	}
	return r.groupsByName[name]
}
