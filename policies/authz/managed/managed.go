// Package managed has the AWS managed policies: the newest document of each, as of
// the date that [CheckPath] returns. "go generate ./policies/authz" generates the data
// from an npm package; policies/authz/packages.tsv has the version of that package.
package managed

import (
	"compress/flate"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"

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

	// document is the compressed document.
	document string
}

// table has a line with the names of the columns, and then one line for each policy,
// sorted by the suffix of the ARN. The columns offset and length locate the document
// of the policy in documents, in bytes.
//
//go:embed policies.tsv
var table string

// documents has the JSON document of each policy, compressed one by one (RFC 1951).
// Uncompressed, they would add 4.5 MB to the program.
//
//go:embed documents.deflate
var documents string

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
	line, ok := findLine(name)
	if !ok {
		return Policy{}, false
	}
	p := parseLine(line)
	return p, path == "" || p.ARNSuffix == path
}

// findLine returns the line of the policy with a name. It searches the text of the
// table, because parsing all lines takes longer.
func findLine(name string) (line string, ok bool) {
	if strings.ContainsAny(name, "/\t\n") {
		return "", false
	}
	for _, before := range []string{"/", "\n"} {
		if at := strings.Index(table, before+name+"\t"); at >= 0 {
			start := strings.LastIndexByte(table[:at+1], '\n') + 1
			line, _, _ = strings.Cut(table[start:], "\n")
			return line, true
		}
	}
	return "", false
}

func parseLine(line string) Policy {
	var columns [5]string
	rest := line
	for i := range columns {
		columns[i], rest, _ = strings.Cut(rest, "\t")
	}
	offset, err := strconv.Atoi(columns[3])
	length, err2 := strconv.Atoi(columns[4])
	if err != nil || err2 != nil || rest != "" || offset < 0 || length < 0 || offset+length > len(documents) {
		panic(fmt.Sprintf("managed: embedded table: invalid line %q", line))
	}
	return Policy{Name: nameOf(columns[0]), ARNSuffix: columns[0], Version: columns[1], Updated: columns[2], document: documents[offset : offset+length]}
}

// Document returns the policy's document, as JSON.
func (p Policy) Document() ([]byte, error) {
	r := flate.NewReader(strings.NewReader(p.document))
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the AWS managed policy %q: %w", p.Name, err)
	}
	return text, r.Close()
}
