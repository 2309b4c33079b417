package credentials

// This file has the list of profiles as text for people.

import (
	"cmp"
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

// ProfilesTable is the list for people: a table, and below it what keeps a
// profile from working.
func ProfilesTable(profiles []ListedProfile, width int) string {
	var b strings.Builder
	var table terminal.Table
	if len(profiles) > 0 {
		table.Row("NAME", "KIND", "REGION", "SOURCE PROFILE", "WORKS")
	}
	for _, p := range profiles {
		works := "not tested"
		if p.Problem != "" {
			works = "no: see below"
		}
		table.Row(escape.Text(p.Name), p.Kind, cmp.Or(escape.Text(p.Region), "-"), cmp.Or(escape.Text(p.SourceProfile), "-"), works)
	}
	b.WriteString(table.Within(width))
	for _, p := range profiles {
		if p.Problem != "" {
			fmt.Fprintf(&b, "\n%s: %s\n", escape.Text(p.Name), escape.Text(p.Problem))
		}
	}
	return b.String()
}
