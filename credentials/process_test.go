// Tests of programs that print credentials (credential_process).

package credentials

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// homeWithProgram writes a shell script, and returns an environment whose
// default profile runs it.
func homeWithProgram(t *testing.T, script string) Environment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return home(t, "", "[default]\ncredential_process = '"+path+"' --for \"the test\"\n")
}

func processOutput(t *testing.T, fields map[string]any) string {
	t.Helper()
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return "cat <<'END'\n" + string(text) + "\nEND"
}

func TestProcessPrintsCredentials(t *testing.T) {
	env := homeWithProgram(t, `test "$1 $2" = "--for the test" || exit 9
echo FALSESECRET >&2
`+processOutput(t, map[string]any{"Version": 1, "AccessKeyId": fakeKeyID, "SecretAccessKey": fakeSecret, "SessionToken": fakeToken, "Expiration": "2999-01-02T03:04:05Z", "AccountId": "1"}))
	found, err := Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	c := found.Credentials
	if c.AccessKeyID != fakeKeyID || c.SecretAccessKey != fakeSecret || c.SessionToken != fakeToken ||
		!c.Expires.Equal(time.Date(2999, 1, 2, 3, 4, 5, 0, time.UTC)) || c.Source != `the credential_process of profile "default"` {
		t.Errorf("found %v, expires %v", c, c.Expires)
	}
}

func TestProcessErrors(t *testing.T) {
	good := map[string]any{"Version": 1, "AccessKeyId": fakeKeyID, "SecretAccessKey": fakeSecret}
	with := func(key string, value any) string {
		fields := map[string]any{}
		for k, v := range good {
			fields[k] = v
		}
		fields[key] = value
		return processOutput(t, fields)
	}
	for _, test := range []struct{ name, script, want string }{
		{"it fails, and writes a secret to stderr", "echo FALSESECRET >&2; exit 3", "failed: exit status 3; the program wrote 12 bytes to stderr, which are not shown because they may contain secrets"},
		{"it prints garbage", "echo FALSESECRET", "does not print credentials as JSON"},
		{"it prints HTML", "echo '<html>FALSESECRET</html>'", "does not print credentials as JSON"},
		{"it prints nothing", "", "does not print credentials as JSON"},
		{"it prints another version", with("Version", 2), "prints Version 2, want 1"},
		{"it prints no version", processOutput(t, map[string]any{"version": 1, "AccessKeyId": fakeKeyID, "SecretAccessKey": fakeSecret}), "prints no Version"},
		{"it prints half a pair", with("SecretAccessKey", ""), "prints credentials whose secret access key is empty"},
		{"it prints a line break in the secret", with("SecretAccessKey", fakeSecret+"\n"), "prints credentials whose secret access key has a line break at its end"},
		{"it prints an invalid time", with("Expiration", "FALSESECRET"), "prints an Expiration that is not a time"},
		{"it prints expired credentials", with("Expiration", "2001-01-01T00:00:00Z"), "prints credentials that expired at 2001-01-01T00:00:00Z"},
		{"it prints too much", "yes FALSESECRET | head -c 1000000", "prints more than 65536 bytes"},
		{"it never stops printing", "exec yes FALSESECRET", "prints more than 65536 bytes"},
		{"its child never stops printing", "yes FALSESECRET & sleep 300", "prints more than 65536 bytes"},
		{"it ignores signals", "trap '' TERM PIPE; while :; do echo FALSESECRETFALSESECRETFALSESECRETFALSESECRETFALSESECRETFALSESECRETFALSESECRET || :; done", "prints more than 65536 bytes"},
		{"it never stops writing to stderr", "exec yes FALSESECRET >&2", "writes more than 1048576 bytes to stderr, which are not shown because they may contain secrets"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Find(t.Context(), homeWithProgram(t, test.script), Request{})
			if err == nil || !strings.Contains(err.Error(), "(credential_process) "+test.want) {
				t.Fatalf("error %v, want %s", err, test.want)
			}
			for _, secret := range []string{"FALSESECRET", fakeSecret} {
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
		"'not closed":                              "is not a command line",
		"/bin/sh -c 'exit 1'\n  more of the value": "is not a command line",
	} {
		_, err := Find(t.Context(), home(t, "", "[default]\ncredential_process = "+line+"\n"), Request{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "FALSESECRET") {
			t.Errorf("%s: %v", line, err)
		}
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

func TestProcessFieldsAreCaseSensitive(t *testing.T) {
	env := homeWithProgram(t, `echo '{"Version":1,"AccessKeyId":"`+fakeKeyID+`","accesskeyid":"AKIAOTHER","secretaccesskey":"other","SecretAccessKey":"`+fakeSecret+`","SECRETACCESSKEY":"other"}'`)
	found, err := Find(t.Context(), env, Request{})
	if err != nil {
		t.Fatal(err)
	}
	if found.Credentials.AccessKeyID != fakeKeyID || found.Credentials.SecretAccessKey != fakeSecret {
		t.Error("a field in another case replaced the right one")
	}
}
