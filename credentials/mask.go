package credentials

// This file keeps secrets out of everything that prints values: fmt with any
// verb, log/slog, encoding/json, and what uses encoding.TextMarshaler. The
// methods are on the values, so that they hold for pointers and for structs
// that carry them too.

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// maskLength is the least length of an access key ID that is shown in part:
// of the 16 characters that the shortest one has, four identify the key.
const maskLength = 16

// MaskKeyID returns an access key ID as it may be shown: its last four
// characters, or none of them when it is too short to be an access key ID.
func MaskKeyID(id string) string {
	if len(id) < maskLength {
		return "****"
	}
	return "****" + id[len(id)-4:]
}

// LacksToken reports whether the key ID is one of temporary credentials, which
// AWS refuses without their session token, and there is none. The prefixes are
// in the IAM User Guide, "Understanding unique ID prefixes".
func (c Credentials) LacksToken() bool {
	return strings.HasPrefix(c.AccessKeyID, "ASIA") && c.SessionToken == ""
}

// CheckToken returns an error for credentials that lack their token.
func (c Credentials) CheckToken() error {
	if !c.LacksToken() {
		return nil
	}
	return failf("give the session token too (AWS_SESSION_TOKEN, aws_session_token)",
		"the access key ID from %s begins with ASIA, as those of temporary credentials do, but the session token is missing: AWS would refuse them", c.Source)
}

// String describes the credentials without a secret.
func (c Credentials) String() string {
	term := "long-lived"
	if c.SessionToken != "" {
		term = "temporary"
	}
	return fmt.Sprintf("%s key %s from %s", term, MaskKeyID(c.AccessKeyID), c.Source)
}

// GoString is String: %#v shows no secret either.
func (c Credentials) GoString() string { return c.String() }

// Format writes String for every verb and flag.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue gives log/slog the masked key ID and the source.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("accessKeyID", MaskKeyID(c.AccessKeyID)),
		slog.Bool("temporary", c.SessionToken != ""),
		slog.String("source", c.Source),
	)
}

// MarshalJSON gives the masked key ID and the source.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AccessKeyID string `json:"accessKeyID"`
		Temporary   bool   `json:"temporary"`
		Source      string `json:"source"`
	}{MaskKeyID(c.AccessKeyID), c.SessionToken != "", c.Source})
}

// MarshalText gives String.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String describes what was found without a secret. Found has methods of its
// own because package fmt calls none of its fields' when it meets a pointer to
// Found inside another value with a verb that does not fit.
func (f Found) String() string {
	return fmt.Sprintf("%v for region %s from %s", f.Credentials, f.Region.Name, f.Region.Source)
}

// GoString is String: %#v shows no secret either.
func (f Found) GoString() string { return f.String() }

// Format writes String for every verb and flag.
func (f Found) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// String describes the profile without a secret.
func (p Profile) String() string {
	return fmt.Sprintf("profile with key %s for region %s", MaskKeyID(p.keyID), p.region)
}

// GoString is String: %#v shows no secret either.
func (p Profile) GoString() string { return p.String() }

// Format writes String for every verb and flag.
func (p Profile) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue gives log/slog the masked key ID and the region.
func (p Profile) LogValue() slog.Value {
	return slog.GroupValue(slog.String("accessKeyID", MaskKeyID(p.keyID)), slog.String("region", p.region))
}

// MarshalJSON gives the masked key ID and the region.
func (p Profile) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AccessKeyID string `json:"accessKeyID"`
		Region      string `json:"region"`
	}{MaskKeyID(p.keyID), p.region})
}

// MarshalText gives String.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
