package early

// This file writes the output of a command.

import (
	"errors"
	"os"
	"syscall"
)

// exitClosed is the exit code when the reader of stdout or stderr has closed
// the pipe; see the exit codes of package cli.
const exitClosed = 141

// Output is what a command that succeeds writes.
type Output struct{ Stdout, Stderr string }

// WriteAndExit writes the output and ends the process, even if the output is a
// pipe without a reader. It returns only if the output would go to a terminal,
// or if writing fails for any other reason. Then main runs the command line,
// which wraps the text or reports the error.
func (o Output) WriteAndExit() {
	if mayBeTerminal(os.Stdout) || o.Stderr != "" && mayBeTerminal(os.Stderr) {
		return
	}
	for _, part := range []struct {
		write func([]byte) (int, error)
		file  *os.File
		text  string
	}{
		{func(text []byte) (int, error) { return syscall.Write(syscall.Stderr, text) }, os.Stderr, o.Stderr},
		{func(text []byte) (int, error) { return syscall.Write(syscall.Stdout, text) }, os.Stdout, o.Stdout},
	} {
		rest, err := writeAll(part.write, []byte(part.text))
		if errors.Is(err, syscall.EPIPE) {
			os.Exit(exitClosed)
		}
		if err != nil { // os.File waits for a file that does not block
			_, err = part.file.Write(rest)
		}
		if err != nil {
			return
		}
	}
	os.Exit(0)
}

// writeAll writes a text with a system call, and returns what was not written.
// Unlike os.File, the call does not end the process when the pipe is closed. The
// channel for SIGPIPE, with which main avoids that, would take longer than the call.
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
// every device except the null device, and for a file whose kind is unknown.
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
