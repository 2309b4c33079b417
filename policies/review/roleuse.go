// Which resources use a role, such as a Lambda function or an EC2 instance.

package review

import (
	"slices"

	"capaboot/policies/document"
)

// reportUnreadRoles reports each role that resources of a template use, if its
// policies are not in the input or if it is unknown which role it is. The
// severity is low because the template says neither what the role allows nor
// who created it.
func (r *run) reportUnreadRoles() {
	type key struct{ file, role string }
	var keys []key
	uses := map[key][]document.UnreadPart{}
	for _, u := range r.set.Unread {
		if u.Role == "" {
			continue
		}
		k := key{u.File, u.Role}
		if uses[k] == nil {
			keys = append(keys, k)
		}
		uses[k] = append(uses[k], u)
	}
	for _, k := range keys {
		first := uses[k][0]
		var resources []string
		for _, u := range uses[k] {
			resources = append(resources, u.Resource())
		}
		reason := PlainSentence("is not in the reviewed files")
		if first.HasUnknownRole() {
			reason = PlainSentence("is known only at deployment")
		}
		r.report(Finding{Severity: Low, Policy: k.role, NotPolicy: true, Unread: true, Location: Location{first.File, first.Line, first.Column},
			Message: sentencef("the %s %s, so the permissions that these resources use were not reviewed: %s", k.role, reason, nameList(unique(resources))),
			Remedy:  "also review the template that creates the role, or review the role as deployed"})
	}
}

// notesOnRoleUses names, for each role of the templates, the resources that use the
// role, except instance profiles.
func (r *run) notesOnRoleUses() []Sentence {
	users := map[*document.Holder][]string{}
	for _, source := range r.set.CredentialSources {
		for _, p := range source.Principals {
			if source.Kind == document.ResourceKind && !slices.Contains(users[p.Holder], source.Name) {
				users[p.Holder] = append(users[p.Holder], source.Name)
			}
		}
	}
	var notes []Sentence
	for _, s := range r.subjects {
		if all := users[s.Holder]; len(all) > 0 {
			notes = append(notes, sentencef("these resources act with the permissions of the role %s: %s", s.Name, nameList(all)))
		}
	}
	return notes
}
