// Fuzz tests of the shared files and of profiles: nothing panics, and no error
// contains a secret.

package credentials

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever a shared file contains, the parser does not panic, reports a limited
// number of problems, and quotes no part of the file.
func FuzzParseSharedFile(f *testing.F) {
	for _, fragment := range fragments {
		f.Add("[default]\n"+fragment, "[dev]\n", false)
	}
	f.Add("\ufeff[default]\r\naws_access_key_id = ", "\r\n", true)
	const marker = "FALSESECRET"
	f.Fuzz(func(t *testing.T, before, after string, config bool) {
		name := "credentials"
		if config {
			name = "config"
		}
		file := &sharedFile{name: name}
		sections, problems, _ := file.parse(before + marker + after)
		if len(problems) > maxProblems {
			t.Errorf("%d problems", len(problems))
		}
		for _, p := range problems {
			if strings.Contains(strings.ToUpper(p.Message), marker) || strings.Contains(p.Message, "\n") {
				t.Errorf("the problem %q shows the text", p.Message)
			}
			if p.Line < 1 {
				t.Errorf("line %d: %q", p.Line, p.Message)
			}
		}
		if len(problems) > 0 {
			return
		}

		// The errors of a search in these sections show no value either. They
		// may show the names of profiles.
		file.path, file.sections = "file", sections
		files := &sharedFiles{credentials: file, config: &sharedFile{name: "config", missing: true}}
		if config {
			files = &sharedFiles{credentials: &sharedFile{name: "credentials", missing: true}, config: file}
		}
		names := files.profileNames()
		for _, name := range append(names[:min(len(names), 10)], "nope") {
			s := &search{files: files, request: Request{Profile: name}}
			from, err := s.source(t.Context())
			if err == nil {
				_, err = from.credentials(t.Context())
			}
			if err != nil && !strings.Contains(strings.Join(names, "\n"), marker) && strings.Contains(err.Error()+Hint(err), marker) {
				t.Errorf("%q shows a value", err)
			}
		}
	})
}

// NewProfile rejects a value, or our parser and the SDK for Go return it
// unchanged.
func FuzzProfile(f *testing.F) {
	f.Add(fakeKeyID, fakeSecret, fakeToken, "us-east-1")
	for _, secret := range []string{"a#b", "#a", "a=#b", `"`, "'a'", "a\\", "a [b]", "%(region)s", "a\r", "\u00a0a", "= a", "a\n[x]\nb = c"} {
		f.Add("AKIAFALSEKEYEXAMPLE0", secret, "", "us-east-1")
	}
	f.Fuzz(func(t *testing.T, id, secret, token, regionName string) {
		p, err := NewProfile(Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, regionName)
		if err != nil {
			for _, value := range []string{id, secret, token} {
				// A shorter value may be a word of the error, or the region.
				if len(value) > longestShownRegion && strings.Contains(fmt.Sprintf("%+v %#v", err, err)+Hint(err), value) {
					t.Errorf("%q shows a value", err)
				}
			}
			if p != (Profile{}) {
				t.Error("an error comes with a profile")
			}
			return
		}
		want := values{id, secret, token, regionName}

		// Read it with our parser, which follows botocore.
		sections, problems, _ := (&sharedFile{name: "credentials"}).parse(p.Text())
		if len(problems) > 0 || len(sections) != 1 {
			t.Fatalf("%d problems, %d sections in %q", len(problems), len(sections), p.Text())
		}
		s := sections[profilePrefix+defaultProfile]
		got := values{s.value(accessKeyID), s.value(secretAccessKey), s.value(sessionToken), s.value(region)}
		if got != want {
			t.Errorf("we read %+v, want %+v", got, want)
		}

		// Read it with the SDK for Go.
		path := filepath.Join(t.TempDir(), "credentials")
		if err := os.WriteFile(path, []byte(p.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readBySDK(path); err != nil || got != want {
			t.Errorf("the SDK reads %+v, want %+v, %v", got, want, err)
		}
	})
}

func (s *section) value(f field) string {
	if e := s.entry(string(f)); e != nil {
		return e.value
	}
	return ""
}
