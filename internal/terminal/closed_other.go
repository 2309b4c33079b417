//go:build !windows

package terminal

import (
	"errors"
	"syscall"
)

// isClosed reports whether a write failed because the pipe has no reader.
func isClosed(err error) bool { return errors.Is(err, syscall.EPIPE) }
