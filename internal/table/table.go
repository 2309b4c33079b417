// Package table reads the tables of facts that are embedded in the program: lines
// of columns, with a tab between two. Empty lines and those that begin with #
// do not count.
package table

import (
	"fmt"
	"strings"
)

// Each calls do with the columns of every row, until it returns an error. The
// error then names the table and the line.
func Each(name, text string, do func(columns []string) error) error {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := do(strings.Split(line, "\t")); err != nil {
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
		rows = append(rows, row)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return rows
}
