// This file writes to the file that GITHUB_ENV names, through which a step of a
// GitHub Actions job sets variables for later steps.

package credentials

import (
	"capaboot/internal/deadline"
	"context"
	"errors"
	"fmt"
	"os"
)

// GitHubEnvironment is the file that GITHUB_ENV names, open for appending.
type GitHubEnvironment struct{ file *os.File }

// UnusableGitHubFile is the error for a file that cannot be opened, or that the
// runner did not create.
type UnusableGitHubFile struct{ Err error }

func (e *UnusableGitHubFile) Error() string { return e.Err.Error() }
func (e *UnusableGitHubFile) Unwrap() error { return e.Err }

// OpenGitHubEnvironment opens the file that GITHUB_ENV names. The runner
// creates a regular file. Anything else is rejected: the runner would not read
// it, but another program might. Errors do not contain the path.
func OpenGitHubEnvironment(path string) (*GitHubEnvironment, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, systemError(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file, but credentials are written only to regular files")
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0)
	if err != nil {
		return nil, systemError(err)
	}
	if current, err := file.Stat(); err != nil || !os.SameFile(info, current) {
		file.Close()
		return nil, errors.New("it was replaced while it was opened")
	}
	return &GitHubEnvironment{file}, nil
}

// WriteGitHubActions sets Variable to the profile for the later steps of a GitHub
// Actions job, through the file that GITHUB_ENV names. It masks the secrets
// first, so that a later failure cannot show them; mask must write its lines to
// the output in which the runner looks for commands. Errors do not contain the
// path.
func (c Credentials) WriteGitHubActions(ctx context.Context, path string, profile Profile, mask func(lines string) error) error {
	const operation = "writing the file that GITHUB_ENV names"
	file, err := deadline.Run(ctx, operation, func() (*GitHubEnvironment, error) { return OpenGitHubEnvironment(path) })
	if err != nil && ctx.Err() == nil {
		err = &UnusableGitHubFile{err}
	}
	if err != nil {
		return fmt.Errorf("the file that GITHUB_ENV names: %w", err)
	}
	defer file.Close()
	masks, environment := c.GitHubActions(profile)
	if err := mask(masks); err != nil {
		return err
	}
	if err := deadline.RunToEnd(ctx, operation, func() error { return file.Append(environment) }); err != nil {
		return fmt.Errorf("the file that GITHUB_ENV names: %w", err)
	}
	return nil
}

// Close closes the file, if it is still open.
func (e *GitHubEnvironment) Close() error { return e.file.Close() }

// Append appends lines and, unless that fails, closes the file. Errors do not
// contain the path.
func (e *GitHubEnvironment) Append(lines string) error {
	return systemError(appendWhole(e.file, lines))
}

// appendWhole appends lines to a file, after a line break if the last line has
// none. Then it closes the file. When the write fails, it leaves the file open
// and removes what was written, because the runner rejects the whole file if a
// value is incomplete.
func appendWhole(file *os.File, lines string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if last := make([]byte, 1); info.Size() > 0 {
		if _, err := file.ReadAt(last, info.Size()-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = "\n" + lines
		}
	}
	if _, err := file.WriteString(lines); err != nil {
		return errors.Join(err, file.Truncate(info.Size()))
	}
	return file.Close()
}
