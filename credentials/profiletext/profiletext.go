// Package profiletext formats the profile that the controllers of CAPA read.
// Package credentials checks the values. This package imports little, so that
// "bootstrap credentials encode-as-profile" can run while the clients of AWS are
// not initialized yet; see package early.
package profiletext

import (
	"encoding/base64"
	"strings"
)

// Name is the name of the profile: the one that an AWS SDK uses unless
// AWS_PROFILE names another.
const Name = "default"

// The keys of the profile.
const (
	AccessKeyID     = "aws_access_key_id"
	SecretAccessKey = "aws_secret_access_key"
	Region          = "region"
	SessionToken    = "aws_session_token"
)

// Line is one line of the profile.
type Line struct{ Key, Value string }

// Lines returns the lines of a profile; without a session token for "".
func Lines(accessKeyID, secretAccessKey, region, sessionToken string) []Line {
	lines := []Line{{AccessKeyID, accessKeyID}, {SecretAccessKey, secretAccessKey}, {Region, region}}
	if sessionToken != "" {
		lines = append(lines, Line{SessionToken, sessionToken})
	}
	return lines
}

// Text returns the text of the profile with these lines.
func Text(lines []Line) string {
	var text strings.Builder
	text.WriteString("[" + Name + "]\n")
	for _, l := range lines {
		text.WriteString(l.Key + " = " + l.Value + "\n")
	}
	return text.String()
}

// Base64 encodes the text of a profile in standard base64 (RFC 4648, section 4)
// with padding and without line breaks, as the controllers' Secret requires.
func Base64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// Warning is the warning before a profile is printed.
const Warning = "this output contains credentials in plain text: use them only for bootstrapping"
