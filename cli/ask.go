// Asking: questions to a person at a terminal.

package cli

import (
	"context"
	"errors"
	"fmt"

	"capaboot/internal/terminal"
)

// ask puts a question on stderr, and returns the line that is typed then.
func (r *runner) ask(ctx context.Context, question string) (string, error) {
	answer, err := r.questions.Ask(ctx, fmt.Sprintf("%s: %s", r.talk.Name, printable(question)))
	if errors.Is(err, terminal.ErrNoDiscard) {
		err = fmt.Errorf("%w; use --yes or --mfa-code", err)
	}
	return answer, err
}

// askMFACode returns how to ask for a code, nil when there is no one to ask. A code
// serves once and for half a minute; --mfa-code passes one without a question.
func (r *runner) askMFACode() func(context.Context, string) (string, error) {
	if !r.questions.Possible() {
		return nil
	}
	return func(ctx context.Context, serial string) (string, error) {
		return r.ask(ctx, "the code that MFA device "+serial+" shows: ")
	}
}

// askIfPossible is ask, with [terminal.ErrNoAnswer] when there is no one to ask.
func (r *runner) askIfPossible(ctx context.Context, question string) (string, error) {
	if !r.questions.Possible() {
		return "", terminal.ErrNoAnswer
	}
	return r.ask(ctx, question)
}
