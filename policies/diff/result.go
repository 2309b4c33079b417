// Package diff compares what two sets of policies allow: by effect rather than
// by text, and principal by principal.
//
// If it reports no change, the two sets allow the same requests. The reverse
// does not hold: the package also reports a change where it cannot decide, such
// as for conditions that cannot be compared or a grant that only several
// statements together cover. The old form is then lost and the new form is
// gained.
package diff

import (
	"strings"

	"capaboot/policies/document"
)

// Result is the result of a comparison. Its JSON is stable: fields may be
// added, but are not changed or removed.
type Result struct {
	// Principals has the principals with changes, sorted by kind and name.
	Principals []Principal `json:"principals"`
	// Unread means that a part that was not read and can grant permissions is the
	// same on both sides.
	Unread bool `json:"unread,omitempty"`
	// Unknown names the values, template conditions, policies, groups and roles
	// that both sides contain, but that are known only at deployment or are not in
	// the input. They are assumed to be the same on both sides.
	Unknown []string `json:"unknown,omitempty"`
	// Defaults has the parameters whose defaults changed and on which something
	// depends. A grant that is gained or lost only by a new default has a note
	// that says so.
	Defaults []ChangedDefault `json:"-"`
}

// Empty reports whether nothing changed.
func (r Result) Empty() bool { return len(r.Principals) == 0 }

// Status says how a principal changed.
type Status string

// The values of Status. A renamed principal is matched by its logical ID. In AWS,
// the new name belongs to a new principal.
const (
	New     Status = "new"
	Removed Status = "gone"
	Renamed Status = "renamed"
	Changed Status = "changed"
)

// UnreadKind is the Kind of a [Principal] that represents a part of a template that was
// not read: see [document.UnreadPart]. The content of its grants is unknown.
const UnreadKind = "unread"

// Principal is a role, user or group, or a policy that is not attached to any of these,
// with what it gains and loses. It can also be a credential source (an instance
// profile, an access key, a password, or a resource that uses a role), with the
// principals whose permissions it gives, or an unread part; see [UnreadKind].
type Principal struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	LogicalID string `json:"logicalID,omitempty"`
	Status    Status `json:"status"`
	// RenamedFrom is the previous name of a renamed principal.
	RenamedFrom string `json:"renamedFrom,omitempty"`
	// Boundary is the permissions boundary of a new principal: it limits what the
	// principal gains, and is not a loss.
	Boundary string  `json:"boundary,omitempty"`
	Gained   []Grant `json:"gained"`
	Lost     []Grant `json:"lost"`

	// files has the files of the principal, before and after the change. They
	// distinguish principals of different templates with the same name and logical
	// ID.
	files []string
}

// Grant is the changed part of what a statement allows or denies. With the
// effect Deny, a gained grant is a removed denial, and a lost grant an added
// one. Without an effect, the content is unknown, or the grant is a setting, such as
// the maximum session duration; Policy and Note describe it.
type Grant struct {
	Effect        string      `json:"effect,omitempty"`
	Actions       []Action    `json:"actions,omitempty"`
	NotActions    []string    `json:"notActions,omitempty"`
	Resources     []string    `json:"resources,omitempty"`
	NotResources  []string    `json:"notResources,omitempty"`
	Principals    []string    `json:"principals,omitempty"`
	NotPrincipals []string    `json:"notPrincipals,omitempty"`
	Conditions    []Condition `json:"conditions,omitempty"`
	// When has conditions of the CloudFormation template.
	When []string `json:"when,omitempty"`
	// Policy is the name of the policy. Statement is "Statement[2]", counted
	// from 0, with the Sid if there is one.
	Policy    string `json:"policy,omitempty"`
	Statement string `json:"statement,omitempty"`
	// Trust means that the grant is in a trust policy. Boundary means that it is
	// in a permissions boundary, which by itself allows nothing: a policy must
	// allow the actions too.
	Trust    bool `json:"trust,omitempty"`
	Boundary bool `json:"boundary,omitempty"`
	// Note explains the change, or says what is uncertain about it.
	Note string `json:"note,omitempty"`

	// Change is how a denial or a permissions boundary changed: a gained grant can
	// be a removed denial. Note says so too, for readers of the JSON.
	Change Change `json:"-"`
	// Of is the position of the statement in its set, empty for a grant without
	// an effect.
	Of document.Place `json:"-"`
}

// Change is how a denial or a permissions boundary changed.
type Change string

// The values of Change. A grant has none if it is not about a denial or a whole
// permissions boundary.
const (
	ChangeAdded    Change = "added"
	ChangeRemoved  Change = "removed"
	ChangeReplaced Change = "changed" // the content of a permissions boundary
)

// OtherNote returns the note without what Change says.
func (g Grant) OtherNote() string {
	if g.Change == "" || g.Change == ChangeReplaced {
		return g.Note
	}
	for _, subject := range [...]string{denialNote, boundaryNote} {
		if before, after, ok := strings.Cut(g.Note, subject+string(g.Change)); ok {
			return strings.Trim(before+strings.TrimLeft(after, ":; "), "; ")
		}
	}
	return g.Note
}

// A note about a denial or a permissions boundary has one of these texts,
// followed by a Change.
const (
	denialNote   = "this denial was "
	boundaryNote = "this permissions boundary was "
)

// Action is an action in the spelling of the statement, with its annotation.
type Action struct {
	Action string `json:"action"`
	Annotation
}

// Annotation is additional information about an action. Since, UsedBy and Why
// are empty if CAPA's catalogue does not grant the action in the policy of the
// statement.
type Annotation struct {
	// AccessLevel is the access level of the action. For an action with wildcards, it
	// is the highest level of the actions that match. It is empty if no action matches.
	AccessLevel string   `json:"accessLevel,omitempty"`
	Since       string   `json:"since,omitempty"`  // the first release of CAPA that grants the action
	UsedBy      []string `json:"usedBy,omitempty"` // parts of CAPA, other programs or AWS services
	Why         string   `json:"why,omitempty"`
}

// Condition is one condition of a grant.
type Condition struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// Annotate sets the annotation of every action of the result to what the
// function annotation returns for the grant and the action.
func (r Result) Annotate(annotation func(g *Grant, action string) Annotation) {
	for _, p := range r.Principals {
		for _, grants := range [][]Grant{p.Gained, p.Lost} {
			for j := range grants {
				g := &grants[j]
				for i := range g.Actions {
					g.Actions[i].Annotation = annotation(g, g.Actions[i].Action)
				}
			}
		}
	}
}
