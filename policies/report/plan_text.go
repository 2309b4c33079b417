// A plan as text, and as Markdown for a comment on a pull request.

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

// Text formats the plan for a terminal, without the name of the stack. If its
// permissions have more actions than limit, they are shortened, see
// [shortPermissions]; if limit is 0, the text has all actions.
func (p Plan) Text(limit int) string {
	var b strings.Builder
	if p.Empty() {
		return "no changes\n"
	}
	if p.Preparation != "" {
		fmt.Fprintf(&b, "first: %s\n", p.Preparation)
	}
	fmt.Fprintf(&b, "%s\n", p.CountsText())
	if len(p.Changes) > 0 {
		b.WriteString("\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range p.Changes {
		fmt.Fprintf(table, "%s %s\t%s\t%s\n", changeKinds[kindIndex(c.Action)].sign, c.Action, escapeLine(c.LogicalID), ShortType(c.Type))
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
		fmt.Fprintf(&b, "  %s\n", tag.line())
	}
	if !p.Permissions.Empty() {
		b.WriteString("\npermissions\n" + permissionsText(p.Permissions, changeWords, limit, false))
	}
	for _, note := range p.notes() {
		b.WriteString("\n" + terminal.Wrap("note: "+note, "", "  "))
	}
	if len(p.Warnings) > 0 {
		b.WriteString("\nAWS warns\n")
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "  %s\n", w.line())
	}
	if p.Unvalidated != "" {
		b.WriteString("\n" + terminal.Wrap("note: "+p.unvalidatedText(), "", "  "))
	}
	return b.String()
}

func (t PlanTag) line() string {
	return escapeLine(t.Key) + ": " + valueText(t.Before) + " -> " + valueText(t.After)
}

// TagsText lists, on one line, the tags that differ.
func (p Plan) TagsText() string {
	var all []string
	for _, tag := range p.Tags {
		all = append(all, tag.line())
	}
	return strings.Join(all, "; ")
}

// ShortType returns the last part of a resource type: "Role" for
// "AWS::IAM::Role".
func ShortType(name string) string { return escapeLine(name[strings.LastIndexByte(name, ':')+1:]) }

func (p PlanProperty) line() string {
	line := escapeLine(p.Name)
	switch {
	case p.Policy:
		line += ": see the permissions"
	case p.Before != nil || p.After != nil:
		line += ": " + valueText(p.Before) + " -> " + valueText(p.After)
	}
	switch p.Replacement {
	case "Always":
		line += " (replaces the resource)"
	case "Conditionally":
		line += " (may replace the resource)"
	}
	return line
}

// maxValueLength is the maximum number of characters of a value that are shown. "..."
// replaces the rest.
const maxValueLength = 60

func valueText(v *string) string {
	if v == nil {
		return "none"
	}
	text := *v
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(text)) == nil {
		text = compact.String()
	}
	if runes := []rune(text); len(runes) > maxValueLength {
		text = string(runes[:maxValueLength]) + "..."
	}
	return escapeLine(text)
}

// Markdown formats the plan for a comment on a pull request.
func (p Plan) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", escape.Markdown(p.Title()))
	if p.Empty() {
		b.WriteString("No changes.\n")
		return b.String()
	}
	if p.Preparation != "" {
		fmt.Fprintf(&b, "First: %s.\n\n", escape.Markdown(p.Preparation))
	}
	fmt.Fprintf(&b, "%s.\n", strings.ToUpper(p.CountsText()[:1])+p.CountsText()[1:])
	// Each list ends at a limit within the comment, so that there is space for
	// the lists after it.
	list := func(limit int, head string, n int, noun string, row func(int) string) {
		if n == 0 {
			return
		}
		rows := comment{limit: limit - b.Len()}
		rows.addSection("", head, n, noun, "", row)
		b.WriteString(rows.text.String())
		if len(rows.omitted) > 0 {
			b.WriteString(leftOutText(rows.omitted...))
		}
	}
	list(maxComment/2, "| | resource | type | what changes |\n| --- | --- | --- | --- |\n", len(p.Changes), "change", func(i int) string { return p.Changes[i].markdownRow() })
	list(maxComment*5/8, "| tag of the stack | before | after |\n| --- | --- | --- |\n", len(p.Tags), "tag", func(i int) string {
		tag := p.Tags[i]
		return fmt.Sprintf("| %s | %s | %s |\n", escape.Markdown(tag.Key), escape.Markdown(valueText(tag.Before)), escape.Markdown(valueText(tag.After)))
	})
	for _, note := range p.notes() {
		fmt.Fprintf(&b, "\nNote: %s.\n", escape.Markdown(note))
	}
	list(maxComment*3/4, "AWS warns:\n\n", len(p.Warnings), "warning", func(i int) string { return "- " + escape.Markdown(p.Warnings[i].line()) + "\n" })
	if p.Unvalidated != "" {
		fmt.Fprintf(&b, "\nNote: %s.\n", escape.Markdown(p.unvalidatedText()))
	}
	b.WriteString(permissionsMarkdown(p.Permissions, changeWords, max(maxComment-b.Len()-commentReserve, 0)))
	return b.String()
}

func (c PlanChange) markdownRow() string {
	var lines []string
	for _, property := range c.Properties {
		lines = append(lines, escape.Markdown(property.line()))
	}
	action := c.Action
	if kindIndex(action) <= kindIndex("unknown") {
		action = "**" + action + "**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", action, escape.MarkdownCode(c.LogicalID), escape.Markdown(c.Type), strings.Join(lines, "<br>"))
}
