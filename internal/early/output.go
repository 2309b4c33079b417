package early

// This file writes the output of a command.

import (
	"errors"
	"os"
	"syscall"
)

// The exit codes when the output cannot be written, and when the reader of stdout
// or stderr has closed the pipe; see the exit codes of package cli.
const (
	exitFailed = 1
	exitClosed = 141
)

// Output is what a command that succeeds writes.
type Output struct{ Stdout, Stderr string }

// WriteAndExit writes the output, and ends the process. It returns, without having
// written anything, when the output would go to a terminal: then main runs the
// command line, which wraps the text. program is the name by which the program was
// called.
func (o Output) WriteAndExit(program string) {
	if mayBeTerminal(os.Stdout) || o.Stderr != "" && mayBeTerminal(os.Stderr) {
		return
	}
	stderr := func(text []byte) (int, error) { return syscall.Write(syscall.Stderr, text) }
	stdout := func(text []byte) (int, error) { return syscall.Write(syscall.Stdout, text) }
	_ = writeOrExit(stderr, os.Stderr, o.Stderr) // as in package cli, messages must not stop the work
	if err := writeOrExit(stdout, os.Stdout, o.Stdout); err != nil {
		_ = writeOrExit(stderr, os.Stderr, program+": error: writing the result: "+err.Error()+"\n")
		os.Exit(exitFailed)
	}
	os.Exit(0)
}

// writeOrExit writes a text with a system call. If the call fails, it writes the rest
// with file, and returns the error of file. It ends the process if the file is a closed
// pipe.
func writeOrExit(call func([]byte) (int, error), file *os.File, text string) error {
	rest, err := writeAll(call, []byte(text))
	if errors.Is(err, syscall.EPIPE) {
		os.Exit(exitClosed)
	}
	if err != nil { // os.File waits until a non-blocking file is ready
		_, err = file.Write(rest)
	}
	return err
}

// writeAll writes a text with a system call, and returns what was not written.
// Unlike os.File, the call does not end the process when the pipe is closed.
// main avoids that with a channel for SIGPIPE, but creating the channel would
// take longer than the call.
func writeAll(write func([]byte) (int, error), text []byte) (rest []byte, err error) {
	for len(text) > 0 {
		n, err := write(text)
		text = text[max(n, 0):]
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return text, err
		}
	}
	return nil, nil
}

// mayBeTerminal reports whether a file may be a terminal. It returns true for
// every character device except the null device, and for a file that cannot be
// inspected.
func mayBeTerminal(file *os.File) bool {
	info, err := file.Stat()
	if err != nil {
		return true
	}
	if info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
