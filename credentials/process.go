package credentials

// This file gets credentials from a credential_process, a program that prints
// them. Source: AWS SDKs and Tools Reference Guide, "Process credential
// provider".

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

const (
	// processTimeout is the time limit of a program. A person may have to sign in.
	processTimeout = time.Minute
	// The maximum number of bytes of a program's stdout and of its stderr: more
	// than credentials need, and more than a person reads. A program that
	// writes more is killed.
	maxProcessOutput = 64 << 10
	maxProcessErrors = 1 << 20
)

// process returns the source when the profile names a program that prints
// credentials; nil otherwise.
func process(_ *search, p sharedProfile) source {
	e, ok := p.get("credential_process")
	if !ok {
		return nil
	}
	return processSource{p.name, e}
}

type processSource struct {
	profile string
	entry   *entry
}

// credentials runs the program. An error contains neither the stdout nor the
// stderr of the program, because both may contain secrets.
func (s processSource) credentials(ctx context.Context) (Credentials, error) {
	words, err := s.words()
	if err != nil {
		return Credentials{}, err
	}
	own, cancel := context.WithTimeout(ctx, processTimeout)
	defer cancel()
	own, tooMuch := context.WithCancelCause(own)
	defer tooMuch(nil)
	stdout := &limitedBuffer{limit: maxProcessOutput, keep: true, exceeded: func() { tooMuch(errTooMuchOutput) }}
	stderr := &limitedBuffer{limit: maxProcessErrors, exceeded: func() { tooMuch(errTooMuchOutput) }}
	command := exec.CommandContext(own, words[0], words[1:]...)
	command.Stdout, command.Stderr = stdout, stderr
	// In its own group, the program is killed together with its children. A child
	// that remains may keep the output open.
	setOwnProcessGroup(command)
	command.WaitDelay = time.Second
	err = command.Run()
	stderrNote := ""
	if stderr.total > 0 {
		stderrNote = fmt.Sprintf("; the program wrote %d bytes to stderr, which are not shown because they may contain secrets", stderr.total)
	}
	switch {
	case ctx.Err() != nil:
		return Credentials{}, deadline.NewEnded(ctx, fmt.Sprintf("running the program of profile %s (credential_process)", quote(s.profile)))
	case context.Cause(own) == errTooMuchOutput && stdout.full():
		return Credentials{}, s.failf(printHint, "prints more than %d bytes", maxProcessOutput)
	case context.Cause(own) == errTooMuchOutput:
		return Credentials{}, s.failf("run the program by hand to see what it writes", "writes more than %d bytes to stderr, which are not shown because they may contain secrets", maxProcessErrors)
	case own.Err() != nil:
		problem := s.failf("run the program by hand to see what it waits for", "took longer than %v%s", processTimeout, stderrNote)
		problem.Transient = true
		return Credentials{}, problem
	case err != nil && errors.As(err, new(*exec.ExitError)):
		problem := s.failf("run the program by hand to see why it fails", "failed: %v%s", err, stderrNote)
		problem.Err = errProgramFailed
		return Credentials{}, problem
	case errors.Is(err, exec.ErrWaitDelay): // the program succeeded, but its children still run
	case err != nil:
		return Credentials{}, s.failf("name a program that exists and is executable", "cannot be run: %v", startProblem(err))
	}
	return s.read(stdout)
}

// words returns the program and its arguments.
func (s processSource) words() ([]string, error) {
	words, ok := splitWords(s.entry.value)
	if !ok || len(words) == 0 || s.entry.continuationLine != 0 {
		return nil, s.failf("write the command as one line, as for a shell: program argument \"another argument\"", "is not a command line")
	}
	return words, nil
}

// errTooMuchOutput is the cause when a program is killed because it writes too much.
var errTooMuchOutput = errors.New("the program writes too much")

// errProgramFailed is the cause when a program exits with an error. The program
// may have failed to reach a service; its exit code does not show that.
var errProgramFailed = errors.New("the program failed")

// startProblem returns the system's error for a program that does not start.
func startProblem(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	return systemError(err)
}

// printHint describes what the program must print.
const printHint = `make the program print {"Version": 1, "AccessKeyId": "...", "SecretAccessKey": "...", "SessionToken": "...", "Expiration": "..."}`

func (s processSource) read(stdout *limitedBuffer) (Credentials, error) {
	if stdout.full() {
		return Credentials{}, s.failf(printHint, "prints more than %d bytes", maxProcessOutput)
	}
	// Not a struct: encoding/json ignores the case of names, but other tools do
	// not.
	var printed map[string]json.RawMessage
	err := json.Unmarshal(stdout.kept.Bytes(), &printed)
	version, expiration := 0, ""
	c := Credentials{Source: fmt.Sprintf("the credential_process of profile %s", quote(s.profile)), ExpirySetting: "Expiration in the output of the program"}
	for name, into := range map[string]any{
		"Version": &version, "AccessKeyId": &c.AccessKeyID, "SecretAccessKey": &c.SecretAccessKey,
		"SessionToken": &c.SessionToken, "Expiration": &expiration,
	} {
		if value, ok := printed[name]; ok && err == nil {
			err = json.Unmarshal(value, into)
		}
	}
	if err != nil {
		return Credentials{}, s.failf(printHint, "does not print credentials as JSON")
	}
	if _, ok := printed["Version"]; !ok {
		return Credentials{}, s.failf(printHint, "prints no Version")
	}
	if version != 1 {
		return Credentials{}, s.failf(printHint, "prints Version %d, want 1", version)
	}
	if f, bad := c.keys().Check(); bad != nil {
		return Credentials{}, s.failf(printHint, "prints credentials whose %s %s", f.Words(), bad.Text)
	}
	if expiration != "" {
		expires, err := parseTime(expiration)
		if err != nil {
			return Credentials{}, s.failf("make the program print an Expiration in the form YYYY-MM-DDThh:mm:ssZ", "prints an Expiration that is not a time")
		}
		if !expires.After(time.Now()) {
			return Credentials{}, s.failf("renew the credentials that the program returns", "prints credentials that expired at %s", expires.UTC().Format(time.RFC3339))
		}
		c.Expires = expires
	}
	return c, nil
}

// failf returns an error about the program, with the position of the line that
// names it.
func (s processSource) failf(hint, format string, args ...any) *Error {
	return failf(hint, "%s: the program of profile %s (credential_process) %s",
		s.entry.where(), quote(s.profile), fmt.Sprintf(format, args...))
}

// limitedBuffer counts the bytes that are written to it, and keeps them if keep is
// set. When they exceed limit, it calls exceeded and rejects the rest.
type limitedBuffer struct {
	kept     bytes.Buffer // not embedded, because its ReadFrom would bypass Write
	keep     bool
	total    int
	limit    int
	exceeded func()
}

func (l *limitedBuffer) Write(b []byte) (int, error) {
	l.total += len(b)
	if l.full() {
		l.exceeded()
		return 0, errTooMuchOutput
	}
	if l.keep {
		l.kept.Write(b)
	}
	return len(b), nil
}

func (l *limitedBuffer) full() bool { return l.total > l.limit }

// splitWords splits a command line like a POSIX shell but expands nothing, as
// the AWS CLI does (botocore.compat.compat_shell_split). It returns false when
// a quote is not closed, or the text ends in a backslash.
func splitWords(text string) (words []string, ok bool) {
	var word strings.Builder
	inWord := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t':
			if inWord {
				words, inWord = append(words, word.String()), false
				word.Reset()
			}
			continue
		case c == '\'':
			end := strings.IndexByte(text[i+1:], '\'')
			if end < 0 {
				return nil, false
			}
			word.WriteString(text[i+1 : i+1+end])
			i += end + 1
		case c == '"':
			for i++; ; i++ {
				if i >= len(text) {
					return nil, false
				}
				if text[i] == '"' {
					break
				}
				if text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`"\`, text[i+1]) >= 0 {
					i++
				}
				word.WriteByte(text[i])
			}
		case c == '\\':
			if i++; i >= len(text) {
				return nil, false
			}
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
		inWord = true
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, true
}
