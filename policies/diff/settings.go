// Compares settings of roles and users other than policies: how long a session lasts,
// the path, and the tags that policies refer to.

package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// compareSettings compares the settings of a role or user. before is nil for a
// new role or user: its path and tags are not reported.
func compareSettings(before, after *document.Holder, tagKeys func() []string) (gained, lost []Grant) {
	isNew := before == nil
	if isNew {
		before = &document.Holder{}
	}
	gained, lost = compareSessions(before, after)
	if isNew {
		return gained, lost
	}
	add := func(old, now []string, note string) {
		gained = append(gained, namedGrants(now, old, note)...)
		lost = append(lost, namedGrants(old, now, note)...)
	}
	if old, now := pathOf(before), pathOf(after); old != "" && now != "" {
		add([]string{old}, []string{now}, "the ARN contains the path, and policies that are not in the input may name the ARN")
	}
	if len(before.Tags)+len(after.Tags) > 0 {
		add(comparedTags(before, tagKeys()), comparedTags(after, tagKeys()), "policies refer to this tag")
	}
	return gained, lost
}

// tagKeys returns the keys of the tags that policies of the set refer to, including
// the AWS managed policies that are attached or are a boundary.
func tagKeys(set *document.Set) []string {
	keys, read := set.TagKeys(), map[string]bool{}
	for _, h := range set.Principals {
		for _, name := range append(slices.Clip(h.Attached), h.Boundary) {
			if name == "" || read[name] {
				continue
			}
			read[name] = true
			if policy, ok := managed.Read(name); ok {
				one := document.Set{Principals: []*document.Holder{{Policies: []document.Policy{policy}}}}
				keys = append(keys, one.TagKeys()...)
			}
		}
	}
	return keys
}

// compareSessions compares the maximum duration of sessions. If one of two
// different durations is only known at deployment, the old one is lost and the new
// one is gained.
func compareSessions(before, after *document.Holder) (gained, lost []Grant) {
	old, now := cmp.Or(before.MaxSession, document.DefaultMaxSession), cmp.Or(after.MaxSession, document.DefaultMaxSession)
	if old == now {
		return nil, nil
	}
	note := fmt.Sprintf("the maximum session duration changes from %s to %s", durationText(old), durationText(now))
	if before.Kind == "" {
		note = "the default of the maximum session duration is " + durationText(old)
	}
	x, errOld := strconv.Atoi(old)
	y, errNow := strconv.Atoi(now)
	isKnown := errOld == nil && errNow == nil
	if !isKnown || y > x {
		gained = []Grant{{Policy: "sessions of up to " + durationText(now), Note: note}}
	}
	if !isKnown || y < x {
		lost = []Grant{{Policy: "sessions of up to " + durationText(old), Note: note}}
	}
	return gained, lost
}

// durationText formats seconds, such as "12 hours". Another text stays as it is.
func durationText(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return text
	}
	unit := "second"
	switch {
	case n%3600 == 0:
		n, unit = n/3600, "hour"
	case n%60 == 0:
		n, unit = n/60, "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// pathOf describes the path of a role, user or group, or returns "" if the template
// does not determine it.
func pathOf(h *document.Holder) string {
	if h.Kind == document.PolicyKind || h.ResourceType != "" || h.IsElsewhere() {
		return ""
	}
	return "path " + h.IAMPath()
}

// comparedTags describes the tags that policies refer to. A key that is only known
// at deployment may be any key. Tags that CloudFormation adds, such as
// aws:cloudformation:stack-name, are in the account but in no template.
func comparedTags(h *document.Holder, keys []string) (all []string) {
	isOpaque := func(text string) bool { return strings.Contains(text, "${") }
	for _, tag := range h.Tags {
		if strings.HasPrefix(tag.Key, "aws:") {
			continue
		}
		if len(keys) > 0 && isOpaque(tag.Key) || slices.ContainsFunc(keys, func(key string) bool { return isOpaque(key) || strings.EqualFold(key, tag.Key) }) {
			all = append(all, conditionalName{"tag " + tag.Key + "=" + tag.Value, tag.When}.String())
		}
	}
	return withCondition(h, all)
}
