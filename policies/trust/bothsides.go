// Both sides of a role in another account: the trust policy of the role, and
// the permissions of the caller.

package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Sides has the statements of both sides of a role assumption.
type Sides struct {
	TrustPolicy catalog.PolicyDocument
	// Statements are the caller's permissions.
	Statements []catalog.PolicyStatement
	Notes      []string
}

// BothSides returns the statements that allow the role or user with the ARN
// source to assume a role and, if tags is set, to pass session tags. The error
// is a [Fault].
func BothSides(roleARN, source, externalID string, tags bool) (Sides, error) {
	statement, err := Assume(roleARN, tags)
	if err != nil {
		return Sides{}, err
	}
	role, _ := arn.Parse(roleARN)
	if source == "" {
		return Sides{}, missing(InputSourceARN, "want the ARN of the role or user that assumes %s", roleARN)
	}
	if source == roleARN {
		return Sides{}, invalidf(InputSourceARN, source, "want the role or user that assumes the role, not the role itself")
	}
	result, err := Account{From: []string{source}, ExternalID: externalID, Account: role.Account, SessionTags: tags}.Trust()
	if fault, ok := errors.AsType[*Fault](err); ok {
		switch fault.Input {
		case InputFrom:
			fault.Input = InputSourceARN
		case InputExternalID:
			if fault.Kind == FaultMissing {
				// The text of Account.Trust also asks for an organization or the account
				// of the role, but BothSides takes neither.
				fault.Text = "the caller is in another account; if " + quote(source) + " belongs to a vendor, an external ID keeps other customers of the vendor from making that principal assume the role"
			}
		}
	}
	if err != nil {
		return Sides{}, err
	}
	if from, _ := arn.Parse(source); from.Partition != role.Partition {
		return Sides{}, invalidf(InputSourceARN, source, "it is in partition %s, but the role is in %s: a role cannot be assumed from another partition", from.Partition, role.Partition)
	}
	if !tags {
		result.Notes = append(result.Notes, "if the caller gets its credentials through EKS Pod Identity, whose session tags are transitive, the trust policy and the caller's policy must also allow sts:TagSession")
	}
	return Sides{result.Document(), []catalog.PolicyStatement{statement}, result.Notes}, nil
}

// CheckSessionPolicy checks that text is a valid session policy, and returns it
// as JSON for STS. file is its name in errors.
//
// Source: AWS STS API Reference, AssumeRole, Policy.
func CheckSessionPolicy(file string, text []byte) (string, error) {
	doc, err := document.Read(file, text)
	if err != nil {
		return "", err
	}
	if !json.Valid(text) {
		return "", fmt.Errorf("%s: invalid session policy: want JSON", file)
	}
	for i := range doc.Statements {
		if s := &doc.Statements[i]; len(s.Principals)+len(s.NotPrincipals) > 0 {
			return "", fmt.Errorf("%s:%d: %s has a principal, which a session policy cannot have", file, s.Line, s.Label())
		}
	}
	if doc.Size > MaxSessionPolicy {
		return "", fmt.Errorf("%s: the session policy has %d characters; allowed: %d", file, doc.Size, MaxSessionPolicy)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return "", err
	}
	return compact.String(), nil
}

// MaxSessionPolicy is the maximum length of a session policy in characters.
// CheckSessionPolicy refuses a longer one.
const MaxSessionPolicy = 2048
