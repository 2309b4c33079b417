// Package input reads the files that people name on the command line, within
// bounds, with errors that say what is wrong with the path.
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

	"capaboot/internal/deadline"
	"capaboot/internal/nearword"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// Read returns the name of a file as messages have it, and its content, of at
// most limit bytes. "-" is standard input. Errors name the file. When ctx ends
// first, as where a pipe has no writer, the error is a *deadline.Ended.
func Read(ctx context.Context, path string, stdin io.Reader, limit int64) (name string, content []byte, err error) {
	name = path
	if path == Stdin {
		name = "standard input"
	}
	content, err = deadline.For(ctx, "reading "+name, func() ([]byte, error) {
		content, err := read(path, stdin, limit)
		return content, describe(name, err)
	})
	return name, content, err
}

// Stat is os.Stat that ends with ctx, as Read does.
func Stat(ctx context.Context, path string) (fs.FileInfo, error) {
	return deadline.For(ctx, "reading "+path, func() (fs.FileInfo, error) { return os.Stat(path) })
}

// Lstat is os.Lstat that ends with ctx, as Read does.
func Lstat(ctx context.Context, path string) (fs.FileInfo, error) {
	return deadline.For(ctx, "reading "+path, func() (fs.FileInfo, error) { return os.Lstat(path) })
}

// CheckNew returns an error when there is something at a path, or when that cannot
// be determined: what somebody wrote is not replaced.
func CheckNew(ctx context.Context, path string) error {
	switch _, err := Lstat(ctx, path); {
	case err == nil:
		return fmt.Errorf("%s already exists and is not replaced: name another file, or remove it", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// read reads the file, and fails when it has more than limit bytes.
func read(path string, stdin io.Reader, limit int64) ([]byte, error) {
	var content bytes.Buffer
	if path != Stdin {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil {
			if info.IsDir() {
				return nil, errors.New("is a directory, want a file")
			}
			content.Grow(int(max(0, min(info.Size(), limit)) + bytes.MinRead))
		}
		stdin = file
	}
	if n, err := content.ReadFrom(io.LimitReader(stdin, limit+1)); err != nil || n <= limit {
		return content.Bytes(), err
	}
	return nil, fmt.Errorf("is larger than %d bytes", limit)
}

// missing is [fs.ErrNotExist] in our words.
type missing struct{ name string }

func (m *missing) Error() string { return m.name + ": no such file" }
func (m *missing) Unwrap() error { return fs.ErrNotExist }

// Hint names the file of the same folder that was probably meant.
func (m *missing) Hint() string {
	if near := nearFile(m.name); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// nearFile returns the file of a folder whose name is the nearest to that of a path
// which does not exist, "" when none is near.
func nearFile(path string) string {
	const most = 1000 // names of a folder that are compared
	folder, name := filepath.Split(path)
	open, err := os.Open(filepath.Clean(folder)) // "" is "."
	if err != nil {
		return ""
	}
	defer open.Close()
	entries, _ := open.ReadDir(most)
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	if near, ok := nearword.Closest(name, names); ok {
		return folder + near
	}
	return ""
}

// describe says which file err is about, once.
func describe(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case name == "":
		return errors.New("the name of the file is empty")
	case errors.Is(err, fs.ErrNotExist):
		return &missing{name}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", name)
	}
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// WorkingFolder is the folder that the program runs in, "" if it is unknown.
func WorkingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}
