// Messages about failures other than the cause. The error itself names only the cause.

package stackview

import (
	"context"
	"errors"

	"capaboot/cfnstack"
	"capaboot/internal/terminal"
)

// PrintFailures prints the failures that the message of an error does not name
// and, after an interrupt, the last known status of the stack. The caller
// prints the error itself.
func PrintFailures(messages terminal.Talk, err error) {
	if failure, ok := errors.AsType[*cfnstack.Failure](err); ok {
		for _, event := range failure.Others {
			messages.Warn("failed too: %s", EventLine(event))
		}
	}
	if interrupted, ok := errors.AsType[*cfnstack.Interrupted](err); ok && errors.Is(err, context.Canceled) {
		// The error that the caller prints says only that there was an
		// interrupt, so print the rest here.
		if interrupted.Status != "" {
			messages.Say("stack %s is %s", interrupted.StackName, interrupted.Status)
		}
		for _, event := range interrupted.Failed {
			messages.Warn("failed: %s", EventLine(event))
		}
	}
}
