// Hints about credentials, by the kind of the error. They name flags of
// capaboot.

package cli

import (
	"cmp"
	"errors"

	"capaboot/credentials"
	"capaboot/internal/lazy"
)

// settingNames has, for each setting, the flag or file in which the user sets
// it.
var settingNames = lazy.Value[map[credentials.Setting]string]{Make: func() map[credentials.Setting]string {
	return map[credentials.Setting]string{
		credentials.SettingProfile:         "--profile",
		credentials.SettingRegion:          "--region",
		credentials.SettingDefaultRegion:   "the configuration",
		credentials.SettingRoleARN:         "--role-arn",
		credentials.SettingExternalID:      "--external-id",
		credentials.SettingRoleSessionName: "--role-session-name",
		credentials.SettingSession:         "--session",
		credentials.SettingDuration:        "--duration",
		credentials.SettingMFASerial:       "--mfa-serial",
		credentials.SettingMFACode:         "--mfa-code",
		credentials.SettingMinTTL:          "--min-ttl",
	}
}}

var credentialHints = lazy.Value[map[credentials.Kind]string]{Make: func() map[credentials.Kind]string {
	return map[credentials.Kind]string{
		credentials.KindNoCredentials:      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with --profile",
		credentials.KindNoProfiles:         "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or create a profile with `aws configure` or `aws configure sso` and choose it with --profile",
		credentials.KindProfileWithoutKeys: "choose another profile with --profile",
		credentials.KindProfilesDiffer:     "unset AWS_PROFILE or AWS_DEFAULT_PROFILE, or use --profile",
		credentials.KindNoRole:             "name the role with --role-arn",
		credentials.KindNoExchange:         "name a role with --role-arn, or request a session token with --session; for the role of a profile, set duration_seconds and mfa_serial in the profile",
		credentials.KindNoDevice:           "name the device with --mfa-serial",
		credentials.KindCodeNotNeeded:      "leave --mfa-code out, or name the device: with mfa_serial in the profile or, if the command has this flag, with --mfa-serial",
		credentials.KindNoTerminal:         "pass the code with --mfa-code",
		credentials.KindSessionOfSession:   "leave --session out",
		credentials.KindLongerThanRole:     "ask for a shorter --duration (duration_seconds), or raise the role's maximum session duration",
		credentials.KindChainedRole:        "ask for a --duration (duration_seconds) of 1h or less",
		credentials.KindRegionDisabled:     "choose another region with --region, or activate AWS STS in this region in the account settings of IAM",
		credentials.KindFileDenied: "allow " + thisUser() + " to read the file, name another file with AWS_SHARED_CREDENTIALS_FILE or AWS_CONFIG_FILE, " +
			"or set HOME to the home folder of this user",
	}
}}

// withHint adds a hint to an error about credentials: the hint for the kind of
// the error, or else the hint that the error carries. An invalid region in a
// variable becomes a usage error.
func withHint(err error) error {
	hint := cmp.Or(credentialHints.Get()[credentials.KindOf(err)], credentials.Hint(err))
	if e, ok := errors.AsType[*credentials.Error](err); ok && e.Profiles != "" {
		hint += ": " + e.Profiles
		if e.Kind == credentials.KindProfileWithoutKeys {
			hint += "; or " + e.Hint
		}
	}
	if errors.Is(err, credentials.ErrInvalidRegion) {
		return usageError{errorWithHint{err, hint}}
	}
	if hint == "" {
		return err // another part of the program adds the hint
	}
	return errorWithHint{err, hint}
}
