// Package meter counts the work of an analysis, so that any input ends: with an
// answer, or with an error that says what was too much. A count is the same on
// every machine; a time is not.
//
// An analysis makes one meter, and spends from it in every loop that can be
// longer than its input. When the meter is used up, Spend ends the analysis
// with a panic that [Catch] turns into the error: there is no answer then, not
// even half of one.
package meter

import (
	"fmt"
	"strings"
)

// Limit is how many units the analysis of one file may spend. A unit is a
// comparison of two short texts, or some ten bytes that stay in memory: 50 to
// 80 ns on a machine with two cores.
//
// The 1,594 policies that AWS manages, 4.4 MB in as many files, take 43,000,000
// to review: ten for each byte.
const Limit = 45_000_000

// perByte is what each byte besides those of the largest file adds to the limit,
// up to most: a folder of many files takes what its files take, and twice what
// AWS's own policies do is enough. One file alone has no more than [Limit], as
// large as it may be. With the time to read the largest folder, most is 10 s.
const (
	perByte = 25
	most    = 85_000_000
)

// LimitFor is how many units an analysis of several files may spend.
func LimitFor(bytes, largest int) int { return min(most, Limit+perByte*max(0, bytes-largest)) }

// Meter counts down. The nil meter has no limit.
type Meter struct {
	spent, limit int

	at    [2]string // see At
	since int       // what was spent when it came there
	by    [2]map[string]int
}

// New returns a meter with a number of units, [Limit] for an analysis.
func New(limit int) *Meter {
	return &Meter{limit: limit, by: [2]map[string]int{{}, {}}}
}

// Spent returns how many units were spent.
func (m *Meter) Spent() int { return m.spent }

// Spend takes units off what is left, and ends the analysis if there are not so
// many.
func (m *Meter) Spend(units int) {
	if m == nil {
		return
	}
	if units > m.limit-m.spent || units < 0 {
		m.spent = m.limit
		panic(m.tooMuch())
	}
	m.spent += units
}

// At says what the work from here on is about, such as a policy, and what is
// done with it, such as a rule. The error names those that took most.
func (m *Meter) At(subject, step string) {
	if m == nil {
		return
	}
	m.settle()
	m.at = [2]string{subject, step}
}

// settle books what was spent since At.
func (m *Meter) settle() {
	for i, name := range m.at {
		m.by[i][name] += m.spent - m.since
	}
	m.since = m.spent
}

func (m *Meter) tooMuch() *TooMuch {
	m.settle()
	most := func(by map[string]int) (name string) {
		for one, units := range by {
			if most := by[name]; one != "" && (name == "" || units > most || units == most && one < name) {
				name = one
			}
		}
		return name
	}
	return &TooMuch{Limit: m.limit, Subject: most(m.by[0]), Step: most(m.by[1])}
}

// TooMuch is the error of an analysis that would take more than its meter has.
type TooMuch struct {
	Limit int
	// Subject and Step are what took most of it, as At names them; "" if it is
	// unknown.
	Subject, Step string
	// What is too much where something else than work is counted: "findings".
	What string
}

// Error says which limit was exceeded.
func (e *TooMuch) Error() string {
	var b strings.Builder
	if e.What != "" {
		fmt.Fprintf(&b, "too much at once: more than %d %s", e.Limit, e.What)
	} else {
		b.WriteString("too much to compare at once")
	}
	if e.Subject != "" {
		fmt.Fprintf(&b, ", most of it in %s", e.Subject)
	}
	if e.Step != "" {
		fmt.Fprintf(&b, " (%s)", e.Step)
	}
	return b.String()
}

// Refuse ends the analysis when there are more than a number of something.
func (m *Meter) Refuse(count, limit int, what string) {
	if m == nil || count <= limit {
		return
	}
	e := m.tooMuch()
	e.Limit, e.What = limit, what
	panic(e)
}

// Catch, deferred where an analysis begins, makes the error of the panic of a
// meter. Others go on.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case *TooMuch:
		*err = r
	default:
		panic(r)
	}
}

// Patterns is what a comparison of two texts costs when one has wildcards: at
// most the product of their lengths.
func Patterns(a, b string) int {
	if !hasWildcard(a) && !hasWildcard(b) {
		return 1
	}
	return 1 + len(a)*len(b)/64
}

func hasWildcard(text string) bool {
	return strings.IndexByte(text, '*') >= 0 || strings.IndexByte(text, '?') >= 0
}
