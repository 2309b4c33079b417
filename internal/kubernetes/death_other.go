//go:build !linux

package kubernetes

import "syscall"

// attributes returns the default attributes. [Main] stops the server.
func attributes() *syscall.SysProcAttr { return nil }
