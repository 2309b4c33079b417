package main

// Collects the files that accompany the program: licenses, pages, man pages and
// completions.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// documentPatterns are the repository files in an archive, as patterns of
// filepath.Glob: the pages, and the files that they link to. Each pattern must
// match a file.
var documentPatterns = []string{
	"LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/schemas/*.json",
	"testdata/configurations/everything.yaml", "testdata/templates/everything.yaml",
}

// manPages matches the man pages, which are committed.
const manPages = "docs/man/*.1"

// completions has the file names that the shells expect, by the argument of
// "capaboot completion".
var completions = []struct{ shell, file string }{
	{"bash", "capaboot.bash"}, {"zsh", "_capaboot"}, {"fish", "capaboot.fish"}, {"powershell", "capaboot.ps1"},
}

// committedDocuments returns the files of the repository that accompany the
// program in every archive.
func committedDocuments() ([]entry, error) {
	var entries []entry
	add := func(pattern, folder string) error {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("%s does not match a file: run this in the folder of the repository", pattern)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(file)
			if folder != "" {
				name = folder + filepath.Base(file)
			}
			entries = append(entries, entry{name, content, 0o644})
		}
		return nil
	}
	for _, pattern := range documentPatterns {
		if err := add(pattern, ""); err != nil {
			return nil, err
		}
	}
	if err := add(manPages, "man/man1/"); err != nil {
		return nil, err
	}
	return entries, nil
}

// collectDocuments returns the files that accompany the program in every
// archive. A program for this machine prints the completions.
func collectDocuments(ctx context.Context, o options, work string) ([]entry, error) {
	entries, err := committedDocuments()
	if err != nil {
		return nil, err
	}
	program, err := compile(ctx, o, runtime.GOOS, runtime.GOARCH, filepath.Join(work, "host"))
	if err != nil {
		return nil, err
	}
	for _, c := range completions {
		command := exec.CommandContext(ctx, program, "completion", c.shell)
		command.Stderr = os.Stderr
		script, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		entries = append(entries, entry{"completions/" + c.file, script, 0o644})
	}
	return entries, nil
}
