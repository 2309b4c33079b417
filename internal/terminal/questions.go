// Questions to a person at a terminal.
//
// Only what is typed after a question is shown counts as its answer. A "yes"
// that was typed while something else was on the screen does not answer the
// question. Therefore, pending input of the terminal is discarded before a
// question, and a line that was read for an earlier question is dropped. The
// same applies to a request for an MFA code.

package terminal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

// Questions asks the questions of a run.
type Questions struct {
	// In is the stream on which answers are typed.
	In io.Reader
	// Shown is the stream that people read; Out writes to it.
	Shown, Out io.Writer

	keyboard *keyboard
}

// Possible reports whether a person can answer: input and output are terminals.
func (q *Questions) Possible() bool { return Is(q.In) && Is(q.Shown) }

// ErrNoAnswer is the error when the input of the terminal ends (Ctrl-D).
// Callers also return it when there is no terminal.
var ErrNoAnswer = errors.New("no answer")

// ErrNoDiscard is the error on a system that cannot discard what was typed
// before a question. No question is asked there.
var ErrNoDiscard = errors.New("not possible on this system")

// Ask shows a question, which must be safe for a terminal, and returns the next
// typed line, without surrounding white space. It returns [ErrNoAnswer]
// when the input ends, and another error when ctx ends first or the input
// cannot be read or discarded.
func (q *Questions) Ask(ctx context.Context, question string) (string, error) {
	if q.keyboard == nil {
		q.keyboard = &keyboard{in: q.In, discard: func() error { return discardTyped(q.In) }}
	}
	shown := false
	answer, err := q.keyboard.ask(ctx, func() {
		shown = true
		fmt.Fprint(q.Out, Fit(question, Width(q.Shown)))
	})
	if err != nil && ctx.Err() == nil && !q.Possible() {
		// The terminal has disconnected, and SIGHUP, which cancels ctx, is
		// about to arrive.
		select {
		case <-ctx.Done():
			err = deadline.NewEnded(ctx, "waiting for an answer")
		case <-time.After(time.Second):
		}
	}
	if err != nil && shown {
		fmt.Fprintln(q.Out)
	}
	return answer, err
}

// discardTyped discards input that was typed at a terminal but not read yet.
func discardTyped(in io.Reader) error {
	if simulated, ok := in.(Simulated); ok {
		return simulated.Discard()
	}
	return discardInput(in.(*os.File))
}

// keyboard reads the lines that are typed. Only one goroutine reads at a time.
// When a question gets no answer, the goroutine remains, because a read of a
// terminal cannot be interrupted.
type keyboard struct {
	in      io.Reader
	discard func() error // discards pending input of the terminal

	question int        // the number of the last question
	reading  chan typed // gets the next line; nil when no goroutine reads
}

// typed is a line, and the number of the question for which it was read.
type typed struct {
	line     string
	question int
	err      error
}

// ask shows a question and returns the line that is typed after it.
func (k *keyboard) ask(ctx context.Context, show func()) (string, error) {
	if err := k.discard(); err != nil {
		return "", fmt.Errorf("discarding what was typed before the question: %w", err)
	}
	k.question++
	show()
	for {
		if k.reading == nil {
			k.reading = make(chan typed, 1)
			go k.read(k.reading, k.question)
		}
		select {
		case got := <-k.reading:
			k.reading = nil
			switch {
			case got.question != k.question:
				// The line was read for an earlier question, and may have been
				// typed before this question, so it does not count.
				show()
			case errors.Is(got.err, io.EOF): // also for text without Enter
				return "", ErrNoAnswer
			case got.err != nil:
				return "", got.err
			default:
				return strings.TrimSpace(got.line), nil
			}
		case <-ctx.Done():
			return "", deadline.NewEnded(ctx, "waiting for an answer")
		}
	}
}

// longestAnswer is the maximum length of an answer in bytes; the rest is
// dropped.
const longestAnswer = 4096

// read reads one line. It takes no input after that line, because a terminal
// returns at most one line at a time.
func (k *keyboard) read(lines chan<- typed, question int) {
	got := typed{question: question}
	buffer := make([]byte, longestAnswer)
	for {
		n, err := k.in.Read(buffer)
		text, _, complete := strings.Cut(string(buffer[:n]), "\n")
		got.line += text[:min(len(text), longestAnswer-len(got.line))]
		if complete || err != nil {
			if !complete {
				got.err = err
			}
			lines <- got
			return
		}
	}
}
