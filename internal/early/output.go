package early

// This file writes the output of a command.

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// exitClosed is the exit code when the reader of stdout has closed the pipe; see
// the exit codes of package cli.
const exitClosed = 141

// Output is what a command that succeeds writes.
type Output struct{ Stdout, Stderr string }

// WriteAndExit writes the output, and ends the process, also when the reader
// has closed the pipe. It returns when the output cannot be written for another
// reason, or would go to a terminal: then main runs the command line, wraps the
// text, and reports the error.
func (o Output) WriteAndExit() {
	if mayBeTerminal(os.Stdout) || o.Stderr != "" && mayBeTerminal(os.Stderr) {
		return
	}
	// With this channel for SIGPIPE, writing to a closed pipe fails instead of
	// ending the process; see main.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	for _, part := range []struct {
		to   *os.File
		text string
	}{{os.Stderr, o.Stderr}, {os.Stdout, o.Stdout}} {
		if part.text == "" {
			continue
		}
		if _, err := part.to.WriteString(part.text); errors.Is(err, syscall.EPIPE) {
			os.Exit(exitClosed)
		} else if err != nil {
			return
		}
	}
	os.Exit(0)
}

// mayBeTerminal reports whether a file may be a terminal. It returns true for every
// device except the
// null device, and a file whose kind is unknown.
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
