package credentials

// This file checks how long credentials remain valid.

import (
	"fmt"
	"time"
)

// Lifetime is how long credentials remain valid.
type Lifetime struct {
	Text string // when they expire, as a sentence; "" when no expiry is known
	Soon bool   // they expire within warningLifetime, and no MinTTL is set
}

// Lifetime returns how long the credentials remain valid. It fails when they
// have expired. If the request has a MinTTL, it also fails when the remaining
// time is less, when the expiry of temporary credentials is unknown, and when
// long-lived keys have a session token, which belongs to other keys. Other
// long-lived keys have no expiry.
func (f Found) Lifetime() (Lifetime, error) {
	if c := f.Credentials; c.expired() {
		return Lifetime{}, failf("get new credentials", "%s", c.expiryText())
	}
	return f.Credentials.lifetime(f.search.request)
}

// Lifetime is [Found.Lifetime] for the inspected keys that the controllers
// would use. It reads only MinTTL and Names of the request. Without a MinTTL,
// expired keys are not an error: the inspection reports them.
func (i Inspection) Lifetime(request Request) (Lifetime, error) {
	return i.usedKeys().lifetime(request)
}

// Temporary reports whether the inspected keys that the controllers would use
// are temporary, and when they expire. expires is zero if the profile does not
// say it.
func (i Inspection) Temporary() (temporary bool, expires time.Time) {
	c := i.usedKeys()
	return c.keys().AreTemporary(), c.Expires
}

// usedKeys returns the keys that the controllers would use, with the expiry in
// their profile.
func (i Inspection) usedKeys() Credentials {
	c := i.keys
	for _, p := range i.Profiles {
		if expires, err := time.Parse(time.RFC3339, p.Expires); err == nil && p.Name == i.keysProfile {
			c.Expires = expires
		}
	}
	return c
}

func (c Credentials) lifetime(request Request) (Lifetime, error) {
	minimum, setting := request.MinTTL, request.name(SettingMinTTL)
	if c.Expires.IsZero() {
		switch {
		case minimum == 0:
		case c.hasTokenOfOther():
			return Lifetime{}, failf("copy each key again", "the access key is long-lived, but the session token belongs to another key, so %s cannot be checked", setting)
		case c.keys().AreTemporary():
			return Lifetime{}, failf(c.expiryHint()+"leave "+setting+" out", "it is unknown when these temporary credentials expire, so %s cannot be checked", setting)
		}
		return Lifetime{}, nil
	}
	text := c.expiryText()
	remaining := time.Until(c.Expires)
	switch {
	case minimum == 0:
	case remaining <= 0:
		return Lifetime{}, failf("get new credentials, or leave "+setting+" out", "%s", text)
	case remaining < minimum && request.exchanges() && request.Duration < minimum:
		return Lifetime{}, failf("pass a longer "+request.name(SettingDuration)+", or lower "+setting, "%s, which is less than %s %v", text, setting, minimum)
	case remaining < minimum:
		return Lifetime{}, failf("get new credentials, or lower "+setting, "%s, which is less than %s %v", text, setting, minimum)
	}
	return Lifetime{text, remaining > 0 && remaining < warningLifetime && minimum == 0}, nil
}

// hasTokenOfOther reports whether long-lived keys have a session token, which belongs
// to other keys.
func (c Credentials) hasTokenOfOther() bool { return c.SessionToken != "" && !c.keys().AreTemporary() }

func (c Credentials) expired() bool { return !c.Expires.IsZero() && time.Until(c.Expires) <= 0 }

func (c Credentials) expiryText() string {
	at := c.Expires.UTC().Format(time.RFC3339)
	if c.expired() {
		return "the credentials expired at " + at
	}
	return fmt.Sprintf("the credentials expire at %s, in %s", at, FormatRemaining(c.Expires))
}

// FormatRemaining formats the time that is left until an expiry in the future, for
// people.
func FormatRemaining(expires time.Time) string {
	return formatLifetime(time.Until(expires).Truncate(time.Second))
}

// formatLifetime formats a duration for people; two days or more are given in days.
func formatLifetime(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.String()
	}
	return fmt.Sprintf("%d days", d/day)
}

// expiryHint says how to get or record the expiry of the credentials, as the first part
// of a hint; "" when that is impossible.
func (c Credentials) expiryHint() string {
	if c.ExpirySetting == "" {
		return ""
	}
	return "set " + c.ExpirySetting + " to the time of the expiry, as YYYY-MM-DDThh:mm:ssZ, use the credentials of a role or a web identity, whose expiry is known, or "
}

// warningLifetime is the remaining lifetime below which there is a warning: an
// hour, less a minute. By default, credentials of a role last an hour, and new
// ones must not cause a warning.
const warningLifetime = time.Hour - time.Minute
