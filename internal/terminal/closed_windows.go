package terminal

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isClosed reports whether a write failed because the pipe has no reader.
// Source: System Error Codes, ERROR_BROKEN_PIPE and ERROR_NO_DATA ("the pipe is
// being closed").
func isClosed(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
