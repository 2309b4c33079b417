package accesskey

// This file formats the profile that the controllers of CAPA read.

import (
	"encoding/base64"
	"strings"
)

// DefaultProfile is the name of the profile that an AWS SDK uses unless
// AWS_PROFILE names another.
const DefaultProfile = "default"

// Line is one line of the profile.
type Line struct {
	Field Field
	Value string
}

// Lines returns the lines of a profile with the keys and a region. There is no
// line for a session token that is "".
func (k Keys) Lines(region string) []Line {
	lines := []Line{{AccessKeyID, k.AccessKeyID}, {SecretAccessKey, k.SecretAccessKey}, {Region, region}}
	if k.SessionToken != "" {
		lines = append(lines, Line{SessionToken, k.SessionToken})
	}
	return lines
}

// ProfileText returns the text of the profile with these lines.
func ProfileText(lines []Line) string {
	var text strings.Builder
	text.WriteString("[" + DefaultProfile + "]\n")
	for _, l := range lines {
		text.WriteString(string(l.Field) + " = " + l.Value + "\n")
	}
	return text.String()
}

// Base64 encodes the text of a profile in standard base64 (RFC 4648, section 4)
// with padding and without line breaks, as the controllers' Secret requires.
func Base64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// EnvironmentSource is the source of keys in environment variables, as messages name
// it.
const EnvironmentSource = "the environment"

// ExpirationVariable is the variable in which a user or a tool records when the keys
// in the environment expire.
const ExpirationVariable = "AWS_CREDENTIAL_EXPIRATION"

// UnknownExpiryWarning returns the warning about temporary keys whose expiry is unknown.
// setting is where the user can record the expiry; "" if that is not possible.
func UnknownExpiryWarning(setting string) string {
	text := "these keys are temporary, and their expiry is unknown: after the expiry, the controllers cannot call AWS"
	if setting != "" {
		text += "; to have the expiry checked, set " + setting + " to the time of the expiry"
	}
	return text
}

// PlainTextWarning is the warning before a profile is printed.
const PlainTextWarning = "this output contains credentials in plain text: use the credentials only for bootstrapping"
