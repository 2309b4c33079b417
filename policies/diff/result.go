// Package diff compares what two sets of policies allow: by effect, not by
// text, principal by principal.
//
// Its promise is one-sided. Two sets of which it says that nothing changed
// allow the same. What it cannot decide, such as two conditions that cannot be
// compared, or one grant that only several others together make up, it reports
// as a change: the old form as lost and the new form as gained.
package diff

import "capaboot/policies/document"

// Result is what changed. Its JSON is stable: names are not changed or taken
// away, only added.
type Result struct {
	// Principals are those with changes, sorted by kind and name.
	Principals []Principal `json:"principals"`
	// Unread: both sides have parts that can grant and were not read, and that are
	// the same.
	Unread bool `json:"unread,omitempty"`
	// Unknown is what of both sides is known at deployment only, or not in these
	// files, and is taken to be the same on both: values, conditions of the template,
	// policies, groups.
	Unknown []string `json:"unknown,omitempty"`
}

// Empty reports whether nothing changed.
func (r Result) Empty() bool { return len(r.Principals) == 0 }

// Status says what happened to a principal.
type Status string

// The states of a principal. A renamed one was found by its logical ID; in AWS
// it is another principal.
const (
	New     Status = "new"
	Gone    Status = "gone"
	Renamed Status = "renamed"
	Changed Status = "changed"
)

// UnreadKind is the kind of what is not a principal: a part of a template that can
// grant and was not read. Its grants have no content.
const UnreadKind = "unread"

// Principal is a role, user, group, or policy by itself, with what it gained
// and lost; or a part that was not read, see [UnreadKind].
type Principal struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	LogicalID string `json:"logicalID,omitempty"`
	Status    Status `json:"status"`
	// RenamedFrom is the name before, for Renamed.
	RenamedFrom string  `json:"renamedFrom,omitempty"`
	Gained      []Grant `json:"gained"`
	Lost        []Grant `json:"lost"`
}

// Grant is what one statement allows or denies, as far as it changed. In
// Gained, a grant with the effect Deny is a denial that is gone; in Lost, one
// that is new. A grant without effect is one whose content is unknown: Policy
// and Note say what it is.
type Grant struct {
	Effect        string      `json:"effect,omitempty"`
	Actions       []Action    `json:"actions,omitempty"`
	NotActions    []string    `json:"notActions,omitempty"`
	Resources     []string    `json:"resources,omitempty"`
	NotResources  []string    `json:"notResources,omitempty"`
	Principals    []string    `json:"principals,omitempty"`
	NotPrincipals []string    `json:"notPrincipals,omitempty"`
	Conditions    []Condition `json:"conditions,omitempty"`
	// When are conditions of the CloudFormation template.
	When []string `json:"when,omitempty"`
	// Policy is the name of the policy, and Statement "Statement[2]", counted
	// from 0, with the Sid if there is one.
	Policy    string `json:"policy,omitempty"`
	Statement string `json:"statement,omitempty"`
	// Trust: it is about who may assume the role. Boundary: it is in the
	// permissions boundary, so it is allowed only when a policy allows it too.
	Trust    bool   `json:"trust,omitempty"`
	Boundary bool   `json:"boundary,omitempty"`
	Note     string `json:"note,omitempty"`

	// Of is where it stands, in the set that has it; for a grant without effect it
	// is zero.
	Of document.Place `json:"-"`
}

// Action is an action, as the statement spells it, with what is known of it.
type Action struct {
	Action string `json:"action"`
	Annotation
}

// Annotation is what a caller knows of an action.
type Annotation struct {
	AccessLevel string   `json:"accessLevel,omitempty"`
	Since       string   `json:"since,omitempty"`
	UsedBy      []string `json:"usedBy,omitempty"`
	Why         string   `json:"why,omitempty"`
}

// Condition is one condition of a grant.
type Condition struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// Annotate fills in what is known of every action of the result, by where it
// stands.
func (r Result) Annotate(know func(of document.Place, action string) Annotation) {
	for _, p := range r.Principals {
		for _, grants := range [][]Grant{p.Gained, p.Lost} {
			for _, g := range grants {
				for i := range g.Actions {
					g.Actions[i].Annotation = know(g.Of, g.Actions[i].Action)
				}
			}
		}
	}
}
