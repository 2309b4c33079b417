// Questions to the user at a terminal.

package cli

import (
	"context"
	"errors"
	"fmt"

	"capaboot/internal/terminal"
)

// ask prints a question on stderr, and returns the line that the user types.
func (r *runner) ask(ctx context.Context, question string) (string, error) {
	answer, err := r.questions.Ask(ctx, fmt.Sprintf("%s: %s", r.talk.Name, printable(question)))
	if errors.Is(err, terminal.ErrNoDiscard) {
		err = fmt.Errorf("%w; pass --yes to confirm, or the code with --mfa-code", err)
	}
	return answer, err
}

// askMFACode returns a function that asks for the code of the MFA device with a
// serial number; nil when there is no terminal.
func (r *runner) askMFACode() func(context.Context, string) (string, error) {
	if !r.questions.Possible() {
		return nil
	}
	return func(ctx context.Context, serial string) (string, error) {
		return r.ask(ctx, "the code that MFA device "+serial+" shows: ")
	}
}

// askIfPossible calls ask. Without a terminal it returns
// [terminal.ErrNoAnswer].
func (r *runner) askIfPossible(ctx context.Context, question string) (string, error) {
	if !r.questions.Possible() {
		return "", terminal.ErrNoAnswer
	}
	return r.ask(ctx, question)
}
