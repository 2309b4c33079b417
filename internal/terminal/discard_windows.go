package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// discardInput discards input that was typed at a console but not read yet.
func discardInput(terminal *os.File) error {
	return windows.FlushConsoleInputBuffer(windows.Handle(terminal.Fd()))
}
