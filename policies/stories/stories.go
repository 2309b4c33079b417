// Package stories tells what CAPA's catalogue says of the permissions that a
// release, a template or an account grants: since which release a policy has
// each, what uses it, and why. Every command that tells it asks here, so that
// no two tell different stories.
//
// A story is that of one policy. The same action can stand in several, for
// other reasons and since other releases, and even in several statements of
// one. Where the policy or the statement cannot be told apart from another with
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

// Catalogue finds the entries of CAPA's catalogue.
type Catalogue struct {
	all []Entry // in the order of the catalogue
	// byAction has those of actions without wildcards, in lower case.
	byAction map[string][]Entry
	wide     []Entry
	// policies and roles are the logical IDs by name, without prefix and suffix,
	// but for roles whose name is fixed.
	policies, roles map[string]string
}

// New puts the entries of a catalogue in order. It must have its stories.
func New(catalogue *catalog.Catalogue) *Catalogue {
	c := &Catalogue{byAction: map[string][]Entry{}, policies: map[string]string{}, roles: map[string]string{}}
	for i := range catalogue.Policies {
		p := &catalogue.Policies[i]
		c.policies[p.Name] = p.LogicalID
		c.add(Entry{LogicalID: p.LogicalID, Policy: p.Name}, p.Statements)
	}
	for i := range catalogue.Roles {
		r := &catalogue.Roles[i]
		c.roles[r.Name] = r.LogicalID
		c.add(Entry{LogicalID: r.LogicalID, Policy: r.Name, Trust: true}, r.Trust)
	}
	return c
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

func (c *Catalogue) add(of Entry, statements []catalog.StatementTemplate) {
	for i := range statements {
		t := &statements[i]
		if t.Effect != string(document.Allow) {
			continue
		}
		for _, grant := range t.Actions {
			e := of
			e.Action, e.Since, e.statement, e.own = grant.Name, grant.Since, t, grant.When
			e.Story = Story{grant.Since.String(), grant.UsedBy, grant.Why}
			e.When = []catalog.Gate{}
			for _, gate := range []catalog.Gate{t.When, grant.When} {
				if gate != "" && gate != "always" {
					e.When = append(e.When, gate)
				}
			}
			c.all = append(c.all, e)
			if strings.ContainsAny(grant.Name, "*?") {
				c.wide = append(c.wide, e)
				continue
			}
			key := strings.ToLower(grant.Name)
			c.byAction[key] = append(c.byAction[key], e)
		}
	}
}

// All returns the entries in the order of the catalogue. They are shared, and
// must not be changed.
func (c *Catalogue) All() []Entry { return c.all }

// Entries returns what the catalogue has of an action, in whatever policy.
func (c *Catalogue) Entries(action string) []Entry {
	all := slices.Clone(c.byAction[strings.ToLower(action)])
	for _, e := range c.wide {
		if document.Match(e.Action, action, true) {
			all = append(all, e)
		}
	}
	return all
}
