// Tags of roles and users: every request of the simulated role or user has its tags as
// aws:PrincipalTag keys, and every request for a role has the tags of that role as
// aws:ResourceTag and iam:ResourceTag keys.
//
// Source: IAM User Guide, "AWS global condition context keys", aws:PrincipalTag.

package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/document"
)

const principalTagPrefix = "aws:principaltag/"

// maxTagChoices is the maximum number of tag values under template conditions that
// noteTags tries. If there are more, the outcome is unknown.
const maxTagChoices = 16

// principalTags returns the tags of the caller by condition key: keys has those without
// a template condition, and choices has the possible values of the others.
func (s *Simulation) principalTags() (keys map[string]string, choices map[string][]string) {
	keys, choices = map[string]string{}, map[string][]string{}
	if s.holder.ResourceType != "" {
		return keys, choices // the tags of a permission set are not those of its role
	}
	for _, tag := range s.holder.Tags {
		key := principalTagPrefix + strings.ToLower(tag.Key)
		switch {
		case hasIntrinsic(tag.Key):
		case len(tag.When) == 0:
			keys[key] = tag.Value
		default:
			choices[key] = append(choices[key], tag.Value)
		}
	}
	return keys, choices
}

// noteTags adds a note for each tag that the caller has only under template conditions,
// if the tag would change the decision. The outcome is then unknown.
func (s *Simulation) noteTags(action, resource string, o *Outcome) {
	if !s.isOwnRequest(action, resource) || o.isRefused {
		return
	}
	_, choices := s.principalTags()
	first, left := *o, maxTagChoices
	for _, key := range slices.Sorted(maps.Keys(choices)) {
		for _, value := range choices[key] {
			if s.context[key] != nil {
				break // the request has the key
			}
			if left == 0 {
				note := fmt.Sprintf("the %s %s has more than %d tag values that depend on template conditions: the decision with the other values is unknown",
					s.holder.Kind, s.holder.Name, maxTagChoices)
				o.Notes, o.Unknown = append(o.Notes, note), true
				return
			}
			left--
			with := *s
			with.context = maps.Clone(s.context)
			with.addKey(key, value)
			other := with.decide(action, resource)
			with.noteWithoutResource(action, &other)
			if !other.differsFrom(&first) {
				continue
			}
			note := fmt.Sprintf("the %s %s has the tag %s only under a condition of the template: with the value %q, the decision is %s",
				s.holder.Kind, s.holder.Name, strings.TrimPrefix(key, principalTagPrefix), document.Readable(value), other.inWords())
			s.meter.Spend(noteCost(note))
			o.Notes, o.Unknown = append(o.Notes, note), true
		}
	}
}

// addResourceTags returns the condition keys of a request with the tags of its resource,
// if the resource is a role of the set. A role that the request creates has none yet.
//
// Source: IAM User Guide, "Controlling access to and for IAM users and roles using tags".
func (s *Simulation) addResourceTags(keys map[string][]string, action, resource string) map[string][]string {
	role, _ := s.rolesOf(resource)
	if role == nil || len(role.Tags) == 0 || strings.EqualFold(action, "iam:Create"+string(role.Kind)) {
		return keys
	}
	all := maps.Clone(keys)
	if all == nil {
		all = map[string][]string{}
	}
	for _, tag := range role.Tags {
		if len(tag.When) > 0 || hasIntrinsic(tag.Key) {
			continue
		}
		for _, prefix := range []string{"aws:resourcetag/", "iam:resourcetag/"} {
			if key := prefix + strings.ToLower(tag.Key); all[key] == nil {
				all[key] = []string{tag.Value}
			}
		}
	}
	return all
}
