package credentials

// This file reads the times at which credentials expire, as programs, variables,
// endpoints and files write them.

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"capaboot/internal/lazy"
)

// parseTime reads a time that names a moment beyond doubt: RFC 3339, which the
// SDKs write and every one of them reads, and what else the AWS CLI takes (with
// dateutil): a space for the T, an offset without a colon or with a space before
// it, UTC in its place. A time without an offset is not one; the AWS CLI fails
// on it too. The error does not repeat the text.
func parseTime(text string) (time.Time, error) {
	if t, zoned, ok := readTime(text, time.UTC); ok && zoned {
		return t, nil
	}
	return time.Time{}, errors.New("no time")
}

// readTime reads a time. Without an offset, zoned is false and the time is one
// in zone. The name of a time zone counts only when it is UTC or GMT: behind an
// offset it says nothing new ("2006-01-02 15:04:05 +0100 CET", which Go's String
// writes), and without one it may name several zones.
func readTime(text string, zone *time.Location) (t time.Time, zoned, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	// A zone without a name has its offset in place of the name: "+0400 +04".
	if words := strings.Fields(text); len(words) == 4 && strings.ContainsAny(words[3][:1], "+-") {
		text = strings.Join(words[:3], " ")
	}
	rest := strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	name := text[len(rest):]
	rest = strings.TrimSpace(rest)
	if len(rest) > len("2006-01-02") && rest[10] == ' ' && strings.ContainsAny(rest[:10], "-/") {
		rest = rest[:10] + "T" + strings.TrimSpace(rest[11:])
	}
	rest = extended(strings.ReplaceAll(rest, " ", "")) // before the offset
	for _, layout := range [...]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"} {
		if t, err := time.Parse(layout, rest); err == nil && name != "Z" {
			return t, true, true
		}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", rest, zone)
	if err != nil {
		return time.Time{}, false, false
	}
	switch name {
	case "":
		return t, false, true
	case "Z", "UTC", "GMT":
		t, err = time.Parse("2006-01-02T15:04:05", rest)
		return t, true, err == nil
	}
	return time.Time{}, false, false
}

// basic matches a time in the basic format of ISO 8601, 20060102T150405, and one
// with slashes between the parts of its date.
var basic = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{4})(?:/?)(\d{2})(?:/?)(\d{2})T(\d{2}):?(\d{2}):?(\d{2})(.*)$`)
}}

// extended returns a time in the extended format, 2006-01-02T15:04:05, or as it is.
func extended(text string) string {
	return basic.Get().ReplaceAllString(text, "$1-$2-${3}T$4:$5:$6$7")
}
