// policy review, for people: text of 80 columns, and the list of rules.

package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

// How much of what repeats the text shows; -o json has everything.
const (
	mostPrincipals = 20
	mostServices   = 14
	mostActions    = 12
	mostResources  = 4
	mostCharacters = 400 // of one text from a document
)

func (v *reviewed) format(output string, colours bool) ([]byte, error) {
	switch output {
	case "json":
		return render.JSON(v)
	case "markdown":
		return []byte(v.markdown()), nil
	case "sarif":
		return render.JSON(v.sarif(workingFolder()))
	}
	return []byte(v.text(colours)), nil
}

// colours is whether stdout is a terminal that may be coloured.
// See https://no-color.org.
func (r *runner) colours() bool { return r.coloursOn(r.Stdout) }

func (r *runner) coloursOn(stream io.Writer) bool {
	_, noColour := r.Environment.Lookup("NO_COLOR")
	kind := r.Environment.Get("TERM")
	return isTerminal(stream) && !noColour && kind != "" && kind != "dumb"
}

// printColoured is print for a text that we have put colours into; those of
// documents are escaped in it already.
func (r *runner) printColoured(text []byte) error {
	return r.printRaw([]byte(escape.Coloured(string(text))))
}

// short shortens a text of a document that nobody would read to its end, and
// escapes what could steer the terminal.
func short(text string) string {
	if utf8.RuneCountInString(text) > mostCharacters {
		all := []rune(text)
		text = fmt.Sprintf("%s... (%d characters more)", string(all[:mostCharacters]), len(all)-mostCharacters)
	}
	return printable(text)
}

// few lists a few of many: "a, b, c and 37 more".
func few(names []string, most int) string {
	if len(names) <= most+1 {
		most = len(names)
	}
	var b strings.Builder
	for i, name := range names[:most] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(short(name))
	}
	if more := len(names) - most; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// count is a number with its noun: "1 finding", "2 findings".
func count(n int, noun string) string {
	if n != 1 {
		if strings.HasSuffix(noun, "y") {
			noun = strings.TrimSuffix(noun, "y") + "ie"
		}
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// severityColours are those of a terminal: bold red, red, yellow, cyan.
var severityColours = map[review.Severity]string{
	review.Critical: "\x1b[1;31m", review.High: "\x1b[31m", review.Medium: "\x1b[33m", review.Low: "\x1b[36m",
}

func (v *reviewed) text(colours bool) string {
	var b strings.Builder
	b.WriteString(wrap(v.title(), "", "  "))
	shown := v.shownPrincipals()
	if slices.ContainsFunc(shown, func(p review.PrincipalSummary) bool { return len(p.Grants) > 0 }) {
		b.WriteString(wrap(grantsLegend, "", ""))
	}
	for i := range shown {
		b.WriteString("\n" + principalText(&shown[i]))
	}
	if more := len(v.Principals) - len(shown); more > 0 {
		fmt.Fprintf(&b, "\nand %d more, which -o json shows\n", more)
	}
	for findings := v.Findings; len(findings) > 0; {
		f := findings[0]
		n := 1
		for n < len(findings) && findings[n].Severity == f.Severity && findings[n].Rule == f.Rule {
			n++
		}
		severity := f.Severity.String()
		if colour := severityColours[f.Severity]; colours && colour != "" {
			severity = colour + severity + "\x1b[0m"
		}
		b.WriteString("\n" + severity + ": " + printable(f.Rule) + "\n" + findingsText(findings[:n]))
		findings = findings[n:]
	}
	b.WriteString("\n" + v.summaryText())
	return b.String()
}

const grantsLegend = "Grants are counted in actions; in brackets, those on every resource."

// title says what is under review.
func (v *reviewed) title() string {
	return fmt.Sprintf("review of %s, for CAPA %s", short(v.Of), v.Release)
}

// shownPrincipals are the first, roles and users before groups and policies.
func (v *reviewed) shownPrincipals() []review.PrincipalSummary {
	kinds := []document.Kind{document.RoleKind, document.UserKind, document.GroupKind, document.PolicyKind}
	all := slices.Clone(v.Principals)
	slices.SortStableFunc(all, func(a, b review.PrincipalSummary) int {
		return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind)
	})
	return all[:min(len(all), mostPrincipals)]
}

// line is one line of a block, under a heading of eleven columns.
func line(b *strings.Builder, what, text string) {
	b.WriteString(wrap(text, fmt.Sprintf("  %-11s", what), strings.Repeat(" ", 13)))
}

// principalHead names a principal and where it is from.
func principalHead(p *review.PrincipalSummary) string {
	head := string(p.Kind) + " " + short(p.Name)
	if p.Kind == document.PolicyKind {
		head += ", which nobody here has"
	}
	if p.File != "" && p.File != p.Name {
		head += " (" + short(p.File) + ")"
	}
	return head
}

func principalText(p *review.PrincipalSummary) string {
	var b strings.Builder
	b.WriteString(wrap(principalHead(p), "", "  "))
	if p.Kind == document.RoleKind && len(p.AssumedBy) == 0 {
		line(&b, "assumed by", "no one that is known here")
	}
	for i, a := range p.AssumedBy {
		line(&b, []string{"assumed by", ""}[min(i, 1)], assumerText(a))
	}
	for i, text := range holdings(p) {
		line(&b, []string{"holds", ""}[min(i, 1)], text)
	}
	if p.Kind != document.PolicyKind && len(p.Policies) == 0 {
		line(&b, "holds", "no policy")
	}
	if p.Boundary != "" {
		line(&b, "boundary", short(p.Boundary))
	}
	if sizes := otherSizes(p); len(sizes) > 0 {
		line(&b, "size", strings.Join(sizes, "; "))
	}
	b.WriteString(grantsText(p.Grants))
	return b.String()
}

func assumerText(a review.Assumer) string {
	text := few(a.Principals, mostResources)
	if a.Except {
		text = "everyone but " + text
	}
	if a.Deny {
		text = "not by " + text
	}
	if !slices.Equal(a.Actions, []string{"sts:AssumeRole"}) {
		text += ", with " + few(a.Actions, mostResources)
	}
	for i, condition := range a.Conditions {
		text += []string{", if ", " and "}[min(i, 1)] + short(condition)
	}
	return text
}

// holdings are the policies, each with its size.
func holdings(p *review.PrincipalSummary) []string {
	var all []string
	for _, held := range p.Policies {
		var what []string
		switch {
		case held.Unknown && held.AWS:
			what = append(what, "of AWS, its content is not known here")
		case held.Unknown:
			what = append(what, "its content is not known here")
		default:
			if held.AWS {
				what = append(what, "of AWS")
			}
			if held.Inline {
				what = append(what, "inline")
			}
			what = append(what, count(held.Statements, "statement"))
			i := slices.IndexFunc(p.Quotas, func(q review.Quota) bool { return q.Of != "" && q.Of == held.Name })
			if i >= 0 {
				what = append(what, usedText(p.Quotas[i]))
			} else {
				what = append(what, count(held.Characters, "character"))
			}
		}
		all = append(all, short(held.Name)+" ("+strings.Join(what, ", ")+")")
	}
	return all
}

// otherSizes are the quotas of the principal, without those of a policy.
func otherSizes(p *review.PrincipalSummary) []string {
	var all []string
	for _, q := range p.Quotas {
		if q.Of == "" && q.Used > 0 {
			all = append(all, q.Name+": "+usedText(q))
		}
	}
	return all
}

func usedText(q review.Quota) string {
	text := fmt.Sprintf("%d of %d %s", q.Used, q.Limit, q.Unit)
	if q.Used > q.Limit {
		text += ": too much"
		if q.Used <= q.Raised {
			text += fmt.Sprintf(", unless AWS raised it to %d", q.Raised)
		}
	}
	return text
}

// grantLevels are the columns of the tables of grants.
var grantLevels = []authz.Level{authz.PermissionsManagement, authz.Write, authz.Tagging, authz.Read, authz.List}

// grantRows are the rows of a table of services and access levels: the service
// and how many actions, in brackets how many of them on every resource, with no
// condition. Many services are one row.
func grantRows(grants []review.ServiceGrants) [][]string {
	if len(grants) > mostServices {
		all := review.ServiceGrants{Service: fmt.Sprintf("%d services", len(grants))}
		for _, level := range grantLevels {
			sum := review.LevelCount{Level: level}
			for _, g := range grants {
				for _, count := range g.Levels {
					if count.Level == level {
						sum.Actions, sum.Everywhere = sum.Actions+count.Actions, sum.Everywhere+count.Everywhere
					}
				}
			}
			all.Levels = append(all.Levels, sum)
		}
		grants = []review.ServiceGrants{all}
	}
	var rows [][]string
	for _, g := range grants {
		row := []string{short(g.Service)}
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
	gap, total := 2, 2
	for _, width := range widths {
		total += width + gap
	}
	if total-gap > columns {
		gap = 1
	}
	var b strings.Builder
	for _, cells := range table {
		fmt.Fprintf(&b, "  %-*s", widths[0], cells[0])
		for i, cell := range cells[1:] {
			fmt.Fprintf(&b, "%*s", gap+widths[i+1], cell)
		}
		b.WriteString("\n")
	}
	if len(grants) > mostServices {
		b.WriteString("    -o json shows each service\n")
	}
	return b.String()
}

// findingsText are findings of one rule and severity. What they share is said
// once.
func findingsText(findings []review.Finding) string {
	var b strings.Builder
	shares := func(of func(review.Finding) string) bool {
		return !slices.ContainsFunc(findings, func(f review.Finding) bool { return of(f) != of(findings[0]) })
	}
	remedy := shares(func(f review.Finding) string { return f.Remedy })
	reference := shares(func(f review.Finding) string { return f.Reference })
	for i, f := range findings {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(findingText(f))
		if !remedy {
			b.WriteString(wrap("remedy: "+short(f.Remedy), "    ", "      "))
		}
		if !reference {
			b.WriteString("    see " + printable(f.Reference) + "\n")
		}
	}
	if remedy {
		b.WriteString(wrap("remedy: "+short(findings[0].Remedy), "  ", "    "))
	}
	if reference {
		b.WriteString("  see " + printable(findings[0].Reference) + "\n")
	}
	return b.String()
}

// findingText is one finding: where, what, and on which actions.
func findingText(f review.Finding) string {
	var b strings.Builder
	b.WriteString(wrap(findingPlace(f), "  ", "    "))
	if len(f.Principals) > 0 && f.Policy != "" {
		b.WriteString(wrap("held by "+few(f.Principals, mostResources), "    ", "      "))
	}
	message := f.Message
	if list := firstThree(f.Actions); list != "" && strings.Contains(message, list) {
		before, after, _ := strings.Cut(message, list) // each shortened alone, so that none of the names is cut
		b.WriteString(wrap(short(before)+few(f.Actions, mostActions)+short(after), "    ", "    "))
	} else if b.WriteString(wrap(short(message), "    ", "    ")); len(f.Path) == 0 && !saysAll(message, f.Actions) {
		b.WriteString(wrap(few(f.Actions, mostActions), "    actions: ", "      "))
	}
	if len(f.Path) == 0 && !saysAll(f.Message, f.Resources) {
		b.WriteString(wrap(few(f.Resources, mostResources), "    on: ", "      "))
	}
	for i, step := range f.Path {
		b.WriteString(wrap(stepText(step), fmt.Sprintf("    %d. ", i+1), "       "))
	}
	return b.String()
}

// firstThree is how a message of a finding lists its actions; "" when it lists
// them all.
func firstThree(actions []string) string {
	if len(actions) <= 4 {
		return ""
	}
	return fmt.Sprintf("%s and %d more", strings.Join(actions[:3], ", "), len(actions)-3)
}

// saysAll is whether a message names all of a list already.
func saysAll(message string, names []string) bool {
	words := strings.FieldsFunc(message, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;()"`, r) })
	for _, name := range names {
		if !slices.Contains(words, name) && !slices.Contains(words, name+":") {
			return false
		}
	}
	return true
}

// findingPlace is where a finding stands.
func findingPlace(f review.Finding) string {
	var parts []string
	switch {
	case f.Policy != "" && strings.HasPrefix(f.Policy, "trust policy"):
		parts = append(parts, short(f.Policy))
	case f.Policy != "":
		parts = append(parts, "policy "+short(f.Policy))
	case len(f.Principals) > 0:
		parts = append(parts, few(f.Principals, mostResources))
	}
	if f.Statement != "" {
		parts = append(parts, short(f.Statement))
	}
	place := strings.Join(parts, ", ")
	if at := locationText(f.Location); at != "" {
		if place == "" {
			return at
		}
		place += " (" + at + ")"
	}
	return place
}

func locationText(l review.Location) string {
	if l.File == "" || l.Line == 0 {
		return short(l.File)
	}
	return fmt.Sprintf("%s:%d:%d", short(l.File), l.Line, l.Column)
}

// stepText is one step of an escalation path.
func stepText(step review.PathStep) string {
	text := short(step.Action)
	if len(step.Resources) > 0 {
		text += " on " + few(step.Resources, mostResources)
	}
	for i, condition := range step.Conditions {
		text += []string{", if ", " and "}[min(i, 1)] + short(condition)
	}
	if step.Policy != "" {
		text += ", by policy " + short(step.Policy)
	}
	if step.Statement != "" {
		text += ", " + short(step.Statement)
	}
	if at := locationText(step.Location); at != "" {
		text += " (" + at + ")"
	}
	return text
}

// countsText is "2 high, 1 low", "" for none.
func (v *reviewed) countsText() string {
	var parts []string
	for _, severity := range review.Severities() {
		if n := v.Counts[severity.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, severity))
		}
	}
	return strings.Join(parts, ", ")
}

// verdict is the sentence on how many findings there are.
func (v *reviewed) verdict() string {
	total := len(v.Findings) + v.Hidden
	text := "no findings"
	if total > 0 {
		text = count(total, "finding") + ": " + v.countsText()
	}
	if v.Hidden > 0 {
		text += fmt.Sprintf("; %d below %s not shown", v.Hidden, v.least)
	}
	if n := len(v.Suppressed); n > 0 {
		text += fmt.Sprintf("; %d suppressed", n)
	}
	if !v.allRules {
		text += "; only " + count(len(v.chosen), "rule") + " applied"
	}
	return text
}

func (v *reviewed) summaryText() string {
	var b strings.Builder
	b.WriteString(wrap(v.verdict(), "", "  "))
	for _, s := range v.Suppressed {
		text := printable(s.Rule) + ", " + findingPlace(s.Finding) + ": " + short(s.Reason)
		if s.Expires != "" {
			text += " (until " + printable(s.Expires) + ")"
		}
		b.WriteString(wrap("suppressed: "+text, "  ", "    "))
	}
	for _, note := range v.Notes {
		b.WriteString(wrap("note: "+short(note), "  ", "    "))
	}
	return b.String()
}

// listRules prints the rules as a table.
func (r *runner) listRules(c *cli.Context) error {
	chosen, err := chosenRules(c.StringSlice("rule"))
	if err != nil {
		return err
	}
	type row struct {
		ID        string          `json:"id"`
		Group     string          `json:"group"`
		Severity  review.Severity `json:"severity"`
		Risk      string          `json:"risk"`
		Remedy    string          `json:"remedy"`
		Reference string          `json:"reference"`
	}
	var rows []row
	for _, rule := range chosen {
		rows = append(rows, row{rule.ID, rule.Group, rule.Severity, rule.Risk, rule.Remedy, rule.Reference})
	}
	var b strings.Builder
	switch format := c.String("output"); format {
	case "json":
		return r.print(render.JSON(rows))
	case "text":
		for i, rule := range rows {
			if i == 0 || rows[i-1].Group != rule.Group {
				b.WriteString(strings.Repeat("\n", min(i, 1)) + rule.Group + "\n")
			}
			fmt.Fprintf(&b, "  %-36s %s\n", rule.ID, rule.Severity)
			b.WriteString(wrap(rule.Risk, "      ", "      "))
		}
	case "markdown":
		b.WriteString("| rule | group | severity | risk | remedy |\n| --- | --- | --- | --- | --- |\n")
		for _, rule := range rows {
			fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s | %s | %s |\n", rule.ID, rule.Reference, rule.Group, rule.Severity, escape.Markdown(rule.Risk), escape.Markdown(rule.Remedy))
		}
	default:
		return usagef("--list-rules has no -o %s: text, json or markdown", format)
	}
	return r.print([]byte(b.String()))
}
