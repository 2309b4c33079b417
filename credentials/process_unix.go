//go:build unix

package credentials

// This file ends a program with all that it started.

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts a program into a process group of its own, which is killed as
// a whole. At a terminal it stays in ours: the terminal would stop a program of
// another group that asks a question, and an interrupt typed there reaches what
// it started anyway.
func ownGroup(command *exec.Cmd) {
	if terminal, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0); err == nil {
		terminal.Close()
		return
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
