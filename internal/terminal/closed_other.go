//go:build !windows

package terminal

import (
	"errors"
	"syscall"
)

// isClosed says whether a write failed because no one reads the pipe any
// more.
func isClosed(err error) bool { return errors.Is(err, syscall.EPIPE) }
