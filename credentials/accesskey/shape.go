// Package accesskey checks access keys: which values a profile can represent,
// and which values AWS could have issued. It formats the profile with a key. It
// imports little, so that "bootstrap credentials encode-as-profile" can run while
// the clients of AWS are not initialized yet; see package early.
package accesskey

// This file checks whether AWS could have issued a key. A profile can also have
// values of another shape: emulators of AWS accept them, but AWS does not. What
// AWS documents:
//
//   - Access key ID: 16 to 128 letters, digits and underscores. IAM API Reference,
//     "AccessKey"; AWS STS API Reference, "Credentials".
//   - Secret access key: the references specify neither length nor characters. AWS
//     Security Blog, "A Safer Way to Distribute AWS Credentials to EC2": 40
//     characters of base64 (letters, digits, /, + and =).
//   - Session token: no format; its size is not fixed and may change. AWS STS API
//     Reference, "AssumeRole".
//   - A call with temporary credentials must include the session token. IAM User
//     Guide, "Use temporary credentials with AWS resources". AKIA begins the IDs of
//     long-lived keys, ASIA those of temporary keys: AWS STS API Reference,
//     "GetAccessKeyInfo". How AWS responds to a long-lived key with a session token
//     is not documented.

import (
	"fmt"
	"strings"
)

// ShortestID is the length of the shortest access key ID.
const ShortestID = 16

const (
	longestID    = 128
	secretLength = 40
)

// Mismatch is how one value differs from the values that AWS issues. Text
// continues a sentence that begins with the name of the value.
type Mismatch struct {
	Field      Field
	Code, Text string
}

// Of returns the mismatch as a sentence about the keys from a source.
func (m Mismatch) Of(source string) string {
	return fmt.Sprintf("the %s from %s %s", m.Field.Words(), source, m.Text)
}

// The codes of mismatches in an inspection.
const (
	CodeShape        = "shape"
	CodeTokenOfOther = "token-of-another-key"
)

// Mismatches returns how the keys differ from the keys that AWS issues. A
// missing session token is not among the results: see [Keys.LacksToken].
func (k Keys) Mismatches() []Mismatch {
	var all []Mismatch
	for _, part := range []struct {
		field Field
		value string
	}{{AccessKeyID, k.AccessKeyID}, {SecretAccessKey, k.SecretAccessKey}, {SessionToken, k.SessionToken}} {
		if text := ShapeProblem(part.field, part.value); part.value != "" && text != "" {
			all = append(all, Mismatch{part.field, CodeShape, text})
		}
	}
	if strings.HasPrefix(k.AccessKeyID, "AKIA") && k.SessionToken != "" {
		all = append(all, Mismatch{SessionToken, CodeTokenOfOther,
			"belongs to another key: the access key ID begins with AKIA, so the key is long-lived and has no session token"})
	}
	return all
}

// ShapeProblem returns how a value differs from the values that AWS issues; ""
// when it does not.
func ShapeProblem(f Field, value string) string {
	if instead := describeSubstitute(f, value); instead != nil {
		return instead.Text
	}
	if strings.HasSuffix(value, "%") {
		return "has " + countCharacters(value) + " and ends with a percent sign, which zsh appends to output without a line break at its end; AWS issues no key with a percent sign"
	}
	switch f {
	case AccessKeyID:
		if len(value) < ShortestID || len(value) > longestID {
			return fmt.Sprintf("has %s instead of %d to %d", countCharacters(value), ShortestID, longestID)
		}
		if kind, _ := Kind(strings.ToUpper(value)); kind != "" && strings.ToUpper(value[:4]) != value[:4] {
			return "begins with " + value[:4] + " instead of " + strings.ToUpper(value[:4])
		}
		if kind, usable := Kind(value); !usable {
			return fmt.Sprintf("begins with %s, so it is the %s", value[:4], kind)
		}
	case SecretAccessKey:
		if !OnlyOf(value, "/+=") {
			return fmt.Sprintf("has %s, one of which (at position %d) is not a letter, a digit, a slash, a plus sign or an equals sign: AWS issues no such key", countCharacters(value), foreignPosition(value))
		}
		if len(value) != secretLength {
			return fmt.Sprintf("has %s instead of %d", countCharacters(value), secretLength)
		}
	}
	return ""
}

// countCharacters formats the number of characters of a value.
func countCharacters(value string) string {
	if n := len([]rune(value)); n != 1 {
		return fmt.Sprintf("%d characters", n)
	}
	return "1 character"
}

// foreignPosition returns the position, counted from 1, of the first character
// that no secret access key of AWS has. value must have such a character.
func foreignPosition(value string) int {
	position := 0
	for _, r := range value {
		position++
		if r > 0x7f || !OnlyOf(string(r), "/+=") {
			break
		}
	}
	return position
}

// describeExtraText describes text that was copied together with a value: the
// command that sets it, the name of its setting, or the prompt of "aws
// configure"; "" for none.
func describeExtraText(value string) string {
	lowercase := LowerASCII(value)
	for _, start := range []string{"export ", "set ", "setx ", "$env:"} {
		if strings.HasPrefix(lowercase, start) {
			return "begins with the command that sets the variable"
		}
	}
	for _, name := range []string{
		"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "accesskeyid", "secretaccesskey", "sessiontoken",
	} {
		if rest, found := strings.CutPrefix(strings.TrimLeft(lowercase, `"' `), name); found && strings.ContainsAny(rest, "=: ") {
			return "begins with the name of its setting"
		}
	}
	for _, question := range []string{"access key id", "secret access key", "session token", "[none]"} {
		if strings.Contains(lowercase, question) {
			return "contains a prompt"
		}
	}
	return ""
}

// Kind returns the kind of a key by its prefix, and whether that is an
// access key; "" and true for an unknown prefix.
func Kind(id string) (kind string, usable bool) {
	for _, known := range kinds {
		if strings.HasPrefix(id, known.prefix) {
			return known.kind, known.usable
		}
	}
	return "", true
}

// kinds are the kinds of keys, and of other IDs that are mistaken for keys, by
// their prefix. Source: IAM User Guide, "IAM identifiers", unique ID prefixes.
var kinds = []struct {
	prefix, kind string
	usable       bool
}{
	{"AKIA", "long-lived access key", true},
	{"ASIA", "temporary access key", true},
	{"AROA", "ID of a role, not an access key", false},
	{"AIDA", "ID of a user, not an access key", false},
	{"AGPA", "ID of a group, not an access key", false},
	{"AIPA", "ID of an instance profile, not an access key", false},
	{"ANPA", "ID of a managed policy, not an access key", false},
	{"ASCA", "ID of a certificate, not an access key", false},
	{"ABIA", "bearer token of AWS STS, not an access key", false},
	{"ACCA", "context-specific credential, not an access key", false},
	{"APKA", "ID of a public key, not an access key", false},
}
