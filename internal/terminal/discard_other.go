//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

import "os"

// discardInput fails, because this system cannot discard what was typed before a
// question. So no question is asked.
func discardInput(*os.File) error { return ErrNoDiscard }
