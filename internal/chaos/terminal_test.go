// The terminal of a scene, and the person who types at it.

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

// keyboard is a terminal's. One line is typed before the command asks anything, if
// there is one, and another a second after each question.
type keyboard struct {
	mu      sync.Mutex
	screen  screen
	answers []string
	typed   []string
	ready   chan struct{} // gets a signal when something is typed, or the terminal is closed
	closed  bool

	noDiscard bool // what was typed cannot be discarded
}

// screen is what a terminal shows: what it gets, and what is typed.
type screen struct{ *recorder }

// Discard does nothing: at a screen no one types.
func (screen) Discard() error { return nil }

// Size is that of a very wide terminal, whose lines need no wrapping.
func (screen) Size() (width, height int) { return 10000, 24 }

// endOfInput is the answer of who types Ctrl-D.
const endOfInput = "\x04"

func newKeyboard(talk *recorder, before string, answers []string) *keyboard {
	k := &keyboard{screen: screen{talk}, answers: slices.Clone(answers), ready: make(chan struct{}, 100)}
	if before != "" {
		k.hit(before)
	}
	return k
}

// hit types a line.
func (k *keyboard) hit(line string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.typed = append(k.typed, line)
		k.ready <- struct{}{}
	}
}

// heard is called with all that the screen shows.
func (k *keyboard) heard(b []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if strings.Contains(string(b), prompt) && len(k.answers) > 0 {
		answer := k.answers[0]
		k.answers = k.answers[1:]
		time.AfterFunc(time.Second, func() { k.hit(answer) })
	}
}

func (k *keyboard) Read(b []byte) (int, error) {
	for {
		k.mu.Lock()
		line, any, closed := "", len(k.typed) > 0, k.closed
		if any {
			line, k.typed = k.typed[0], k.typed[1:]
		}
		k.mu.Unlock()
		switch {
		case closed, line == endOfInput:
			return 0, io.EOF
		case any:
			k.screen.Write([]byte(line + "\n"))
			return copy(b, line+"\n"), nil
		}
		<-k.ready
	}
}

// Discard discards what was typed and not read yet.
func (k *keyboard) Discard() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.noDiscard {
		return terminal.ErrNoDiscard
	}
	k.typed = nil
	return nil
}

// Size is that of the screen.
func (k *keyboard) Size() (width, height int) { return k.screen.Size() }

// close ends who reads, after the command has.
func (k *keyboard) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	k.ready <- struct{}{}
}
