// Tables of facts: actions that rules look for, and interchangeable resource
// types.

package review

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
)

//go:embed actions.tsv
var actionsTSV string

// loadActions has the actions of each row of actions.tsv, by the name of the row. A
// test compares them with the authorization data.
var loadActions = lazy.Value[map[string][]string]{Make: func() map[string][]string {
	table := map[string][]string{}
	for _, row := range rows(actionsTSV, 2) {
		table[row[0]] = strings.Fields(row[1])
	}
	return table
}}

//go:embed alternatives.tsv
var alternativesTSV string

// alternative is a row of alternatives.tsv.
type alternative struct {
	action string // may contain wildcards
	types  []string
}

var loadAlternatives = lazy.Value[[]alternative]{Make: func() []alternative {
	var table []alternative
	for _, row := range rows(alternativesTSV, 3) {
		table = append(table, alternative{row[0], strings.Fields(row[1])})
	}
	return table
}}

func rows(text string, columns int) [][]string {
	return table.Rows("table of the review", text, columns)
}

func actionsOf(row string) []string {
	actions, ok := loadActions.Get()[row]
	if !ok {
		panic("actions.tsv has no row " + row)
	}
	return actions
}
