// Package examples has the examples of the commands. Help shows them, and a test
// of the program runs them.
package examples

import (
	_ "embed"
	"strings"
)

//go:embed examples.txt
var text string

// Example is something that a person types, and what for.
type Example struct {
	Command string // "policy diff", "." for the program
	For     string // "" for what goes with the line before
	Line    string
	Exit    int // the exit code that it is about
}

// All are the examples, in the order of the table.
func All() (all []Example) {
	command, what := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		rest, indented := strings.CutPrefix(line, "  ")
		switch {
		case line == "" || line[0] == '#':
		case !indented:
			command = line
		case strings.HasPrefix(rest, "$ "):
			all = append(all, Example{command, what, rest[2:], 0})
			what = ""
		case strings.HasPrefix(rest, "3$ "):
			all = append(all, Example{command, what, rest[3:], 3})
			what = ""
		default:
			what = rest
		}
	}
	return all
}

// Of are the examples of a command.
func Of(command string) (all []Example) {
	for _, one := range All() {
		if one.Command == command {
			all = append(all, one)
		}
	}
	return all
}

// As is the line for a program that is called by a name.
func (e Example) As(name string) string { return strings.ReplaceAll(e.Line, program, name+" ") }

const program = "capaboot "
