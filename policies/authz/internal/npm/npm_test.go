// Tests of the list of packages, the integrity check and reading tarballs. They
// use no registry.

package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeTarball(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckRefusesAnotherTarball(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The digest of "abc" is the example of FIPS 180-4.
	p := Package{Name: "p", Version: "1.0.0", Integrity: "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="}
	if err := p.Check(path); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.Check(path); err == nil || !strings.Contains(err.Error(), "p@1.0.0 has the integrity") {
		t.Errorf("got %v for another tarball", err)
	}
}

func TestFiles(t *testing.T) {
	path := writeTarball(t, map[string]string{"package/data/a.json": "1", "package/README.md": "2"})
	var got []string
	err := Files(path, func(name string) bool { return strings.HasSuffix(name, ".json") },
		func(name string, content []byte) error { got = append(got, name+"="+string(content)); return nil })
	if err != nil || len(got) != 1 || got[0] != "data/a.json=1" {
		t.Errorf("got %q and %v", got, err)
	}
}

func TestParseList(t *testing.T) {
	list, err := ParseList("# comment\n\nactions\t@a/b\t1.2.3\tsha512-AAAA\n")
	if err != nil || len(list) != 1 || list[0] != (Package{"actions", "@a/b", "1.2.3", "sha512-AAAA"}) {
		t.Errorf("got %+v and %v", list, err)
	}
	if p, err := WithUse(list, "actions"); err != nil || p.String() != "@a/b@1.2.3" {
		t.Errorf("got %v and %v", p, err)
	}
	if _, err := WithUse(list, "other"); err == nil {
		t.Error("an unknown use gives no error")
	}
	for _, text := range []string{"actions\t@a/b\t1.2.3\n", "actions\t@a/b\t1.2.3\tsha1-AAAA\n"} {
		if _, err := ParseList(text); err == nil {
			t.Errorf("ParseList(%q) gives no error", text)
		}
	}
}
