package credentials

// This file renders the profile that the controllers mount as their shared
// credentials file (AWS_SHARED_CREDENTIALS_FILE=/home/.aws/credentials).

import (
	"gopkg.in/ini.v1"

	"capaboot/credentials/accesskey"
)

// Profile is the text of a shared credentials file with one profile, default.
// All formatting masks it; only Text and Base64 return the secrets.
type Profile struct{ text, keyID, region string }

// NewProfile renders credentials and a region. The error is an *Error, which
// names the value that cannot be written and its source, but does not contain
// the value.
//
// NewProfile reads the text back with another parser, and fails unless that
// parser finds the same keys and values.
func NewProfile(c Credentials, regionName string) (Profile, error) {
	from := ""
	if c.Source != "" {
		from = " from " + c.Source
	}
	lines := c.keys().Lines(regionName)
	for _, l := range lines {
		if invalid := check(l.Field, l.Value); invalid != nil {
			if l.Field == region {
				return Profile{}, failf(invalid.Hint, "the region %s", invalid.Text)
			}
			return Profile{}, failf(invalid.Hint, "the %s%s %s", l.Field.Words(), from, invalid.Text)
		}
	}
	text := accesskey.ProfileText(lines)
	if !readsBack(text, lines) {
		return Profile{}, failf("please report this as a bug, without the credentials",
			"the profile for the credentials%s reads back as different values", from)
	}
	return Profile{text: text, keyID: c.AccessKeyID, region: regionName}, nil
}

// readsBack reports whether gopkg.in/ini.v1 finds exactly these lines in the
// text. The errors of ini.v1 quote the text, so they are dropped.
func readsBack(text string, lines []accesskey.Line) bool {
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
		if key.Name() != string(lines[i].Field) || key.Value() != lines[i].Value {
			return false
		}
	}
	return true
}

// Text returns the text of the profile, which ends in a line break.
func (p Profile) Text() string { return p.text }

// Base64 returns the text in base64; see [accesskey.Base64].
func (p Profile) Base64() string { return accesskey.Base64(p.text) }
