// This file redraws a block of lines at the end of a terminal.

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
	drawn int // the number of lines of the current block
}

// NewScreen returns the screen that w writes to; size returns its current size.
func NewScreen(w io.Writer, size func() (width, height int)) *Screen {
	return &Screen{w: w, size: size}
}

// Room returns how many lines can be redrawn now, at least 1.
func (s *Screen) Room() int {
	_, height := s.size()
	return max(height-2, 1)
}

// Draw replaces the previous block with these lines. It cuts off what does not
// fit the width.
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

// Erase removes the block.
func (s *Screen) Erase() {
	if s.drawn > 0 {
		fmt.Fprintf(s.w, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}

// Leave keeps the block on the screen; the next one is drawn below it.
func (s *Screen) Leave() { s.drawn = 0 }
