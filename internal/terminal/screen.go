// Redrawing: a block of lines at the end of a terminal.

package terminal

import (
	"fmt"
	"io"
	"strings"
)

// Screen is a terminal whose last lines are redrawn in place.
type Screen struct {
	w     io.Writer
	size  func() (width, height int)
	drawn int // lines that stand there
}

// NewScreen returns the screen that w writes to; size says how large it is now.
func NewScreen(w io.Writer, size func() (width, height int)) *Screen {
	return &Screen{w: w, size: size}
}

// Room returns how many lines may be redrawn now, 1 at least.
func (s *Screen) Room() int {
	_, height := s.size()
	return max(height-2, 1)
}

// Draw puts single lines in place of those that
// were drawn before. What does not fit the width is cut off.
func (s *Screen) Draw(lines []string) {
	width, _ := s.size()
	s.Erase()
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(cut(line, width-1) + "\n")
	}
	_, _ = io.WriteString(s.w, b.String())
	s.drawn = len(lines)
}

// Erase removes what was drawn.
func (s *Screen) Erase() {
	if s.drawn > 0 {
		fmt.Fprintf(s.w, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// Leave lets what was drawn stand; the next lines are drawn below it.
func (s *Screen) Leave() { s.drawn = 0 }
