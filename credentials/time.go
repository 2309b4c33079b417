package credentials

// This file parses the expiry times of credentials, in the formats of programs,
// variables, endpoints and files.

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"capaboot/internal/lazy"
)

// parseTime parses a time with an offset: RFC 3339, which the SDKs write and
// read, and the variants that the AWS CLI accepts (with dateutil): a space
// instead of the T, an offset without a colon or after a space, and UTC instead
// of an offset. A time without an offset is an error, as in the AWS CLI. The
// error does not repeat the text.
func parseTime(text string) (time.Time, error) {
	if t, zoned, ok := readTime(text, time.UTC); ok && zoned {
		return t, nil
	}
	return time.Time{}, errors.New("no time")
}

// readTime parses a time. If the text has no offset and no zone name, zoned is
// false, and the time is in zone. After an offset, the name of a time zone is
// ignored ("2006-01-02 15:04:05 +0100 CET", which Go's String writes). Without
// an offset, only the names UTC, GMT and Z are accepted, because other names
// are ambiguous.
func readTime(text string, zone *time.Location) (t time.Time, zoned, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	// Go repeats the offset for a zone that has no name: "+0400 +04".
	if words := strings.Fields(text); len(words) == 4 && strings.ContainsAny(words[3][:1], "+-") {
		text = strings.Join(words[:3], " ")
	}
	rest := strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	name := text[len(rest):]
	rest = strings.TrimSpace(rest)
	if len(rest) > len("2006-01-02") && rest[10] == ' ' && strings.ContainsAny(rest[:10], "-/") {
		rest = rest[:10] + "T" + strings.TrimSpace(rest[11:])
	}
	rest = extendedFormat(strings.ReplaceAll(rest, " ", "")) // removes a space before the offset
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

// basicTime matches a time in the basic format of ISO 8601, 20060102T150405. The
// date may have slashes, and the time colons.
var basicTime = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{4})(?:/?)(\d{2})(?:/?)(\d{2})T(\d{2}):?(\d{2}):?(\d{2})(.*)$`)
}}

// extendedFormat converts a time to the extended format, 2006-01-02T15:04:05. It
// returns any other text unchanged.
func extendedFormat(text string) string {
	return basicTime.Get().ReplaceAllString(text, "$1-$2-${3}T$4:$5:$6$7")
}
