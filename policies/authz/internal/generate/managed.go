// AWS managed policies: those that package authz/managed embeds.

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"capaboot/policies/authz/internal/awspolicies"
)

// writeManaged makes managed/policies.tsv and managed/documents.
func writeManaged(ctx context.Context) error {
	all, err := awspolicies.Read(ctx)
	if err != nil {
		return err
	}
	list, err := os.ReadFile("managed/names.txt")
	if err != nil {
		return err
	}
	var names []string
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	slices.Sort(names)
	if err := os.RemoveAll("managed/documents"); err != nil {
		return err
	}
	if err := os.MkdirAll("managed/documents", 0o755); err != nil {
		return err
	}
	var table bytes.Buffer
	for _, name := range slices.Compact(names) {
		p, ok := all[name]
		if !ok {
			return fmt.Errorf("managed/names.txt: there is no AWS managed policy %q", name)
		}
		document, err := p.Document()
		if err != nil {
			return err
		}
		path, ok := strings.CutPrefix(p.ARN, "arn:aws:iam::aws:policy/")
		date, _, dated := strings.Cut(p.LastUpdated, "T")
		if !ok || !dated || filepath.Base(path) != name {
			return fmt.Errorf("%s: ARN %q or date %q is not as expected", name, p.ARN, p.LastUpdated)
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\n", path, p.LatestVersion, date)
		if err := os.WriteFile(filepath.Join("managed/documents", name+".json"), document, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile("managed/policies.tsv", table.Bytes(), 0o644)
}
