package main

// Compiles the program, and generates the SBOM from the result.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// archiveName returns the name of the archive for a platform, without its
// extension. The archive contains one folder with this name.
func archiveName(version, goos, goarch string) string {
	return fmt.Sprintf("capaboot_%s_%s_%s", version, goos, goarch)
}

func archiveExtension(goos string) string {
	if goos == "windows" {
		return ".zip"
	}
	return ".tar.gz"
}

// buildinfo is the package whose variables the linker sets.
const buildinfo = "capaboot/internal/buildinfo"

// compile builds the program for a platform into a folder and returns its path.
// -trimpath and -buildvcs=false leave out what differs between clones.
func compile(ctx context.Context, o options, goos, goarch, folder string) (string, error) {
	program := filepath.Join(folder, "capaboot")
	if goos == "windows" {
		program += ".exe"
	}
	linked := fmt.Sprintf("-s -w -buildid= -X %[1]s.version=%[2]s -X %[1]s.commit=%[3]s -X %[1]s.date=%[4]s",
		buildinfo, o.release.version, o.release.commit, o.release.date.Format("2006-01-02T15:04:05Z07:00"))
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", o.tags, "-ldflags", linked, "-o", program, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	return program, runCommand(command)
}

// writeSBOM writes the SBOM of a program in CycloneDX's JSON: the modules with
// their licenses. cyclonedx-gomod reads them from the program itself, so that
// the list always matches what was linked. With CI=true, cyclonedx-gomod writes
// its messages without colours. Without o.sbom, writeSBOM does nothing.
func writeSBOM(ctx context.Context, o options, goos, goarch, program, path string) error {
	if o.sbom == "" {
		return nil
	}
	command := exec.CommandContext(ctx, "go", "run", o.sbom, "bin", "-json", "-licenses", "-assert-licenses", "-std", "-noserial", "-notimestamp",
		"-version", o.release.version, "-output", path, program)
	command.Env = append(os.Environ(), "CI=true")
	var messages bytes.Buffer
	command.Stdout, command.Stderr = os.Stderr, &messages
	err := command.Run()
	os.Stderr.Write(withoutOwnModules(messages.Bytes()))
	if err != nil {
		return fmt.Errorf("writing the SBOM: %s: %w (without network, build without SBOMs: make dist SBOM=)", command, err)
	}
	return addOwnLicenses(path)
}

// withoutOwnModules removes the warnings that the main module of the program cannot
// be downloaded, and that its license and that of the standard library are unknown:
// [addOwnLicenses] adds both.
func withoutOwnModules(messages []byte) []byte {
	module, _, _ := strings.Cut(buildinfo, "/internal/")
	var kept []byte
	for line := range bytes.Lines(messages) {
		about := bytes.Contains(line, []byte("module="+module+"@")) || bytes.Contains(line, []byte("module=std@"))
		if !about || !bytes.Contains(line, []byte("module download failed")) && !bytes.Contains(line, []byte("can't resolve module license")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// addOwnLicenses adds the licenses that cyclonedx-gomod does not find, because they
// are not in the module cache: those of the program and of Go's standard library.
func addOwnLicenses(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	add := func(component any, license string) {
		if fields, ok := component.(map[string]any); ok && fields["licenses"] == nil {
			fields["licenses"] = []any{map[string]any{"license": map[string]any{"id": license}}}
		}
	}
	if metadata, ok := document["metadata"].(map[string]any); ok {
		add(metadata["component"], "Apache-2.0") // as in the file LICENSE
	}
	components, _ := document["components"].([]any)
	for _, component := range components {
		if fields, ok := component.(map[string]any); ok && fields["name"] == "std" {
			add(fields, "BSD-3-Clause") // as in the file LICENSE of Go
		}
	}
	var changed bytes.Buffer
	encoder := json.NewEncoder(&changed)
	encoder.SetEscapeHTML(false) // package URLs have "&"
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err
	}
	return os.WriteFile(path, changed.Bytes(), 0o644)
}

func runCommand(command *exec.Cmd) error {
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}
