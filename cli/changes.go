// Changes: a plan for people, as text and as Markdown, and for programs. The
// permissions in it are in permissions.go.

package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"capaboot/cfnstack"
	"capaboot/iam"
	"capaboot/internal/escape"
	"capaboot/policies/diff"
)

// plan is what a deployment would do. Its JSON is documented in
// docs/deploying.md.
type plan struct {
	Stack   string `json:"stack"`
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Status is the stack's now, absent when there is none.
	Status      string           `json:"status,omitempty"`
	Preparation string           `json:"preparation,omitempty"`
	Changes     []resourceChange `json:"changes"`
	Tags        []tagChange      `json:"tags"`
	Permissions diff.Result      `json:"permissions"`
	// Warnings are what AWS's validation before the deployment objects to;
	// Unvalidated says why they are not known, absent when they are.
	Warnings    []planWarning `json:"warnings"`
	Unvalidated string        `json:"unvalidated,omitempty"`

	// asked: CloudFormation made a change set. It found nothing to do if noChanges
	// says so, and else something, such as new outputs, though nothing is listed.
	asked, noChanges bool
}

// planWarning is what AWS warns of in a change set.
type planWarning struct {
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
func (w planWarning) line() string {
	subject := strings.TrimSpace(shortType(w.Type) + " " + printable(w.LogicalID))
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

// unvalidated is what is said of a plan whose warnings could not be read.
func (p plan) unvalidated() string {
	return "what AWS's validation before the deployment found is not known: " + printable(p.Unvalidated)
}

// resourceChange is what happens to one resource.
type resourceChange struct {
	// Action is add, change, replace, may replace, remove, import or unknown.
	Action     string           `json:"action"`
	LogicalID  string           `json:"logicalID"`
	Type       string           `json:"type"`
	PhysicalID string           `json:"physicalID,omitempty"`
	Properties []propertyChange `json:"properties"`
}

// propertyChange is one property that changes. Policy documents have no values:
// what they grant is among the permissions.
type propertyChange struct {
	Name        string  `json:"name"`
	Before      *string `json:"before,omitempty"`
	After       *string `json:"after,omitempty"`
	Replacement string  `json:"replacement,omitempty"` // Always, Conditionally: whether it replaces the resource
	Policy      bool    `json:"policy,omitempty"`
}

type tagChange struct {
	Key    string  `json:"key"`
	Before *string `json:"before,omitempty"`
	After  *string `json:"after,omitempty"`
}

// newPlan makes a plan of what CloudFormation says.
func newPlan(set *cfnstack.ChangeSet, where *account, permissions diff.Result) plan {
	p := plan{Stack: set.StackName, Changes: []resourceChange{}, Tags: []tagChange{}, Permissions: permissions,
		Warnings: []planWarning{}, Unvalidated: set.Unvalidated,
		asked: set.Name != "", noChanges: set.NoChanges}
	for _, w := range set.Warnings {
		p.Warnings = append(p.Warnings, planWarning(w))
	}
	if where != nil {
		p.Account, p.Region = where.identity.Account, where.region
	}
	if set.Preparation != nil {
		p.Status, p.Preparation = set.Preparation.Status, preparationText(set.Preparation)
	}
	for _, change := range set.Changes {
		p.Changes = append(p.Changes, newChange(change))
	}
	slices.SortStableFunc(p.Changes, func(a, b resourceChange) int {
		return cmp.Or(cmp.Compare(rank(a.Action), rank(b.Action)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.LogicalID, b.LogicalID))
	})
	for _, tag := range set.TagChanges() {
		p.Tags = append(p.Tags, tagChange{tag.Key, tag.Before, tag.After})
	}
	return p
}

// actions are the kinds of changes, what destroys most first, with the sign
// that text has for them.
var actions = []struct{ name, sign string }{
	{"remove", "-"}, {"replace", "-/+"}, {"may replace", "-/+"}, {"unknown", "?"}, {"change", "~"}, {"import", "+"}, {"add", "+"},
}

func rank(action string) int {
	for i, a := range actions {
		if a.name == action {
			return i
		}
	}
	return len(actions)
}

func newChange(change cfnstack.Change) resourceChange {
	c := resourceChange{LogicalID: change.LogicalID, Type: change.Type, PhysicalID: change.PhysicalID, Properties: []propertyChange{}}
	switch {
	case change.Action == "Add":
		c.Action = "add"
	case change.Action == "Remove":
		c.Action = "remove"
	case change.Action == "Import":
		c.Action = "import"
	case change.Action == "Modify" && change.Replacement == "True":
		c.Action = "replace"
	case change.Action == "Modify" && change.Replacement == "Conditional":
		c.Action = "may replace"
	case change.Action == "Modify":
		c.Action = "change"
	default:
		c.Action = "unknown"
	}
	if c.Action == "add" || c.Action == "remove" {
		return c // all of its properties
	}
	for _, p := range change.Properties {
		name := cmp.Or(p.Name, p.Attribute)
		property := propertyChange{Name: name, Policy: iam.IsPolicyProperty(name)}
		if p.Recreation != "Never" {
			property.Replacement = p.Recreation
		}
		if !property.Policy {
			property.Before, property.After = p.Before, p.After
		}
		i := slices.IndexFunc(c.Properties, func(other propertyChange) bool { return other.Name == name })
		if i >= 0 && (property.Policy || property.Before == nil && property.After == nil) {
			continue // said already
		}
		c.Properties = append(c.Properties, property)
	}
	return c
}

// none says that there is nothing to do.
func (p plan) none() bool {
	return p.noChanges || !p.asked && len(p.Changes) == 0 && len(p.Tags) == 0 && p.Preparation == "" && p.Permissions.Empty()
}

// where names the stack and its place.
func (p plan) where() string {
	if p.Account == "" {
		return "stack " + p.Stack + ", as a first deployment"
	}
	return fmt.Sprintf("stack %s in account %s, region %s", p.Stack, p.Account, p.Region)
}

// counts says how many changes of each kind there are.
func (p plan) counts() string {
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
		counts = append(counts, fmt.Sprintf("%d tags of the stack", len(p.Tags)))
	}
	if len(counts) == 0 {
		return "no changes of resources"
	}
	return strings.Join(counts, ", ")
}

// text is the plan for a terminal but for where it is, the permissions as far
// as there are fewer than most; 0 for all.
func (p plan) text(most int) string {
	var b strings.Builder
	if p.none() {
		return "no changes\n"
	}
	if p.Preparation != "" {
		fmt.Fprintf(&b, "first: %s\n", p.Preparation)
	}
	fmt.Fprintf(&b, "%s\n", p.counts())
	if len(p.Changes) > 0 {
		b.WriteString("\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range p.Changes {
		fmt.Fprintf(table, "%s %s\t%s\t%s\n", actions[rank(c.Action)].sign, c.Action, printable(c.LogicalID), shortType(c.Type))
		if len(c.Properties) > 0 {
			table.Flush()
		}
		for _, property := range c.Properties {
			fmt.Fprintf(&b, "      %s\n", property.line())
		}
	}
	table.Flush()
	if len(p.Tags) > 0 {
		b.WriteString("\ntags of the stack\n")
	}
	for _, tag := range p.Tags {
		fmt.Fprintf(&b, "  %s: %s -> %s\n", printable(tag.Key), value(tag.Before), value(tag.After))
	}
	if !p.Permissions.Empty() {
		b.WriteString("\npermissions\n" + permissionsText(p.Permissions, most, false))
	}
	if len(p.Warnings) > 0 {
		b.WriteString("\nAWS warns\n")
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "  %s\n", w.line())
	}
	if p.Unvalidated != "" {
		fmt.Fprintf(&b, "\nnote: %s\n", p.unvalidated())
	}
	return b.String()
}

// shortType is the last part of a type: "Role" of "AWS::IAM::Role".
func shortType(name string) string { return printable(name[strings.LastIndexByte(name, ':')+1:]) }

// line is a property in one line.
func (p propertyChange) line() string {
	line := printable(p.Name)
	switch {
	case p.Policy:
		line += ": see the permissions"
	case p.Before != nil || p.After != nil:
		line += ": " + value(p.Before) + " -> " + value(p.After)
	}
	switch p.Replacement {
	case "Always":
		line += " (replaces the resource)"
	case "Conditionally":
		line += " (may replace the resource)"
	}
	return line
}

// longestValue is how much of a value is shown.
const longestValue = 60

// value is a value that changes, for people.
func value(v *string) string {
	if v == nil {
		return "none"
	}
	text := *v
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) == nil {
		text = compact.String()
	}
	if runes := []rune(text); len(runes) > longestValue {
		text = string(runes[:longestValue]) + "..."
	}
	return printable(text)
}

// markdown is the plan for a comment on a pull request.
func (p plan) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", escape.Markdown(p.where()))
	if p.none() {
		b.WriteString("No changes.\n")
		return b.String()
	}
	if p.Preparation != "" {
		fmt.Fprintf(&b, "First: %s.\n\n", escape.Markdown(p.Preparation))
	}
	fmt.Fprintf(&b, "%s.\n", strings.ToUpper(p.counts()[:1])+p.counts()[1:])
	if len(p.Changes) > 0 {
		b.WriteString("\n| | resource | type | what changes |\n| --- | --- | --- | --- |\n")
	}
	for _, c := range p.Changes {
		var lines []string
		for _, property := range c.Properties {
			lines = append(lines, escape.Markdown(property.line()))
		}
		action := c.Action
		if rank(action) <= rank("unknown") {
			action = "**" + action + "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", action, escape.MarkdownCode(c.LogicalID), escape.Markdown(c.Type), strings.Join(lines, "<br>"))
	}
	if len(p.Tags) > 0 {
		b.WriteString("\n| tag of the stack | before | after |\n| --- | --- | --- |\n")
	}
	for _, tag := range p.Tags {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", escape.Markdown(tag.Key), escape.Markdown(value(tag.Before)), escape.Markdown(value(tag.After)))
	}
	if len(p.Warnings) > 0 {
		b.WriteString("\nAWS warns:\n\n")
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "- %s\n", escape.Markdown(w.line()))
	}
	if p.Unvalidated != "" {
		fmt.Fprintf(&b, "\nNote: %s.\n", escape.Markdown(p.unvalidated()))
	}
	b.WriteString(permissionsMarkdown(p.Permissions, max(maxComment-b.Len()-reserve, 0)))
	return b.String()
}
