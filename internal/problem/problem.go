// Package problem has the type for a problem at a position in a file (a
// configuration, a policy document, a template, a suppression file), and its
// text format:
//
//	FILE:LINE:COLUMN: MESSAGE
//
// Compilers use the same format, so editors, terminals and CI systems turn it
// into a link. An unknown part is left out: "FILE:LINE: MESSAGE", "FILE:
// MESSAGE".
//
// The package prints messages unchanged. The author of a message decides which
// parts of the file it may quote, because a file that was named by mistake may
// contain secrets.
package problem

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Problem is an error or a warning about a file.
type Problem struct {
	// File is the name of the file as the user knows it, or a name such as
	// "standard input"; "" when there is no file.
	File string
	// Line and Column count from 1, columns in characters. They are 0 when they
	// are unknown, or when the problem is about the whole file.
	Line, Column int
	// Message says what is wrong and what is allowed, on one line, without a
	// capital letter at the beginning and without a full stop.
	Message string
	// Syntax reports that the text is not valid YAML or JSON. The cause can then be
	// before the position.
	Syntax bool
}

// Error returns "FILE:LINE:COLUMN: MESSAGE" without the unknown parts.
func (p Problem) Error() string {
	if place := Place(p.File, p.Line, p.Column); place != "" {
		return place + ": " + p.Message
	}
	return p.Message
}

// Place returns "FILE:LINE:COLUMN" without the unknown parts. Without a line,
// the column is left out too.
func Place(file string, line, column int) string {
	var known []string
	if file != "" {
		known = append(known, file)
	}
	if line > 0 {
		known = append(known, strconv.Itoa(line))
		if column > 0 {
			known = append(known, strconv.Itoa(column))
		}
	}
	return strings.Join(known, ":")
}

// List is an error with all problems that were found. [errors.As] finds the
// list and its first problem, [errors.Is] every problem.
type List []Problem

// Error returns the problems, one on each line; "" when there are none.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as separate errors.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, p := range l {
		errs[i] = p
	}
	return errs
}

// Err returns the list as an error, or nil when it is empty. Return Err()
// rather than the List: a List converted to an error is never nil, even when it
// is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Sort sorts the problems of one file by position. Problems of the whole file
// are first, and problems at the same position keep their order.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
