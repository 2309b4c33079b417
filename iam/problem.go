// Problems: everything that is wrong with a configuration file, each with its
// place.

package iam

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/terminal"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	// File is the name of the file.
	File string
	// Line and Column count from 1; both are 0 when the whole file is meant.
	Line, Column int
	// Text says what is wrong and what is allowed.
	Text string
}

// Error returns "FILE: line L, column C: TEXT".
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s: line %d, column %d: %s", p.File, p.Line, p.Column, p.Text)
}

// Problems is an error that holds all problems of a file, in the order in
// which they stand in it.
type Problems []Problem

// Error returns the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors of their own.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// position is a place in a file; both numbers count from 1.
type position struct{ line, column int }

// report collects problems and warnings while a file is checked. It knows
// where each value of the file stands, by its path
// ("spec.nodes.extraStatements[0].Action").
type report struct {
	file      string
	positions map[string]position
	// broken are the paths of values of a wrong type: what else is wrong with
	// them, or with what they lack, is no news.
	broken   map[string]bool
	problems Problems
	dropped  int // problems beyond maxProblems
	warnings []string
}

func newReport(file string) *report {
	return &report{file: file, positions: map[string]position{"": {1, 1}}, broken: map[string]bool{}}
}

// at records a problem at a place.
func (r *report) at(p position, format string, args ...any) {
	problem := Problem{File: r.file, Line: p.line, Column: p.column, Text: fmt.Sprintf(format, args...)}
	switch {
	case slices.Contains(r.problems, problem):
	case len(r.problems) < maxProblems:
		r.problems = append(r.problems, problem)
	default:
		r.dropped++
	}
}

// maxProblems is how many problems of a file are kept: nobody reads more, and
// a hostile file could have one in every line.
const maxProblems = 200

// on records a problem with the value at a path; one that the file does not
// have is reported where its nearest ancestor stands.
func (r *report) on(path, format string, args ...any) {
	for p := path; p != ""; p = parent(p) {
		if r.broken[p] {
			return
		}
	}
	r.at(r.find(path), "%s: %s", path, fmt.Sprintf(format, args...))
}

// warn records something that is allowed but probably not meant.
func (r *report) warn(path, format string, args ...any) {
	p := r.find(path)
	r.warnings = append(r.warnings, fmt.Sprintf("%s: line %d, column %d: %s: %s", r.file, p.line, p.column, path, fmt.Sprintf(format, args...)))
}

func (r *report) find(path string) position {
	return r.positions[r.given(path)]
}

// given returns the path if the file has it, or else its nearest ancestor that
// the file has; "" is the whole file.
func (r *report) given(path string) string {
	for path != "" {
		if _, ok := r.positions[path]; ok {
			return path
		}
		path = parent(path)
	}
	return ""
}

// parent returns the path of what a value is in.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// err returns the problems as one error, sorted by place, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if r.dropped > 0 {
		return append(r.problems, Problem{File: r.file, Text: terminal.More(r.dropped) + " problems"})
	}
	return r.problems
}
