// Package input reads files that the user names. It limits their size and the
// time for reading, and its errors say what is wrong with the path.
package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"capaboot/internal/deadline"
	"capaboot/internal/nearword"
)

// Stdin is the file name that means standard input.
const Stdin = "-"

// Read returns the name of a file for messages, and its content. "-" is
// standard input. A file with more than limit bytes is an error. Errors name
// the file. When ctx ends first, for example because a pipe has no writer, the
// error is a *deadline.Ended.
func Read(ctx context.Context, path string, stdin io.Reader, limit int64) (name string, content []byte, err error) {
	name = path
	if path == Stdin {
		name = "standard input"
	}
	content, err = deadline.Run(ctx, "reading "+name, func() ([]byte, error) {
		content, err := readLimited(path, stdin, limit)
		return content, withName(name, err)
	})
	return name, content, err
}

// Stat calls os.Stat, and returns early when ctx ends.
func Stat(ctx context.Context, path string) (fs.FileInfo, error) {
	return deadline.Run(ctx, "reading "+path, func() (fs.FileInfo, error) { return os.Stat(path) })
}

// Lstat calls os.Lstat, and returns early when ctx ends.
func Lstat(ctx context.Context, path string) (fs.FileInfo, error) {
	return deadline.Run(ctx, "reading "+path, func() (fs.FileInfo, error) { return os.Lstat(path) })
}

// CheckFile returns the error of [Read] for a file that does not exist, and for a
// folder. It does not read the file.
func CheckFile(ctx context.Context, path string) error {
	if path == Stdin {
		return nil
	}
	info, err := Stat(ctx, path)
	if err == nil && info.IsDir() {
		err = ErrFolder
	}
	return withName(path, err)
}

// ErrFolder is the error for a folder where a file is expected.
const ErrFolder = folderError("want a file, got a directory")

type folderError string

func (e folderError) Error() string { return string(e) }

// CheckNew returns nil only if the path does not exist, so that no file of the
// user is overwritten.
func CheckNew(ctx context.Context, path string) error {
	switch _, err := Lstat(ctx, path); {
	case err == nil:
		return existing(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// existing is the error for a file that must not be replaced.
type existing string

func (e existing) Error() string { return string(e) + " already exists and is not replaced" }
func (e existing) Hint() string  { return "name another file, or remove the existing file" }

// readLimited reads the file, and fails when it has more than limit bytes.
func readLimited(path string, stdin io.Reader, limit int64) ([]byte, error) {
	var content bytes.Buffer
	if path != Stdin {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil {
			if info.IsDir() {
				return nil, ErrFolder
			}
			content.Grow(int(max(0, min(info.Size(), limit)) + bytes.MinRead))
		}
		stdin = file
	}
	if n, err := content.ReadFrom(io.LimitReader(stdin, limit+1)); err != nil || n <= limit {
		return content.Bytes(), err
	}
	return nil, fmt.Errorf("it is larger than %d bytes", limit)
}

// notFound is [fs.ErrNotExist] with a shorter message.
type notFound struct{ name string }

func (m *notFound) Error() string { return m.name + ": no such file" }
func (m *notFound) Unwrap() error { return fs.ErrNotExist }

// Hint suggests the file in the same folder with the most similar name.
func (m *notFound) Hint() string {
	if near := closestFile(m.name); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// notAllowed is [fs.ErrPermission] with a longer message.
type notAllowed struct{ name string }

func (n *notAllowed) Error() string { return n.name + ": no permission to read the file" }
func (n *notAllowed) Unwrap() error { return fs.ErrPermission }

// closestFile returns the file with the most similar name in the same folder;
// "" when none is similar.
func closestFile(path string) string {
	const maxNames = 1000 // more entries of the folder are ignored
	folder, name := filepath.Split(path)
	dir, err := os.Open(filepath.Clean(folder)) // "" is "."
	if err != nil {
		return ""
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxNames)
	var names []string
	stem := func(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }
	for _, entry := range entries {
		// A common extension does not make names similar.
		_, ok := nearword.Closest(stem(name), []string{stem(entry.Name())})
		if ok && !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	if near, ok := nearword.Closest(name, names); ok {
		return folder + near
	}
	return ""
}

// withName adds the file's name to err, in place of the path that err may contain.
func withName(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case name == "":
		return errors.New("the name of the file is empty")
	case errors.Is(err, fs.ErrNotExist):
		return &notFound{name}
	case errors.Is(err, fs.ErrPermission):
		return &notAllowed{name}
	}
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// WorkingFolder returns the current folder; "" when it is unknown.
func WorkingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}
