package credentials

// This file reads files with limits on the size and the time, because a path
// may name a pipe without a writer, or a file on an unreachable network.

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"capaboot/internal/deadline"
	"capaboot/internal/input"
)

// maxFileSize is the maximum size in bytes of a credentials or config file. A
// larger file is an error.
const maxFileSize = 1 << 20

// readFile returns the text of a file, and whether other users can read it. The
// error wraps fs.ErrNotExist when the file does not exist.
func readFile(ctx context.Context, path string) (text string, exposed bool, err error) {
	info, err := input.Stat(ctx, path)
	if err != nil && ctx.Err() != nil {
		return "", false, err
	}
	if err != nil {
		return "", false, readError(path, err)
	}
	if info.IsDir() {
		return "", false, failf("name a file", "reading %s: it is a directory", path)
	}
	text, err = readText(ctx, path)
	// Windows has no such modes: os.Stat invents them.
	exposed = info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows"
	return text, exposed, err
}

// readText returns the text of a file. path must not be a directory.
func readText(ctx context.Context, path string) (string, error) {
	data, err := deadline.Run(ctx, "reading "+path, func() ([]byte, error) { return readAll(path) })
	switch {
	case err != nil && ctx.Err() != nil:
		return "", err
	case err != nil:
		return "", readError(path, err)
	case len(data) > maxFileSize:
		return "", failf("name another file", "reading %s: it is larger than 1 MiB", path)
	}
	text := string(data)
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", failf("save the file as UTF-8", "reading %s: it is UTF-16", path)
	}
	if strings.Contains(text, "\x00") {
		return "", failf("name a text file", "reading %s: it is a binary file", path)
	}
	return text, nil
}

// readAll reads a file, but not more than one byte beyond maxFileSize.
func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFileSize+1))
}

// readError returns the system's error, with the path only once.
func readError(path string, err error) error {
	e := failf("", "reading %s: %v", path, systemError(err))
	e.Err = err
	return e
}

// systemError returns the error of the system about a file, without the path.
// The caller's message either has the path already, or must not have it.
func systemError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
