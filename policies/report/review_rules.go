// The list of the rules of a review.

package report

import (
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
	"capaboot/policies/review"
)

// ruleRow is a rule in the JSON of the list.
type ruleRow struct {
	ID        string          `json:"id"`
	Group     string          `json:"group"`
	Severity  review.Severity `json:"severity"`
	Lowest    review.Severity `json:"lowestSeverity"`
	Highest   review.Severity `json:"highestSeverity"`
	Risk      string          `json:"risk"`
	Remedy    string          `json:"remedy"`
	Reference string          `json:"reference"`
}

// severityText is the usual severity, and the range if there is one: "medium (low
// to high)".
func (r *ruleRow) severityText() string {
	if r.Lowest == r.Highest {
		return r.Severity.String()
	}
	return fmt.Sprintf("%s (%s to %s)", r.Severity, r.Lowest, r.Highest)
}

// RulesFormats lists the formats of [FormatRules].
var RulesFormats = []string{"text", "json", "markdown"}

// FormatRules formats a list of rules in one of RulesFormats.
func FormatRules(rules []review.Rule, output string) ([]byte, error) {
	var rows []ruleRow
	for _, rule := range rules {
		lowest, highest := rule.Severities()
		rows = append(rows, ruleRow{rule.ID, rule.Group, rule.Severity, lowest, highest, rule.Risk, rule.Remedy, rule.Reference})
	}
	var b strings.Builder
	switch output {
	case "json":
		return render.JSON(rows)
	case "markdown":
		b.WriteString("| rule | group | severity | risk | fix |\n| --- | --- | --- | --- | --- |\n")
		for _, rule := range rows {
			fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s | %s | %s |\n", rule.ID, rule.Reference, rule.Group, rule.severityText(), escape.Markdown(rule.Risk), escape.Markdown(rule.Remedy))
		}
	default:
		for i, rule := range rows {
			if i == 0 || rows[i-1].Group != rule.Group {
				b.WriteString(strings.Repeat("\n", min(i, 1)) + rule.Group + "\n")
			}
			fmt.Fprintf(&b, "  %-36s %s\n", rule.ID, rule.severityText())
			b.WriteString(terminal.Wrap(rule.Risk, "      ", "      "))
		}
	}
	return []byte(b.String()), nil
}
