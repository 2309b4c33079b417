// Package arn parses Amazon Resource Names and the ARN patterns of policies,
// and has the partitions of AWS with their regions.
//
//	arn:partition:service:region:account:resource
//
// It imports only the standard library, arn/regions, internal/lazy and
// internal/nearword, so that every other package can import it, and runs no
// code before it is called.
//
// Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names
// (ARNs)".
package arn

import "strings"

// ARN is a parsed ARN or ARN pattern. The parts of a pattern may contain
// wildcards and variables.
type ARN struct {
	Prefix    string // "arn"; a pattern may have a wildcard here too
	Partition string
	Service   string
	Region    string
	Account   string
	Resource  string // everything after the fifth colon

	// Parts is the number of parts that are present, at most six; the others
	// are empty. A pattern may have fewer, because a wildcard also matches
	// colons: "arn:aws:ec2:*" has four.
	Parts int
}

// Parse parses an ARN. It returns false if the text does not begin with "arn:"
// or has fewer than six parts; the result then has the parts that are present.
func Parse(text string) (ARN, bool) {
	a := split(text, false)
	return a, a.Parts == 6 && a.Prefix == "arn"
}

// ParsePattern parses an ARN pattern of a policy. Colons within ${...}, a
// policy variable or a template reference, do not separate parts.
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

// IAM returns the ARN of an IAM resource. The account of an AWS managed policy
// is "aws", which the caller passes.
func IAM(partition, account, resource string) ARN {
	return ARN{"arn", partition, "iam", "", account, resource, 6}
}

// Fields returns the six parts in order. Fields()[Parts-1] is the last one that
// is present.
func (a ARN) Fields() [6]string {
	return [6]string{a.Prefix, a.Partition, a.Service, a.Region, a.Account, a.Resource}
}

// String returns the ARN in its usual notation. Missing parts are written as
// empty ones.
func (a ARN) String() string {
	return a.Prefix + ":" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}

// Kind returns the part of the resource before the first slash, such as "role"
// for role/path/name, or "" if there is no slash.
func (a ARN) Kind() string {
	kind, _, found := strings.Cut(a.Resource, "/")
	if !found {
		return ""
	}
	return kind
}

// Name returns the part of the resource after the last slash, such as "name"
// for role/path/name, or the whole resource if there is no slash.
func (a ARN) Name() string { return a.Resource[strings.LastIndexByte(a.Resource, '/')+1:] }

// IsAccount reports whether a text is an account ID: twelve digits.
func IsAccount(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}
