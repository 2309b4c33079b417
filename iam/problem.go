// Collects the problems of a configuration file, each with its position.

package iam

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/problem"
	"capaboot/internal/shortlist"
)

// position is a position in a file. Both numbers count from 1; 0 means the
// whole file.
type position struct{ line, column int }

// report collects problems and warnings while a file is checked. It knows the
// position of each value in the file by its path
// ("spec.nodes.extraStatements[0].Action").
type report struct {
	file      string
	positions map[string]position
	// hasProblem has the paths of values of the wrong type, and of fields that an
	// unknown field probably means. Further problems at these paths, or below
	// them, are not reported.
	hasProblem map[string]bool
	problems   problem.List
	dropped    int // number of problems beyond maxProblems
	warnings   problem.List
	lookups    int // number of searches for a similar AWS managed policy or action
	actionWork int // number of comparisons in warnOfActions
	// unfilled has the placeholders in policy ARNs, as "PATH: PLACEHOLDER, PLACEHOLDER".
	unfilled []string
}

func newReport(file string) *report {
	return &report{file: file, positions: map[string]position{"": {1, 1}}, hasProblem: map[string]bool{}}
}

// addAt records a problem at a position, unless the same problem is recorded
// already. After maxProblems problems, it only counts further problems.
func (r *report) addAt(p position, format string, args ...any) {
	found := r.problem(p, format, args...)
	switch {
	case slices.Contains(r.problems, found):
	case len(r.problems) < maxProblems:
		r.problems = append(r.problems, found)
	default:
		r.dropped++
	}
}

func (r *report) problem(p position, format string, args ...any) problem.Problem {
	return problem.Problem{File: r.file, Line: p.line, Column: p.column, Message: fmt.Sprintf(format, args...)}
}

// maxProblems limits how many problems are kept per file. A malicious file
// could have one on every line.
const maxProblems = 200

// add reports a problem with the value at a path, unless the value is broken.
// If the file does not have the path, the problem is at the nearest ancestor.
func (r *report) add(path, format string, args ...any) {
	if !r.isBroken(path) {
		r.addAt(r.positionOf(path), "%s: %s", path, fmt.Sprintf(format, args...))
	}
}

// isBroken reports whether hasProblem has the value at a path, or a value that
// contains it.
func (r *report) isBroken(path string) bool {
	for ; path != ""; path = parent(path) {
		if r.hasProblem[path] {
			return true
		}
	}
	return false
}

// warn reports a value that is allowed but probably a mistake.
func (r *report) warn(path, format string, args ...any) {
	r.warnAt(r.positionOf(path), "%s: %s", path, fmt.Sprintf(format, args...))
}

// warnAt is like warn, but takes a position instead of a path. Duplicates, and
// warnings beyond maxProblems, are dropped.
func (r *report) warnAt(p position, format string, args ...any) {
	warning := r.problem(p, format, args...)
	if len(r.warnings) < maxProblems && !slices.Contains(r.warnings, warning) {
		r.warnings = append(r.warnings, warning)
	}
}

func (r *report) positionOf(path string) position {
	return r.positions[r.nearest(path)]
}

// nearest returns the path if the file has it, and otherwise the nearest
// ancestor in the file; "" is the whole file.
func (r *report) nearest(path string) string {
	for path != "" {
		if _, ok := r.positions[path]; ok {
			return path
		}
		path = parent(path)
	}
	return ""
}

// parent returns the path of the mapping or list that contains the value at a
// path.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// warningLines returns the warnings, sorted by position.
func (r *report) warningLines() []string {
	r.warnings.Sort()
	var lines []string
	for _, warning := range r.warnings {
		lines = append(lines, warning.Error())
	}
	return lines
}

// err returns the problems as one error, sorted by position, or nil.
func (r *report) err() error {
	r.problems.Sort()
	if r.dropped > 0 {
		return append(r.problems, problem.Problem{File: r.file, Message: shortlist.More(r.dropped) + " problems"})
	}
	return r.problems.Err()
}
