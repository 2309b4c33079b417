// Tables: cells in columns that line up.

package terminal

import (
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Table is a table in the making: two blanks between its columns, and no lines.
type Table struct{ rows []string }

// Row adds a row. Its cells must be fit for a terminal, and have no tab and no
// line break.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, strings.Join(cells, "\t")+"\n") }

// String returns the table, a line for each row.
func (t *Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		_, _ = w.Write([]byte(row))
	}
	w.Flush()
	return b.String()
}

// Fits reports whether every line of a text fits into width columns; 0 is one
// that everything fits into.
func Fits(text string, width int) bool {
	if width == 0 {
		return true
	}
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimRight(line, " \n")) > width {
			return false
		}
	}
	return true
}
