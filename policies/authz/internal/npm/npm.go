// Package npm reads packages of the npm registry, for embedded data and for
// benchmarks. It uses the installed npm client, and so the client's
// configuration (registry, proxy). It verifies each package against the
// integrity in the list of packages. It runs no code of a package.
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

// ParseList parses a list of packages: lines with use, name, version and
// integrity, separated by tabs. Empty lines are ignored, and so are lines that
// begin with "#".
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
			return nil, fmt.Errorf("line %d: want use, name, version and sha512 integrity, separated by tabs, got %q", number, line)
		}
		list = append(list, Package{Use: f[0], Name: f[1], Version: f[2], Integrity: f[3]})
	}
	return list, nil
}

// WithUse returns the package in the list with the given use.
func WithUse(list []Package, use string) (Package, error) {
	for _, p := range list {
		if p.Use == use {
			return p, nil
		}
	}
	return Package{}, fmt.Errorf("no package has the use %q", use)
}

// String returns the package in the notation of the npm client.
func (p Package) String() string { return p.Name + "@" + p.Version }

// Fetch returns the path of the package's tarball in the user's cache folder,
// and downloads it if necessary. A version never changes, so it is downloaded
// only once. It returns an error if the package cannot be downloaded, or if the
// integrity of the tarball differs.
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
	temporary, err := os.MkdirTemp(folder, "fetch-")
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", p, err)
	}
	defer os.RemoveAll(temporary)
	command := exec.CommandContext(ctx, "npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", temporary, p.String())
	command.Dir = temporary
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("fetching %s with npm: %w: %s", p, err, strings.TrimSpace(string(out)))
	}
	tarballs, err := filepath.Glob(filepath.Join(temporary, "*.tgz"))
	if err != nil || len(tarballs) != 1 {
		return "", fmt.Errorf("fetching %s: npm left %d tarballs, want 1", p, len(tarballs))
	}
	if err := p.Check(tarballs[0]); err != nil {
		return "", err
	}
	return path, os.Rename(tarballs[0], path)
}

// Check returns an error if the tarball cannot be read or does not have the
// package's integrity.
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
		return fmt.Errorf("%s has the integrity %s, want %s", p, got, p.Integrity)
	}
	return nil
}

// maxFileSize limits the size of a file in a tarball, in bytes, in case the
// tarball is hostile. A larger file is an error.
const maxFileSize = 256 << 20

// Files calls read with each regular file in the tarball for which wanted
// returns true. The names do not include the leading "package/".
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
		if header.Size > maxFileSize {
			return fmt.Errorf("reading %s: %s has %d bytes, more than the %d allowed", path, name, header.Size, maxFileSize)
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
