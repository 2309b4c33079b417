package credentials

// This file finds the expiry that tools record next to keys, in profiles and in
// variables. AWS's own tools read only AWS_CREDENTIAL_EXPIRATION, but this
// package detects expired credentials whichever tool recorded the expiry.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"capaboot/credentials/accesskey"
	"capaboot/internal/lazy"
)

// timeName is a profile key or a variable that holds an expiry.
type timeName struct {
	name string
	// zone applies to a time without an offset; nil when no tool writes such a
	// time.
	zone *time.Location
}

// profileTimes lists the profile keys that hold an expiry, with the tools that
// write them (repository and file). These tools record no expiry: okta-aws-cli
// without --expiry-aws-variables, aws-adfs, leapp.
var profileTimes = lazy.Value[[]timeName]{Make: func() []timeName {
	return []timeName{
		// saml2aws: Versent/saml2aws, pkg/awsconfig/awsconfig.go.
		// gimme-aws-creds: Nike-Inc/gimme-aws-creds, gimme_aws_creds/main.py.
		// okta-aws-cli: okta/okta-aws-cli, internal/output/aws_credentials_file.go.
		{"x_security_token_expires", nil},
		// aws-vault export --format ini: 99designs/aws-vault, cli/export.go.
		{"aws_credential_expiration", nil},
		// aws-google-auth: cevoaustralia/aws-google-auth, aws_google_auth/configuration.py.
		{"aws_session_expiration", nil},
		// aws-azure-login: aws-azure-login/aws-azure-login, src/login.ts.
		{"aws_expiration", nil},
		// aws-mfa, in UTC: broamski/aws-mfa, awsmfa/__init__.py.
		// awsume, in local time: see awsumeMarks.
		{expirationKey, time.UTC},
	}
}}

const expirationKey = "expiration"

// awsumeMarks are profile keys that identify awsume, which writes local time without
// an offset: trek10inc/awsume, awsume/awsumepy/lib/autoawsume.py, app.py, profile.py
// and aws.py.
var awsumeMarks = [...]struct{ key, value string }{{"autoawsume", "true"}, {"manager", "awsume"}}

// variableTimes lists the variables that hold an expiry, with the tools that
// set them.
var variableTimes = lazy.Value[[]timeName]{Make: func() []timeName {
	return []timeName{
		// aws configure export-credentials: aws/aws-cli, awscli/customizations/configure/exportcreds.py.
		// aws-vault: 99designs/aws-vault, cli/export.go. granted: common-fate/granted, scripts/assume.
		{accesskey.ExpirationVariable, nil},
		// granted: common-fate/granted, scripts/assume.
		// aws-google-auth: cevoaustralia/aws-google-auth, aws_google_auth/amazon.py.
		{"AWS_SESSION_EXPIRATION", nil},
		// aws-sso-cli: synfinatic/aws-sso-cli, cmd/aws-sso/exec_cmd.go, internal/sso/settings.go.
		{"AWS_SSO_SESSION_EXPIRATION", nil},
		// awsume, in local time: trek10inc/awsume, shell_scripts/awsume, awsume/awsumepy/app.py.
		{"AWSUME_EXPIRATION", time.Local},
		// awsu: kreuzwerker/awsu, strategy/credentials/credentials.go.
		{"AWSU_EXPIRES", nil},
		// aws-okta, in seconds since 1970: segmentio/aws-okta, lib/v2, cmd/internal/util_env.go.
		{"AWS_OKTA_SESSION_EXPIRATION", nil},
		// Variables that scripts around "aws sts assume-role" set.
		{"AWS_EXPIRATION", nil},
		{"AWS_SESSION_TOKEN_EXPIRATION", nil},
		{"X_SECURITY_TOKEN_EXPIRES", nil},
	}
}}

// isExpiryOrToolKey reports whether a profile key holds an expiry, or identifies the tool
// that wrote it.
func isExpiryOrToolKey(key string) bool {
	for _, known := range profileTimes.Get() {
		if known.name == key {
			return true
		}
	}
	for _, mark := range awsumeMarks {
		if mark.key == key {
			return true
		}
	}
	return false
}

// recordedTime is an expiry next to credentials.
type recordedTime struct {
	name  string
	entry *entry // nil for a variable
	// end is the expiry; zero when the text is not a time. For a time in an
	// unknown zone, or a day without a time, end is the last possible moment,
	// and exact is false.
	end   time.Time
	exact bool
}

// latestZone returns the time zone in which a given clock time comes last.
func latestZone() *time.Location { return time.FixedZone("UTC-12", -12*60*60) }

// parse parses a time. The text may also be a whole number: seconds or, as in
// IAM Identity Center, milliseconds since 1970, if that is a moment after
// September 2001. Other numbers, such as durations, are not times.
func (n timeName) parse(text string) recordedTime {
	r := recordedTime{name: n.name}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch {
		case number >= 1e12 && number < 1e13:
			r.end, r.exact = time.UnixMilli(number), true
		case number >= 1e9 && number < 1e11:
			r.end, r.exact = time.Unix(number, 0), true
		}
		return r
	}
	zone := n.zone
	if zone == nil {
		zone = latestZone()
	}
	text = unquote(strings.TrimSpace(text))
	if t, zoned, ok := readTime(text, zone); ok {
		r.end, r.exact = t, zoned || n.zone != nil
		return r
	}
	// If only a day is given, the keys may be valid until its end.
	if day, err := time.ParseInLocation(time.DateOnly, text, latestZone()); err == nil {
		r.end = day.AddDate(0, 0, 1)
		return r
	}
	for _, layout := range [...]string{time.RFC1123Z, "Mon, 02 Jan 2006 15:04:05 GMT", "Mon Jan _2 15:04:05 UTC 2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			r.end, r.exact = t, true
			break
		}
	}
	return r
}

// looksLikeExpiry reports whether the name of an unlisted profile key shows
// that it holds an expiry.
func looksLikeExpiry(key string) bool {
	for _, part := range [...]string{"expir", "valid_until", "valid_till", "valid_to", "not_after"} {
		if strings.Contains(key, part) {
			return !isExpiryOrToolKey(key)
		}
	}
	return false
}

// times returns the expiries next to the keys of a section: first those whose
// names are in profileTimes, in that order, then the others.
func (s *section) times() []recordedTime {
	var all []recordedTime
	for _, known := range profileTimes.Get() {
		e := s.entry(known.name)
		if e.empty() {
			continue
		}
		for _, mark := range awsumeMarks {
			if m := s.entry(mark.key); known.name == expirationKey && !m.empty() && accesskey.LowerASCII(m.value) == mark.value {
				known.zone = time.Local
			}
		}
		r := known.parse(e.sdkValue())
		r.entry = e
		all = append(all, r)
	}
	if s == nil {
		return all
	}
	// An unlisted key counts if it looks like an expiry and its value is a time.
	for _, key := range slices.Sorted(maps.Keys(s.entries)) {
		if !looksLikeExpiry(key) {
			continue
		}
		r := timeName{name: key}.parse(s.entries[key].sdkValue())
		r.entry = s.entries[key]
		if !r.end.IsZero() {
			all = append(all, r)
		}
	}
	return all
}

// times returns the expiries in variables.
func (e environmentSource) times() []recordedTime {
	var all []recordedTime
	for _, known := range variableTimes.Get() {
		if text := e.env.Get(known.name); text != "" {
			all = append(all, known.parse(text))
		}
	}
	return all
}

// firstExpiry returns the earliest exact expiry (zero when none is exact), and
// the earliest expiry that has passed (nil for none). When several tools renew
// the same credentials, each records its own time.
func firstExpiry(all []recordedTime) (first time.Time, expired *recordedTime) {
	for i, r := range all {
		if r.end.IsZero() {
			continue
		}
		if !r.end.After(time.Now()) && (expired == nil || r.end.Before(expired.end)) {
			expired = &all[i]
		}
		if r.exact && (first.IsZero() || r.end.Before(first)) {
			first = r.end
		}
	}
	return first, expired
}

// timeText formats the expiry for an error.
func (r recordedTime) timeText() string {
	if !r.exact {
		return r.end.Format("2006-01-02 15:04:05") + " (without a time zone)"
	}
	return r.end.UTC().Format(time.RFC3339)
}

// problem says why a recorded time cannot be used; "" when it can.
func (r recordedTime) problem() string {
	switch {
	case r.end.IsZero():
		return "is not a time"
	case !r.exact:
		return "has no time zone"
	}
	return ""
}

// timeWarnings returns warnings about recorded times that cannot be used.
func timeWarnings(subject string, all []recordedTime) []string {
	var warnings []string
	for _, r := range all {
		if problem := r.problem(); problem != "" {
			source := ""
			if r.entry != nil {
				source = r.entry.where() + ": "
			}
			warnings = append(warnings, fmt.Sprintf("%s%s of %s %s, so the expiry is unknown", source, r.name, subject, problem))
		}
	}
	return warnings
}
