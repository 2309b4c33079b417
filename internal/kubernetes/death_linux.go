package kubernetes

import "syscall"

// processAttributes lets the kernel kill a started process when the test process
// ends for any reason.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
