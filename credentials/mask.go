package credentials

// This file keeps secrets out of formatted values: fmt with any verb, log/slog,
// encoding/json, and users of encoding.TextMarshaler. The methods have value
// receivers, so that they also apply to pointers and to structs that contain
// the values.

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"capaboot/credentials/accesskey"
)

// MaskKeyID masks all but the last four characters of an access key ID. When the
// text is too short to be an access key ID, it masks all of it.
func MaskKeyID(id string) string {
	if len(id) < accesskey.ShortestID {
		return "****"
	}
	return "****" + id[len(id)-4:]
}

// LacksToken reports whether the session token is missing although the key ID
// belongs to temporary credentials, which AWS rejects without the token. The
// prefixes are in the IAM User Guide, "Understanding unique ID prefixes".
func (c Credentials) LacksToken() bool { return c.keys().LacksToken() }

// CheckToken returns an error for credentials that lack their session token.
func (c Credentials) CheckToken() error {
	if !c.LacksToken() {
		return nil
	}
	return failf("also set the session token (AWS_SESSION_TOKEN, or aws_session_token in the profile)",
		"the access key ID from %s begins with ASIA, so the credentials are temporary, but their session token is missing: AWS would reject them", c.Source)
}

// String describes the credentials without a secret.
func (c Credentials) String() string {
	term := "long-lived"
	if c.keys().AreTemporary() {
		term = "temporary"
	}
	return fmt.Sprintf("%s key %s from %s", term, MaskKeyID(c.AccessKeyID), c.Source)
}

// GoString returns String, so that %#v shows no secret.
func (c Credentials) GoString() string { return c.String() }

// Format writes String for every verb and flag.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns the masked key ID, whether the credentials are temporary,
// and the source, for log/slog.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("accessKeyID", MaskKeyID(c.AccessKeyID)),
		slog.Bool("temporary", c.keys().AreTemporary()),
		slog.String("source", c.Source),
	)
}

// MarshalJSON encodes the masked key ID, whether the credentials are temporary,
// and the source.
func (c Credentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AccessKeyID string `json:"accessKeyID"`
		Temporary   bool   `json:"temporary"`
		Source      string `json:"source"`
	}{MaskKeyID(c.AccessKeyID), c.keys().AreTemporary(), c.Source})
}

// MarshalText returns String.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String describes the result without a secret. Found needs its own methods: for a
// pointer to a Found within another value, and a verb that is invalid for pointers,
// package fmt prints the fields of the Found without calling their methods.
func (f Found) String() string {
	return fmt.Sprintf("%v for region %s from %s", f.Credentials, f.Region.Name, f.Region.Source)
}

// GoString returns String, so that %#v shows no secret.
func (f Found) GoString() string { return f.String() }

// Format writes String for every verb and flag.
func (f Found) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.String()) }

// String describes the profile without a secret.
func (p Profile) String() string {
	return fmt.Sprintf("profile with key %s for region %s", MaskKeyID(p.keyID), p.region)
}

// GoString returns String, so that %#v shows no secret.
func (p Profile) GoString() string { return p.String() }

// Format writes String for every verb and flag.
func (p Profile) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue returns the masked key ID and the region, for log/slog.
func (p Profile) LogValue() slog.Value {
	return slog.GroupValue(slog.String("accessKeyID", MaskKeyID(p.keyID)), slog.String("region", p.region))
}

// MarshalJSON encodes the masked key ID and the region.
func (p Profile) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		AccessKeyID string `json:"accessKeyID"`
		Region      string `json:"region"`
	}{MaskKeyID(p.keyID), p.region})
}

// MarshalText returns String.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
