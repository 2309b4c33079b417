// The state of the evaluation of one request: notes, unknown values, and the limit of
// the work.

package simulate

import (
	"fmt"
	"slices"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// evaluation is the state of the evaluation of one request.
type evaluation struct {
	Request
	// doubtful makes a part of a statement unknown if it compares a usual key
	// whose value is unknown; see isUsual.
	doubtful bool
	// accountIsAssumed means that the caller and the resource are assumed to be in the
	// same account, and assumeOtherAccount reverses the assumption.
	accountIsAssumed, assumeOtherAccount bool
	// hasBoundary means that the caller has a permissions boundary.
	hasBoundary bool
	// sameTemplate is [Policies.SameTemplate].
	sameTemplate bool
	notes        map[string]bool
	// missing has the keys that the current statement compares and the request
	// lacks.
	missing map[string]bool
	// incomparable is set when values could not be compared: a negated
	// comparison is then unknown.
	incomparable bool
	// choices has the parameters whose allowed values decide whether statements
	// exist. conditions has the undecided template conditions that decide whether
	// statements exist.
	choices, conditions map[string]bool
	// hasRefusedVariable means that a condition under which the request would
	// be allowed can only be met through a variable that IAM refuses.
	hasRefusedVariable bool
	// unexamined means that only some of the conditions under which the request
	// may be allowed were examined, and that none of these can be met.
	unexamined bool
	// reasons say what is unknown about the current statement.
	reasons []string
	// work is the remaining budget for comparing patterns that contain both
	// "*" and "?".
	work  int
	meter *meter.Meter
}

// unknownBecause records why a part of the statement is unknown, and returns
// maybe.
func (e *evaluation) unknownBecause(format string, args ...any) truth {
	if reason := fmt.Sprintf(format, args...); !slices.Contains(e.reasons, reason) {
		e.reasons = append(e.reasons, reason)
	}
	return maybe
}

// unclear returns maybe, and records what AWS's documentation leaves open as
// the reason.
func (e *evaluation) unclear(what document.Unclear) truth { return e.unknownBecause("%s", what) }

// negate inverts a comparison. IAM's documentation does not define the negation
// of a comparison that cannot be made, such as of a number with a text, so the
// result is then unknown.
func (e *evaluation) negate(compare func() truth) truth {
	before := e.incomparable
	e.incomparable = false
	result := compare()
	if e.incomparable && result == no {
		result = e.unclear(document.Unclear{Kind: document.NegatedType})
	}
	e.incomparable = before
	return not(result)
}

func (e *evaluation) note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	e.meter.Spend(noteCost(note))
	e.notes[note] = true
}

// noteCost is the cost of recording and writing a note.
func noteCost(note string) int { return 20 + 2*len(note) }
