// The terminal of a scene, and the user who types there.

package chaos_test

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"capaboot/internal/terminal"
)

const prompt = `Type "yes" to continue: `

// keyboard is the input of a terminal. The user may type a line before the
// first question, and types an answer one second after each question.
type keyboard struct {
	mu      sync.Mutex
	screen  screen
	answers []string
	typed   []string
	ready   chan struct{} // receives a value when a line is typed or the terminal is closed
	closed  bool

	noDiscard bool // pending input cannot be discarded
}

// screen is the output of a terminal, with an echo of the input.
type screen struct{ *recorder }

// Discard does nothing, because a screen has no input.
func (screen) Discard() error { return nil }

// Size returns the size of a terminal so wide that no line is wrapped.
func (screen) Size() (width, height int) { return 10000, 24 }

// endOfInput is the answer of a user who types Ctrl-D.
const endOfInput = "\x04"

func newKeyboard(output *recorder, typed string, answers []string) *keyboard {
	k := &keyboard{screen: screen{output}, answers: slices.Clone(answers), ready: make(chan struct{}, 100)}
	if typed != "" {
		k.typeLine(typed)
	}
	return k
}

func (k *keyboard) typeLine(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.typed = append(k.typed, line)
		k.ready <- struct{}{}
	}
}

// onOutput is called with everything that the screen shows.
func (k *keyboard) onOutput(b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if strings.Contains(string(b), prompt) && len(k.answers) > 0 {
		answer := k.answers[0]
		k.answers = k.answers[1:]
		time.AfterFunc(time.Second, func() { k.typeLine(answer) })
	}
}

func (k *keyboard) Read(b []byte) (int, error) {
	for {
		k.mu.Lock()
		line, hasLine, closed := "", len(k.typed) > 0, k.closed
		if hasLine {
			line, k.typed = k.typed[0], k.typed[1:]
		}
		k.mu.Unlock()
		switch {
		case closed, line == endOfInput:
			return 0, io.EOF
		case hasLine:
			k.screen.Write([]byte(line + "\n"))
			return copy(b, line+"\n"), nil
		}
		<-k.ready
	}
}

// Discard discards the pending input.
func (k *keyboard) Discard() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.noDiscard {
		return terminal.ErrNoDiscard
	}
	k.typed = nil
	return nil
}

// Size returns the size of the screen.
func (k *keyboard) Size() (width, height int) { return k.screen.Size() }

// close ends a pending read after the command has ended.
func (k *keyboard) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	k.ready <- struct{}{}
}
