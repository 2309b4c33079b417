// Finds the story of an action that a statement of a set allows.

package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Finder finds the stories of the permissions in some sets.
type Finder struct {
	*Catalogue
	// affixes are the name prefixes and suffixes found in the sets.
	affixes []affix
	// capaFiles has the files that contain policies or roles of CAPA. Other
	// policies in these files were added by the user.
	capaFiles map[string]bool
}

type affix struct{ prefix, suffix string }

// FinderFor returns a finder for these sets.
func (c *Catalogue) FinderFor(sets ...*document.Set) *Finder {
	t := &Finder{Catalogue: c, capaFiles: map[string]bool{}}
	for _, set := range sets {
		for _, h := range set.Principals {
			t.learnAffix(h.LogicalID, h.Name, c.roles)
			for i := range h.Policies {
				t.learnAffix(h.Policies[i].LogicalID, h.Policies[i].Name, c.policies)
			}
		}
	}
	for _, set := range sets {
		for _, h := range set.Principals {
			isCAPA := t.RoleID(h) != ""
			for i := range h.Policies {
				isCAPA = isCAPA || t.PolicyID(&h.Policies[i]) != ""
			}
			t.capaFiles[h.File] = t.capaFiles[h.File] || isCAPA
		}
	}
	return t
}

// IsForeign reports whether a role, user or policy certainly does not come from
// CAPA's templates: it is in a template, and nothing in its file is CAPA's. A
// policy document that is not in a template may be a copy of one of CAPA's
// policies.
func (t *Finder) IsForeign(h *document.Holder) bool {
	isDocument := h.Kind == document.PolicyKind && h.LogicalID == ""
	return !isDocument && h.Release == "" && !t.capaFiles[h.File]
}

// learnAffix records the prefix and the suffix of a name with a known logical
// ID.
func (t *Finder) learnAffix(logicalID, name string, ids map[string]string) {
	for short, id := range ids {
		if id != logicalID || strings.Count(name, short) != 1 {
			continue
		}
		prefix, suffix, _ := strings.Cut(name, short)
		if n := (affix{prefix, suffix}); !slices.Contains(t.affixes, n) {
			t.affixes = append(t.affixes, n)
		}
	}
}

// PolicyID returns the logical ID of a policy in CAPA's templates, or "" if it is
// not CAPA's or cannot be identified. It identifies the policy by its logical
// ID, or by its name with a prefix and suffix found in the sets, or with the
// default suffix.
func (t *Finder) PolicyID(p *document.Policy) string {
	if p.AWS {
		return ""
	}
	return t.identify(p.LogicalID, p.Name, t.policies)
}

// RoleID returns the logical ID of a role in CAPA's templates, or "" if it is not
// CAPA's or cannot be identified.
func (t *Finder) RoleID(h *document.Holder) string {
	if h.Kind != document.RoleKind {
		return ""
	}
	return t.identify(h.LogicalID, h.Name, t.roles)
}

func (t *Finder) identify(logicalID, name string, ids map[string]string) string {
	for _, id := range ids {
		// A policy document that is not in a template has its file name as its
		// name, which can be the logical ID.
		if logicalID == id || name == id {
			return id
		}
	}
	if id, ok := ids[name]; ok && strings.HasSuffix(name, catalog.NameSuffix) {
		return id // a role with a fixed name
	}
	for _, n := range t.affixes {
		if short, ok := strings.CutPrefix(name, n.prefix); ok {
			if short, ok = strings.CutSuffix(short, n.suffix); ok && ids[short] != "" {
				return ids[short]
			}
		}
	}
	// No name of the catalogue is a suffix of another, so at most one matches
	// after any prefix.
	if base, ok := strings.CutSuffix(name, catalog.NameSuffix); ok {
		for name, id := range ids {
			if strings.HasSuffix(base, name) {
				return id
			}
		}
	}
	return ""
}

// Find returns the story of an action that a statement allows. The story is empty if
// the statement grants nothing, or if no entry of the catalogue certainly applies.
func (t *Finder) Find(place document.Place, action string) Story {
	if place.Statement.Effect != document.Allow || place.Boundary {
		return Story{}
	}
	entries, ok := t.candidates(place, action)
	if !ok {
		return Story{}
	}
	return commonStory(entries)
}

// FindFor is [Finder.Find] for some principals of a statement of a trust
// policy, such as "Service ec2.amazonaws.com". If the catalogue has all of
// them, but trusts none of them in the first release of the story, FindFor
// returns the story of the principal that the catalogue trusted first.
func (t *Finder) FindFor(place document.Place, action string, principals []string) Story {
	story := t.Find(place, action)
	if story.isEmpty() || place.Policy != nil || len(principals) == 0 {
		return story
	}
	entries, _ := t.candidates(place, action)
	var first *catalog.Grant
	for _, principal := range principals {
		grant := trustedService(entries, principal)
		if grant == nil {
			return story
		}
		if first == nil || grant.Since.Compare(first.Since) < 0 {
			first = grant
		}
	}
	var since catalog.Release
	if since.UnmarshalText([]byte(story.Since)) != nil || first.Since.Compare(since) <= 0 {
		return story
	}
	return Story{first.Since.String(), first.UsedBy, first.Why}
}

// trustedService returns the grant of the catalogue for a service, or nil if the
// entries have none.
func trustedService(entries []Entry, principal string) *catalog.Grant {
	for _, e := range entries {
		for i := range e.statement.Services {
			if grant := &e.statement.Services[i]; "Service "+grant.Name == principal {
				return grant
			}
		}
	}
	return nil
}

// candidates returns the entries that may describe a permission. It returns
// false if the permission is certainly not CAPA's, or if the release of the
// holder is invalid.
func (t *Finder) candidates(place document.Place, action string) ([]Entry, bool) {
	id, trust := "", place.Policy == nil
	if trust {
		id = t.RoleID(place.Holder)
	} else {
		id = t.PolicyID(place.Policy)
	}
	if !trust && len(place.Statement.Principals)+len(place.Statement.NotPrincipals) > 0 {
		return nil, false // the policy of a resource
	}
	if id == "" && (!trust && place.Policy.AWS || place.Holder.Release != "" || t.capaFiles[place.Holder.File]) {
		return nil, false // certainly not CAPA's
	}
	var release catalog.Release
	if place.Holder.Release != "" && release.UnmarshalText([]byte(place.Holder.Release)) != nil {
		return nil, false
	}
	entries := slices.DeleteFunc(t.Entries(action), func(e Entry) bool {
		// Only the features policy itself has the permissions of features, so they do
		// not explain a policy that cannot be identified.
		return e.Trust != trust || id != "" && e.LogicalID != id || id == "" && e.LogicalID == catalog.FeaturesPolicy ||
			place.Holder.Release != "" && e.Since.Compare(release) > 0 || trust && !trustsKnownService(e.statement, place.Statement)
	})
	if id != "" {
		return closestEntries(entries, place.Statement), true
	}
	if !trust {
		// A policy that cannot be identified may allow the action only on resources
		// that CAPA does not use. The catalogue does not explain such a statement.
		entries = slices.DeleteFunc(entries, func(e Entry) bool { return !mayShareResource(e.statement, place.Statement) })
	}
	return entries, true
}

// commonStory returns the story of the entries if all have the same one, and
// otherwise no story. If one statement has the action twice, only one of the two
// entries counts: the one without a gate of its own, or else the one of the
// earlier release.
func commonStory(entries []Entry) Story {
	first := map[*catalog.StatementTemplate]Entry{}
	for _, e := range entries {
		other, ok := first[e.statement]
		switch {
		case !ok, hasNoOwnGate(e) && !hasNoOwnGate(other), hasNoOwnGate(e) == hasNoOwnGate(other) && e.Since.Compare(other.Since) < 0:
			first[e.statement] = e
		}
	}
	var story Story
	for _, e := range first {
		if !story.isEmpty() && !story.equal(e.Story) {
			return Story{}
		}
		story = e.Story
	}
	return story
}

// hasNoOwnGate reports whether the action has no gate besides its statement's.
func hasNoOwnGate(e Entry) bool { return e.ownGate == "" || e.ownGate == "always" }
