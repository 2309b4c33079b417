// Package table reads the tables that are embedded in the program. Columns are
// separated by tabs. Empty lines and lines that begin with # are ignored.
package table

import (
	"fmt"
	"slices"
	"strings"
)

// Each calls the function do with the columns of every row. It stops at the first
// error, and adds the table and the line to the error. The slice of columns is
// reused for the next row.
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

// Rows returns the rows of a table. It panics when a row does not have the
// given number of columns, because an embedded table must be correct.
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
