// Questions to a person at a terminal.
//
// Only what is typed after a question is shown is an answer to it: a yes that
// was typed while something else was on the screen says nothing about what the
// question shows. So the input that the terminal still holds is discarded
// before a question, and a line that was read for an earlier one is dropped.
// That holds for codes too: what was typed ahead may have been meant for
// something else.

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

// Questions are the questions of a run.
type Questions struct {
	// In is where the answers are typed.
	In io.Reader
	// Shown is the stream that people read, Out how it is written to.
	Shown, Out io.Writer

	keyboard *keyboard
}

// Possible reports whether there is somebody to answer: what people read and
// what they type at are terminals.
func (q *Questions) Possible() bool { return Is(q.In) && Is(q.Shown) }

// ErrNoAnswer is the error when the input of the terminal ends: Ctrl-D.
var ErrNoAnswer = errors.New("no answer")

// ErrNoDiscard is the error of a system on which what was typed before a
// question cannot be known from an answer: no one is asked.
var ErrNoDiscard = errors.New("not possible on this system")

// Ask shows a question, which must be fit for a terminal, and returns the line
// that is typed then, without the white space around it, unless ctx ends first.
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
		// The terminal has gone away, and SIGHUP, which says so, is about to come.
		select {
		case <-ctx.Done():
			err = deadline.Stopped(ctx, "waiting for an answer")
		case <-time.After(time.Second):
		}
	}
	if err != nil && shown {
		fmt.Fprintln(q.Out)
	}
	return answer, err
}

// discardTyped discards what was typed at a terminal and not read yet.
func discardTyped(in io.Reader) error {
	if played, ok := in.(Played); ok {
		return played.Discard()
	}
	return discardInput(in.(*os.File))
}

// keyboard reads the lines that are typed. Only one goroutine reads at a time,
// and it outlives a question without an answer: nothing ends a read of a
// terminal.
type keyboard struct {
	in      io.Reader
	discard func() error // what the terminal holds

	question int        // the number of the last one that was asked
	reading  chan typed // gets what is read; nil when no one reads
}

// typed is a line, and the question for which it was read.
type typed struct {
	line     string
	question int
	err      error
}

// ask shows a question and returns the line that is typed after that.
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
				// It was read for an earlier question, and no one knows whether it was
				// typed before this one.
				show()
			case errors.Is(got.err, io.EOF): // also after a text without Enter
				return "", ErrNoAnswer
			case got.err != nil:
				return "", got.err
			default:
				return strings.TrimSpace(got.line), nil
			}
		case <-ctx.Done():
			return "", deadline.Stopped(ctx, "waiting for an answer")
		}
	}
}

// longestAnswer is more than any answer has, in bytes; the rest is not kept.
const longestAnswer = 4096

// read reads one line. A terminal gives no more than a line at a time, so that
// nothing is read that comes after it.
func (k *keyboard) read(into chan<- typed, question int) {
	got := typed{question: question}
	buffer := make([]byte, longestAnswer)
	for {
		n, err := k.in.Read(buffer)
		text, _, whole := strings.Cut(string(buffer[:n]), "\n")
		got.line += text[:min(len(text), longestAnswer-len(got.line))]
		if whole || err != nil {
			if !whole {
				got.err = err
			}
			into <- got
			return
		}
	}
}
