package cfnstack

// This file says what each status of a stack means: whether it is final,
// whether it is a failure, and what has to be done before the stack can be
// updated.

import (
	"strings"

	"capaboot/internal/lazy"
)

// state is what a status means.
type state struct {
	// final: nothing more happens by itself.
	final bool
	// failed: the operation that ended with it did not do what was asked.
	failed bool
	// before is what must be done before a change set can be executed.
	before Action
}

// Action is what [Preparation] does.
type Action string

// The actions.
const (
	ActionNone             Action = ""
	ActionFollow           Action = "follow"            // wait for the operation that is under way
	ActionReuse            Action = "reuse"             // the stack is an empty one that a change set made
	ActionDelete           Action = "delete"            // delete the stack, then create it
	ActionContinueRollback Action = "continue rollback" // continue the rollback, then update
	ActionImpossible       Action = "impossible"        // nothing that this package may do
)

// states is every status of a stack:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
// A status that is not here counts as under way when it ends in _IN_PROGRESS,
// and as final and failed otherwise.
var states = lazy.Value[map[string]state]{Make: func() map[string]state {
	return map[string]state{
		"CREATE_COMPLETE":          {final: true},
		"UPDATE_COMPLETE":          {final: true},
		"IMPORT_COMPLETE":          {final: true},
		"DELETE_COMPLETE":          {final: true},
		"REVIEW_IN_PROGRESS":       {final: true, before: ActionReuse},
		"CREATE_FAILED":            {final: true, failed: true, before: ActionDelete},
		"ROLLBACK_COMPLETE":        {final: true, failed: true, before: ActionDelete},
		"ROLLBACK_FAILED":          {final: true, failed: true, before: ActionDelete},
		"DELETE_FAILED":            {final: true, failed: true, before: ActionDelete},
		"UPDATE_FAILED":            {final: true, failed: true},
		"UPDATE_ROLLBACK_COMPLETE": {final: true, failed: true},
		"UPDATE_ROLLBACK_FAILED":   {final: true, failed: true, before: ActionContinueRollback},
		"IMPORT_ROLLBACK_COMPLETE": {final: true, failed: true},
		// The resources that were to be adopted may be in any condition, and
		// ContinueUpdateRollback does not take this status.
		"IMPORT_ROLLBACK_FAILED": {final: true, failed: true, before: ActionImpossible},
	}
}}

func stateOf(status string) state {
	if s, ok := states.Get()[status]; ok {
		return s
	}
	if strings.HasSuffix(status, "_IN_PROGRESS") {
		return state{before: ActionFollow}
	}
	return state{final: true, failed: true, before: ActionImpossible}
}

// Final says whether a stack with this status stays as it is.
func Final(status string) bool { return stateOf(status).final }
