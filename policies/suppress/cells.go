// Which part of a finding a suppression hides: some of its actions, for some of
// its principals and trusted principals.

package suppress

import "slices"

// cells splits a finding: it has a row for each action, and in each row a cell
// for each column. A finding without actions has one row.
type cells [][]cell // [action][column]

type cell uint8

const (
	unmatched  cell = iota // not suppressed so far
	suppressed             // by an entry
	locked                 // cannot be suppressed
)

// column is a combination of a principal and a trusted principal of a finding.
// Each is empty if the finding has none.
type column struct{ principal, trusted string }

func (f *Finding) columns() []column {
	var all []column
	for _, principal := range orEmpty(f.Principals) {
		for _, trusted := range orEmpty(f.Trusted) {
			all = append(all, column{principal, trusted})
		}
	}
	return all
}

// orEmpty returns the names or, if there are none, a single empty name.
func orEmpty(names []string) []string {
	if len(names) == 0 {
		return []string{""}
	}
	return names
}

func newCells(f *Finding) cells {
	c := make(cells, max(1, len(f.Actions)))
	for i := range c {
		c[i] = make([]cell, max(1, len(f.Principals))*max(1, len(f.Trusted)))
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

// lock handles a finding with an escalation path: for each column, either all
// actions of the finding are suppressed or none. It locks the cells of every
// column for which the active entries do not suppress all actions. active has
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
	if len(f.Actions) == 0 && e.requiresAction() {
		return Part{}, false
	}
	hidden := c.clone() // only the cells that this entry suppresses remain in hidden
	found := false
	for k, at := range f.columns() {
		matches := e.matchesPrincipal(f, at)
		for i, row := range c {
			if matches && row[k] == unmatched && (len(f.Actions) == 0 || e.matchesAction(f.Actions[i])) {
				row[k], found = suppressed, true
			} else {
				hidden[i][k] = suppressed
			}
		}
	}
	part, _ := hidden.remaining(f)
	return part, found
}

// remaining returns the actions, principals and trusted principals with a cell
// that is not suppressed. It returns false if all cells are suppressed.
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
	principals, trusted := map[string]bool{}, map[string]bool{}
	for k, at := range f.columns() {
		if slices.ContainsFunc(c, func(row []cell) bool { return isRemaining(row[k]) }) {
			principals[at.principal], trusted[at.trusted] = true, true
		}
	}
	for _, name := range f.Principals {
		if principals[name] {
			part.Principals = append(part.Principals, name)
		}
	}
	for _, name := range f.Trusted {
		if trusted[name] {
			part.Trusted = append(part.Trusted, name)
		} else {
			part.Without = append(part.Without, name)
		}
	}
	return part, slices.ContainsFunc(c, func(row []cell) bool { return slices.ContainsFunc(row, isRemaining) })
}
