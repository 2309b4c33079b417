package credentials

// This file formats the list of profiles as text for people.

import (
	"cmp"
	"fmt"
	"strings"

	"capaboot/internal/escape"
	"capaboot/internal/terminal"
)

// ProfilesTable returns the profiles as a table, and below it the problems of
// profiles that cannot work.
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
