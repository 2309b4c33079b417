package credentials

// This file reads the times at which credentials expire, as programs, variables
// and endpoints write them.

import (
	"errors"
	"time"
)

// timeLayouts are RFC 3339, which the SDKs write and every one of them reads,
// and what else the AWS CLI takes that names a moment beyond doubt: an offset
// without a colon (strftime's %z), a space for the T. A time without an offset
// is not one of them; the AWS CLI fails on it too.
var timeLayouts = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700"}

// parseTime reads the time of an expiry. The error does not repeat the text.
func parseTime(text string) (time.Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("no time")
}
