package credentials

// This file checks the values of a profile. It checks the region itself;
// package accesskey checks the other values.

import (
	"strings"

	"capaboot/credentials/accesskey"
	"capaboot/policies/arn"
)

// field is a key of a profile, by its name in the file.
type field = accesskey.Field

const (
	accessKeyID     = accesskey.AccessKeyID
	secretAccessKey = accesskey.SecretAccessKey
	sessionToken    = accesskey.SessionToken
	region          = accesskey.Region
)

// keys returns only the keys of the credentials.
func (c Credentials) keys() accesskey.Keys {
	return accesskey.Keys{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// check returns why a profile cannot represent a value, or nil. It accepts an
// unknown region that has the form of a region. The Defect of a region
// quotes the value if the value is too short to be a secret.
func check(f field, value string) *accesskey.Defect {
	if f == region && value != "" {
		return checkRegion(value)
	}
	return accesskey.Check(f, value)
}

// checkRegion rejects a value that is not a region name, and suggests the name
// that was probably meant. It accepts a region that is merely unknown: see
// unknownRegion.
func checkRegion(value string) *accesskey.Defect {
	fault := arn.CheckRegion(value)
	if fault == nil || fault.Unknown {
		return nil
	}
	bad := &accesskey.Defect{Text: fault.String()}
	if fault.Meant == "" { // otherwise, the text suggests a region
		bad.Hint = "write the name of a region, such as us-east-1"
	}
	if len(value) <= longestShownRegion {
		bad.Text = "is " + quote(value) + ", which " + bad.Text
	}
	return bad
}

// invalidRegion returns the error for a region, set by a flag or a variable, that is
// not a region name. It quotes the value if the value is too short to be a secret.
// It returns nil for any other region.
func invalidRegion(value, source string) *Error {
	if value == "" || checkRegion(value) == nil {
		return nil
	}
	shown := ""
	if len(value) <= longestShownRegion {
		shown = " " + quote(value)
	}
	want := "want the name of a region such as eu-west-1"
	if fault := arn.CheckRegion(value); fault.Meant != "" {
		want = "it " + fault.String()
	}
	return failf("", "invalid value%s for %s: %s", shown, source, want)
}

// unknownRegion describes a region that has the right form but is unknown; ""
// for any other value.
func unknownRegion(value string) string {
	fault := arn.CheckRegion(value)
	if fault == nil || !fault.Unknown {
		return ""
	}
	return "is " + quote(value) + ", which " + fault.String()
}

// longestShownRegion is the length of the longest region (us-isof-south-1). A
// key ID or a secret, which may have been set as the region by mistake, is
// longer.
const longestShownRegion = 15

// looksLikeRegion reports whether a value that could be any text, such as a
// part of a secret, may be shown as a region: unlike most secrets, it has no
// capital letters.
func looksLikeRegion(value string) bool {
	return isShownRegion(value) && strings.ToLower(value) == value
}

// isShownRegion reports whether a value may be shown as a region: it is short
// and a host label, like the region in the host name of every endpoint (RFC
// 1123, section 2.1).
func isShownRegion(value string) bool {
	if value == "" || len(value) > longestShownRegion || value[0] == '-' || value[len(value)-1] == '-' {
		return false
	}
	for i := range len(value) {
		if !accesskey.IsLetterOrDigit(value[i]) && value[i] != '-' {
			return false
		}
	}
	return true
}

// Mismatches describes how the credentials differ from those that AWS issues,
// one line each, without the values. A missing session token is not among them:
// see [Credentials.LacksToken].
func (c Credentials) Mismatches() []string {
	var all []string
	for _, mismatch := range c.keys().Mismatches() {
		all = append(all, mismatch.Of(c.Source))
	}
	return all
}
