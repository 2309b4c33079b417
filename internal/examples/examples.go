// Package examples has the examples of the commands. Help shows them, and a
// test runs them.
package examples

import (
	_ "embed"
	"strings"
)

//go:embed examples.txt
var text string

// Example is a command line, with the task that it is for.
type Example struct {
	Command  string // "policy diff", "." for the program
	Task     string // "" if the line continues the task of the previous example
	Line     string
	ExitCode int // the expected exit code
}

// All returns the examples in the order of the table.
func All() (all []Example) {
	command, task := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		rest, indented := strings.CutPrefix(line, "  ")
		switch {
		case line == "" || line[0] == '#':
		case !indented:
			command = line
		case strings.HasPrefix(rest, "$ "):
			all = append(all, Example{command, task, rest[2:], 0})
			task = ""
		case strings.HasPrefix(rest, "3$ "):
			all = append(all, Example{command, task, rest[3:], 3})
			task = ""
		default:
			task = rest
		}
	}
	return all
}

// ForCommand returns the examples of a command.
func ForCommand(command string) (all []Example) {
	for _, one := range All() {
		if one.Command == command {
			all = append(all, one)
		}
	}
	return all
}

// WithProgram returns the line with another name for the program.
func (e Example) WithProgram(name string) string {
	return strings.ReplaceAll(e.Line, program, name+" ")
}

const program = "capaboot "
