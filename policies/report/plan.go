// What a deployment would do, for people and programs. The JSON is documented in
// docs/deploying.md.

package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/policies/diff"
)

// Plan is what a deployment would do. Its JSON is documented in
// docs/deploying.md.
type Plan struct {
	Stack   string `json:"stack"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Status is the stack's now, absent when there is none.
	Status      string       `json:"status,omitempty"`
	Preparation string       `json:"preparation,omitempty"`
	Changes     []PlanChange `json:"changes"`
	Tags        []PlanTag    `json:"tags"`
	Permissions diff.Result  `json:"permissions"`
	// Warnings are what AWS's validation before the deployment objects to;
	// Unvalidated says why they are unknown, absent when they are.
	Warnings    []PlanWarning `json:"warnings"`
	Unvalidated string        `json:"unvalidated,omitempty"`

	// Asked: CloudFormation made a change set. It found nothing to do if NoChanges
	// says so, and else something, such as new outputs, though nothing is listed.
	Asked     bool `json:"-"`
	NoChanges bool `json:"-"`
}

// PlanWarning is what AWS warns of in a change set.
type PlanWarning struct {
	Validation string `json:"validation,omitempty"`
	Status     string `json:"status,omitempty"`
	Mode       string `json:"mode,omitempty"`
	LogicalID  string `json:"logicalID,omitempty"`
	PhysicalID string `json:"physicalID,omitempty"`
	Type       string `json:"type,omitempty"`
	Path       string `json:"path,omitempty"`
	Reason     string `json:"reason"`
}

// line is a warning in one line.
func (w PlanWarning) line() string {
	subject := strings.TrimSpace(ShortType(w.Type) + " " + printable(w.LogicalID))
	if subject == "" {
		subject = "the stack"
	}
	if w.Path != "" {
		subject += " (" + printable(w.Path) + ")"
	}
	line := subject + ": " + printable(cmp.Or(w.Reason, "AWS gives no reason"))
	if w.Validation != "" {
		line += " [" + printable(w.Validation)
		if w.Status == "SKIPPED" {
			line += ", skipped"
		}
		line += "]"
	}
	return line
}

// unvalidated is what is reported of a plan whose warnings could not be read.
func (p Plan) unvalidated() string {
	return "the result of AWS's validation before the deployment is unknown: " + printable(p.Unvalidated)
}

// PlanChange is what happens to one resource.
type PlanChange struct {
	// Action is add, change, replace, may replace, remove, import, reset drift (of a
	// drift-aware change set: the resource stays as it is, and gets the values of the template)
	// or unknown.
	Action     string         `json:"action"`
	LogicalID  string         `json:"logicalID"`
	Type       string         `json:"type"`
	PhysicalID string         `json:"physicalID,omitempty"`
	Properties []PlanProperty `json:"properties"`
}

// PlanProperty is one property that changes. Policy documents have no values:
// what they grant is among the permissions.
type PlanProperty struct {
	Name        string  `json:"name"`
	Before      *string `json:"before,omitempty"`
	After       *string `json:"after,omitempty"`
	Replacement string  `json:"replacement,omitempty"` // Always, Conditionally: whether it replaces the resource
	Policy      bool    `json:"policy,omitempty"`
}

// PlanTag is a tag of the stack that changes; nil is none.
type PlanTag struct {
	Key    string  `json:"key"`
	Before *string `json:"before,omitempty"`
	After  *string `json:"after,omitempty"`
}

// actions are the kinds of changes, what destroys most first, with the sign
// that text has for them.
var actions = []struct{ name, sign string }{
	{"remove", "-"}, {"replace", "-/+"}, {"may replace", "-/+"}, {"unknown", "?"}, {"change", "~"}, {"import", "+"}, {"add", "+"}, {"reset drift", "="},
}

// rank is where an action stands among actions.
func rank(action string) int {
	for i, a := range actions {
		if a.name == action {
			return i
		}
	}
	return len(actions)
}

// None says that there is nothing to do.
func (p Plan) None() bool {
	return p.NoChanges || !p.Asked && len(p.Changes) == 0 && len(p.Tags) == 0 && p.Preparation == "" && p.Permissions.Empty()
}

// Where names the stack and its place.
func (p Plan) Where() string {
	if p.Account == "" {
		return "stack " + p.Stack + ", as a first deployment"
	}
	return fmt.Sprintf("stack %s in account %s, region %s", p.Stack, p.Account, p.Region)
}

// counts says how many changes of each kind there are.
func (p Plan) counts() string {
	var counts []string
	for _, a := range actions {
		n := 0
		for _, change := range p.Changes {
			if change.Action == a.name {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d to %s", n, a.name))
		}
	}
	if len(p.Tags) > 0 {
		counts = append(counts, Count(len(p.Tags), "tag")+" of the stack")
	}
	if len(counts) == 0 {
		return "no changes of resources"
	}
	return strings.Join(counts, ", ")
}

// SortChanges puts what destroys most first.
func SortChanges(changes []PlanChange) {
	slices.SortStableFunc(changes, func(a, b PlanChange) int {
		return cmp.Or(cmp.Compare(rank(a.Action), rank(b.Action)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.LogicalID, b.LogicalID))
	})
}
