// Generating the AWS managed policies that package authz/managed embeds.

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

// writeManaged writes managed/policies.tsv, managed/documents and
// managed/paths.txt.
func writeManaged(ctx context.Context) error {
	all, err := awspolicies.Read(ctx)
	if err != nil {
		return err
	}
	if err := writePaths(all); err != nil {
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
			return fmt.Errorf("managed/names.txt: unknown AWS managed policy %q", name)
		}
		document, err := p.Document()
		if err != nil {
			return err
		}
		path, ok := strings.CutPrefix(p.ARN, "arn:aws:iam::aws:policy/")
		date, _, dated := strings.Cut(p.LastUpdated, "T")
		if !ok || !dated || filepath.Base(path) != name {
			return fmt.Errorf("%s: unexpected ARN %q or date %q", name, p.ARN, p.LastUpdated)
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\n", path, p.LatestVersion, date)
		if err := os.WriteFile(filepath.Join("managed/documents", name+".json"), document, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile("managed/policies.tsv", table.Bytes(), 0o644)
}

// writePaths writes managed/paths.txt: the date of the newest AWS managed policy, and
// for every policy the part of its ARN after "policy/".
func writePaths(all map[string]*awspolicies.Policy) error {
	var paths []string
	newest := ""
	for name, p := range all {
		path, ok := strings.CutPrefix(p.ARN, "arn:aws:iam::aws:policy/")
		if !ok || filepath.Base(path) != name {
			return fmt.Errorf("%s: unexpected ARN %q", name, p.ARN)
		}
		paths = append(paths, path)
		date, _, _ := strings.Cut(p.LastUpdated, "T")
		newest = max(newest, date)
	}
	slices.Sort(paths)
	return os.WriteFile("managed/paths.txt", []byte(newest+"\n"+strings.Join(paths, "\n")+"\n"), 0o644)
}
