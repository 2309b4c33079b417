// Hints about files that cannot be written, by the error of the operating
// system.

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// withWriteHint adds a hint to an error of writing the file that flag names, such as
// --output-file. It returns nil if err is nil.
func withWriteHint(err error, flag string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errorWithHint{err, "create the folder, or choose another file with " + flag}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return errorWithHint{err, "choose a file in a folder that " + thisUser() + " can write to"}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errorWithHint{err, "free space on the file system, or choose a file on another file system with " + flag}
	}
	return errorWithHint{err, "choose another file with " + flag}
}

// thisUser names the user of this process, with the user ID if the operating
// system has one.
func thisUser() string {
	if id := os.Getuid(); id >= 0 {
		return fmt.Sprintf("this user (ID %d)", id)
	}
	return "this user"
}
