//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput discards what was typed at a terminal and not read yet, as
// tcflush(TCIFLUSH) does. Source: tty(4), TIOCFLUSH; FREAD of sys/fcntl.h is 1.
func discardInput(terminal *os.File) error {
	const fread = 1
	return unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCFLUSH, fread)
}
