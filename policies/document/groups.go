// Users in groups: the memberships of a template, and the policies that users
// have from their groups.

package document

import "slices"

// membership reads an AWS::IAM::UserToGroupAddition.
func (r *templateReader) membership(f field) {
	properties := f.value.get("Properties")
	group := properties.get("GroupName")
	if group == nil {
		return
	}
	r.setCondition(f)
	outer := r.templateConditions
	r.templateConditions = nil
	name := r.text("GroupName", group)
	for _, e := range r.entries("Users", properties.get("Users")) {
		if conditions, consistent := addConditions(outer, e.conditions...); consistent {
			r.addMember(r.byName(UserKind, r.text("an entry of Users", e.n), e.n), name, conditions)
		}
	}
}

// addMember adds a user to a group, which a name or a reference names.
// memberWhen has the template conditions of each membership.
func (r *templateReader) addMember(user *Holder, group string, conditions []string) {
	user.Groups = append(user.Groups, group)
	if r.memberWhen[user] == nil {
		r.memberWhen[user] = map[string][][]string{}
	}
	r.memberWhen[user][group] = append(r.memberWhen[user][group], conditions)
}

// inherit adds the policies of a user's groups to the user. What a user has
// from a membership under template conditions is under these conditions too.
func (r *templateReader) inherit(user *Holder) {
	if user.Kind != UserKind {
		return
	}
	done := map[string]bool{}
	for i, name := range user.Groups {
		memberships := r.memberWhen[user][name]
		if slices.ContainsFunc(memberships, func(conditions []string) bool { return len(conditions) == 0 }) {
			memberships = [][]string{nil}
		}
		for _, group := range r.groups(name) {
			user.Groups[i] = group.Name
			if done[name] {
				continue
			}
			for _, conditions := range memberships {
				for _, p := range group.Policies {
					p.Name = "group " + group.Name + ": " + p.Name
					r.addPolicy(user, p.WithConditions(conditions))
				}
				for _, arn := range group.Attached {
					r.inheritAttached(user, group, arn, conditions)
				}
			}
		}
		done[name] = true
	}
}

// inheritAttached adds a policy that is attached to a group to a user who is a
// member of the group under template conditions.
func (r *templateReader) inheritAttached(user, group *Holder, arn string, conditions []string) {
	branches := [][]string{conditions}
	if when := group.AttachedWhen[arn]; when != nil {
		branches = nil
		for _, own := range when {
			if next, consistent := addConditions(own, conditions...); consistent {
				branches = append(branches, next)
			}
		}
		if branches == nil {
			return
		}
	}
	_, conditional := user.AttachedWhen[arn]
	isAlways := slices.Contains(user.Attached, arn) && !conditional
	user.Attached = append(user.Attached, arn)
	user.attachedAt(arn, group.AttachedAt[arn])
	switch {
	case isAlways:
	case slices.ContainsFunc(branches, func(branch []string) bool { return len(branch) == 0 }):
		delete(user.AttachedWhen, arn)
	default:
		if user.AttachedWhen == nil {
			user.AttachedWhen = map[string][][]string{}
		}
		user.AttachedWhen[arn] = append(user.AttachedWhen[arn], branches...)
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
