// Facts as data: actions that rules look for, and escalation paths.

package review

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed actions.tsv
var actionsTSV string

// loadActions reads the table at the first use. A test holds it against the
// authorization data.
var loadActions = sync.OnceValue(func() map[string][]string {
	table := map[string][]string{}
	for _, row := range rows(actionsTSV, 2) {
		table[row[0]] = strings.Fields(row[1])
	}
	return table
})

//go:embed undocumented.tsv
var undocumentedTSV string

var loadUndocumented = sync.OnceValue(func() map[string]string {
	table := map[string]string{}
	for _, row := range rows(undocumentedTSV, 2) {
		table[row[0]] = row[1]
	}
	return table
})

// rows takes a table of text apart. One with another number of columns is a
// mistake in the program.
func rows(text string, columns int) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns {
			panic(fmt.Sprintf("an embedded table of the review: %q has %d columns, want %d", line, len(row), columns))
		}
		all = append(all, row)
	}
	return all
}

// actionsOf returns the actions of a row of actions.tsv.
func actionsOf(what string) []string {
	actions, ok := loadActions()[what]
	if !ok {
		panic("actions.tsv has no row " + what)
	}
	return actions
}
