// Command generate writes NOTICE and internal/licenses/licenses.json.gz: the
// license and notice texts of everything that the program contains.
//
// It needs the module cache, but no network. Run it with "make generate" after
// the modules or the Go release changed.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"capaboot/internal/licenses"
)

func main() {
	if err := write(filepath.Join("..", "..")); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// The generated files, relative to the root of the repository.
var (
	noticeFile = "NOTICE"
	packedFile = filepath.Join("internal", "licenses", "licenses.json.gz")
)

// write writes the files into the repository at root.
func write(root string) error {
	components, err := collect(root)
	if err != nil {
		return err
	}
	packed, err := licenses.Pack(components)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, packedFile), packed, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, noticeFile), []byte(licenses.Text(components)), 0o644)
}
