// A plan: what a deployment would do. Its JSON is documented in
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
	// RootStack is the name of the root stack of a nested stack, absent for a
	// stack that is not nested.
	RootStack string `json:"rootStack,omitempty"`
	// Status is the current status of the stack, absent if the stack does not
	// exist.
	Status string `json:"status,omitempty"`
	// Preparation says what must be done with the stack first, absent if the
	// stack is ready for a change set.
	Preparation string       `json:"preparation,omitempty"`
	Changes     []PlanChange `json:"changes"`
	Tags        []PlanTag    `json:"tags"`
	Permissions diff.Result  `json:"permissions"`
	// ChangesUnknown means that Changes and Permissions are unknown, because
	// CloudFormation makes a change set only after Preparation.
	ChangesUnknown bool `json:"changesUnknown,omitempty"`
	// PermissionsUnknown says why Permissions could not be compared; absent if
	// they were compared.
	PermissionsUnknown string `json:"permissionsUnknown,omitempty"`
	// Warnings has the findings of AWS's validation before the deployment.
	// Unvalidated says why the findings are unknown; absent if they are known.
	Warnings    []PlanWarning `json:"warnings"`
	Unvalidated string        `json:"unvalidated,omitempty"`

	// HasChangeSet means that CloudFormation made a change set. NoChanges means
	// that the change set is empty; Tags may still differ. A change set that is
	// not empty may have changes that are not listed, such as new outputs.
	HasChangeSet bool `json:"-"`
	NoChanges    bool `json:"-"`
}

// PlanWarning is a finding of AWS's validation of a change set. Its fields are
// those of Warning in package cfnstack.
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

func (w PlanWarning) line() string {
	subject := strings.TrimSpace(ShortType(w.Type) + " " + escapeLine(w.LogicalID))
	if subject == "" {
		subject = "the stack"
	}
	if w.Path != "" {
		subject += " (" + escapeLine(w.Path) + ")"
	}
	line := subject + ": " + escapeLine(cmp.Or(w.Reason, "AWS gives no reason"))
	if w.Validation != "" {
		line += " [" + escapeLine(w.Validation)
		if w.Status == "SKIPPED" {
			line += ", skipped"
		}
		line += "]"
	}
	return line
}

func (p Plan) unvalidatedText() string {
	return "the result of AWS's validation before the deployment is unknown: " + escapeLine(p.Unvalidated)
}

// notes returns what a reader must know to trust the plan.
func (p Plan) notes() (all []string) {
	// Source: CloudFormation User Guide, "Nested stacks": start updates from the
	// root stack.
	if p.RootStack != "" {
		all = append(all, "the stack is nested in the stack "+escapeLine(p.RootStack)+": the next update of "+escapeLine(p.RootStack)+" can undo a deployment")
	}
	// Source: CloudFormation User Guide, "Import AWS resources into a
	// CloudFormation stack automatically", which recommends drift detection.
	if slices.ContainsFunc(p.Changes, func(c PlanChange) bool { return c.Action == "import" }) {
		all = append(all, "an imported resource may keep permissions and settings that are not in the template: after the deployment, run \"verify\"")
	}
	if p.TagsIgnored() {
		all = append(all, TagsIgnoredText)
	}
	if p.PermissionsUnknown != "" {
		all = append(all, "it is unknown which permissions are gained or lost, because the permissions could not be compared: "+escapeLine(p.PermissionsUnknown))
	}
	return all
}

// PlanChange is the change of one resource.
type PlanChange struct {
	// Action is add, change, replace, may replace, remove, import, reset drift
	// or unknown. In a drift-aware change set, reset drift keeps the resource
	// and resets its properties to the values of the template.
	Action     string         `json:"action"`
	LogicalID  string         `json:"logicalID"`
	Type       string         `json:"type"`
	PhysicalID string         `json:"physicalID,omitempty"`
	Properties []PlanProperty `json:"properties"`
}

// PlanProperty is a property that changes. Policy documents have no values
// here: their effect is in [Plan.Permissions].
type PlanProperty struct {
	Name        string  `json:"name"`
	Before      *string `json:"before,omitempty"`
	After       *string `json:"after,omitempty"`
	Replacement string  `json:"replacement,omitempty"` // whether it replaces the resource: Always, Conditionally, or "" if it does not
	Policy      bool    `json:"policy,omitempty"`      // whether it is a policy document
	Added       bool    `json:"-"`                     // whether the resource certainly does not have the property yet
}

// PlanTag is a stack tag that changes. Before is nil for a new tag, and After
// is nil for a removed one.
type PlanTag struct {
	Key    string  `json:"key"`
	Before *string `json:"before,omitempty"`
	After  *string `json:"after,omitempty"`
}

// changeKinds has the kinds of changes, the most destructive first, each with
// its sign and the words after its count.
var changeKinds = []struct{ name, sign, noun string }{
	{"remove", "-", "to remove"}, {"replace", "-/+", "to replace"}, {"may replace", "-/+", "that may be replaced"}, {"unknown", "?", "with an unknown action"},
	{"change", "~", "to change"}, {"import", "+", "to import"}, {"add", "+", "to add"}, {"reset drift", "=", "with drift to revert"},
}

// kindIndex returns the index of an action in changeKinds, or the length of
// changeKinds for any other action.
func kindIndex(action string) int {
	for i, a := range changeKinds {
		if a.name == action {
			return i
		}
	}
	return len(changeKinds)
}

// Empty reports whether a deployment has nothing to do and no tag of the stack
// differs.
func (p Plan) Empty() bool {
	return p.NoChanges && len(p.Tags) == 0 || !p.HasChangeSet && len(p.Changes) == 0 && len(p.Tags) == 0 && p.Preparation == "" && p.Permissions.Empty()
}

// TagsIgnored reports whether the tags of the stack differ although the change set
// is empty, so that a deployment would not change them.
func (p Plan) TagsIgnored() bool { return p.NoChanges && len(p.Tags) > 0 }

// TagsIgnoredText says that a deployment does not change the tags that differ.
const TagsIgnoredText = "CloudFormation reports no changes, so a deployment does not change these tags of the stack"

// Title names the stack, its account and its region. Without an account, it
// says that the deployment is the first.
func (p Plan) Title() string {
	if p.Account == "" {
		return "first deployment of stack " + p.Stack
	}
	return fmt.Sprintf("stack %s in account %s, region %s", p.Stack, p.Account, p.Region)
}

// CountsText says how many changes of each kind there are, or that this is unknown.
func (p Plan) CountsText() string {
	if p.ChangesUnknown {
		return "the changes of resources and permissions are unknown until the stack is repaired"
	}
	var counts []string
	for _, a := range changeKinds {
		n := 0
		for _, change := range p.Changes {
			if change.Action == a.name {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, a.noun))
		}
	}
	if len(p.Tags) > 0 {
		counts = append(counts, Count(len(p.Tags), "tag")+" of the stack")
	}
	if len(counts) == 0 {
		return "no resource changes"
	}
	return strings.Join(counts, ", ")
}

// SortChanges sorts the most destructive changes first.
func SortChanges(changes []PlanChange) {
	slices.SortStableFunc(changes, func(a, b PlanChange) int {
		return cmp.Or(cmp.Compare(kindIndex(a.Action), kindIndex(b.Action)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.LogicalID, b.LogicalID))
	})
}
