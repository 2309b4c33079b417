// Package arn reads Amazon Resource Names and the patterns that policies have
// for them, and knows the partitions of AWS with their regions.
//
//	arn:partition:service:region:account:resource
//
// It imports the standard library and internal/nearword alone, so that every other
// package may import it, and does nothing before it is called.
//
// Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names
// (ARNs)".
package arn

import "strings"

// ARN is an ARN, or a pattern for ARNs, in its parts. Those of a pattern may
// have wildcards and variables.
type ARN struct {
	Prefix    string // "arn"; a pattern may have a wildcard here too
	Partition string
	Service   string
	Region    string
	Account   string
	Resource  string // the rest, with the colons in it

	// Parts is how many of the six there are; the others are empty. A pattern
	// may have fewer, since a wildcard also stands for colons: "arn:aws:ec2:*"
	// has four.
	Parts int
}

// Parse reads an ARN. It reports false for a text that does not begin with
// "arn:" or has fewer than six parts; what it has of them is in the result all
// the same.
func Parse(text string) (ARN, bool) {
	a := split(text, false)
	return a, a.Parts == 6 && a.Prefix == "arn"
}

// ParsePattern reads the pattern of a policy. Colons within ${...}, a policy
// variable or a reference of a template, belong to the part that it is in.
func ParsePattern(text string) ARN { return split(text, true) }

func split(text string, variables bool) ARN {
	var parts [6]string
	n, depth, start := 0, 0, 0
	for i := 0; i < len(text) && n < 5; i++ {
		switch {
		case variables && text[i] == '{' && i > 0 && (text[i-1] == '$' || depth > 0):
			depth++
		case text[i] == '}' && depth > 0:
			depth--
		case text[i] == ':' && depth == 0:
			parts[n] = text[start:i]
			n++
			start = i + 1
		}
	}
	parts[n] = text[start:]
	return ARN{parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], n + 1}
}

// IAM returns the ARN of a resource of IAM, whose account is "aws" if it is one
// of AWS's own policies.
func IAM(partition, account, resource string) ARN {
	return ARN{"arn", partition, "iam", "", account, resource, 6}
}

// Fields returns the six parts in their order, so that Fields()[Parts-1] is the
// last that is there.
func (a ARN) Fields() [6]string {
	return [6]string{a.Prefix, a.Partition, a.Service, a.Region, a.Account, a.Resource}
}

// String returns an ARN of six parts as AWS writes it.
func (a ARN) String() string {
	return a.Prefix + ":" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Kind returns what the resource begins with before a slash: "role" of
// role/path/name, "" where there is no slash.
func (a ARN) Kind() string {
	kind, _, found := strings.Cut(a.Resource, "/")
	if !found {
		return ""
	}
	return kind
}

// Name returns what the resource has after the last slash: "name" of
// role/path/name.
func (a ARN) Name() string { return a.Resource[strings.LastIndexByte(a.Resource, '/')+1:] }

// IsAccount reports whether a text is the ID of an account: twelve digits.
func IsAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}
