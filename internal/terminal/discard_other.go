//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

import "os"

// discardInput fails on systems that cannot discard earlier input: no question
// may be asked there.
func discardInput(*os.File) error { return ErrNoDiscard }
