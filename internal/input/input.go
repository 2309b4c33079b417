// Package input reads the files that people name on the command line, within
// bounds, with errors that say what is wrong with the path.
package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// Read returns the name of a file as messages have it, and its content, of at
// most limit bytes. "-" is standard input. Errors name the file.
func Read(path string, stdin io.Reader, limit int64) (name string, content []byte, err error) {
	name, reader := path, stdin
	if path == Stdin {
		name = "standard input"
	} else {
		file, err := os.Open(path)
		if err != nil {
			return name, nil, describe(path, err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return name, nil, fmt.Errorf("%s: is a directory, want a file", path)
		}
		reader = file
	}
	content, err = io.ReadAll(io.LimitReader(reader, limit+1))
	if err != nil {
		return name, nil, describe(name, err)
	}
	if int64(len(content)) > limit {
		return name, nil, fmt.Errorf("%s: is larger than %d bytes", name, limit)
	}
	return name, content, nil
}

func describe(path string, err error) error {
	switch {
	case path == "":
		return errors.New("the name of the file is empty")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", path)
	}
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
