// Questions to the user at a terminal.

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"capaboot/credentials"
	"capaboot/internal/terminal"
)

// ask prints a question on stderr, and returns the line that the user types.
func (r *runner) ask(ctx context.Context, question string) (string, error) {
	answer, err := r.questions.Ask(ctx, fmt.Sprintf("%s: %s", r.talk.Name, printable(question)))
	if errors.Is(err, terminal.ErrNoDiscard) {
		err = fmt.Errorf("%w; to confirm, pass --yes; to give an MFA code, pass --mfa-code", err)
	}
	return answer, err
}

// askMFACode returns a function that asks for the code of the MFA device with a
// serial number. The function asks again if the answer is not a code. Without a
// terminal, askMFACode returns nil.
func (r *runner) askMFACode() func(context.Context, string) (string, error) {
	if !r.questions.Possible() {
		return nil
	}
	return func(ctx context.Context, serial string) (code string, err error) {
		for range maxMFAQuestions {
			code, err = r.ask(ctx, "the code that MFA device "+serial+" shows: ")
			if code = strings.TrimSpace(code); err != nil || credentials.IsMFACode(code) {
				break
			}
			r.talk.Warn("an MFA code has six digits")
		}
		return code, err
	}
}

// maxMFAQuestions is how many times the user is asked for an MFA code, at most. The
// last answer is returned even if it is not a code.
const maxMFAQuestions = 3

// askIfPossible calls ask. Without a terminal it returns
// [terminal.ErrNoAnswer].
func (r *runner) askIfPossible(ctx context.Context, question string) (string, error) {
	if !r.questions.Possible() {
		return "", terminal.ErrNoAnswer
	}
	return r.ask(ctx, question)
}
