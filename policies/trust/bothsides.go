// Both sides of a role in another account: its trust policy, and what the caller needs.

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

// Sides are both sides of assuming a role.
type Sides struct {
	TrustPolicy catalog.PolicyDocument
	// Statements are those of the caller.
	Statements []catalog.PolicyStatement
	Notes      []string
}

// BothSides returns what lets the role or user source assume a role. The error is a
// [Fault].
func BothSides(roleARN, source, externalID string, tags bool) (Sides, error) {
	statement, err := Assume(roleARN, tags)
	if err != nil {
		return Sides{}, err
	}
	role, _ := arn.Parse(roleARN)
	if source == "" {
		return Sides{}, faultf(InputSourceARN, "is missing: want the ARN of the role or user whose credentials assume %s", roleARN)
	}
	if source == roleARN {
		return Sides{}, faultf(InputSourceARN, "is the role itself")
	}
	made, err := Account{From: []string{source}, ExternalID: externalID, Account: role.Account, SessionTags: tags}.Trust()
	if fault, ok := errors.AsType[*Fault](err); ok && fault.Input == InputFrom {
		fault.Input = InputSourceARN
	}
	if err != nil {
		return Sides{}, err
	}
	if from, _ := arn.Parse(source); from.Partition != role.Partition {
		return Sides{}, faultf(InputSourceARN, "is in partition %s, but the role is in %s: a role cannot be assumed from another partition", from.Partition, role.Partition)
	}
	if !tags {
		made.Notes = append(made.Notes, "with EKS Pod Identity, whose session tags are transitive, both sides need the tags too")
	}
	return Sides{made.Document(), []catalog.PolicyStatement{statement}, made.Notes}, nil
}

// CheckSessionPolicy refuses what is not the policy of a session, and returns it as JSON
// that STS takes. file stands for it in errors.
//
// Source: AWS STS API Reference, AssumeRole, Policy.
func CheckSessionPolicy(file string, text []byte) (string, error) {
	read, err := document.Read(file, text)
	if err != nil {
		return "", err
	}
	if !json.Valid(text) {
		return "", fmt.Errorf("%s: a session policy is JSON", file)
	}
	for i := range read.Statements {
		if s := &read.Statements[i]; len(s.Principals)+len(s.NotPrincipals) > 0 {
			return "", fmt.Errorf("%s:%d: %s names principals, which a session policy cannot have", file, s.Line, s.Label())
		}
	}
	if read.Size > MaxSessionPolicy {
		return "", fmt.Errorf("%s: the policy has %d characters, a session policy can have %d", file, read.Size, MaxSessionPolicy)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return "", err
	}
	return compact.String(), nil
}

// MaxSessionPolicy is how many characters the policy of a session may have.
const MaxSessionPolicy = 2048
