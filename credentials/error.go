package credentials

// This file defines Error, which tells a user where (file and line, or
// variable) and what is wrong, with a hint for the next step. It never contains
// a secret, a part of one, or the text of a line in a file.

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"capaboot/internal/secrecy"
	"capaboot/internal/shortlist"
)

// Error is a failure that the user can fix, or a transient one. It holds several
// problems when the shared files have several.
type Error struct {
	Problems []string // at least one; a line each, without a full stop
	Hint     string   // what to do next, one line; may be empty
	// Kind is set when the hint depends on the caller's settings. The caller then
	// writes the hint.
	Kind Kind
	// Profiles lists the existing profiles for KindNoCredentials, such as "a",
	// "b" and 3 more.
	Profiles string
	Err      error // the cause for errors.Is and errors.As; may be nil
	// Transient means that the same call may succeed later: an outage, throttling, a
	// timeout. The user has nothing to fix.
	Transient bool
}

// Error returns the problems, one line each, without the hint.
func (e *Error) Error() string { return strings.Join(e.Problems, "\n") }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the hint of err in one line; "" when it has none.
func Hint(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Hint
	}
	return ""
}

// Kind is the kind of an error whose hint the caller writes.
type Kind string

// The kinds of errors.
const (
	KindNoCredentials      Kind = "no source has credentials"
	KindNoProfiles         Kind = "no source has credentials, and there are no profiles"
	KindProfileWithoutKeys Kind = "no source has credentials, the profile exists, and there are other profiles"
	KindProfilesDiffer     Kind = "variables name different profiles"
	KindNoRole             Kind = "role settings without a role ARN"
	KindNoExchange         Kind = "a duration or an MFA device, but no role or session"
	KindNoDevice           Kind = "an MFA code for a session, but no MFA device"
	KindCodeNotNeeded      Kind = "an MFA code that is not needed"
	KindNoTerminal         Kind = "an MFA code is needed, but no terminal is available to prompt for it"
	KindSessionOfSession   Kind = "a session requested with temporary credentials"
	KindLongerThanRole     Kind = "a duration longer than the role allows"
	KindChainedRole        Kind = "a duration longer than a chain of roles allows"
	KindRegionDisabled     Kind = "a region that is not active for the account"
	KindNoName             Kind = "an object without a name"
	KindFileDenied         Kind = "a credentials or config file that this user is not allowed to read"
)

// KindOf returns the kind of err; "" for none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// Setting is a field of [Request]. Errors and [Region.Source] use its text as
// its name unless [Request.Names] has another one.
type Setting string

// The settings of a request.
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

func (r Request) name(s Setting) string { return cmp.Or(r.Names[s], string(s)) }

// kindf returns an Error with one problem, whose hint the caller writes.
func kindf(kind Kind, format string, args ...any) *Error {
	return &Error{Problems: []string{fmt.Sprintf(format, args...)}, Kind: kind}
}

func failf(hint, format string, args ...any) *Error {
	return &Error{Problems: []string{fmt.Sprintf(format, args...)}, Hint: hint}
}

// unusableSettings returns an Error for a client that cannot be made from its settings:
// err says why. If err has a hint, the Error has it too.
func unusableSettings(purpose string, err error) *Error {
	hint := ""
	if e, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		hint = e.Hint()
	}
	return failf(hint, "%s: %v", purpose, err)
}

// invalidValue returns an Error for the value of a setting. It shows what is
// allowed, and not the value. position is where the setting is in a file, or
// "".
func invalidValue(position, name, want, hint string) *Error {
	if position != "" {
		position += ": "
	}
	return failf(hint, "%sinvalid value for %s: want %s", position, name, want)
}

// maxShown is the maximum number of characters of a name in an error.
const maxShown = 64

// quote returns a name in quotes for an error. It hides what may be a secret,
// escapes special characters, and shortens a long name.
func quote(name string) string {
	name = secrecy.HideName(name)
	if utf8.RuneCountInString(name) > maxShown {
		return fmt.Sprintf("%q...", string([]rune(name)[:maxShown]))
	}
	return fmt.Sprintf("%q", name)
}

// shortList formats at most ten names for an error, and the number of the
// others.
func shortList(names []string) string {
	const most = 10
	return shortlist.Few(names, min(len(names), most), quote)
}
