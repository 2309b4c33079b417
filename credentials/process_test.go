package credentials

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program writes a shell script, and returns the environment of a profile that
// runs it.
func program(t *testing.T, script string) Environment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return home(t, "", "[default]\ncredential_process = '"+path+"' --for \"the test\"\n")
}

func output(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return "cat <<'END'\n" + string(text) + "\nEND"
}

func TestProcessGivesCredentials(t *testing.T) {
	env := program(t, `test "$1 $2" = "--for the test" || exit 9
echo FALSESECRET >&2
`+output(t, map[string]any{"Version": 1, "AccessKeyId": falseKeyID, "SecretAccessKey": falseSecret, "SessionToken": falseToken, "Expiration": "2999-01-02T03:04:05Z", "AccountId": "1"}))
	found, err := Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	c := found.Credentials
	if c.AccessKeyID != falseKeyID || c.SecretAccessKey != falseSecret || c.SessionToken != falseToken ||
		!c.Expires.Equal(time.Date(2999, 1, 2, 3, 4, 5, 0, time.UTC)) || c.Source != `the program of profile "default"` {
		t.Errorf("found %v, expires %v", c, c.Expires)
	}
}

func TestProcessErrors(t *testing.T) {
	good := map[string]any{"Version": 1, "AccessKeyId": falseKeyID, "SecretAccessKey": falseSecret}
	with := func(key string, value any) string {
		fields := map[string]any{}
		for k, v := range good {
			fields[k] = v
		}
		fields[key] = value
		return output(t, fields)
	}
	for _, test := range []struct{ name, script, want string }{
		{"it fails, and says a secret", "echo FALSESECRET >&2; exit 3", "failed: exit status 3; it wrote 12 bytes to stderr, which are not shown because they may hold secrets"},
		{"it prints garbage", "echo FALSESECRET", "prints no JSON of credentials"},
		{"it prints HTML", "echo '<html>FALSESECRET</html>'", "prints no JSON of credentials"},
		{"it prints nothing", "", "prints no JSON of credentials"},
		{"it prints another version", with("Version", 2), "prints Version 2, want 1"},
		{"it prints half a pair", with("SecretAccessKey", ""), "prints credentials whose secret access key is empty"},
		{"it prints a line break in the secret", with("SecretAccessKey", falseSecret+"\n"), "prints credentials whose secret access key has a line break at its end"},
		{"it prints a time that is none", with("Expiration", "FALSESECRET"), "prints an Expiration that is no time"},
		{"it prints what has expired", with("Expiration", "2001-01-01T00:00:00Z"), "prints credentials that expired at 2001-01-01T00:00:00Z"},
		{"it never stops printing", "yes FALSESECRET | head -c 1000000", "prints more than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Find(t.Context(), program(t, test.script), Request{})
			if err == nil || !strings.Contains(err.Error(), "(credential_process) "+test.want) {
				t.Fatalf("error %v, want %s", err, test.want)
			}
			for _, secret := range []string{"FALSESECRET", falseSecret} {
				if strings.Contains(err.Error()+Hint(err), secret) {
					t.Errorf("a secret is shown: %v", err)
				}
			}
		})
	}
}

func TestProcessThatCannotBeRun(t *testing.T) {
	for line, want := range map[string]string{
		"/nowhere/program --key FALSESECRET":       "cannot be run: no such file or directory",
		"program-that-does-not-exist":              "cannot be run: executable file not found in $PATH",
		"'not closed":                              "is no command line",
		"/bin/sh -c 'exit 1'\n  more of the value": "is no command line",
	} {
		_, err := Find(t.Context(), home(t, "", "[default]\ncredential_process = "+line+"\n"), Request{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "FALSESECRET") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestProcessThatHangs ends it through the context, as an interrupt does, with
// a child that holds its output open.
func TestProcessThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	// The child opens the pipe too, and lets go of it when it ends.
	alive := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	env := program(t, "sleep 30 > '"+alive+"' & echo > '"+started+"'; sleep 30")
	done := make(chan error, 1)
	go func() {
		_, err := Find(ctx, env, Request{})
		done <- err
	}()
	if _, err := os.ReadFile(started); err != nil { // waits for the program
		t.Fatal(err)
	}
	child, err := os.Open(alive)
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if terminal, err := os.Open("/dev/tty"); err == nil {
		terminal.Close()
		t.Log("whether the child ends is not tested: there is a terminal, at which it stays in the group of the test")
		return
	}
	_ = child.SetReadDeadline(time.Now().Add(20 * time.Second)) // less than the child would live
	if _, err := child.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the child of the program lives on: %v", err)
	}
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                          nil,
		"  a  b\tc ":                {"a", "b", "c"},
		`a 'b c' "d e" f\ g`:        {"a", "b c", "d e", "f g"},
		`a'b'"c"d`:                  {"abcd"},
		`'' ""`:                     {"", ""},
		`"a \" \\ \n $HOME" '\'`:    {`a " \ \n $HOME`, `\`},
		`C:\\Program\ Files\\x.exe`: {`C:\Program Files\x.exe`},
	} {
		if got, ok := splitWords(line); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", line, got, ok)
		}
	}
	for _, line := range []string{`'a`, `"a`, `a\`, `"a\`} {
		if got, ok := splitWords(line); ok {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestProcessFieldsHaveTheirOwnCase(t *testing.T) {
	env := program(t, `echo '{"Version":1,"AccessKeyId":"`+falseKeyID+`","accesskeyid":"AKIAOTHER","secretaccesskey":"other","SecretAccessKey":"`+falseSecret+`","SECRETACCESSKEY":"other"}'`)
	found, err := Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	if found.Credentials.AccessKeyID != falseKeyID || found.Credentials.SecretAccessKey != falseSecret {
		t.Error("a field in another case replaced the right one")
	}
}
