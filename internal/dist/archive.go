package main

// Reproducible archives: entries sorted by name, a single time, no owner.

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is a file in an archive or a package.
type entry struct {
	name    string // with slashes, relative to the root folder of the archive
	content []byte
	mode    fs.FileMode
}

func sorted(entries []entry) []entry {
	return slices.SortedFunc(slices.Values(entries), func(a, b entry) int { return cmp.Compare(a.name, b.name) })
}

// writeTarGz writes the entries into a folder of the archive.
func writeTarGz(file, folder string, entries []entry, date time.Time) error {
	return create(file, func(w io.Writer) error {
		compressed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
		if err != nil {
			return err
		}
		archive := tar.NewWriter(compressed)
		for _, e := range sorted(entries) {
			header := &tar.Header{Name: path.Join(folder, e.name), Mode: int64(e.mode.Perm()), Size: int64(len(e.content)), ModTime: date, Format: tar.FormatPAX}
			if err := archive.WriteHeader(header); err != nil {
				return err
			}
			if _, err := archive.Write(e.content); err != nil {
				return err
			}
		}
		return errors.Join(archive.Close(), compressed.Close())
	})
}

// writeZip is like writeTarGz, but writes a zip archive, for Windows.
func writeZip(file, folder string, entries []entry, date time.Time) error {
	return create(file, func(w io.Writer) error {
		archive := zip.NewWriter(w)
		for _, e := range sorted(entries) {
			header := &zip.FileHeader{Name: path.Join(folder, e.name), Method: zip.Deflate, Modified: date}
			header.SetMode(e.mode)
			w, err := archive.CreateHeader(header)
			if err != nil {
				return err
			}
			if _, err := w.Write(e.content); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

func create(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(f)
	return errors.Join(write(buffered), buffered.Flush(), f.Close())
}

// sumsFile is the name of the file with the checksums, which sha256sum --check
// can check.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksums of all files in a folder to the file
// SHA256SUMS in it, and returns them by name.
func writeSums(folder string) (map[string]string, error) {
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	checksums := map[string]string{}
	var lines strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return nil, err
		}
		checksums[file.Name()] = fmt.Sprintf("%x", sha256.Sum256(content))
		fmt.Fprintf(&lines, "%s  %s\n", checksums[file.Name()], file.Name())
	}
	return checksums, os.WriteFile(filepath.Join(folder, sumsFile), []byte(lines.String()), 0o644)
}
