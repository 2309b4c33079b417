// Command dist builds a release of capaboot into one folder: for each platform
// an archive and, with -sbom, an SBOM; for each Linux platform a Debian
// package, if dpkg-deb is installed; SHA256SUMS for these files; and, with -url,
// a Homebrew formula. With -debian, it builds only the Debian packages and
// SHA256SUMS, and fails without dpkg-deb. "make dist" and "make deb" run it.
//
// The same commit results in the same bytes in any folder and on any machine
// with the same Go release: every time is that of the commit, and no owner or
// path is recorded.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// options are the flags of this command.
type options struct {
	out       string   // output folder
	platforms []string // "linux/amd64"
	debian    bool     // build only Debian packages
	sbom      string   // module and version of cyclonedx-gomod; empty means no SBOM
	url       string   // base URL for downloading the archives; empty means no formula
	tags      string   // build tags
	release   release
}

// release has what the "version" command of the program will print.
type release struct {
	version string // "v1.2.0", or what git describes
	commit  string
	date    time.Time // time of the commit
}

func main() {
	o := options{}
	var platforms, date string
	flag.StringVar(&o.out, "out", "dist", "the folder for the files")
	flag.StringVar(&platforms, "platforms", "", `the platforms to build for, such as "linux/amd64 darwin/arm64"`)
	flag.BoolVar(&o.debian, "debian", false, "build only the Debian packages")
	flag.StringVar(&o.sbom, "sbom", "", "the module of cyclonedx-gomod with its version (empty: no SBOM)")
	flag.StringVar(&o.url, "url", "", "the base URL of the archives, for the Homebrew formula (empty: no formula)")
	flag.StringVar(&o.tags, "tags", "", "build tags")
	flag.StringVar(&o.release.version, "version", "", "the version")
	flag.StringVar(&o.release.commit, "commit", "", "the commit")
	flag.StringVar(&date, "date", "", "the time of the commit, as RFC 3339")
	flag.Parse()
	o.platforms = strings.Fields(platforms)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := parseDate(&o.release, date)
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func parseDate(r *release, date string) (err error) {
	r.date, err = time.Parse(time.RFC3339, date)
	if err != nil {
		return fmt.Errorf("--date: %w (is this a clone of a git repository?)", err)
	}
	r.date = r.date.UTC()
	return nil
}

// run builds everything in the module of the working directory. It replaces the
// whole output folder, so that files of an earlier run do not become part of a
// release.
func run(ctx context.Context, o options) error {
	if len(o.platforms) == 0 {
		return fmt.Errorf("missing value for --platforms")
	}
	work, err := os.MkdirTemp("", "capaboot-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	documents, err := collectDocuments(ctx, o, work)
	if err != nil {
		return err
	}
	finished := filepath.Join(work, "finished")
	if err := os.Mkdir(finished, 0o755); err != nil {
		return err
	}
	for _, platform := range o.platforms {
		if err := buildPlatform(ctx, o, platform, documents, work, finished); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
	}
	checksums, err := writeSums(finished)
	if err != nil {
		return err
	}
	if o.url != "" && !o.debian {
		if err := writeFormula(finished, o, checksums); err != nil {
			return err
		}
	}
	return replaceFolder(o.out, finished)
}

// buildPlatform builds the program for a platform, the archive and the SBOM, and
// for Linux also the Debian package. If only Debian packages were requested, it
// builds only the program and the package, and nothing for other platforms.
func buildPlatform(ctx context.Context, o options, platform string, documents []entry, work, finished string) error {
	goos, goarch, ok := strings.Cut(platform, "/")
	if !ok {
		return fmt.Errorf("want a platform such as linux/amd64")
	}
	if o.debian && goos != "linux" {
		return nil
	}
	program, err := compile(ctx, o, goos, goarch, filepath.Join(work, goos+"-"+goarch))
	if err != nil {
		return err
	}
	if goos == "linux" {
		if err := writeDebianPackage(ctx, o, goarch, program, documents, work, finished); err != nil {
			return err
		}
	}
	if o.debian {
		return nil
	}
	name := archiveName(o.release.version, goos, goarch)
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	entries := append([]entry{{filepath.Base(program), binary, 0o755}}, documents...)
	write := writeTarGz
	if goos == "windows" {
		write = writeZip
	}
	if err := write(filepath.Join(finished, name+archiveExtension(goos)), name, entries, o.release.date); err != nil {
		return err
	}
	return writeSBOM(ctx, o, goos, goarch, program, filepath.Join(finished, name+".cdx.json"))
}

// replaceFolder removes the folder at path with its content, creates it again,
// copies the files of another folder into it, and prints the paths of the copies.
func replaceFolder(path, from string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(from, file.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(path, file.Name()), content, 0o644); err != nil {
			return err
		}
		fmt.Println(filepath.Join(path, file.Name()))
	}
	return nil
}
