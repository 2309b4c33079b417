// Collects the modules that the program links, and their license texts.

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/licenses"
)

// platforms are the platforms that the program is built for. The linked
// packages differ: packages for terminals and processes have other files for each
// operating system, and packages with assembly for each processor.
var platforms = []struct{ system, processor string }{
	{"linux", "amd64"}, {"linux", "arm64"},
	{"darwin", "amd64"}, {"darwin", "arm64"},
	{"windows", "amd64"}, {"windows", "arm64"},
}

// goPackage is the output of "go list" for a package.
type goPackage struct {
	ImportPath, Dir string
	Standard        bool
	Module          *goModule
}

type goModule struct {
	Path, Version, Dir string
	Main               bool
	Replace            *goModule
}

// linkedModule is a module with the folders of its linked packages.
type linkedModule struct {
	goModule
	folders map[string]bool
}

// collect returns everything that the program contains, in the order of
// [licenses.All]. root is the root of the repository.
func collect(root string) ([]licenses.Component, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	tags, err := makefileTags(filepath.Join(root, "Makefile"))
	if err != nil {
		return nil, err
	}
	modules := map[string]*linkedModule{}
	standard := map[string]bool{}
	for _, p := range platforms {
		packages, err := listPackages(root, tags, p.system, p.processor)
		if err != nil {
			return nil, err
		}
		for _, pkg := range packages {
			switch {
			case pkg.Standard:
				standard[pkg.Dir] = true
			case pkg.Module == nil:
				return nil, fmt.Errorf("package %s has no module", pkg.ImportPath)
			case pkg.Module.Main:
			default:
				if modules[pkg.Module.Path] == nil {
					modules[pkg.Module.Path] = &linkedModule{*pkg.Module, map[string]bool{}}
				}
				modules[pkg.Module.Path].folders[pkg.Dir] = true
			}
		}
	}
	program, err := readComponent(licenses.Component{Kind: licenses.Program, Name: "capaboot"}, root, nil, "LICENSE")
	if err != nil {
		return nil, err
	}
	all := []licenses.Component{program}
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		m := modules[path]
		from := m.goModule
		if m.Replace != nil {
			from = *m.Replace
		}
		c, err := readComponent(licenses.Component{Kind: licenses.Module, Name: path, Version: cmp.Or(from.Version, m.Version)}, from.Dir, m.folders, "")
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	std, err := standardLibrary(root, standard)
	if err != nil {
		return nil, err
	}
	data, err := thirdPartyData(root)
	return append(append(all, std), data...), err
}

func makefileTags(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(`(?m)^TAGS\s*:?=\s*(.*?)\s*$`).FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s does not set TAGS", path)
	}
	return strings.ReplaceAll(string(match[1]), " ", ","), nil
}

// listPackages returns the packages that the program links on a platform.
func listPackages(root, tags, system, processor string) ([]goPackage, error) {
	out, err := runGo(root, []string{"GOOS=" + system, "GOARCH=" + processor, "CGO_ENABLED=0"},
		"list", "-deps", "-tags", tags, "-json=ImportPath,Dir,Standard,Module", ".")
	if err != nil {
		return nil, err
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg goPackage
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("parsing the output of go list: %w", err)
		}
		packages = append(packages, pkg)
	}
}

// runGo runs the go command without network access.
func runGo(root string, environment []string, args ...string) ([]byte, error) {
	command := exec.Command("go", args...)
	command.Dir = root
	command.Env = append(append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOTOOLCHAIN=local", "GOEXPERIMENT="), environment...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err == nil {
		return out, nil
	}
	if strings.Contains(stderr.String(), "GOPROXY=off") {
		return nil, fmt.Errorf("go %s: %s: a module is not in the module cache: run \"go mod download\" first", args[0], bytes.TrimSpace(stderr.Bytes()))
	}
	return nil, fmt.Errorf("go %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
}

var licenseOrNoticeName = regexp.MustCompile(`(?i)^(un)?(licen[cs]es?|copying|copyright|notice|patents)([-_.].*)?$`)

// nonTextExtensions has extensions of files that match licenseOrNoticeName but
// contain no license text.
var nonTextExtensions = []string{".go", ".s", ".json", ".yml", ".yaml", ".sh", ".tmpl"}

// readComponent reads the license files of a component: at its root, next to
// linked packages, and in the folders above these. If onlyName is not "", it reads
// only the files with that name. It also sets the license of the component.
func readComponent(c licenses.Component, root string, folders map[string]bool, onlyName string) (licenses.Component, error) {
	searched := map[string]bool{root: true}
	for folder := range folders {
		for ; folder != root && strings.HasPrefix(folder, root); folder = filepath.Dir(folder) {
			searched[folder] = true
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(searched)) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return c, fmt.Errorf("%s: %w", c.Name, err)
		}
		for _, entry := range entries {
			if entry.IsDir() || !licenseOrNoticeName.MatchString(entry.Name()) || slices.Contains(nonTextExtensions, filepath.Ext(entry.Name())) || onlyName != "" && entry.Name() != onlyName {
				continue
			}
			file := filepath.Join(folder, entry.Name())
			path, err := filepath.Rel(root, file)
			if err != nil {
				return c, err
			}
			text, err := readText(file)
			if err != nil {
				return c, err
			}
			c.Files = append(c.Files, licenses.File{Path: filepath.ToSlash(path), Text: text})
		}
	}
	slices.SortFunc(c.Files, func(a, b licenses.File) int { return strings.Compare(a.Path, b.Path) })
	var err error
	c.License, err = identify(c)
	return c, err
}

// readText reads a file as text with "\n" line ends, without a byte order mark,
// and without empty lines at the beginning and the end.
func readText(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	return strings.TrimRight(strings.TrimLeft(string(text), "\n"), "\n \t") + "\n", nil
}

// standardLibrary returns the Go standard library: the license of Go, and those
// of vendored modules if they differ. It leaves out the license in the
// BoringCrypto folder, which is for object files that are linked only with
// GOEXPERIMENT=boringcrypto.
func standardLibrary(root string, folders map[string]bool) (licenses.Component, error) {
	std := licenses.Component{Kind: licenses.Standard, Name: licenses.StandardName}
	out, err := runGo(root, nil, "env", "GOROOT")
	if err != nil {
		return std, err
	}
	goroot := string(bytes.TrimSpace(out))
	if std, err = readComponent(std, goroot, nil, ""); err != nil {
		return std, err
	}
	known := map[string]bool{}
	for _, file := range std.Files {
		known[file.Text] = true
	}
	vendor := filepath.Join(goroot, "src", "vendor")
	vendored := map[string]bool{}
	for folder := range folders {
		if strings.HasPrefix(folder, vendor+string(filepath.Separator)) {
			vendored[folder] = true
		}
	}
	if len(vendored) == 0 {
		return std, nil
	}
	more, err := readComponent(licenses.Component{Name: "src/vendor of Go"}, vendor, vendored, "")
	if err != nil {
		return std, err
	}
	for _, file := range more.Files {
		if !known[file.Text] {
			known[file.Text] = true
			std.Files = append(std.Files, licenses.File{Path: "src/vendor/" + file.Path, Text: file.Text})
		}
	}
	std.License, err = identify(std)
	return std, err
}

// thirdPartyData reads the data that is listed in data.tsv, with the versions of
// the npm packages.
func thirdPartyData(root string) ([]licenses.Component, error) {
	folder := filepath.Join(root, "internal", "licenses", "data")
	versions := map[string][]string{}
	packages, err := readRows(filepath.Join(root, "policies", "authz", "packages.tsv"), 4)
	if err != nil {
		return nil, err
	}
	for _, row := range packages {
		versions[row[1]] = append(versions[row[1]], row[2])
	}
	listed, err := readRows(filepath.Join(folder, "data.tsv"), 4)
	if err != nil {
		return nil, err
	}
	var all []licenses.Component
	for _, row := range listed {
		path, name := filepath.Join(folder, row[3]), row[3]
		if fromRoot, ok := strings.CutPrefix(row[3], "/"); ok {
			path, name = filepath.Join(root, fromRoot), fromRoot
		}
		text, err := readText(path)
		if err != nil {
			return nil, err
		}
		all = append(all, licenses.Component{Kind: licenses.Data, Name: row[0], Version: strings.Join(versions[row[0]], ", "),
			License: row[1], UsedFor: row[2], Files: []licenses.File{{Path: name, Text: text}}})
		delete(versions, row[0])
	}
	for name := range versions {
		return nil, fmt.Errorf("internal/licenses/data/data.tsv has no row for %s, which policies/authz/packages.tsv names", name)
	}
	return all, nil
}

// readRows returns the rows of a table with tabs between its columns. It skips
// comments.
func readRows(path string, columns int) ([][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all [][]string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != columns {
			return nil, fmt.Errorf("%s: %q has %d columns, want %d", path, line, len(row), columns)
		}
		all = append(all, row)
	}
	return all, nil
}
