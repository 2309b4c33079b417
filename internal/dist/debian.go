package main

// Debian packages. dpkg-deb builds them; this file lays out the files according
// to the Debian policy: https://www.debian.org/doc/debian-policy/ch-files.html.

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"capaboot/internal/lazy"
)

// debianArchitectures maps GOARCH to Debian's names:
// https://wiki.debian.org/SupportedArchitectures.
var debianArchitectures = lazy.Value[map[string]string]{Make: func() map[string]string { return map[string]string{"amd64": "amd64", "arm64": "arm64"} }}

// debianVersion converts the output of git describe to a version that sorts
// before the next release: "v1.2.0" becomes 1.2.0, "v1.2.0-5-gabc" becomes
// 1.2.0+5.gabc, and a commit without a tag sorts before every release. "~"
// sorts before everything: https://manpages.debian.org/deb-version.
func debianVersion(r release) string {
	version, ok := strings.CutPrefix(r.version, "v")
	if !ok || version == "" || version[0] < '0' || version[0] > '9' {
		return fmt.Sprintf("0~%s.%s", r.date.Format("20060102150405"), strings.ReplaceAll(r.version, "-", "."))
	}
	version, dirty := strings.CutSuffix(version, "-dirty")
	version, after, found := strings.Cut(version, "-")
	switch {
	case !found:
	case after[0] < '0' || after[0] > '9': // v1.2.0-rc.1 sorts before v1.2.0
		version += "~" + strings.ReplaceAll(after, "-", ".")
	default:
		version += "+" + strings.ReplaceAll(after, "-", ".")
	}
	if dirty {
		version += "+dirty"
	}
	return version
}

// debianNames maps documents to the names that the Debian policy requires in
// /usr/share/doc/capaboot.
var debianNames = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{"LICENSE": "copyright", "NOTICE": "copyright", "CHANGELOG.md": "changelog.gz"}
}}

// debianPage replaces the names of documents in the links of a page according
// to debianNames.
func debianPage(page []byte) []byte {
	for name, debian := range debianNames.Get() {
		for _, before := range []string{"](", "](../"} {
			page = bytes.ReplaceAll(page, []byte(before+name+")"), []byte(before+debian+")"))
		}
	}
	return page
}

// debianFiles returns the program and the documents at the paths where Debian
// expects them. It leaves out LICENSE, which is part of NOTICE, and the
// PowerShell completion, for which Debian has no folder.
func debianFiles(binary []byte, documents []entry) ([]entry, error) {
	files := []entry{{"usr/bin/capaboot", binary, 0o755}}
	for _, e := range documents {
		switch name := path.Base(e.name); {
		case strings.HasPrefix(e.name, "man/"):
			content, err := gzipped(e.content)
			if err != nil {
				return nil, err
			}
			files = append(files, entry{"usr/share/" + e.name + ".gz", content, e.mode})
		case name == "capaboot.bash":
			files = append(files, entry{"usr/share/bash-completion/completions/capaboot", e.content, e.mode})
		case name == "_capaboot":
			files = append(files, entry{"usr/share/zsh/vendor-completions/_capaboot", e.content, e.mode})
		case name == "capaboot.fish":
			files = append(files, entry{"usr/share/fish/vendor_completions.d/capaboot.fish", e.content, e.mode})
		case name == "capaboot.ps1": // Debian has no folder for PowerShell.
		case e.name == "LICENSE": // part of copyright
		case e.name == "NOTICE":
			files = append(files, entry{"usr/share/doc/capaboot/" + debianNames.Get()[e.name], e.content, e.mode})
		case e.name == "CHANGELOG.md":
			content, err := gzipped(e.content)
			if err != nil {
				return nil, err
			}
			files = append(files, entry{"usr/share/doc/capaboot/" + debianNames.Get()[e.name], content, e.mode})
		case path.Ext(e.name) == ".md":
			files = append(files, entry{"usr/share/doc/capaboot/" + e.name, debianPage(e.content), e.mode})
		default:
			files = append(files, entry{"usr/share/doc/capaboot/" + e.name, e.content, e.mode})
		}
	}
	return files, nil
}

func gzipped(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(content)
	err = errors.Join(err, w.Close()) // Close writes the rest
	return b.Bytes(), err
}

// controlFile returns the control file of the package:
// https://www.debian.org/doc/debian-policy/ch-controlfields.html.
func controlFile(r release, architecture string, files []entry) string {
	size := 0
	for _, e := range files {
		size += len(e.content)
	}
	return fmt.Sprintf(`Package: capaboot
Version: %s
Section: admin
Priority: optional
Architecture: %s
Maintainer: capaboot maintainers <capaboot@localhost>
Installed-Size: %d
Recommends: ca-certificates
Description: prepare an AWS account for Cluster API Provider AWS
 capaboot generates the IAM roles, instance profiles and policies that Cluster
 API Provider AWS (CAPA) needs, deploys them with CloudFormation, shows what
 they grant and what an upgrade adds, and encodes AWS credentials for the
 management cluster.
`, debianVersion(r), architecture, (size+1023)/1024)
}

// writeDebianPackage builds the package of an architecture. If dpkg-deb is not
// installed, it prints a message and builds nothing, or fails if only packages
// were requested.
func writeDebianPackage(ctx context.Context, o options, goarch, program string, documents []entry, work, finished string) error {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		if o.debian {
			return fmt.Errorf("a Debian package needs dpkg-deb, from the package dpkg: %w", err)
		}
		fmt.Fprintln(os.Stderr, "dist: skipped the Debian package: dpkg-deb is not installed")
		return nil
	}
	architecture, ok := debianArchitectures.Get()[goarch]
	if !ok {
		return fmt.Errorf("no Debian architecture is known for %s", goarch)
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	files, err := debianFiles(binary, documents)
	if err != nil {
		return err
	}
	root := filepath.Join(work, "debian-"+architecture)
	files = append(files, entry{"DEBIAN/control", []byte(controlFile(o.release, architecture, files)), 0o644})
	if err := layOut(root, files); err != nil {
		return err
	}
	path := filepath.Join(finished, fmt.Sprintf("capaboot_%s_%s.deb", debianVersion(o.release), architecture))
	command := exec.CommandContext(ctx, "dpkg-deb", "--build", "--root-owner-group", "-Zxz", root, path)
	// dpkg-deb limits the times of the files to this time: dpkg-deb(1).
	command.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", o.release.date.Unix()))
	return runCommand(command)
}

// layOut writes the files into a folder with the modes that they have in the
// package, regardless of the umask.
func layOut(root string, files []entry) error {
	for _, e := range files {
		path := filepath.Join(root, filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		for folder := filepath.Dir(path); len(folder) >= len(root); folder = filepath.Dir(folder) {
			if err := os.Chmod(folder, 0o755); err != nil {
				return err
			}
		}
		if err := os.WriteFile(path, e.content, e.mode); err != nil {
			return err
		}
		if err := os.Chmod(path, e.mode); err != nil {
			return err
		}
	}
	return nil
}
