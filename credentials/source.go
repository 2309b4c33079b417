package credentials

// This file decides which source gives the credentials. A source is one file:
// a function that says whether it is the one, in the list below, and a type
// that gets the credentials.

import (
	"context"
	"fmt"
	"strings"
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
// the AWS CLI: a role before the keys beside it, and keys in the config file
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

// source returns the source to use.
func (s *search) source(ctx context.Context) (source, error) {
	if found := environmentKeys(s); found != nil {
		return found, nil
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
	if p.exists() {
		return nil, s.files.noKeys(p)
	}
	return nil, s.noCredentials()
}

// noCredentials is the error when nothing was asked for and nothing is there.
func (s *search) noCredentials() error {
	hint := "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or choose a profile with --profile"
	if other := s.files.misplaced(defaultProfile); other != "" {
		hint = other
	} else if names := s.files.names(); len(names) > 0 {
		hint += ": " + list(names)
	}
	return failf(hint, "no AWS credentials: AWS_ACCESS_KEY_ID is not set, and there is no profile %q: %s",
		defaultProfile, s.files.describe())
}

// noKeys is the error for a profile in which no source recognises anything.
func (f *sharedFiles) noKeys(p sharedProfile) error {
	hint := "add aws_access_key_id and aws_secret_access_key to it in " + f.credentials.shownPath()
	if other := f.misplaced(p.name); other != "" {
		hint = other
	}
	incomplete := ""
	for _, key := range []string{"sso_session", "sso_start_url", "source_profile", "credential_source"} {
		if e, ok := p.get(key); ok {
			incomplete = fmt.Sprintf(" (it has %s on line %d, but nothing says which role that is for)", key, e.line)
			if strings.HasPrefix(key, "sso_") {
				hint = "add sso_account_id and sso_role_name to it"
			} else {
				hint = "add role_arn to it"
			}
			break
		}
	}
	return failf(hint, "profile %s holds no credentials: no aws_access_key_id in %s%s",
		quote(p.name), p.where(), incomplete)
}
