// Package atomicfile writes secrets to files: a file that only its owner can read,
// that is there whole or not at all, and never somewhere a link points to.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts content into the file at path, which only its owner can
// read. A file that is there is replaced at once, when the new one is complete
// on the disk; when anything fails it stays as it was, and nothing is left
// next to it. A path that names a symbolic link, a directory or a device is an
// error. Errors name the path.
func Write(path string, content []byte) error {
	if err := check(path); err != nil {
		return err
	}
	// The mode is 0600. The name has nothing of the path's, which may be as long
	// as a name can be.
	temporary, err := os.CreateTemp(filepath.Dir(path), ".capaboot.*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	err = fill(temporary, content)
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		os.Remove(temporary.Name())
		return fmt.Errorf("writing %s: %w", path, cause(err))
	}
	return nil
}

// check refuses what is not a regular file and would be written through, or
// cannot be replaced.
func check(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("writing %s: %w", path, cause(err))
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("writing %s: it is a symbolic link, and credentials are not written through one", path)
	case info.IsDir():
		return fmt.Errorf("writing %s: it is a directory", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("writing %s: not a regular file", path)
	}
	return nil
}

// file is what fill needs of a file.
type file interface {
	io.WriteCloser
	Sync() error
}

// fill writes the content through to the disk and closes the file.
func fill(f file, content []byte) error {
	_, err := f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// cause returns what the system said, without the name of the temporary file.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
