// The principals of a review: who may assume them, which policies they have,
// and a table of their grants.

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"capaboot/internal/terminal"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

// writeLine writes a text after a label, which is padded to eleven columns.
func writeLine(b *strings.Builder, label, text string) {
	b.WriteString(terminal.Wrap(text, fmt.Sprintf("  %-11s", label), strings.Repeat(" ", 13)))
}

func principalHead(p *review.PrincipalSummary) string {
	head := string(p.Kind) + " " + shorten(p.Name)
	switch {
	case p.IsResourcePolicy:
		head += ", a resource policy"
	case p.Kind == document.PolicyKind:
		head += ", not attached to any role or user"
	}
	if p.File != "" && p.File != p.Name {
		head += " (" + shorten(p.File) + ")"
	}
	return head
}

func principalText(p *review.PrincipalSummary) string {
	var b strings.Builder
	b.WriteString(terminal.Wrap(principalHead(p), "", "  "))
	if p.Kind == document.RoleKind && len(p.AssumedBy) == 0 {
		writeLine(&b, "assumed by", "no known principal")
	}
	for i, a := range p.AssumedBy {
		writeLine(&b, []string{"assumed by", ""}[min(i, 1)], assumerText(a))
	}
	for i, text := range policyTexts(p) {
		writeLine(&b, []string{"holds", ""}[min(i, 1)], text)
	}
	if p.Kind != document.PolicyKind && len(p.Policies) == 0 {
		writeLine(&b, "holds", "no policy")
	}
	if p.Boundary != "" {
		writeLine(&b, "boundary", shorten(p.Boundary))
	}
	if sizes := quotaTexts(p); len(sizes) > 0 {
		writeLine(&b, "size", strings.Join(sizes, "; "))
	}
	b.WriteString(grantsText(p.Grants))
	return b.String()
}

func assumerText(a review.Assumer) string {
	text := joinFew(a.Principals, maxNames)
	if a.Except {
		text = "everyone except " + text
	}
	if a.Deny {
		text = "not by " + text
	}
	if !slices.Equal(a.Actions, []string{"sts:AssumeRole"}) {
		text += ", with " + joinFew(a.Actions, maxNames)
	}
	for i, condition := range a.Conditions {
		text += []string{", if ", " and "}[min(i, 1)] + shorten(condition)
	}
	return text
}

func policyTexts(p *review.PrincipalSummary) []string {
	var all []string
	for _, policy := range p.Policies {
		var details []string
		switch {
		case policy.Unknown && policy.AWS:
			details = append(details, "AWS managed, content unknown")
		case policy.Unknown:
			details = append(details, "content unknown")
		default:
			if policy.AWS {
				details = append(details, "AWS managed")
			}
			if policy.Inline {
				details = append(details, "inline")
			}
			details = append(details, Count(policy.Statements, "statement"))
			i := slices.IndexFunc(p.Quotas, func(q review.Quota) bool { return q.Of != "" && q.Of == policy.Name })
			if i >= 0 {
				details = append(details, quotaText(p.Quotas[i]))
			} else {
				details = append(details, Count(policy.Characters, "character"))
			}
		}
		all = append(all, shorten(policy.Name)+" ("+strings.Join(details, ", ")+")")
	}
	return all
}

// quotaTexts describes the quotas of the principal itself, without those of its
// policies.
func quotaTexts(p *review.PrincipalSummary) []string {
	var all []string
	for _, q := range p.Quotas {
		if q.Of == "" && q.Used > 0 {
			all = append(all, q.Name+": "+quotaText(q))
		}
	}
	return all
}

func quotaText(q review.Quota) string {
	text := fmt.Sprintf("%d of %d", q.Used, q.Limit)
	if q.Unit != "policies" { // the quota of policies has the unit in its name
		text += " " + q.Unit
	}
	if q.Used > q.Limit {
		text += ", over the limit"
		if q.Used <= q.Raised {
			text += fmt.Sprintf(" unless AWS raised the limit to %d", q.Raised)
		}
	}
	return text
}

// grantLevels are the columns of the tables of grants.
var grantLevels = []authz.Level{authz.PermissionsManagement, authz.Write, authz.Tagging, authz.Read, authz.List}

// grantRows returns the rows of a table of grants. Each row has the service and
// the number of actions of each access level, followed in parentheses by the
// number that [review.LevelCount.Everywhere] counts, unless it is 0. More than
// maxServices services are combined into one row.
func grantRows(grants []review.ServiceGrants) [][]string {
	if len(grants) > maxServices {
		all := review.ServiceGrants{Service: fmt.Sprintf("%d services", len(grants))}
		for _, level := range grantLevels {
			total := review.LevelCount{Level: level}
			for _, g := range grants {
				for _, count := range g.Levels {
					if count.Level == level {
						total.Actions, total.Everywhere = total.Actions+count.Actions, total.Everywhere+count.Everywhere
					}
				}
			}
			all.Levels = append(all.Levels, total)
		}
		grants = []review.ServiceGrants{all}
	}
	var rows [][]string
	for _, g := range grants {
		row := []string{shorten(g.Service)}
		for _, level := range grantLevels {
			cell := "-"
			for _, count := range g.Levels {
				if count.Level == level && count.Actions > 0 {
					cell = strconv.Itoa(count.Actions)
					if count.Everywhere > 0 {
						cell += fmt.Sprintf(" (%d)", count.Everywhere)
					}
				}
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return rows
}

func grantsText(grants []review.ServiceGrants) string {
	if len(grants) == 0 {
		return ""
	}
	table := [][]string{{"grants", "permissions", "write", "tagging", "read", "list"}}
	for _, row := range grantRows(grants) {
		row[0] = "  " + row[0]
		table = append(table, row)
	}
	widths := make([]int, len(table[0]))
	for _, cells := range table {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	separatorWidth, total := 2, 2
	for _, width := range widths {
		total += width + separatorWidth
	}
	if total-separatorWidth > terminal.Columns {
		separatorWidth = 1
	}
	var b strings.Builder
	for _, cells := range table {
		fmt.Fprintf(&b, "  %-*s", widths[0], cells[0])
		for i, cell := range cells[1:] {
			fmt.Fprintf(&b, "%*s", separatorWidth+widths[i+1], cell)
		}
		b.WriteString("\n")
	}
	if len(grants) > maxServices {
		b.WriteString("    -o json shows each service\n")
	}
	return b.String()
}
