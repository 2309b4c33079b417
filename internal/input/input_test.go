// Tests of reading and checking files: the size limit, the errors and the hints.

package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path, wantName, wantContent, wantError string
		limit                                        int64
	}{
		{"a file", file, file, "content", "", 7},
		{"standard input", "-", "standard input", "stdin", "", 7},
		{"a file over the limit", file, "", "", file + ": it is larger than 6 bytes", 6},
		{"standard input over the limit", "-", "", "", "standard input: it is larger than 4 bytes", 4},
		{"a folder", folder, "", "", folder + ": want a file, got a directory", 7},
		{"a file that does not exist", file + "x", "", "", file + "x: no such file", 7},
		{"an endless device", "/dev/zero", "", "", "/dev/zero: it is larger than 100 bytes", 100},
		{"no name", "", "", "", "the name of the file is empty", 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			name, content, err := Read(t.Context(), test.path, strings.NewReader("stdin"), test.limit)
			if test.wantError != "" {
				if err == nil || err.Error() != test.wantError {
					t.Errorf("error %v, want %s", err, test.wantError)
				}
				return
			}
			if err != nil || name != test.wantName || string(content) != test.wantContent {
				t.Errorf("got %q, %q, %v", name, content, err)
			}
		})
	}
}

func TestCheckNew(t *testing.T) {
	folder := t.TempDir()
	existing, missing := filepath.Join(folder, "there"), filepath.Join(folder, "missing")
	if err := os.WriteFile(existing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		missing: "", existing: existing + " already exists and is not replaced",
		folder: folder + " already exists and is not replaced",
	} {
		got := ""
		if err := CheckNew(t.Context(), path); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if err := CheckNew(t.Context(), filepath.Join(existing, "below")); err == nil {
		t.Error("a path below a file: no error")
	}
}

// For each of these paths, CheckFile returns the same error as Read.
func TestCheckFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{Stdin, file, folder, filepath.Join(folder, "b.yaml"), "", filepath.Join(file, "c")} {
		_, _, want := Read(t.Context(), path, strings.NewReader(""), 10)
		if got := CheckFile(t.Context(), path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// The error for a file that does not exist suggests the most similar name in
// the folder.
func TestClosestFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"iam.yaml", "policy.json", "README.md"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "templates"), 0o700); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"iam.yml": "iam.yaml", "iam": "iam.yaml", "polcy.json": "policy.json", "template": "", "other.txt": "", "map.yaml": "", "nowhere/iam.yaml": ""} {
		_, _, err := Read(t.Context(), filepath.Join(folder, given), nil, 1)
		hint := ""
		if hinted, ok := err.(interface{ Hint() string }); ok {
			hint = hinted.Hint()
		}
		if want != "" {
			want = fmt.Sprintf("did you mean %q?", filepath.Join(folder, want))
		}
		if hint != want {
			t.Errorf("%s: hint %s, want %s", given, hint, want)
		}
	}
}

// The error matches [fs.ErrPermission], so that the commands add a hint.
func TestNoPermission(t *testing.T) {
	err := withName("iam.yaml", &fs.PathError{Op: "open", Path: "iam.yaml", Err: fs.ErrPermission})
	if err.Error() != "iam.yaml: no permission to read the file" || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
}
