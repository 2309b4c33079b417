// Package stories looks up the stories of permissions in CAPA's catalogue: the
// release since which a policy has the permission, what uses it, and why. All
// commands use this package, so they give the same answer.
//
// A story belongs to one policy. The same action can be in several policies,
// for other reasons and since other releases, and even in several statements of
// one policy. If it is unclear which policy or statement a permission comes
// from, and their stories differ, there is no story.
package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Story is what the catalogue says about a permission. The zero value means
// that there is no story.
type Story struct {
	// Since is the first release whose policy has the permission ("v2.8.4").
	Since string `json:"since,omitempty"`
	// UsedBy lists what makes the call: parts of CAPA, other programs or AWS
	// services.
	UsedBy []string `json:"usedBy,omitempty"`
	Why    string   `json:"why,omitempty"`
}

func (s Story) isEmpty() bool { return s.Since == "" }

func (s Story) equal(other Story) bool {
	return s.Since == other.Since && s.Why == other.Why && slices.Equal(s.UsedBy, other.UsedBy)
}

// Entry is a permission in the catalogue: an action that a statement of a
// policy, or of a role's trust policy, allows.
type Entry struct {
	// LogicalID is the logical ID of the policy or role in CAPA's templates.
	// Policy is its IAM name without prefix and suffix. Trust is true if the
	// entry belongs to a trust policy.
	LogicalID, Policy string
	Trust             bool
	// Action may have wildcards.
	Action string
	Since  catalog.Release
	// When lists the gates of the statement and of the action. All of them must
	// be open.
	When []catalog.Gate
	Story

	statement *catalog.StatementTemplate
	ownGate   catalog.Gate // the gate of the action
}

// Resources returns the resources of the entry's statement.
func (e *Entry) Resources() []string {
	if e.statement == nil {
		return nil
	}
	return e.statement.Resources
}

// Condition returns the conditions of the entry's statement.
func (e *Entry) Condition() catalog.Conditions {
	if e.statement == nil {
		return nil
	}
	return e.statement.Condition
}

// Catalogue indexes the entries of CAPA's catalogue.
type Catalogue struct {
	all []Entry // in the order of the catalogue
	// byAction has the entries without wildcards, sorted by action in lower
	// case.
	byAction  []actionEntry
	wildcards []*Entry
	// policies and roles map names to logical IDs. The names have no prefix and
	// suffix, except the fixed names of some roles.
	policies, roles map[string]string
}

// actionEntry is an entry with its action in lower case.
type actionEntry struct {
	action string
	*Entry
}

// New indexes the entries of a catalogue, which must include the stories.
func New(catalogue *catalog.Catalogue) *Catalogue {
	c := &Catalogue{policies: map[string]string{}, roles: map[string]string{}}
	count := 0
	for _, p := range catalogue.Policies {
		count += countActions(p.Statements)
	}
	for _, r := range catalogue.Roles {
		count += countActions(r.Trust)
	}
	c.all, c.byAction = make([]Entry, 0, count), make([]actionEntry, 0, count)
	since := map[catalog.Release]string{}
	for i := range catalogue.Policies {
		p := &catalogue.Policies[i]
		c.policies[p.Name] = p.LogicalID
		c.add(Entry{LogicalID: p.LogicalID, Policy: p.Name}, p.Statements, since)
	}
	for i := range catalogue.Roles {
		r := &catalogue.Roles[i]
		c.roles[r.Name] = r.LogicalID
		c.add(Entry{LogicalID: r.LogicalID, Policy: r.Name, Trust: true}, r.Trust, since)
	}
	for i := range c.all {
		if e := &c.all[i]; strings.ContainsAny(e.Action, "*?") {
			c.wildcards = append(c.wildcards, e)
		} else {
			c.byAction = append(c.byAction, actionEntry{strings.ToLower(e.Action), e})
		}
	}
	slices.SortStableFunc(c.byAction, func(a, b actionEntry) int { return strings.Compare(a.action, b.action) })
	return c
}

func countActions(statements []catalog.StatementTemplate) (count int) {
	for _, t := range statements {
		count += len(t.Actions)
	}
	return count
}

// Load returns the embedded catalogue. An error means that the program was
// built incorrectly.
func Load() (*Catalogue, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	return New(catalogue), nil
}

// add adds the actions in the Allow statements of a policy or a trust policy.
// since caches the names of releases.
func (c *Catalogue) add(base Entry, statements []catalog.StatementTemplate, since map[catalog.Release]string) {
	for i := range statements {
		t := &statements[i]
		if t.Effect != string(document.Allow) {
			continue
		}
		for _, grant := range t.Actions {
			if since[grant.Since] == "" {
				since[grant.Since] = grant.Since.String()
			}
			e := base
			e.Action, e.Since, e.statement, e.ownGate = grant.Name, grant.Since, t, grant.When
			e.Story = Story{since[grant.Since], grant.UsedBy, grant.Why}
			e.When = []catalog.Gate{}
			for _, gate := range []catalog.Gate{t.When, grant.When} {
				if gate != "" && gate != "always" {
					e.When = append(e.When, gate)
				}
			}
			c.all = append(c.all, e)
		}
	}
}

// All returns the entries in the order of the catalogue. Callers must not
// change them.
func (c *Catalogue) All() []Entry { return c.all }

// Entries returns the entries of all policies and trust policies for an action.
// An entry with wildcards is for every action that it matches.
func (c *Catalogue) Entries(action string) []Entry {
	var all []Entry
	key := strings.ToLower(action)
	i, _ := slices.BinarySearchFunc(c.byAction, key, func(n actionEntry, key string) int { return strings.Compare(n.action, key) })
	for ; i < len(c.byAction) && c.byAction[i].action == key; i++ {
		all = append(all, *c.byAction[i].Entry)
	}
	for _, e := range c.wildcards {
		if document.Match(e.Action, action, true) {
			all = append(all, *e)
		}
	}
	return all
}
