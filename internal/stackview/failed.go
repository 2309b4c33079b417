// Messages about failures besides the cause, which the error itself names.

package stackview

import (
	"context"
	"errors"

	"capaboot/cfnstack"
	"capaboot/internal/terminal"
)

// PrintFailures prints the failures besides the cause, and the last known status of the
// stack after an interrupt. The caller prints the error itself.
func PrintFailures(messages terminal.Talk, err error) {
	if failure, ok := errors.AsType[*cfnstack.Failure](err); ok {
		for _, event := range failure.Others {
			messages.Warn("failed too: %s", EventLine(event))
		}
	}
	if interrupted, ok := errors.AsType[*cfnstack.Interrupted](err); ok && errors.Is(err, context.Canceled) {
		// The error itself only names the interrupt.
		if interrupted.Status != "" {
			messages.Say("stack %s is %s", interrupted.StackName, interrupted.Status)
		}
		for _, event := range interrupted.Failed {
			messages.Warn("failed: %s", EventLine(event))
		}
	}
}
