package cfnstack

// This file has the meaning of every stack status: whether it is final, whether
// it is a failure, and what must be done before the stack can be updated.

import (
	"strings"

	"capaboot/internal/lazy"
)

// state is the meaning of a status.
type state struct {
	// final means that the status does not change by itself.
	final bool
	// failed means that the operation that ended with this status failed.
	failed bool
	// before is what must be done before a change set can be created.
	before Action
}

// Action is what a [Preparation] does to the stack.
type Action string

// The actions.
const (
	ActionNone             Action = ""
	ActionFollow           Action = "follow"            // wait for the running operation
	ActionReuse            Action = "reuse"             // use the empty stack that an earlier change set created
	ActionDelete           Action = "delete"            // delete the stack, then create it
	ActionContinueRollback Action = "continue rollback" // continue the rollback, then update
	ActionImpossible       Action = "impossible"        // this package cannot repair the stack
)

// states has the final statuses of a stack. A status that is not in states and
// ends in _IN_PROGRESS means that an operation is running. Any other status
// that is not in states counts as final and failed.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
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
		// The resources to adopt may be in any condition, and
		// ContinueUpdateRollback does not accept this status.
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

// Final reports whether a stack with this status no longer changes by itself.
func Final(status string) bool { return stateOf(status).final }

// Failed reports whether an operation that ended with this stack status failed.
func Failed(status string) bool { return stateOf(status).failed }

// RolledBack reports whether a stack with this status is intact although its last
// operation failed: CloudFormation restored the state before the operation, and
// the next successful update replaces the status.
func RolledBack(status string) bool {
	return status == "UPDATE_ROLLBACK_COMPLETE" || status == "IMPORT_ROLLBACK_COMPLETE"
}

// RequiredPreparation returns what a deployment must do first when the stack
// has this status.
func RequiredPreparation(status string) Action { return stateOf(status).before }
