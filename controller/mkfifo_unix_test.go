//go:build unix

// The named pipes of the tests, on Unix.

package controller

import "syscall"

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
