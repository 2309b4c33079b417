// Generating the AWS managed policies that package authz/managed embeds.

package main

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"capaboot/policies/authz/internal/awspolicies"
)

// writeManaged writes managed/policies.tsv and managed/documents.deflate.
func writeManaged(ctx context.Context) error {
	all, err := awspolicies.Read(ctx)
	if err != nil {
		return err
	}
	bySuffix := map[string]*awspolicies.Policy{}
	for name, p := range all {
		suffix, ok := strings.CutPrefix(p.ARN, "arn:aws:iam::aws:policy/")
		if !ok || path.Base(suffix) != name || strings.ContainsAny(suffix, "\t\n") {
			return fmt.Errorf("%s: unexpected ARN %q", name, p.ARN)
		}
		bySuffix[suffix] = p
	}
	var table, documents bytes.Buffer
	table.WriteString("ARN suffix\tversion\tupdated\toffset\tlength\n")
	for _, suffix := range slices.Sorted(maps.Keys(bySuffix)) {
		p := bySuffix[suffix]
		date, _, dated := strings.Cut(p.LastUpdated, "T")
		if !dated {
			return fmt.Errorf("%s: unexpected date %q", suffix, p.LastUpdated)
		}
		document, err := p.Document()
		if err != nil {
			return err
		}
		offset := documents.Len()
		if err := compress(&documents, document); err != nil {
			return err
		}
		fmt.Fprintf(&table, "%s\t%s\t%s\t%d\t%d\n", suffix, p.LatestVersion, date, offset, documents.Len()-offset)
	}
	if err := os.WriteFile("managed/documents.deflate", documents.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile("managed/policies.tsv", table.Bytes(), 0o644)
}

// compress appends the compressed text to b.
func compress(b *bytes.Buffer, text []byte) error {
	w, err := flate.NewWriter(b, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Close()
}
