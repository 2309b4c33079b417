package credentials

// This file is the source for static keys in a shared file. The key ID, the
// secret and the token always come from one section of one file.

import (
	"context"
	"fmt"
	"strings"
)

// credentialsFileKeys recognises either half of a pair in the credentials file.
func credentialsFileKeys(_ *search, p sharedProfile) source {
	return sectionKeys(p, p.credentials)
}

// configFileKeys recognises either half of a pair in the config file.
func configFileKeys(_ *search, p sharedProfile) source {
	return sectionKeys(p, p.config)
}

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
	if err := s.pair(id, secret); err != nil {
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
	expires, over := firstExpiry(s.section.times())
	if over != nil {
		return Credentials{}, failf("get new ones with the tool that wrote them, or remove the line if it is not of these credentials",
			"%s: the credentials of profile %s expired at %s (%s)", over.entry.where(), quote(s.profile), over.shown(), over.name)
	}
	c.Expires = expires
	return c, nil
}

// pair reports half a pair, at the half that is there.
func (s staticSource) pair(id, secret *entry) error {
	there, other, name := id, secret, secretAccessKey
	if id.empty() {
		there, other, name = secret, id, accessKeyID
	}
	switch {
	case !id.empty() && !secret.empty():
		return nil
	case there.empty() && there != nil:
		return failf("fill it in, or remove the line", "%s: %s of profile %s is empty",
			there.where(), there.key, quote(s.profile))
	case there.empty():
		return failf("fill it in, or remove the line", "%s: %s of profile %s is empty",
			other.where(), other.key, quote(s.profile))
	case other == nil:
		return failf("add "+string(name)+" to the same section of the same file",
			"%s: profile %s has %s, but no %s", there.where(), quote(s.profile), there.key, name)
	default:
		return failf("fill it in", "%s: profile %s has %s, but its %s on line %d is empty",
			there.where(), quote(s.profile), there.key, name, other.line)
	}
}

// token returns the session token, nil when there is none. aws_security_token
// is its old name, which only botocore still reads, and before the new one.
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
			"%s: aws_session_token and its old name aws_security_token (line %d) differ: tools read one or the other",
			token.where(), legacy.line)
	}
	return token, nil
}

// check reports a value that tools would read differently, with its line.
func (e *entry) check(f field) error {
	if e.continued != 0 {
		return failf("remove the white space at the start of that line",
			"%s: %s continues on line %d, which is indented", e.where(), e.key, e.continued)
	}
	for _, comment := range []string{" #", " ;", "\t#", "\t;"} {
		if strings.Contains(e.value, comment) {
			return failf("put the comment on a line of its own",
				"%s: %s has a comment behind its value, which some tools take as part of the value", e.where(), e.key)
		}
	}
	if bad := check(f, e.value); bad != nil {
		return failf(bad.hint, "%s: %s %s", e.where(), e.key, bad.text)
	}
	return nil
}
