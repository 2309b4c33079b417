// Facts as data: actions that rules look for, and escalation paths.

package review

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"capaboot/policies/authz"
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

// loadUndocumented returns the resource types of undocumented.tsv by action.
var loadUndocumented = sync.OnceValue(func() map[string][]*authz.ResourceType {
	table := map[string][]*authz.ResourceType{}
	for _, row := range rows(undocumentedTSV, 3) {
		for _, a := range authz.Match(row[0]) {
			if strings.Contains(row[0], "*") && len(a.Resources) == 0 {
				continue
			}
			of := &authz.ResourceType{Name: row[1], ARNPatterns: []string{row[1]}}
			if s, ok := authz.ForPrefix(a.Service); ok && !strings.Contains(row[1], ":") {
				if of, ok = s.ResourceType(row[1]); !ok {
					panic("undocumented.tsv: " + a.Service + " has no resource type " + row[1])
				}
			}
			table[a.String()] = append(table[a.String()], of)
		}
	}
	return table
})

//go:embed alternatives.tsv
var alternativesTSV string

// alternative is a row of alternatives.tsv.
type alternative struct {
	action string // with wildcards
	types  []string
}

var loadAlternatives = sync.OnceValue(func() []alternative {
	var table []alternative
	for _, row := range rows(alternativesTSV, 3) {
		table = append(table, alternative{row[0], strings.Fields(row[1])})
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
