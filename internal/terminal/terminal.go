// Package terminal shows text to people and asks them questions. It fits lines
// to the width of the terminal, formats tables, and redraws a block of lines. A
// blocked or closed stream does not keep a run from cleaning up and ending.
//
// It has no knowledge of commands or of the content that it shows.
package terminal

import (
	"os"

	"golang.org/x/term"
)

// Simulated is a stream that counts as a terminal although the operating system
// does not list it as one: another program simulates the terminal and its user.
type Simulated interface {
	// Discard discards input that was not read yet.
	Discard() error
	Size() (width, height int)
}

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	if _, ok := stream.(Simulated); ok {
		return true
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// IsFileOrNull reports whether a stream is a regular file or the null device: then the
// output does not go to the program that started the process. The runtime of Go opens
// the null device for a stream that is closed at the start.
func IsFileOrNull(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode().IsRegular() {
		return err == nil
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

// Size returns the number of columns and lines of a terminal; 80 and 24 when
// they are unknown.
func Size(stream any) (width, height int) {
	if simulated, ok := stream.(Simulated); ok {
		return simulated.Size()
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

// Width returns the number of columns of a stream; 0 when it is not a terminal.
func Width(stream any) int {
	if !Is(stream) {
		return 0
	}
	width, _ := Size(stream)
	return width
}

// Redraws reports whether a stream is a terminal on which lines may be redrawn:
// NO_COLOR is unset or empty, and TERM is not "dumb". variable looks up these
// environment variables.
func Redraws(stream any, variable func(string) (string, bool)) bool {
	noColor, _ := variable("NO_COLOR")
	kind, _ := variable("TERM")
	return Is(stream) && noColor == "" && kind != "dumb"
}

// Coloured reports whether a stream is a terminal that supports colours; TERM
// must be set. See https://no-color.org.
func Coloured(stream any, variable func(string) (string, bool)) bool {
	kind, _ := variable("TERM")
	return kind != "" && Redraws(stream, variable)
}
