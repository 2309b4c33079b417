// Which part of a finding a suppression hides: some of its actions, for some of
// its principals.

package suppress

import "slices"

// cells splits a finding: it has one cell for each combination of an action and
// a principal. A finding without actions or without principals has one row or
// one column, so that there is always a cell.
type cells [][]cell // [action][principal]

type cell uint8

const (
	unmatched  cell = iota // not suppressed so far
	suppressed             // by an entry
	locked                 // cannot be suppressed
)

func newCells(f *Finding) cells {
	c := make(cells, max(1, len(f.Actions)))
	for i := range c {
		c[i] = make([]cell, max(1, len(f.Principals)))
	}
	return c
}

func (c cells) clone() cells {
	clone := slices.Clone(c)
	for i := range clone {
		clone[i] = slices.Clone(c[i])
	}
	return clone
}

// lock handles a finding with an escalation path: for each principal, either all
// actions of the finding are suppressed or none. It locks the cells of every
// principal for whom the active entries do not suppress all actions. active has
// the indexes of these entries.
func (c cells) lock(f *Finding, entries []Entry, active []int) {
	tentative := c.clone()
	for _, i := range active {
		tentative.suppress(f, &entries[i])
	}
	for k := range c[0] {
		if slices.ContainsFunc(tentative, func(row []cell) bool { return row[k] != suppressed }) {
			for _, row := range c {
				row[k] = locked
			}
		}
	}
}

// suppress marks the cells that an entry suppresses and returns them as a part.
// It returns false if the entry suppresses no cell. An entry that requires an
// action or a principal does not match a finding without any.
func (c cells) suppress(f *Finding, e *Entry) (Part, bool) {
	if len(f.Actions) == 0 && e.requiresAction() || len(f.Principals) == 0 && e.requiresPrincipal() {
		return Part{}, false
	}
	hidden := c.clone() // the cells that this entry hides remain unmatched here
	found := false
	for i, row := range c {
		for k := range row {
			fits := row[k] == unmatched && (len(f.Actions) == 0 || e.matchesAction(f.Actions[i])) &&
				(len(f.Principals) == 0 || e.matchesPrincipal(f.Principals[k]))
			if fits {
				row[k], found = suppressed, true
			} else {
				hidden[i][k] = suppressed
			}
		}
	}
	part, _ := hidden.remaining(f)
	return part, found
}

// remaining returns the actions and principals with a cell that is not
// suppressed. It returns false if all cells are suppressed.
func (c cells) remaining(f *Finding) (Part, bool) {
	part := Part{Actions: []string{}}
	isRemaining := func(x cell) bool { return x != suppressed }
	for i, name := range f.Actions {
		if slices.ContainsFunc(c[i], isRemaining) {
			part.Actions = append(part.Actions, name)
		} else {
			part.Without = append(part.Without, name)
		}
	}
	for k, name := range f.Principals {
		if slices.ContainsFunc(c, func(row []cell) bool { return isRemaining(row[k]) }) {
			part.Principals = append(part.Principals, name)
		}
	}
	return part, slices.ContainsFunc(c, func(row []cell) bool { return slices.ContainsFunc(row, isRemaining) })
}
