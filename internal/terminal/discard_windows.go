package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// discardInput discards what was typed at a console and not read yet.
func discardInput(terminal *os.File) error {
	return windows.FlushConsoleInputBuffer(windows.Handle(terminal.Fd()))
}
