package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput discards what was typed at a terminal and not read yet, as
// tcflush(TCIFLUSH) does. Source: ioctl_tty(2), TCFLSH.
func discardInput(terminal *os.File) error {
	return unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
