// The Homebrew formula of a release.

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// formulaTemplate is the path of a Homebrew formula with placeholders in
// capitals for the values of a release: https://docs.brew.sh/Formula-Cookbook.
const formulaTemplate = "packaging/homebrew/capaboot.rb"

// writeFormula writes the formula for a release into a folder, with the
// version, and the URL and checksum of each archive for macOS and Linux.
func writeFormula(folder string, o options, checksums map[string]string) error {
	text, err := os.ReadFile(filepath.FromSlash(formulaTemplate))
	if err != nil {
		return err
	}
	formula, err := fillFormula(string(text), o, checksums)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "capaboot.rb"), []byte(formula), 0o644)
}

func fillFormula(text string, o options, checksums map[string]string) (string, error) {
	pairs := []string{"VERSION", strings.TrimPrefix(o.release.version, "v")}
	for _, goos := range []string{"darwin", "linux"} {
		for _, goarch := range []string{"amd64", "arm64"} {
			file := archiveName(o.release.version, goos, goarch) + archiveExtension(goos)
			checksum, ok := checksums[file]
			if !ok {
				return "", fmt.Errorf("the formula needs %s, which was not built: add %s/%s to the platforms", file, goos, goarch)
			}
			platform := strings.ToUpper(goos + "_" + goarch)
			pairs = append(pairs, "URL_"+platform, strings.TrimSuffix(o.url, "/")+"/"+file, "SHA256_"+platform, checksum)
		}
	}
	pairs = append(pairs, "HOMEPAGE", homepage(o.url))
	return strings.NewReplacer(pairs...).Replace(text), nil
}

// homepage returns the URL of the repository whose releases have the archives.
func homepage(url string) string {
	repository, _, _ := strings.Cut(url, "/releases/")
	return repository
}
