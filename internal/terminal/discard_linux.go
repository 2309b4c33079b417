package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput discards input that was typed at a terminal but not read yet, as
// tcflush(TCIFLUSH) does. Source: ioctl_tty(2), TCFLSH.
func discardInput(terminal *os.File) error {
	return unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
