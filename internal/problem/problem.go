// Package problem has the one type for what is wrong at a place in a file that
// somebody wrote (a configuration, a policy document, a template, a
// suppression file), and its one text format:
//
//	FILE:LINE:COLUMN: MESSAGE
//
// Compilers write the same, so that editors, terminals and CI systems turn it
// into a link. What is unknown is left out: "FILE:LINE: MESSAGE",
// "FILE: MESSAGE".
//
// The package adds nothing to a message. Whoever writes one decides what of the
// file it may quote: a file given by mistake may hold secrets.
package problem

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong in a file, or that a warning is about. It
// is comparable: two that are equal say the same.
type Problem struct {
	// File is the name of the file as its user knows it, or what stands for it
	// ("standard input"); "" when there is none.
	File string
	// Line and Column count from 1, columns in characters. They are 0 when they
	// are unknown, or when the file as a whole is meant.
	Line, Column int
	// Message says what is wrong and what is allowed, in one line, without a
	// capital and a full stop.
	Message string
}

// Error returns "FILE:LINE:COLUMN: MESSAGE" without what is unknown.
func (p Problem) Error() string {
	if place := Place(p.File, p.Line, p.Column); place != "" {
		return place + ": " + p.Message
	}
	return p.Message
}

// Place returns "FILE:LINE:COLUMN" without what is unknown. A column of an
// unknown line says nothing and is left out too.
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

// List is an error that holds all problems that were found. [errors.As] finds
// it, and each of its problems.
type List []Problem

// Error returns the problems, one a line; "" when there are none.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors of their own.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, p := range l {
		errs[i] = p
	}
	return errs
}

// Err returns the list as an error, or nil when it is empty. A List that is
// returned as an error is never nil, not even when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Sort puts the problems of one file into the order in which they stand in it,
// those of the whole file first. Problems at the same place keep their order.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
