// This file formats tables.

package terminal

import (
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// Table collects the rows of a table that has two spaces between its columns
// and no ruled lines.
type Table struct{ rows [][]string }

// Row adds a row. The first row has the titles of the columns. Cells must be
// safe for a terminal, without tabs and line breaks.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Within returns the table. If it is wider than width columns, it returns a
// paragraph for each row instead: the first cell, then each other cell after
// the title of its column. A cell "-" is left out.
func (t *Table) Within(width int) string {
	text := t.String()
	if Fits(text, width) || len(t.rows) == 0 {
		return text
	}
	var b strings.Builder
	for _, row := range t.rows[1:] {
		b.WriteString(row[0] + "\n")
		for i := 1; i < len(row); i++ {
			if row[i] != "-" {
				b.WriteString("  " + strings.ToLower(t.rows[0][i]) + ": " + row[i] + "\n")
			}
		}
	}
	return b.String()
}

// String returns the table, one line per row.
func (t *Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		_, _ = w.Write([]byte(strings.Join(row, "\t") + "\n"))
	}
	w.Flush()
	return b.String()
}

// Fits reports whether every line of a text fits into width columns; 0 means no
// limit.
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
