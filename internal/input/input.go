// Package input reads the files that people name on the command line, within
// bounds, with errors that say what is wrong with the path.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// Read returns the name of a file as messages have it, and its content, of at
// most limit bytes. "-" is standard input. Errors name the file, but for that
// of ctx, which ends a wait for a terminal or a pipe.
func Read(ctx context.Context, path string, stdin io.Reader, limit int64) (name string, content []byte, err error) {
	name = path
	if path == Stdin {
		name = "standard input"
	}
	type result struct {
		content []byte
		err     error
	}
	done := make(chan result, 1) // so that a reader that was left behind can end
	go func() {
		content, err := read(path, stdin, limit)
		done <- result{content, err}
	}()
	select {
	case r := <-done:
		return name, r.content, describe(name, r.err)
	case <-ctx.Done():
		return name, nil, ctx.Err()
	}
}

// read reads the file, and fails when it has more than limit bytes.
func read(path string, stdin io.Reader, limit int64) ([]byte, error) {
	if path != Stdin {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("is a directory, want a file")
		}
		stdin = file
	}
	content, err := io.ReadAll(io.LimitReader(stdin, limit+1))
	if err == nil && int64(len(content)) > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	return content, err
}

// describe says which file err is about, once.
func describe(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case name == "":
		return errors.New("the name of the file is empty")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", name)
	}
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}
