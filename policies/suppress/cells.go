// What a suppression takes of a finding: some of its actions, for some of its
// principals.

package suppress

import "slices"

// cells are a finding taken apart: one cell for each of its actions with each
// of its principals.
type cells [][]cell // [action][principal]

type cell uint8

const (
	free   cell = iota // to take
	taken              // by a suppression
	locked             // not to take
)

func newCells(f *Finding) cells {
	c := make(cells, max(1, len(f.Actions)))
	for i := range c {
		c[i] = make([]cell, max(1, len(f.Principals)))
	}
	return c
}

func (c cells) clone() cells {
	copied := slices.Clone(c)
	for i := range copied {
		copied[i] = slices.Clone(c[i])
	}
	return copied
}

// lock is for findings about a path, which is one until all of its actions are
// accepted: it locks the principals for whom some are not.
func (c cells) lock(f *Finding, entries []Entry, active []int) {
	trial := c.clone()
	for _, i := range active {
		trial.take(f, &entries[i])
	}
	for k := range c[0] {
		if slices.ContainsFunc(trial, func(row []cell) bool { return row[k] != taken }) {
			for _, row := range c {
				row[k] = locked
			}
		}
	}
}

// take gives cells of a finding to a suppression that concerns it, and returns
// what it got, or false if that is none. A finding about no action, or no
// principal, is for a suppression that names none.
func (c cells) take(f *Finding, e *Entry) (Part, bool) {
	if len(f.Actions) == 0 && e.needsAction() || len(f.Principals) == 0 && e.needsPrincipal() {
		return Part{}, false
	}
	got := c.clone() // free: what it gets
	some := false
	for i, row := range c {
		for k := range row {
			fits := row[k] == free && (len(f.Actions) == 0 || e.takesAction(f.Actions[i])) &&
				(len(f.Principals) == 0 || e.takesPrincipal(f.Principals[k]))
			if fits {
				row[k], some = taken, true
			} else {
				got[i][k] = taken
			}
		}
	}
	part, _ := got.rest(f)
	return part, some
}

// rest returns those actions and principals alone that have a cell that is not
// taken, or false if there is no such cell.
func (c cells) rest(f *Finding) (Part, bool) {
	part := Part{Actions: []string{}}
	left := func(x cell) bool { return x != taken }
	for i, name := range f.Actions {
		if slices.ContainsFunc(c[i], left) {
			part.Actions = append(part.Actions, name)
		} else {
			part.Without = append(part.Without, name)
		}
	}
	for k, name := range f.Principals {
		if slices.ContainsFunc(c, func(row []cell) bool { return left(row[k]) }) {
			part.Principals = append(part.Principals, name)
		}
	}
	return part, slices.ContainsFunc(c, func(row []cell) bool { return slices.ContainsFunc(row, left) })
}
