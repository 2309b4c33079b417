//go:build !linux

package kubernetes

import "syscall"

// attributes are the system's own: [Main] stops the server.
func attributes() *syscall.SysProcAttr { return nil }
