package kubernetes

import "syscall"

// attributes makes the server stop when the test process ends for any reason.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
