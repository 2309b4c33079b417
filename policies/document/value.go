// The values that condition operators compare: the notations of dates, numbers
// and addresses in IAM.
//
// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".

package document

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the date formats that IAM accepts, from W3C's profile of ISO
// 8601. Source: https://www.w3.org/TR/NOTE-datetime
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "2006-01"}

// ParseDate parses a date, or the seconds since 1970. Four digits are a year.
func ParseDate(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if len(text) == 4 {
		t, err := time.Parse("2006", text)
		return t, err == nil
	}
	if text == "" || text[0] > '9' {
		return time.Time{}, false // rejects most other texts early: parse errors are slow and allocate
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds > -1<<40 && seconds < 1<<40 {
		return time.Unix(seconds, 0), true
	}
	if len(text) < 5 || text[4] != '-' {
		return time.Time{}, false
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// ParseNumber parses a number. It rejects what Go accepts and IAM does not:
// NaN, Inf, hexadecimal, underscores.
func ParseNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "+-0123456789.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// ParseAddressBlock parses an IP address, or an address block in CIDR notation.
func ParseAddressBlock(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Masked(), true
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), true
}

// IsBoolean reports whether a text is "true" or "false"; it ignores case.
func IsBoolean(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}

// IsBinary reports whether a text is base64.
func IsBinary(text string) bool {
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}
