// Package table reads the tables of facts that are embedded in the program: lines
// of columns, with a tab between two. Empty lines and those that begin with #
// do not count.
package table

import (
	"fmt"
	"slices"
	"strings"
)

// Each calls do with the columns of every row, until it returns an error. The
// error then names the table and the line. The slice of columns is used again for
// the next row.
func Each(name, text string, do func(columns []string) error) error {
	number := 0
	var columns []string
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns = columns[:0]
		for column := range strings.SplitSeq(line, "\t") {
			columns = append(columns, column)
		}
		if err := do(columns); err != nil {
			return fmt.Errorf("reading the embedded %s: line %d: %q: %w", name, number, line, err)
		}
	}
	return nil
}

// Rows returns the rows of a table, all with the same number of columns. It panics
// for another number, which is a mistake in the program.
func Rows(name, text string, columns int) [][]string {
	var rows [][]string
	err := Each(name, text, func(row []string) error {
		if len(row) != columns {
			return fmt.Errorf("%d columns, want %d", len(row), columns)
		}
		rows = append(rows, slices.Clone(row))
		return nil
	})
	if err != nil {
		panic(err)
	}
	return rows
}
