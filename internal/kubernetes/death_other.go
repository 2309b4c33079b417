//go:build !linux

package kubernetes

import "syscall"

// processAttributes returns the default attributes: only [Main] stops the
// started processes.
func processAttributes() *syscall.SysProcAttr { return nil }
