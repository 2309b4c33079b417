// Package terminal is what a program shows to people and asks them: text in
// lines that fit, tables, a block of lines that is redrawn, questions, and the
// streams of a run, which keep it neither from its end nor from cleaning up.
//
// It knows no commands, and nothing of what it shows.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// Played is a stream that counts as a terminal and is none of the system: another
// program plays it, and the person who types at it.
type Played interface {
	// Discard discards what was typed and not read yet.
	Discard() error
	Size() (width, height int)
}

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	if _, ok := stream.(Played); ok {
		return true
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Size returns how many columns and lines a terminal has; 80 and 24 when it
// does not tell.
func Size(stream any) (width, height int) {
	if played, ok := stream.(Played); ok {
		return played.Size()
	}
	file, ok := stream.(*os.File)
	if !ok {
		return Columns, 24
	}
	width, height, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 || height <= 0 {
		return Columns, 24
	}
	return width, height
}

// Width returns how many columns a stream has, 0 when it is not a terminal.
func Width(stream any) int {
	if !Is(stream) {
		return 0
	}
	width, _ := Size(stream)
	return width
}

// Redraws reports whether a stream is a terminal on which lines may be redrawn.
// variable finds variables of the environment: NO_COLOR and TERM count.
func Redraws(stream any, variable func(string) (string, bool)) bool {
	_, plain := variable("NO_COLOR")
	kind, _ := variable("TERM")
	return Is(stream) && !plain && kind != "dumb"
}

// Coloured reports whether a stream is a terminal that may be coloured, which TERM
// must name. See https://no-color.org.
func Coloured(stream any, variable func(string) (string, bool)) bool {
	kind, _ := variable("TERM")
	return kind != "" && Redraws(stream, variable)
}
