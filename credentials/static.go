package credentials

// This file gets static keys from a shared file. The key ID, the secret key and
// the session token always come from one section of one file.

import (
	"context"
	"fmt"
	"strings"
)

// credentialsFileKeys returns the source when the credentials file has either
// half of a key pair.
func credentialsFileKeys(_ *search, p sharedProfile) source {
	return sectionKeys(p, p.credentials)
}

// configFileKeys returns the source when the config file has either half of a
// key pair.
func configFileKeys(_ *search, p sharedProfile) source {
	return sectionKeys(p, p.config)
}

// sectionKeys returns the source when a section of the profile has either half
// of a key pair, even an empty one; nil otherwise.
func sectionKeys(p sharedProfile, s *section) source {
	if s.entry(string(accessKeyID)) == nil && s.entry(string(secretAccessKey)) == nil {
		return nil
	}
	return staticSource{p.name, s}
}

type staticSource struct {
	profile string
	section *section
}

func (s staticSource) credentials(context.Context) (Credentials, error) {
	id, secret := s.section.entry(string(accessKeyID)), s.section.entry(string(secretAccessKey))
	if err := s.checkPair(id, secret); err != nil {
		return Credentials{}, err
	}
	token, err := s.token()
	if err != nil {
		return Credentials{}, err
	}
	c := Credentials{
		AccessKeyID:     id.value,
		SecretAccessKey: secret.value,
		Source:          fmt.Sprintf("profile %s in %s", quote(s.profile), s.section.file.shownPath()),
		ExpirySetting:   "aws_credential_expiration in the profile",
	}
	if token != nil {
		c.SessionToken = token.value
	}
	for _, part := range []struct {
		entry *entry
		field field
	}{{id, accessKeyID}, {secret, secretAccessKey}, {token, sessionToken}} {
		if part.entry == nil {
			continue
		}
		if err := part.entry.check(part.field); err != nil {
			return Credentials{}, err
		}
	}
	if c.SessionToken == "" { // long-lived keys do not expire
		return c, nil
	}
	expires, expired := firstExpiry(s.section.times())
	if expired != nil {
		return Credentials{}, failf("get new credentials with the tool that wrote the expired ones; if "+expired.name+" belongs to other credentials, remove that setting",
			"%s: the credentials of profile %s expired at %s (%s)", expired.entry.where(), quote(s.profile), expired.timeText(), expired.name)
	}
	if c.keys().AreTemporary() { // otherwise, the keys are long-lived, and the expiry belongs to the credentials that the token is from
		c.Expires = expires
	}
	return c, nil
}

// checkPair returns an error when a half of the key pair is missing or empty,
// with the position of a half that the section has.
func (s staticSource) checkPair(id, secret *entry) error {
	present, other, name := id, secret, secretAccessKey
	if id.empty() {
		present, other, name = secret, id, accessKeyID
	}
	switch {
	case !id.empty() && !secret.empty():
		return nil
	case present.empty() && present != nil:
		return failf("fill in the value, or remove the line", "%s: %s of profile %s is empty",
			present.where(), present.key, quote(s.profile))
	case present.empty():
		return failf("fill in the value, or remove the line", "%s: %s of profile %s is empty",
			other.where(), other.key, quote(s.profile))
	case other == nil:
		return failf("add "+string(name)+" to the section that has "+present.key,
			"%s: profile %s has %s, but no %s", present.where(), quote(s.profile), present.key, name)
	default:
		return failf("fill in the value", "%s: profile %s has %s, but its %s on line %d is empty",
			present.where(), quote(s.profile), present.key, name, other.line)
	}
}

// token returns the session token; nil when there is none. Its old name is
// aws_security_token, which only botocore still reads, in preference to the
// new name. If the two differ, token returns an error.
func (s staticSource) token() (*entry, error) {
	token, legacy := s.section.entry(string(sessionToken)), s.section.entry("aws_security_token")
	switch {
	case legacy.empty() && token.empty():
		return nil, nil
	case legacy.empty():
		return token, nil
	case token.empty():
		return legacy, nil
	case token.value != legacy.value:
		return nil, failf("remove aws_security_token",
			"%s: aws_session_token and its old name aws_security_token (line %d) differ: some tools read one, some the other",
			token.where(), legacy.line)
	}
	return token, nil
}

// check returns an error, with the position of the entry, for a value that is
// invalid, or that some tools would read differently from others.
func (e *entry) check(f field) error {
	if e.continuationLine != 0 {
		return failf(fmt.Sprintf("remove the white space at the start of line %d", e.continuationLine),
			"%s: %s continues on line %d, which is indented", e.where(), e.key, e.continuationLine)
	}
	for _, comment := range []string{" #", " ;", "\t#", "\t;"} {
		if strings.Contains(e.value, comment) {
			return failf("put the comment on its own line",
				"%s: %s has a comment after its value, which some tools read as part of the value", e.where(), e.key)
		}
	}
	if invalid := check(f, e.value); invalid != nil {
		return failf(invalid.Hint, "%s: %s %s", e.where(), e.key, invalid.Text)
	}
	return nil
}
