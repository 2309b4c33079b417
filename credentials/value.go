package credentials

// This file checks which values a profile can represent: those that every
// reader returns as the same bytes. The rules come from a test of every
// printable character in every position, with the readers that controllers and
// people use: the SDK for Go v2, the SDK for Go v1 (in the controllers of older
// releases), botocore, and gopkg.in/ini.v1. Everything that AWS issues passes:
// key IDs are letters and digits, secrets and tokens are base64.

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"capaboot/credentials/profiletext"
	"capaboot/policies/arn"
)

// field is a key of a profile, by its name in the file.
type field string

const (
	accessKeyID     field = profiletext.AccessKeyID
	secretAccessKey field = profiletext.SecretAccessKey
	sessionToken    field = profiletext.SessionToken
	region          field = profiletext.Region
)

// words returns the name of the field for an error.
func (f field) words() string {
	switch f {
	case accessKeyID:
		return "access key ID"
	case secretAccessKey:
		return "secret access key"
	case sessionToken:
		return "session token"
	}
	return string(f)
}

// defect is what is wrong with a value, with a hint. text continues a sentence
// that begins with the name of the value ("has a line break at its end").
// Neither text nor hint shows the value, only the position and the code point
// of white space and control characters. Only a region is shown, if it is too
// short to be a secret.
type defect struct{ text, hint string }

// check returns the first field with a defect, and the defect. Only the session
// token may be missing.
func (c Credentials) check() (field, *defect) {
	if bad := check(accessKeyID, c.AccessKeyID); bad != nil {
		return accessKeyID, bad
	}
	if bad := check(secretAccessKey, c.SecretAccessKey); bad != nil {
		return secretAccessKey, bad
	}
	if c.SessionToken == "" {
		return "", nil
	}
	return sessionToken, check(sessionToken, c.SessionToken)
}

// check returns why a profile cannot represent the value; nil when it can.
func check(f field, value string) *defect {
	if value == "" {
		return &defect{"is empty", ""}
	}
	if f == region {
		return checkRegion(value)
	}
	bad := checkCharacters(value)
	switch {
	case bad != nil:
	case f == accessKeyID:
		bad = checkKeyID(value)
	default:
		bad = checkReaders(value)
	}
	if bad != nil {
		if instead := describeSubstitute(f, value); instead != nil {
			return instead
		}
	}
	return bad
}

// checkCharacters accepts printable ASCII.
func checkCharacters(value string) *defect {
	const hint = "copy the value again, without the white space and line breaks around the value"
	if !utf8.ValidString(value) {
		return &defect{"is not valid UTF-8", hint}
	}
	position := 0
	for i, r := range value {
		position++
		where := fmt.Sprintf("at position %d", position)
		switch {
		case i == 0:
			where = "at its start"
		case i+utf8.RuneLen(r) == len(value):
			where = "at its end"
		}
		switch {
		case r == '\n' || r == '\r':
			return &defect{"has a line break " + where, hint}
		case unicode.IsSpace(r):
			return &defect{fmt.Sprintf("has white space (%U) %s", r, where), hint}
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return &defect{fmt.Sprintf("has a control character (%U) %s", r, where), hint}
		case r > unicode.MaxASCII:
			return &defect{"has a character outside ASCII " + where, hint}
		}
	}
	return nil
}

// checkKeyID accepts the characters of the type accessKeyIdType, [\w]*
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html). A
// secret access key in place of the ID usually has a character that is not
// accepted. The length is not checked: emulators of AWS may use shorter IDs.
func checkKeyID(value string) *defect {
	for i := range len(value) {
		if !isLetterOrDigit(value[i]) && value[i] != '_' {
			return &defect{fmt.Sprintf("has a character at position %d that is not a letter, a digit or an underscore", i+1), "copy the value again"}
		}
	}
	return nil
}

// commentInside reports whether a separator inside a value is directly followed
// by a character that the SDK for Go v1 reads as the start of a comment, a list
// or a string.
func commentInside(value string) bool {
	for i := range len(value) - 1 {
		if strings.IndexByte("=:", value[i]) >= 0 && strings.IndexByte(`#;,"`, value[i+1]) >= 0 {
			return true
		}
	}
	return false
}

// checkReaders rejects printable characters in places where one of the readers
// does not return them unchanged.
func checkReaders(value string) *defect {
	const quotes = "\"'`"
	first, last := value[:1], value[len(value)-1:]
	switch {
	case strings.Contains(quotes, first):
		return &defect{"begins with a quote", "remove the quotes around the value"}
	case strings.Contains(quotes, last):
		return &defect{"ends with a quote", "remove the quotes around the value"}
	case strings.Contains("#;", first):
		return &defect{"begins with # or ;, which starts a comment", "copy the value again"}
	case strings.Contains("=:,", first):
		return &defect{"begins with a separator (= : ,)", "copy the value again, without the text before the value"}
	case last == `\`:
		return &defect{"ends with a backslash, which joins the value with the next line", "copy the value again"}
	case strings.ContainsAny(value, "[]"):
		return &defect{"has a square bracket, which starts a section", "copy the value again"}
	case commentInside(value):
		return &defect{"has # ; , or \" directly after = or :, which some SDKs read as a comment or a list", "copy the value again"}
	}
	return nil
}

// checkRegion rejects a value that is not a region name, and suggests the name
// that was probably meant. It accepts a region that is merely unknown: see
// unknownRegion.
func checkRegion(value string) *defect {
	fault := arn.CheckRegion(value)
	if fault == nil || fault.Unknown {
		return nil
	}
	bad := &defect{fault.String(), "write the name of a region, such as us-east-1"}
	if fault.Meant != "" {
		bad.hint = "write " + fault.Meant
	}
	if len(value) <= longestShownRegion {
		bad.text = "is " + quote(value) + ", which " + bad.text
	}
	return bad
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

// looksLikeRegion reports whether a value from a place that may contain any
// text may be shown as a region: it has no capital letters, unlike parts of a
// secret.
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
		if !isLetterOrDigit(value[i]) && value[i] != '-' {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
