package credentials

// This file decides which source gives the credentials. A source is one file:
// a function that says whether it is the one, in the list below, and a type
// that gets the credentials.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
)

// source gets credentials from one place. An error is final: no other source
// is tried after it.
type source interface {
	credentials(ctx context.Context) (Credentials, error)
}

// profileSources returns, in order, the functions that recognise a source: each
// returns nil when the profile is not of its kind. The order is botocore's
// (botocore/credentials.py, create_credential_resolver and
// ProfileProviderBuilder.providers), so that a profile gives here what it gives
// the AWS CLI: a role before the keys next to it, and keys in the config file
// last of all.
func profileSources() []func(*search, sharedProfile) source {
	return []func(*search, sharedProfile) source{
		assumedRole,
		webIdentity,
		singleSignOn,
		credentialsFileKeys,
		loginSession,
		process,
		configFileKeys,
		container,
	}
}

// source returns the source to use. The instance metadata service is the last,
// and the only one of which no one says that it is there: [search.find] asks it.
func (s *search) source(ctx context.Context) (source, error) {
	s.noteIgnored()
	if found := environmentKeys(s); found != nil {
		return found, s.besideKeys(ctx)
	}
	p, err := s.profile(ctx)
	if err != nil {
		return nil, err
	}
	for _, recognise := range profileSources() {
		if found := recognise(s, p); found != nil {
			return found, nil
		}
	}
	if _, half := p.halfSet(); half {
		return nil, s.files.noKeys(p)
	}
	return metadataSource{s}, nil
}

// besideKeys returns an error when a variable names a profile that does not exist
// although the environment has keys, which come before it: the SDK for Go and the
// AWS CLI refuse to start then (resolveConfigLoaders in config/config.go of the AWS
// SDK for Go; Session.get_scoped_config of botocore). Files that cannot be read do
// not tell.
func (s *search) besideKeys(ctx context.Context) error {
	name, namedBy := s.profileName()
	if namedBy == "" || s.env.Get("AWS_ACCESS_KEY_ID") == "" || s.env.Get("AWS_SECRET_ACCESS_KEY") == "" {
		return nil
	}
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return ctx.Err()
	}
	if files.profile(name).exists() || files.malformed() != nil {
		return nil
	}
	hint := "unset " + namedBy + " to use the keys of the environment"
	if closest, close := nearword.Closest(name, files.names()[:min(len(files.names()), 1000)]); close {
		hint += ", or did you mean " + quote(closest) + "?"
	}
	return failf(hint, "profile %s, which %s names, does not exist: the SDKs and the AWS CLI fail then, although AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set and come before it",
		quote(name), namedBy)
}

// find gets credentials from the source to use.
func (s *search) find(ctx context.Context, from source) (source, Credentials, error) {
	s.note(from)
	metadata, last := from.(metadataSource)
	if !last {
		found, err := from.credentials(ctx)
		return from, found, err
	}
	found, err := metadata.find(ctx)
	if absent, ok := errors.AsType[errAbsent](err); ok {
		return nil, Credentials{}, s.noCredentials(absent)
	}
	return from, found, err
}

// noCredentials is the error when no source has any: what each of them said,
// a line each.
func (s *search) noCredentials(metadata errAbsent) error {
	name, namedBy := s.profileName()
	p := s.files.profile(name)
	hint, kind, profiles := "", Kind(""), ""
	names := slices.DeleteFunc(s.files.names(), func(other string) bool { return other == name })
	if other := s.files.misplaced(name); other != "" {
		hint = other
	} else if p.exists() {
		hint = "add aws_access_key_id and aws_secret_access_key to the profile in " + s.files.credentials.shownPath() + ", or a role, SSO or a program"
	} else if len(names) > 0 {
		kind, profiles = KindNoCredentials, list(names)
	} else if len(s.files.names()) == 0 {
		kind = KindNoProfiles
	} else {
		kind = KindNoCredentials
	}
	environment, tokenFile := "AWS_ACCESS_KEY_ID is not set", tokenFileVariable+" is not set"
	if s.request.Profile != "" {
		environment, tokenFile = "not read, because "+s.request.name(SettingProfile)+" names a profile", "the profile names no token"
	}
	profile := "there is none: " + s.files.describe()
	if p.exists() {
		profile = fmt.Sprintf("it has no credentials, and no source of credentials (%s)", p.where())
	}
	title := fmt.Sprintf("profile %s", quote(name))
	if namedBy != "" {
		title += " (" + namedBy + ")"
	}
	return &Error{Hint: hint, Kind: kind, Profiles: profiles, Passing: metadata.passing, Problems: []string{
		"no AWS credentials; these sources were tried:",
		"  the environment: " + environment,
		"  " + title + ": " + profile,
		"  a web identity: " + tokenFile,
		"  a container: neither " + relativeVariable + " nor " + fullVariable + " is set",
		"  the instance metadata service (IMDS): " + metadata.said,
	}}
}

// halfSet returns the first setting of a source that misses the one by which
// it is recognised.
func (p sharedProfile) halfSet() (*entry, bool) {
	for _, key := range []string{"sso_session", "sso_start_url", "source_profile", "credential_source"} {
		if e, ok := p.get(key); ok {
			return e, true
		}
	}
	return nil, false
}

// noKeys is the error for a profile in which no source recognises anything.
func (f *sharedFiles) noKeys(p sharedProfile) error {
	hint := "add aws_access_key_id and aws_secret_access_key to it in " + f.credentials.shownPath()
	if other := f.misplaced(p.name); other != "" {
		hint = other
	}
	incomplete := ""
	if e, ok := p.halfSet(); ok {
		incomplete = fmt.Sprintf(" (it has %s on line %d, but nothing says which role that is for)", e.key, e.line)
		if strings.HasPrefix(e.key, "sso_") {
			hint = "add sso_account_id and sso_role_name to it"
		} else {
			hint = "add role_arn to it"
		}
	}
	return failf(hint, "profile %s holds no credentials: no aws_access_key_id in %s%s",
		quote(p.name), p.where(), incomplete)
}
