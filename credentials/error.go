package credentials

// This file has the error that people read. What it says: where (file and
// line, or variable), what is wrong, and in the hint what to do next. What it
// never says: a secret, a part of one, or the text of a line of a file.

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"capaboot/internal/secrecy"
	"capaboot/internal/shortlist"
)

// Error is a failure that a person can fix. Several problems of one file come
// in one Error.
type Error struct {
	Problems []string // at least one; a line each, without a full stop
	Hint     string   // what to do next, one line; may be empty
	// Kind is set where what to do next depends on how the caller lets people ask
	// for things. Then it is for the caller to say.
	Kind Kind
	// Profiles are those that there are, for KindNoCredentials: "a", "b" and 3
	// more.
	Profiles string
	Err      error // the cause for errors.Is and errors.As; may be nil
	// Passing says that the same may succeed a little later: an outage, too
	// many requests, no answer in time. Nothing needs fixing.
	Passing bool
}

// Error returns the problems, a line each. The hint is not part of it.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what to do about err, one line, or "" when there is nothing to
// say or err is not of this package.
func Hint(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	return ""
}

// Kind is what went wrong, of what a caller's own words help against.
type Kind string

// The kinds.
const (
	KindNoCredentials    Kind = "no source has credentials"
	KindNoProfiles       Kind = "no source has credentials, and there are no profiles"
	KindProfilesDiffer   Kind = "variables name different profiles"
	KindNoRole           Kind = "settings of a role, and no role"
	KindNoExchange       Kind = "settings of a role or a session, and neither"
	KindNoDevice         Kind = "an MFA code for a session, and no device"
	KindCodeNotNeeded    Kind = "an MFA code that is not needed"
	KindNoTerminal       Kind = "an MFA code is needed, and it cannot be asked for without a terminal"
	KindSessionOfSession Kind = "a session with temporary credentials"
	KindLongerThanRole   Kind = "a duration longer than the role allows"
	KindChainedRole      Kind = "a duration longer than a chain of roles allows"
	KindRegionDisabled   Kind = "a region that is not active for the account"
	KindNoName           Kind = "an object without a name"
)

// KindOf returns the kind of err, "" for one that has none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// Setting is what a [Request] may ask for, as errors and [Region.Source] name it
// unless the request has another name for it.
type Setting string

// The settings.
const (
	SettingProfile         Setting = "Request.Profile"
	SettingRegion          Setting = "Request.Region"
	SettingDefaultRegion   Setting = "Request.DefaultRegion"
	SettingRoleARN         Setting = "Request.RoleARN"
	SettingExternalID      Setting = "Request.ExternalID"
	SettingRoleSessionName Setting = "Request.RoleSessionName"
	SettingSession         Setting = "Request.Session"
	SettingDuration        Setting = "Request.Duration"
	SettingMFASerial       Setting = "Request.MFASerial"
	SettingMFACode         Setting = "Request.MFACode"
	SettingMinTTL          Setting = "Request.MinTTL"
)

// name returns how a setting is called.
func (r Request) name(s Setting) string { return cmp.Or(r.Names[s], string(s)) }

// kindf returns an Error with one problem, for which the caller has a hint.
func kindf(kind Kind, format string, args ...any) *Error {
	return &Error{Problems: []string{fmt.Sprintf(format, args...)}, Kind: kind}
}

// failf returns an Error with one problem.
func failf(hint, format string, args ...any) *Error {
	return &Error{Problems: []string{fmt.Sprintf(format, args...)}, Hint: hint}
}

// maxShown bounds how much of a name of somebody else's goes into an error.
const maxShown = 64

// quote returns a name for an error text: quoted, with odd characters escaped,
// and cut when it is long.
func quote(name string) string {
	name = secrecy.HideName(name)
	if utf8.RuneCountInString(name) > maxShown {
		return fmt.Sprintf("%q...", string([]rune(name)[:maxShown]))
	}
	return fmt.Sprintf("%q", name)
}

// list returns the first ten of names for an error text, and how many more
// there are.
func list(names []string) string {
	const most = 10
	return shortlist.Few(names, min(len(names), most), quote)
}
