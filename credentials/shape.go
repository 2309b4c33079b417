package credentials

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

const (
	shortestKeyID = 16
	longestKeyID  = 128
	secretLength  = 40
)

// Mismatches describes how the credentials differ from those that AWS issues,
// one line each, without the values. It does not repeat
// [Credentials.LacksToken].
func (c Credentials) Mismatches() []string {
	var all []string
	for _, mismatch := range c.mismatches() {
		all = append(all, fmt.Sprintf("the %s from %s %s", mismatch.field.words(), c.Source, mismatch.text))
	}
	return all
}

// mismatch is how one value differs from those that AWS issues. text continues
// a sentence that begins with the name of the value.
type mismatch struct {
	field      field
	code, text string
}

// The codes of mismatches in an inspection.
const (
	codeShape        = "shape"
	codeTokenOfOther = "token-of-another-key"
)

func (c Credentials) mismatches() []mismatch {
	var all []mismatch
	for _, part := range []struct {
		field field
		value string
	}{{accessKeyID, c.AccessKeyID}, {secretAccessKey, c.SecretAccessKey}, {sessionToken, c.SessionToken}} {
		if text := shapeProblem(part.field, part.value); part.value != "" && text != "" {
			all = append(all, mismatch{part.field, codeShape, text})
		}
	}
	if strings.HasPrefix(c.AccessKeyID, "AKIA") && c.SessionToken != "" {
		all = append(all, mismatch{sessionToken, codeTokenOfOther,
			"belongs to another key: the access key ID begins with AKIA, so the key is long-lived and has no session token"})
	}
	return all
}

// shapeProblem returns how a value differs from those that AWS issues; "" when
// it does not.
func shapeProblem(f field, value string) string {
	if instead := describeSubstitute(f, value); instead != nil {
		return instead.text
	}
	if strings.HasSuffix(value, "%") {
		return "has " + countCharacters(value) + " and ends with %, which zsh appends to output without a line break at its end; AWS issues no key with %"
	}
	switch f {
	case accessKeyID:
		if len(value) < shortestKeyID || len(value) > longestKeyID {
			return fmt.Sprintf("has %s instead of %d to %d", countCharacters(value), shortestKeyID, longestKeyID)
		}
		if kind, _ := keyKind(strings.ToUpper(value)); kind != "" && strings.ToUpper(value[:4]) != value[:4] {
			return "begins with " + value[:4] + " instead of " + strings.ToUpper(value[:4])
		}
		if kind, usable := keyKind(value); !usable {
			return fmt.Sprintf("begins with %s, so it is the %s", value[:4], kind)
		}
	case secretAccessKey:
		if !onlyOf(value, "/+=") {
			return fmt.Sprintf("has %s, one of which (at position %d) is not a letter, a digit, /, + or =: AWS issues no such key", countCharacters(value), foreignPosition(value))
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
// that is not in any secret access key of AWS.
func foreignPosition(value string) int {
	position := 0
	for _, r := range value {
		position++
		if r > 0x7f || !onlyOf(string(r), "/+=") {
			break
		}
	}
	return position
}

// extraText describes text that was copied together with a value: the command that
// sets it, the name of its setting, or the prompt of "aws configure"; "" for none.
func extraText(value string) string {
	lowercase := lowerASCII(value)
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

// keyKind returns the kind of a key by its prefix, and whether that is an
// access key; "" and true for an unknown prefix.
func keyKind(id string) (kind string, usable bool) {
	for _, known := range keyKinds {
		if strings.HasPrefix(id, known.prefix) {
			return known.kind, known.usable
		}
	}
	return "", true
}
