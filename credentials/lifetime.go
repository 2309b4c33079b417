package credentials

// This file says how long credentials last, and whether that is long enough.

import (
	"fmt"
	"time"
)

// Lifetime is how long credentials last.
type Lifetime struct {
	Text string // "" when it is unknown that they expire
	Soon bool   // so little is left that a person should know
}

// Lifetime says how long the credentials last. It is an error when that is less than
// the request's MinTTL, or when it cannot be known whether it is.
func (f Found) Lifetime() (Lifetime, error) {
	return f.Credentials.lifetime(f.search.request)
}

// Lifetime is [Found.Lifetime] for the keys that the controllers would use of what
// was inspected, and for a request with MinTTL and Names.
func (i Inspection) Lifetime(request Request) (Lifetime, error) {
	c := i.keys
	for _, p := range i.Profiles {
		if expires, err := time.Parse(time.RFC3339, p.Expires); err == nil && p.AccessKeyID == MaskKeyID(c.AccessKeyID) {
			c.Expires = expires
		}
	}
	return c.lifetime(request)
}

func (c Credentials) lifetime(request Request) (Lifetime, error) {
	least, setting := request.MinTTL, request.name(SettingMinTTL)
	if c.Expires.IsZero() {
		if c.SessionToken != "" && least != 0 {
			return Lifetime{}, failf(c.setTime()+"leave "+setting+" out", "it is unknown when these temporary credentials expire, so %s cannot be checked", setting)
		}
		return Lifetime{}, nil
	}
	left := time.Until(c.Expires).Truncate(time.Second)
	text := fmt.Sprintf("the credentials expire at %s, in %s", c.Expires.UTC().Format(time.RFC3339), inWords(left))
	if left < least {
		return Lifetime{}, failf("", "%s, which is sooner than %s %v", text, setting, least)
	}
	return Lifetime{text, left < soon && least == 0}, nil
}

// inWords is a duration for people: from two days on in days.
func inWords(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.String()
	}
	return fmt.Sprintf("%d days", d/day)
}

// setTime is how to say when credentials expire, as the first part of a hint; "" where
// nothing can.
func (c Credentials) setTime() string {
	if c.ExpirySetting == "" {
		return ""
	}
	return "set " + c.ExpirySetting + " to the time, such as 2006-01-02T15:04:05Z, or "
}

// soon is how little time left is worth a warning: less than an hour. The minute is for
// what was made just now to last an hour, as AWS does with roles unless it is told
// otherwise; no one could act on that warning.
const soon = time.Hour - time.Minute
