// Package atomicfile writes secrets to files. Only the owner can read such a
// file, it is complete or absent, and it is never written through a link. On
// Windows, the file has the permissions of its folder.
package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes content to the file at path, which only its owner can read. It
// replaces an existing file atomically, after the new one is complete on the
// disk. On failure, the old file is unchanged, and no other file remains. A
// path that names a symbolic link, a directory or a device is an error. Errors
// contain the path.
func Write(path string, content []byte) error {
	if err := check(path); err != nil {
		return err
	}
	// CreateTemp uses the mode 0600. The temporary name does not contain the
	// name of the file, which may already have the maximum length.
	temporary, err := os.CreateTemp(filepath.Dir(path), ".capaboot.*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, withoutTemporaryName(err))
	}
	err = fill(temporary, content)
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		os.Remove(temporary.Name())
		return fmt.Errorf("writing %s: %w", path, withoutTemporaryName(err))
	}
	return nil
}

// check rejects an existing path that is not a regular file.
func check(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("writing %s: %w", path, withoutTemporaryName(err))
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("writing %s: it is a symbolic link, but only a regular file is replaced", path)
	case info.IsDir():
		return fmt.Errorf("writing %s: it is a directory", path)
	case !info.Mode().IsRegular():
		return fmt.Errorf("writing %s: it is not a regular file", path)
	}
	return nil
}

// file has the methods of os.File that fill calls.
type file interface {
	io.WriteCloser
	Sync() error
}

// fill writes the content to the disk and closes the file.
func fill(f file, content []byte) error {
	_, err := f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// withoutTemporaryName returns the system's error, without the name of the
// temporary file.
func withoutTemporaryName(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
