// Command compile compiles the catalogue's YAML files into
// compiled/catalogue.generated.tsv and stories.generated.tsv, which the program embeds:
// reading these takes a hundredth of the time. Run it with "go generate
// ./policies/catalog"; a test fails if the files are outdated.
package main

import (
	"fmt"
	"os"

	"capaboot/policies/catalog"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}

func run() error {
	catalogue, err := catalog.ReadFiles(os.DirFS("."))
	if err != nil {
		return err
	}
	text, err := catalog.Compile(catalogue)
	if err != nil {
		return err
	}
	stories, err := catalog.CompileStories(catalogue)
	if err != nil {
		return err
	}
	if err := os.WriteFile("stories.generated.tsv", stories, 0o644); err != nil {
		return err
	}
	return os.WriteFile("compiled/catalogue.generated.tsv", text, 0o644)
}
