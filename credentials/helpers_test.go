package credentials

// This file has what the tests share: an environment made of a map and a
// folder, and fake secrets that are easy to recognise.

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	fakeKeyID  = "AKIAFALSEKEYEXAMPLE0"
	fakeSecret = "wJalrFALSESECRET/K7MDENG+bPxRfiCYEXAMPLE"
	fakeToken  = "IQoJb3JpZ2luFALSESECRETtoken//////////wEaCXVzLWVhc3QtMSJ=="
)

// TestMain runs more tests in parallel than there are processors, because many
// tests only wait for a service that does not respond. It sets longer time
// limits for services, which suffice even when the processors are busy. A test
// of the limits sets its own.
func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		_ = flag.Set("test.parallel", "16")
	}
	defaultLimits.metadata, defaultLimits.endpoint = time.Minute, time.Minute
	defaultLimits.attempt, defaultLimits.call = time.Minute, 2*time.Minute
	os.Exit(m.Run())
}

const pair = "aws_access_key_id = " + fakeKeyID + "\naws_secret_access_key = " + fakeSecret + "\n"

// home writes the shared files, except for empty ones, into a new home
// directory, and returns an environment with this directory and these
// variables.
func home(t testing.TB, credentials, config string, variables ...string) Environment {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"credentials": credentials, "config": config} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, ".aws", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	values := map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		values[name] = strings.ReplaceAll(value, "$HOME", dir)
	}
	return Environment{
		Home:   dir,
		Lookup: func(name string) (string, bool) { value, ok := values[name]; return value, ok },
	}
}

// errorText returns the problems, the hint and the kind of an error, with the
// home directory as ~.
func errorText(err error, env Environment) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if hint := Hint(err); hint != "" {
		text += "\nhint: " + hint
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != "" {
		text += strings.TrimRight("\nkind: "+string(e.Kind)+" "+e.Profiles, " ")
	}
	return strings.ReplaceAll(text, env.Home, "~")
}
