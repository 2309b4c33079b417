// From a statement somewhere to the entry of the catalogue that it is.

package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// nameSuffix is what the names in AWS end in by default; see
// iam.DefaultNameSuffix.
const nameSuffix = ".cluster-api-provider-aws.sigs.k8s.io"

// Teller tells the stories of what some sets grant.
type Teller struct {
	*Catalogue
	// namings are prefixes and suffixes that the sets have.
	namings []naming
	// ours are the files that have policies or roles of CAPA: what else is in
	// them is somebody's addition.
	ours map[string]bool
}

type naming struct{ prefix, suffix string }

// For returns a teller for some sets.
func (c *Catalogue) For(sets ...*document.Set) *Teller {
	t := &Teller{Catalogue: c, ours: map[string]bool{}}
	for _, set := range sets {
		for _, h := range set.Principals {
			t.learn(h.LogicalID, h.Name, c.roles)
			for i := range h.Policies {
				t.learn(h.Policies[i].LogicalID, h.Policies[i].Name, c.policies)
			}
		}
	}
	for _, set := range sets {
		for _, h := range set.Principals {
			ours := t.Role(h) != ""
			for i := range h.Policies {
				ours = ours || t.Policy(&h.Policies[i]) != ""
			}
			t.ours[h.File] = t.ours[h.File] || ours
		}
	}
	return t
}

// learn takes note of the prefix and the suffix of a name whose logical ID is
// known.
func (t *Teller) learn(logicalID, name string, ids map[string]string) {
	for short, id := range ids {
		if id != logicalID || strings.Count(name, short) != 1 {
			continue
		}
		prefix, suffix, _ := strings.Cut(name, short)
		if n := (naming{prefix, suffix}); !slices.Contains(t.namings, n) {
			t.namings = append(t.namings, n)
		}
	}
}

// Policy returns the logical ID that a policy has in CAPA's templates, "" when
// it is none of CAPA's or cannot be known. It is known by its logical ID, else by
// its name with a prefix and a suffix that the sets have, or with the default
// suffix.
func (t *Teller) Policy(p *document.Policy) string {
	if p.AWS {
		return ""
	}
	return t.identify(p.LogicalID, p.Name, t.policies)
}

// Role does the same for a role.
func (t *Teller) Role(h *document.Holder) string {
	if h.Kind != document.RoleKind {
		return ""
	}
	return t.identify(h.LogicalID, h.Name, t.roles)
}

func (t *Teller) identify(logicalID, name string, ids map[string]string) string {
	for _, id := range ids {
		// A file with only a document can be named after the policy.
		if logicalID == id || name == id {
			return id
		}
	}
	if id, ok := ids[name]; ok && strings.HasSuffix(name, nameSuffix) {
		return id // a name that is fixed
	}
	for _, n := range t.namings {
		if short, ok := strings.CutPrefix(name, n.prefix); ok {
			if short, ok = strings.CutSuffix(short, n.suffix); ok && ids[short] != "" {
				return ids[short]
			}
		}
	}
	// No name is the end of another, so that one at most fits, whatever the
	// prefix is.
	if base, ok := strings.CutSuffix(name, nameSuffix); ok {
		for short, id := range ids {
			if strings.HasSuffix(base, short) {
				return id
			}
		}
	}
	return ""
}

// Tell returns the story of an action that a statement allows.
func (t *Teller) Tell(at document.Place, action string) Story {
	if at.Statement.Effect != document.Allow || at.Boundary {
		return Story{} // nothing that CAPA is granted
	}
	entries, ok := t.candidates(at, action)
	if !ok {
		return Story{}
	}
	return agreed(entries)
}

// candidates returns the entries that a permission can be.
func (t *Teller) candidates(at document.Place, action string) ([]Entry, bool) {
	id, trust := "", at.Policy == nil
	if trust {
		id = t.Role(at.Holder)
	} else {
		id = t.Policy(at.Policy)
	}
	if id == "" && (!trust && at.Policy.AWS || at.Holder.Release != "" || t.ours[at.Holder.File]) {
		return nil, false // known to be none of CAPA's
	}
	var release catalog.Release
	if at.Holder.Release != "" && release.UnmarshalText([]byte(at.Holder.Release)) != nil {
		return nil, false
	}
	entries := slices.DeleteFunc(t.Entries(action), func(e Entry) bool {
		// What a configuration switches on is in its own policy alone.
		return e.Trust != trust || id != "" && e.LogicalID != id || id == "" && e.LogicalID == catalog.FeaturesPolicy ||
			at.Holder.Release != "" && e.Since.Compare(release) > 0 || trust && !admits(e.statement, at.Statement)
	})
	if id != "" {
		entries = closest(entries, at.Statement)
	}
	return entries, true
}

// agreed returns the story of the entries when all tell the same. Within one
// statement an action that is there twice has the story of what it is granted
// by first.
func agreed(entries []Entry) Story {
	first := map[*catalog.StatementTemplate]Entry{}
	for _, e := range entries {
		other, ok := first[e.statement]
		switch {
		case !ok, always(e) && !always(other), always(e) == always(other) && e.Since.Compare(other.Since) < 0:
			first[e.statement] = e
		}
	}
	var story Story
	for _, e := range first {
		if !story.none() && !story.equal(e.Story) {
			return Story{}
		}
		story = e.Story
	}
	return story
}

// always reports whether the action has no gate besides its statement's.
func always(e Entry) bool { return e.own == "" || e.own == "always" }
