// Problems: collecting everything that is wrong with a configuration file, each
// with its place.

package iam

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/problem"
	"capaboot/internal/shortlist"
)

// position is a place in a file; both numbers count from 1.
type position struct{ line, column int }

// report collects problems and warnings while a file is checked. It knows
// where each value of the file stands, by its path
// ("spec.nodes.extraStatements[0].Action").
type report struct {
	file      string
	positions map[string]position
	// broken are the paths of values of a wrong type: what else is wrong with
	// them, or with what they lack, is not news.
	broken   map[string]bool
	problems problem.List
	dropped  int // problems beyond maxProblems
	warnings problem.List
	looked   int // names of AWS's policies that were looked up
	// unfilled are ARNs of policies with placeholders, as "PATH: PLACEHOLDER".
	unfilled []string
}

func newReport(file string) *report {
	return &report{file: file, positions: map[string]position{"": {1, 1}}, broken: map[string]bool{}}
}

// at records a problem at a place.
func (r *report) at(p position, format string, args ...any) {
	found := r.problem(p, format, args...)
	switch {
	case slices.Contains(r.problems, found):
	case len(r.problems) < maxProblems:
		r.problems = append(r.problems, found)
	default:
		r.dropped++
	}
}

// problem is what is said about a place of the file.
func (r *report) problem(p position, format string, args ...any) problem.Problem {
	return problem.Problem{File: r.file, Line: p.line, Column: p.column, Message: fmt.Sprintf(format, args...)}
}

// maxProblems is how many problems of a file are kept: no one reads more, and
// a hostile file could have one in every line.
const maxProblems = 200

// on records a problem with the value at a path; one that the file does not
// have is reported where its nearest ancestor stands.
func (r *report) on(path, format string, args ...any) {
	if !r.isBroken(path) {
		r.at(r.find(path), "%s: %s", path, fmt.Sprintf(format, args...))
	}
}

// isBroken reports whether the value at a path, or one that it is in, is of a
// wrong type.
func (r *report) isBroken(path string) bool {
	for ; path != ""; path = parent(path) {
		if r.broken[path] {
			return true
		}
	}
	return false
}

// warn records something that is allowed but probably not meant.
func (r *report) warn(path, format string, args ...any) {
	r.warnAt(r.find(path), "%s: %s", path, fmt.Sprintf(format, args...))
}

// warnAt does it at a place.
func (r *report) warnAt(p position, format string, args ...any) {
	warning := r.problem(p, format, args...)
	if len(r.warnings) < maxProblems && !slices.Contains(r.warnings, warning) {
		r.warnings = append(r.warnings, warning)
	}
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

// warned returns the warnings, sorted by place.
func (r *report) warned() []string {
	r.warnings.Sort()
	var lines []string
	for _, warning := range r.warnings {
		lines = append(lines, warning.Error())
	}
	return lines
}

// err returns the problems as one error, sorted by place, or nil.
func (r *report) err() error {
	r.problems.Sort()
	if r.dropped > 0 {
		return append(r.problems, problem.Problem{File: r.file, Message: shortlist.More(r.dropped) + " problems"})
	}
	return r.problems.Err()
}
