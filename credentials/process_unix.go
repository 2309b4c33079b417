//go:build unix

package credentials

// This file kills a program together with its children.

import (
	"os"
	"os/exec"
	"syscall"
)

// setOwnProcessGroup puts a program into its own process group, so that the whole group
// can be killed. At a terminal, the program stays in our group: the terminal
// would stop a program of another group that asks a question, and Ctrl-C
// reaches the program's children anyway.
func setOwnProcessGroup(command *exec.Cmd) {
	if terminal, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
		terminal.Close()
		return
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
