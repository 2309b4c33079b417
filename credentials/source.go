package credentials

// This file chooses the source of the credentials. Each source has its own
// file: a function in the list below, which returns the source when it applies,
// and a type that gets the credentials.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/nearword"
)

// source gets credentials from variables, a file, a program or a service. An
// error is final: no other source is tried.
type source interface {
	credentials(ctx context.Context) (Credentials, error)
}

// profileSources returns, in order, the functions that detect a source. Each
// returns nil when the profile does not use the source. The order is botocore's
// (botocore/credentials.py, create_credential_resolver and
// ProfileProviderBuilder.providers), so that a profile has the same credentials
// as for the AWS CLI: a role takes precedence over the keys next to it, and
// only the credentials of a container come after keys in the config file.
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

// source returns the source to use. When nothing names a source, it returns the
// instance metadata service; [search.find] determines whether the service
// exists.
func (s *search) source(ctx context.Context) (source, error) {
	s.warnIgnored()
	if found := environmentKeys(s); found != nil {
		return found, s.checkNamedProfile(ctx)
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
	if _, half := p.incompleteSource(); half {
		return nil, s.files.noKeys(p)
	}
	return metadataSource{s}, nil
}

// checkNamedProfile returns an error when the environment has keys, but a
// variable names a profile that does not exist. The keys take precedence, but
// the SDK for Go and the AWS CLI refuse to start (resolveConfigLoaders in
// config/config.go of the AWS SDK for Go; Session.get_scoped_config of
// botocore). When the files cannot be read or are malformed, it returns nil;
// when ctx has ended, the error of ctx.
func (s *search) checkNamedProfile(ctx context.Context) error {
	name, setting := s.profileName()
	if setting == "" || s.env.Get("AWS_ACCESS_KEY_ID") == "" || s.env.Get("AWS_SECRET_ACCESS_KEY") == "" {
		return nil
	}
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return ctx.Err()
	}
	if files.profile(name).exists() || files.malformed() != nil {
		return nil
	}
	hint := "unset " + setting + " to use the keys of the environment"
	if closest, close := nearword.Closest(name, files.profileNames()[:min(len(files.profileNames()), 1000)]); close {
		hint += ", or did you mean " + quote(closest) + "?"
	}
	return failf(hint, "profile %s, which %s names, does not exist: because of the missing profile, the SDKs and the AWS CLI fail, even though AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are set",
		quote(name), setting)
}

// find gets credentials from the source to use.
func (s *search) find(ctx context.Context, from source) (source, Credentials, error) {
	s.warnAbout(from)
	metadata, last := from.(metadataSource)
	if !last {
		found, err := from.credentials(ctx)
		return from, found, err
	}
	found, err := metadata.find(ctx)
	if absent, ok := errors.AsType[absentError](err); ok {
		return nil, Credentials{}, s.noCredentials(absent)
	}
	return from, found, err
}

// noCredentials returns the error when no source has credentials, with a line
// for each source.
func (s *search) noCredentials(metadata absentError) error {
	name, setting := s.profileName()
	p := s.files.profile(name)
	hint, kind, profiles := "", Kind(""), ""
	names := slices.DeleteFunc(s.files.profileNames(), func(other string) bool { return other == name })
	if other := s.files.misplaced(name); other != "" {
		hint = other
	} else if p.exists() {
		hint = "add aws_access_key_id and aws_secret_access_key to the profile in " + s.files.credentials.shownPath() + ", or set role_arn, sso_session or credential_process in the profile"
		if len(names) > 0 {
			kind, profiles = KindProfileWithoutKeys, shortList(names)
		}
	} else if len(names) > 0 {
		kind, profiles = KindNoCredentials, shortList(names)
	} else if len(s.files.profileNames()) == 0 {
		kind = KindNoProfiles
	} else {
		kind = KindNoCredentials
	}
	environment, tokenFile := "AWS_ACCESS_KEY_ID is not set", tokenFileVariable+" is not set"
	if s.request.Profile != "" {
		environment, tokenFile = "not read, because "+s.request.name(SettingProfile)+" names a profile", "the profile names no token file"
	}
	profile := "not found: " + s.files.whyMissing()
	if p.exists() {
		profile = fmt.Sprintf("it has no credentials and no source of credentials (%s)", p.where())
	}
	title := fmt.Sprintf("profile %s", quote(name))
	if setting != "" {
		title += " (" + setting + ")"
	}
	return &Error{Hint: hint, Kind: kind, Profiles: profiles, Transient: metadata.transient, Problems: []string{
		"no AWS credentials; these sources were tried:",
		"  the environment: " + environment,
		"  " + title + ": " + profile,
		"  a web identity: " + tokenFile,
		"  a container: neither " + relativeVariable + " nor " + fullVariable + " is set",
		"  the instance metadata service (IMDS): " + metadata.reason,
	}}
}

// incompleteSource returns the first setting that has no effect without another
// one, such as source_profile without role_arn; false when there is none. Call it
// only for a profile in which no source was found.
func (p sharedProfile) incompleteSource() (*entry, bool) {
	for _, key := range []string{"sso_session", "sso_start_url", "source_profile", "credential_source"} {
		if e, ok := p.get(key); ok {
			return e, true
		}
	}
	return nil, false
}

// noKeys returns the error for a profile that uses no source.
func (f *sharedFiles) noKeys(p sharedProfile) error {
	hint := "add aws_access_key_id and aws_secret_access_key to the profile in " + f.credentials.shownPath()
	if other := f.misplaced(p.name); other != "" {
		hint = other
	}
	incomplete := ""
	if e, ok := p.incompleteSource(); ok {
		incomplete = fmt.Sprintf("; the profile has %s (line %d), but no setting names the role", e.key, e.line)
		if strings.HasPrefix(e.key, "sso_") {
			hint = "add sso_account_id and sso_role_name to the profile"
		} else {
			hint = "add role_arn to the profile"
		}
	}
	return failf(hint, "%s: profile %s has no credentials: no aws_access_key_id%s",
		p.where(), quote(p.name), incomplete)
}
