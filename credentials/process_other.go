//go:build !unix

package credentials

import "os/exec"

// setOwnProcessGroup does nothing: only on Unix can a program be killed together with its
// process group.
func setOwnProcessGroup(*exec.Cmd) {}
