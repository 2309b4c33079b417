package operator

// Splits policies that exceed a quota of IAM: a managed policy has at most
// 6,144 characters, without white space (IAM User Guide, "IAM and AWS STS
// quotas").

import (
	"fmt"

	"capaboot/internal/render"
	"capaboot/policies/catalog"
)

// maxPolicy is the maximum length of a managed policy, in characters without white
// space.
const maxPolicy = 6144

// Split puts statements into documents without reordering them, each within the
// quota. A statement that no longer fits begins the next document. Split
// divides a statement with too many resources into several. Only resources are
// divided, because that does not change the effect.
func Split(statements []catalog.PolicyStatement) ([]catalog.PolicyDocument, error) {
	var documents []catalog.PolicyDocument
	var open []catalog.PolicyStatement
	closeOne := func() {
		if len(open) > 0 {
			documents = append(documents, catalog.NewPolicyDocument(open...))
			open = nil
		}
	}
	for _, statement := range statements {
		parts, err := divide(statement)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			if n, err := size(append(open[:len(open):len(open)], part)); err != nil {
				return nil, err
			} else if n > maxPolicy {
				closeOne()
			}
			open = append(open, part)
		}
	}
	closeOne()
	return documents, nil
}

// divide returns the statement or, if it is too long for one policy, several
// statements that each have a part of its resources. It returns an error if a
// statement is too long even for a single resource.
func divide(statement catalog.PolicyStatement) ([]catalog.PolicyStatement, error) {
	n, err := size([]catalog.PolicyStatement{statement})
	if err != nil || n <= maxPolicy {
		return []catalog.PolicyStatement{statement}, err
	}
	half := len(statement.Resource) / 2
	if half == 0 {
		return nil, &invalidError{fmt.Sprintf("the policy does not fit into IAM's quota: a statement for one resource has %d characters; allowed: %d", n, maxPolicy),
			"attach fewer managed policies in the configuration"}
	}
	first, second := statement, statement
	first.Resource, second.Resource = statement.Resource[:half], statement.Resource[half:]
	firstParts, err := divide(first)
	if err != nil {
		return nil, err
	}
	seconds, err := divide(second)
	return append(firstParts, seconds...), err
}

// size returns the length of a document with the statements, as IAM counts it.
func size(statements []catalog.PolicyStatement) (int, error) {
	_, characters, err := render.Size(catalog.NewPolicyDocument(statements...))
	return characters, err
}
