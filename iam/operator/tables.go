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

// ownCall is a row of calls.tsv.
type ownCall struct {
	purposes         []string
	action, resource string
	limits           []string
	why              string
}

func ownCalls() []ownCall {
	var calls []ownCall
	for _, row := range table.Rows("calls.tsv", callsTable, 5) {
		calls = append(calls, ownCall{strings.Split(row[0], ","), row[1], row[2], list(row[3]), row[4]})
	}
	return calls
}

// handlerCall is a row of handlers.tsv.
type handlerCall struct {
	resourceType     string
	handlers         []string
	action, resource string
	limits           []string
}

func handlerCalls() []handlerCall {
	var calls []handlerCall
	for _, row := range table.Rows("handlers.tsv", handlersTable, 5) {
		calls = append(calls, handlerCall{row[0], strings.Split(row[1], ","), row[2], row[3], list(row[4])})
	}
	return calls
}

// list returns the words of a column; "-" is none.
func list(column string) []string {
	if column == "-" {
		return nil
	}
	return strings.Split(column, ",")
}
