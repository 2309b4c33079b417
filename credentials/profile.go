package credentials

// This file renders the profile that the controllers mount as their shared
// credentials file (AWS_SHARED_CREDENTIALS_FILE=/home/.aws/credentials).

import (
	"encoding/base64"
	"strings"

	"gopkg.in/ini.v1"
)

// Profile is the text of a shared credentials file with one profile, default.
// All formatting masks it; only Text and Base64 return the secrets.
type Profile struct{ text, keyID, region string }

// NewProfile renders credentials and a region. The error is an *Error, which
// names the value that cannot be written and its source, but does not contain
// the value.
//
// NewProfile reads the text back with another parser, and fails unless it
// returns the same bytes.
func NewProfile(c Credentials, regionName string) (Profile, error) {
	from := ""
	if c.Source != "" {
		from = " from " + c.Source
	}
	lines := []line{
		{accessKeyID, c.AccessKeyID},
		{secretAccessKey, c.SecretAccessKey},
		{region, regionName},
	}
	if c.SessionToken != "" {
		lines = append(lines, line{sessionToken, c.SessionToken})
	}
	var text strings.Builder
	text.WriteString("[" + defaultProfile + "]\n")
	for _, l := range lines {
		if invalid := check(l.field, l.value); invalid != nil {
			if l.field == region {
				return Profile{}, failf(invalid.hint, "the region %s", invalid.text)
			}
			return Profile{}, failf(invalid.hint, "the %s%s %s", l.field.words(), from, invalid.text)
		}
		text.WriteString(string(l.field) + " = " + l.value + "\n")
	}
	if !readsBack(text.String(), lines) {
		return Profile{}, failf("please report this as a bug, without the credentials",
			"the profile for the credentials%s reads back as different values", from)
	}
	return Profile{text: text.String(), keyID: c.AccessKeyID, region: regionName}, nil
}

// line is one line of the profile.
type line struct {
	field field
	value string
}

// readsBack reports whether gopkg.in/ini.v1 finds exactly these lines in the
// text. Its errors quote the text, so they are dropped.
func readsBack(text string, lines []line) bool {
	file, err := ini.LoadSources(ini.LoadOptions{
		IgnoreContinuation:      true,
		IgnoreInlineComment:     true,
		PreserveSurroundedQuote: true,
	}, []byte(text))
	if err != nil {
		return false
	}
	sections := file.Sections() // ini.v1 has an empty section DEFAULT before the others
	if len(sections) != 2 || len(sections[0].Keys()) != 0 || sections[1].Name() != defaultProfile {
		return false
	}
	keys := sections[1].Keys()
	if len(keys) != len(lines) {
		return false
	}
	for i, key := range keys {
		// Value, not String, which would expand %(name)s.
		if key.Name() != string(lines[i].field) || key.Value() != lines[i].value {
			return false
		}
	}
	return true
}

// Text returns the text of the profile, which ends in a line break.
func (p Profile) Text() string { return p.text }

// Base64 returns the text in standard base64 (RFC 4648, section 4) with padding
// and without line breaks, as the controllers' Secret requires.
func (p Profile) Base64() string { return base64.StdEncoding.EncodeToString([]byte(p.text)) }
