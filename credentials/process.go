package credentials

// This file is the source for credential_process: a program that prints
// credentials. Source: AWS SDKs and Tools Reference Guide, "Process credential
// provider".

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"capaboot/internal/deadline"
)

const (
	// processTime is how long a program may take, a person's sign-in included.
	processTime = time.Minute
	// maxProcessOutput is more than any credentials have, maxProcessErrors more
	// than a person reads on stderr. A program that writes more is ended.
	maxProcessOutput = 64 << 10
	maxProcessErrors = 1 << 20
)

// process recognises a program that prints credentials.
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

// credentials runs the program. Neither what it prints nor what it says on
// stderr goes into an error: both may have secrets.
func (s processSource) credentials(ctx context.Context) (Credentials, error) {
	words, ok := splitWords(s.entry.value)
	if !ok || len(words) == 0 || s.entry.continued != 0 {
		return Credentials{}, s.failf("write it as one line, as for a shell: program argument \"another argument\"", "is not a command line")
	}
	own, cancel := context.WithTimeout(ctx, processTime)
	defer cancel()
	own, tooMuch := context.WithCancelCause(own)
	defer tooMuch(nil)
	stdout := &limited{most: maxProcessOutput, keep: true, over: func() { tooMuch(errTooMuch) }}
	stderr := &limited{most: maxProcessErrors, over: func() { tooMuch(errTooMuch) }}
	command := exec.CommandContext(own, words[0], words[1:]...)
	command.Stdout, command.Stderr = stdout, stderr
	// What it started ends with it when it takes too long; what is left may
	// hold its output open.
	ownGroup(command)
	command.WaitDelay = time.Second
	err := command.Run()
	said := ""
	if stderr.total > 0 {
		said = fmt.Sprintf("; it wrote %d bytes to stderr, which are not shown because they may hold secrets", stderr.total)
	}
	switch {
	case ctx.Err() != nil:
		return Credentials{}, deadline.Stopped(ctx, fmt.Sprintf("running the program of profile %s (credential_process)", quote(s.profile)))
	case context.Cause(own) == errTooMuch && stdout.full():
		return Credentials{}, s.failf(printHint, "prints more than %d bytes", maxProcessOutput)
	case context.Cause(own) == errTooMuch:
		return Credentials{}, s.failf("run it by hand to see why", "writes more than %d bytes to stderr, which are not shown because they may hold secrets", maxProcessErrors)
	case own.Err() != nil:
		problem := s.failf("run it by hand to see what it waits for", "took longer than %v%s", processTime, said)
		problem.Passing = true
		return Credentials{}, problem
	case err != nil && errors.As(err, new(*exec.ExitError)):
		problem := s.failf("run it by hand to see why", "failed: %v%s", err, said)
		problem.Err = errProgramFailed
		return Credentials{}, problem
	case errors.Is(err, exec.ErrWaitDelay): // it ended well, its children did not
	case err != nil:
		return Credentials{}, s.failf("name a program that exists and can be run", "cannot be run: %v", startProblem(err))
	}
	return s.read(stdout)
}

// errTooMuch is the cause when a program was ended because of what it wrote.
var errTooMuch = errors.New("the program writes too much")

// errProgramFailed is the cause when a program ended with an exit code: it may
// be that it could not reach what it asks, which no one can tell.
var errProgramFailed = errors.New("the program failed")

// startProblem is what the system says of a program that does not start.
func startProblem(err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// printHint says what the program is for.
const printHint = `it must print {"Version": 1, "AccessKeyId": "...", "SecretAccessKey": "...", "SessionToken": "...", "Expiration": "..."}`

func (s processSource) read(stdout *limited) (Credentials, error) {
	if stdout.full() {
		return Credentials{}, s.failf(printHint, "prints more than %d bytes", maxProcessOutput)
	}
	// Not into a struct: encoding/json takes its names in any case, and other
	// tools only in their own.
	var printed map[string]json.RawMessage
	err := json.Unmarshal(stdout.kept.Bytes(), &printed)
	version, expiration := 0, ""
	c := Credentials{Source: fmt.Sprintf("the program of profile %s", quote(s.profile)), ExpirySetting: "Expiration in what the program prints"}
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
	if version != 1 {
		return Credentials{}, s.failf(printHint, "prints Version %d, want 1", version)
	}
	if f, bad := c.check(); bad != nil {
		return Credentials{}, s.failf(printHint, "prints credentials whose %s %s", f.words(), bad.text)
	}
	if expiration != "" {
		expires, err := parseTime(expiration)
		if err != nil {
			return Credentials{}, s.failf("a time is written as 2006-01-02T15:04:05Z", "prints an Expiration that is not a time")
		}
		if !expires.After(time.Now()) {
			return Credentials{}, s.failf("renew what it reads", "prints credentials that expired at %s", expires.UTC().Format(time.RFC3339))
		}
		c.Expires = expires
	}
	return c, nil
}

// failf is an error about the program, with the line that names it.
func (s processSource) failf(hint, format string, args ...any) *Error {
	return failf(hint, "%s: the program of profile %s (credential_process) %s",
		s.entry.where(), quote(s.profile), fmt.Sprintf(format, args...))
}

// limited counts the bytes that are written to it, and keeps them, up to most:
// then it calls over and takes no more.
type limited struct {
	kept  bytes.Buffer // no embedded one: its ReadFrom would go around Write
	keep  bool
	total int
	most  int
	over  func()
}

func (l *limited) Write(b []byte) (int, error) {
	l.total += len(b)
	if l.full() {
		l.over()
		return 0, errTooMuch
	}
	if l.keep {
		l.kept.Write(b)
	}
	return len(b), nil
}

// full is whether more was written than is taken.
func (l *limited) full() bool { return l.total > l.most }

// splitWords splits a command line as a POSIX shell does, without expanding
// anything: that is what the AWS CLI does (botocore.compat.compat_shell_split).
// It reports false when a quote is not closed.
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
