// Package stories says what CAPA's catalogue says of the permissions that a
// release, a template or an account grants: since which release a policy has
// each, what uses it, and why. Every command that tells it asks here, so that
// no two tell different stories.
//
// A story is that of one policy. The same action can be in several, for
// other reasons and since other releases, and even in several statements of
// one. Where the policy or the statement cannot be known apart from another with
// another story, there is none.
package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Story is what the catalogue says of a permission. The zero value says nothing.
type Story struct {
	// Since is the first release whose policy has it ("v2.8.4").
	Since string `json:"since,omitempty"`
	// UsedBy are the parts of CAPA, or other programs, that make the call.
	UsedBy []string `json:"usedBy,omitempty"`
	Why    string   `json:"why,omitempty"`
}

// none reports whether there is no story.
func (s Story) none() bool { return s.Since == "" }

func (s Story) equal(other Story) bool {
	return s.Since == other.Since && s.Why == other.Why && slices.Equal(s.UsedBy, other.UsedBy)
}

// Entry is a permission of the catalogue: an action that a statement of a policy,
// or of a role's trust policy, allows.
type Entry struct {
	// LogicalID is that of the policy or role in CAPA's templates, and Policy its
	// name in IAM, without prefix and suffix. Trust: it is of the trust policy.
	LogicalID, Policy string
	Trust             bool
	// Action may have wildcards.
	Action string
	Since  catalog.Release
	// When are the gates, all of which must be open: the statement's and the
	// action's own.
	When []catalog.Gate
	Story

	statement *catalog.StatementTemplate
	own       catalog.Gate // of the action
}

// Resources are those of the entry's statement.
func (e *Entry) Resources() []string {
	if e.statement == nil {
		return nil
	}
	return e.statement.Resources
}

// Condition is that of the entry's statement.
func (e *Entry) Condition() catalog.Conditions {
	if e.statement == nil {
		return nil
	}
	return e.statement.Condition
}

// Catalogue finds the entries of CAPA's catalogue.
type Catalogue struct {
	all []Entry // in the order of the catalogue
	// byAction has those of actions without wildcards, by action in lower case.
	byAction []named
	wide     []*Entry
	// policies and roles are the logical IDs by name, without prefix and suffix,
	// but for roles whose name is fixed.
	policies, roles map[string]string
}

// named is an entry with its action in lower case.
type named struct {
	action string
	*Entry
}

// New puts the entries of a catalogue in order. It must have its stories.
func New(catalogue *catalog.Catalogue) *Catalogue {
	c := &Catalogue{policies: map[string]string{}, roles: map[string]string{}}
	count := 0
	for _, p := range catalogue.Policies {
		count += countActions(p.Statements)
	}
	for _, r := range catalogue.Roles {
		count += countActions(r.Trust)
	}
	c.all, c.byAction = make([]Entry, 0, count), make([]named, 0, count)
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
			c.wide = append(c.wide, e)
		} else {
			c.byAction = append(c.byAction, named{strings.ToLower(e.Action), e})
		}
	}
	slices.SortStableFunc(c.byAction, func(a, b named) int { return strings.Compare(a.action, b.action) })
	return c
}

func countActions(statements []catalog.StatementTemplate) (count int) {
	for _, t := range statements {
		count += len(t.Actions)
	}
	return count
}

// Load returns the embedded catalogue. An error means that the program was
// built wrong.
func Load() (*Catalogue, error) {
	catalogue, err := catalog.LoadStories()
	if err != nil {
		return nil, err
	}
	return New(catalogue), nil
}

// add adds the entries of a policy; since collects the names of the releases.
func (c *Catalogue) add(of Entry, statements []catalog.StatementTemplate, since map[catalog.Release]string) {
	for i := range statements {
		t := &statements[i]
		if t.Effect != string(document.Allow) {
			continue
		}
		for _, grant := range t.Actions {
			if since[grant.Since] == "" {
				since[grant.Since] = grant.Since.String()
			}
			e := of
			e.Action, e.Since, e.statement, e.own = grant.Name, grant.Since, t, grant.When
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

// All returns the entries in the order of the catalogue. They are shared, and
// must not be changed.
func (c *Catalogue) All() []Entry { return c.all }

// Entries returns what the catalogue has of an action, in whatever policy.
func (c *Catalogue) Entries(action string) []Entry {
	var all []Entry
	key := strings.ToLower(action)
	i, _ := slices.BinarySearchFunc(c.byAction, key, func(n named, key string) int { return strings.Compare(n.action, key) })
	for ; i < len(c.byAction) && c.byAction[i].action == key; i++ {
		all = append(all, *c.byAction[i].Entry)
	}
	for _, e := range c.wide {
		if document.Match(e.Action, action, true) {
			all = append(all, *e)
		}
	}
	return all
}
