//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package terminal

import "os"

// discardInput fails: where what was typed before cannot be known from an
// answer, no one is asked.
func discardInput(*os.File) error { return ErrNoDiscard }
