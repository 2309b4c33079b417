//go:build !linux

package kubernetes

import "syscall"

// processAttributes returns the default attributes. If the test process is
// killed, the started processes continue to run.
func processAttributes() *syscall.SysProcAttr { return nil }
