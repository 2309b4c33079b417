package accesskey

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
)

// Field is a key of a profile, by its name in the file.
type Field string

// The keys of the profile.
const (
	AccessKeyID     Field = "aws_access_key_id"
	SecretAccessKey Field = "aws_secret_access_key"
	SessionToken    Field = "aws_session_token"
	Region          Field = "region"
)

// Words returns the name of the Field for an error.
func (f Field) Words() string {
	switch f {
	case AccessKeyID:
		return "access key ID"
	case SecretAccessKey:
		return "secret access key"
	case SessionToken:
		return "session token"
	}
	return string(f)
}

// Defect is what is wrong with a value, with a hint. Text continues a sentence
// that begins with the name of the value ("has a line break at its end").
// Neither Text nor Hint shows the value: they give at most the position of a
// character, and its code point if it is white space or a control character.
type Defect struct{ Text, Hint string }

// Keys are the access key of a person, a role or a session. SessionToken is "" for a
// long-lived key.
type Keys struct{ AccessKeyID, SecretAccessKey, SessionToken string }

// Check returns the first Field that a profile cannot represent, and why. The
// Defect is nil when the profile can represent all; ignore the Field then. Only
// the session token may be missing.
func (k Keys) Check() (Field, *Defect) {
	if bad := Check(AccessKeyID, k.AccessKeyID); bad != nil {
		return AccessKeyID, bad
	}
	if bad := Check(SecretAccessKey, k.SecretAccessKey); bad != nil {
		return SecretAccessKey, bad
	}
	if k.SessionToken == "" {
		return "", nil
	}
	return SessionToken, Check(SessionToken, k.SessionToken)
}

// LacksToken reports whether the session token is missing although the key ID
// belongs to temporary credentials, which AWS rejects without the token. The
// prefixes are in the IAM User Guide, "Understanding unique ID prefixes".
func (k Keys) LacksToken() bool {
	return strings.HasPrefix(k.AccessKeyID, "ASIA") && k.SessionToken == ""
}

// AreTemporary reports whether the keys are those of a role or a session, which
// expire. Key IDs with the prefix ASIA are temporary, and those with AKIA are
// long-lived, whether or not there is a session token (see [Keys.LacksToken]
// and [Keys.Mismatches]). With any other prefix, keys with a session token are
// temporary.
func (k Keys) AreTemporary() bool {
	return strings.HasPrefix(k.AccessKeyID, "ASIA") || k.SessionToken != "" && !strings.HasPrefix(k.AccessKeyID, "AKIA")
}

// Check returns why a profile cannot represent a key ID, a secret access key or a
// session token; nil when it can.
func Check(f Field, value string) *Defect {
	if value == "" {
		return &Defect{"is empty", ""}
	}
	bad := checkCharacters(value)
	switch {
	case bad != nil:
	case f == AccessKeyID:
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

// checkCharacters accepts printable ASCII, except the space.
func checkCharacters(value string) *Defect {
	const hint = "copy the value again, without the white space and line breaks around the value"
	if !utf8.ValidString(value) {
		return &Defect{"is not valid UTF-8", hint}
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
			return &Defect{"has a line break " + where, hint}
		case unicode.IsSpace(r):
			return &Defect{fmt.Sprintf("has white space (%U) %s", r, where), hint}
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return &Defect{fmt.Sprintf("has a control character (%U) %s", r, where), hint}
		case r > unicode.MaxASCII:
			return &Defect{"has a character outside ASCII " + where, hint}
		}
	}
	return nil
}

// checkKeyID accepts the characters of the type accessKeyIdType, [\w]*
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html). A
// secret access key in place of the ID usually has a character that is not
// accepted. The length is not checked: emulators of AWS may use shorter IDs.
func checkKeyID(value string) *Defect {
	for i := range len(value) {
		if !IsLetterOrDigit(value[i]) && value[i] != '_' {
			return &Defect{fmt.Sprintf("has a character at position %d that is not a letter, a digit or an underscore", i+1), "copy the value again"}
		}
	}
	return nil
}

// hasCommentInside reports whether a separator inside a value is directly
// followed by a character that the SDK for Go v1 reads as the start of a
// comment, a list or a string.
func hasCommentInside(value string) bool {
	for i := range len(value) - 1 {
		if strings.IndexByte("=:", value[i]) >= 0 && strings.IndexByte(`#;,"`, value[i+1]) >= 0 {
			return true
		}
	}
	return false
}

// checkReaders rejects printable characters in places where one of the readers
// does not return them unchanged.
func checkReaders(value string) *Defect {
	const quotes = "\"'`"
	first, last := value[:1], value[len(value)-1:]
	switch {
	case strings.Contains(quotes, first):
		return &Defect{"begins with a quote", "remove the quotes around the value"}
	case strings.Contains(quotes, last):
		return &Defect{"ends with a quote", "remove the quotes around the value"}
	case strings.Contains("#;", first):
		return &Defect{"begins with a # or a semicolon, which starts a comment", "copy the value again"}
	case strings.Contains("=:,", first):
		return &Defect{"begins with a separator (= : ,)", "copy the value again, without the text before the value"}
	case last == `\`:
		return &Defect{"ends with a backslash, which joins the value with the next line", "copy the value again"}
	case strings.ContainsAny(value, "[]"):
		return &Defect{"has a square bracket, which starts a section", "copy the value again"}
	case hasCommentInside(value):
		return &Defect{"has one of the characters # ; , \" directly after an equals sign or a colon: some SDKs read the rest as a comment, a list or a string", "copy the value again"}
	}
	return nil
}

// OnlyOf reports whether text has only letters, digits and the given
// punctuation.
func OnlyOf(text, punctuation string) bool {
	for i := range len(text) {
		if !IsLetterOrDigit(text[i]) && strings.IndexByte(punctuation, text[i]) < 0 {
			return false
		}
	}
	return true
}

// IsLetterOrDigit reports whether c is an ASCII letter or digit.
func IsLetterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// LowerASCII lowers only ASCII letters. Other letters are not valid in a key,
// and lowering some of them, such as U+0130, would produce a valid letter.
func LowerASCII(key string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, key)
}
