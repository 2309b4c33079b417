//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

import "os"

// discardInput fails on systems that cannot discard earlier input, where no
// prompt may be shown.
func discardInput(*os.File) error { return ErrNoDiscard }
