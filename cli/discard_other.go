//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package cli

import (
	"errors"
	"os"
)

// discardInput fails: where what was typed before cannot be told from an
// answer, nobody is asked.
func discardInput(*os.File) error {
	return errors.New("not possible on this system; use --yes or --mfa-code")
}
