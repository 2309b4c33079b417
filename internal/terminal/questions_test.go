// Tests of questions: input for another question is not an answer.

package terminal

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// A line that was typed for an earlier prompt must not answer the next one,
// whether it arrives before or after the next prompt is shown.
func TestLineOfAnEarlierQuestion(t *testing.T) {
	for _, isEarly := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			in, typing := io.Pipe()
			defer typing.Close()
			discarded, shown := 0, 0
			k := &keyboard{in: in, discard: func() error { discarded++; return nil }}
			ctx, cancel := context.WithCancel(t.Context())
			if _, err := k.ask(ctx, cancel); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
			synctest.Wait() // the terminal is still being read
			stale := func() { _, _ = io.WriteString(typing, "yes\n") }
			if isEarly {
				stale()
				synctest.Wait()
			}
			answer, err := k.ask(t.Context(), func() {
				shown++
				if !isEarly && shown == 1 {
					go stale()
				}
				if shown == 2 {
					go func() { _, _ = io.WriteString(typing, " no \n") }()
				}
			})
			if answer != "no" || err != nil || shown != 2 || discarded != 2 {
				t.Errorf("early %v: answer %q, %v; shown %d times, discarded %d times", isEarly, answer, err, shown, discarded)
			}
		})
	}
}

func TestKeyboard(t *testing.T) {
	answerTo := func(in io.Reader, discard error) (string, error) {
		k := &keyboard{in: in, discard: func() error { return discard }}
		return k.ask(t.Context(), func() {})
	}
	for text, want := range map[string]string{"yes\n": "yes", "\n": "", "yes\nno\n": "yes", "yes \r\n": "yes", strings.Repeat("x", 5000) + "\n": strings.Repeat("x", longestAnswer)} {
		if got, err := answerTo(strings.NewReader(text), nil); got != want || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "yes"} { // Ctrl-D, without Enter before it
		if answer, err := answerTo(strings.NewReader(text), nil); answer != "" || err != ErrNoAnswer {
			t.Errorf("the end of the input after %q: %q, %v", text, answer, err)
		}
	}
	lostTerminal := errors.New("the terminal is gone")
	if _, err := answerTo(io.MultiReader(strings.NewReader("ye"), deadTerminal{lostTerminal}), nil); err != lostTerminal {
		t.Errorf("a terminal that goes away: %v", err)
	}
	if answer, err := answerTo(strings.NewReader("yes\n"), lostTerminal); answer != "" || !errors.Is(err, lostTerminal) {
		t.Errorf("what was typed before cannot be discarded: %q, %v", answer, err)
	}
}

type deadTerminal struct{ err error }

func (d deadTerminal) Read([]byte) (int, error) { return 0, d.err }
