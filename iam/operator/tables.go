// The tables of the calls that need permissions: calls.tsv for our own
// commands, handlers.tsv for the calls that CloudFormation makes.

package operator

import (
	_ "embed"
	"strings"

	"capaboot/internal/table"
)

var (
	//go:embed calls.tsv
	callsTable string
	//go:embed handlers.tsv
	handlersTable string
)

// commandRow is a row of calls.tsv, the calls of our commands. The column "why" is for
// readers of the table.
type commandRow struct {
	purposes         []string
	action, resource string
	limits           []string
}

func commandRows() []commandRow {
	var all []commandRow
	for _, row := range table.Rows("calls.tsv", callsTable, 5) {
		all = append(all, commandRow{strings.Split(row[0], ","), row[1], row[2], splitColumn(row[3])})
	}
	return all
}

// handlerRow is a row of handlers.tsv, the calls of CloudFormation's handlers.
type handlerRow struct {
	resourceType     string
	handlers         []string
	action, resource string
	limits           []string
}

func handlerRows() []handlerRow {
	var all []handlerRow
	for _, row := range table.Rows("handlers.tsv", handlersTable, 5) {
		all = append(all, handlerRow{row[0], strings.Split(row[1], ","), row[2], row[3], splitColumn(row[4])})
	}
	return all
}

// splitColumn returns the words of a column; "-" means none.
func splitColumn(column string) []string {
	if column == "-" {
		return nil
	}
	return strings.Split(column, ",")
}
