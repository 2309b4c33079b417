//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput discards input that was typed at a terminal but not read yet, as
// tcflush(TCIFLUSH) does. Source: tty(4), TIOCFLUSH; FREAD in sys/fcntl.h is 1.
func discardInput(terminal *os.File) error {
	const fread = 1
	return unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCFLUSH, fread)
}
