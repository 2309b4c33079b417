// AWS managed policies as inputs, named by their ARNs.

package source

import (
	"context"
	"fmt"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
)

const (
	arnPrefix       = "arn:"
	awsPolicyPrefix = "arn:" + arn.DefaultPartition + ":iam::aws:policy/"
)

// awsPolicyPath returns the name of an AWS managed policy with its path, or "" if the
// name is unknown.
func awsPolicyPath(name string) string {
	known, _ := managed.Lookup(name)
	return known.ARNSuffix
}

// readAWSPolicy reads the AWS managed policy with an ARN.
func (r *Reader) readAWSPolicy(ctx context.Context, policyARN string) (*Found, error) {
	found, err := r.readFile(ctx, policyARN)
	if err != nil {
		return nil, err
	}
	found.NoFile = true
	for _, h := range found.Set.Principals {
		for i := range h.Policies {
			h.Policies[i].AWS = true
		}
	}
	return found, nil
}

// awsPolicyText returns the document of the AWS managed policy with an ARN. It warns if
// the document is assumed; see [managed.IsAssumed].
func (r *Reader) awsPolicyText(policyARN string) ([]byte, error) {
	text, ok := managed.Text(policyARN)
	if !ok {
		return nil, &Error{unknownARN(policyARN)}
	}
	if managed.IsAssumed(policyARN) && r.Warn != nil {
		r.Warn(managed.AssumedNote(policyARN))
	}
	return text, nil
}

// adviceError is an error with a hint.
type adviceError struct {
	error
	hint string
}

// Hint returns the hint.
func (e *adviceError) Hint() string { return e.hint }

// unknownARN returns the error for an ARN that is not the ARN of an embedded AWS managed
// policy.
func unknownARN(name string) error {
	a, ok := arn.Parse(name)
	path, isPolicy := strings.CutPrefix(a.Resource, "policy/")
	switch {
	case !ok || !isPolicy || a.Service != "iam" || a.Region != "":
		return &adviceError{fmt.Errorf("%s is not the ARN of an AWS managed policy", name),
			"an ARN is read only if it names an AWS managed policy, such as " + awsPolicyPrefix + "ReadOnlyAccess; for a role, user or policy of your account, pass a file with its policies"}
	case a.Account != "aws":
		return &adviceError{fmt.Errorf("%s is a policy of an account: only AWS managed policies are read by ARN", name),
			"pass a file with the document: aws iam get-policy-version --policy-arn " + name + " --version-id VERSION > policy.json; aws iam get-policy shows the version (DefaultVersionId)"}
	}
	check := managed.CheckPath(path)
	unknown := fmt.Errorf("%s is not among AWS's managed policies as of %s", name, check.Date)
	if check.Closest != "" {
		return &adviceError{unknown, fmt.Sprintf("did you mean %q?", strings.TrimSuffix(name, path)+check.Closest)}
	}
	return &adviceError{unknown,
		"check the name; for a newer policy, pass a file with the document: aws iam get-policy-version --policy-arn " + name + " --version-id v1 > policy.json"}
}
