//go:build !unix

package credentials

import "os/exec"

// ownGroup does nothing: only on Unix can a program be killed together with its
// process group.
func ownGroup(*exec.Cmd) {}
