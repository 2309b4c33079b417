// Problems: what is wrong with a file, and where.

package document

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong. Line and Column count from 1, columns in
// characters; they are 0 when the file as a whole is meant.
type Problem struct {
	File    string
	Line    int
	Column  int
	Message string
}

// Error returns "FILE:LINE:COLUMN: MESSAGE".
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// Problems are all that is wrong with a file, in the order in which it was
// found; of more than maxProblems only the first.
type Problems []Problem

// maxProblems is how many problems one error names.
const maxProblems = 20

// Error returns one problem per line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one.
func (p Problems) Unwrap() []error {
	all := make([]error, len(p))
	for i, problem := range p {
		all[i] = problem
	}
	return all
}

// clip shortens a text from the file for a message.
func clip(text string) string {
	const most = 60
	if r := []rune(text[:min(len(text), 4*most)]); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
