package credentials

// This file recognises the sources that this version does not read, so that
// nobody gets the static keys beside a role, or "no credentials", where the AWS
// CLI would find something.

import (
	"context"
	"fmt"
)

// unsupported is a source that is recognised and not read.
type unsupported struct {
	what string // "profile ... assumes a role (role_arn, file:line)"
	hint string
}

func (u unsupported) credentials(context.Context) (Credentials, error) {
	return Credentials{}, failf(u.hint, "%s, and this version reads only static keys and credential_process", u.what)
}

// inProfile returns the unsupported source for a key of a profile.
func inProfile(p sharedProfile, does string, e *entry) source {
	return unsupported{
		what: fmt.Sprintf("profile %s %s (%s, %s:%d)", quote(p.name), does, e.key, e.file.shownPath(), e.line),
		hint: "set the variables that `aws configure export-credentials --profile NAME --format env` prints (AWS CLI 2), " +
			"and leave --profile out",
	}
}

func inVariable(does, variable string) source {
	return unsupported{
		what: fmt.Sprintf("the environment %s (%s)", does, variable),
		hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile with --profile, or unset " + variable,
	}
}

// assumedRole recognises role_arn, unless it belongs to a web identity.
func assumedRole(_ *search, p sharedProfile) source {
	e, ok := p.get("role_arn")
	if _, web := p.get("web_identity_token_file"); !ok || web {
		return nil
	}
	return inProfile(p, "assumes a role", e)
}

// webIdentity recognises a token file, which the environment may name too
// unless a profile was asked for with a flag.
func webIdentity(s *search, p sharedProfile) source {
	const variable = "AWS_WEB_IDENTITY_TOKEN_FILE"
	if s.request.Profile == "" && s.env.Get(variable) != "" {
		return inVariable("assumes a role with a web identity", variable)
	}
	if e, ok := p.get("web_identity_token_file"); ok {
		return inProfile(p, "assumes a role with a web identity", e)
	}
	return nil
}

// singleSignOn recognises what botocore does: an account or a role. A
// sso_session alone gives a token for other services, not credentials.
func singleSignOn(_ *search, p sharedProfile) source {
	_, account := p.get("sso_account_id")
	_, role := p.get("sso_role_name")
	if !account && !role {
		return nil
	}
	for _, key := range []string{"sso_session", "sso_start_url", "sso_account_id", "sso_role_name"} {
		if e, ok := p.get(key); ok {
			return inProfile(p, "signs in with SSO", e)
		}
	}
	return nil
}

// loginSession recognises what aws login leaves.
func loginSession(_ *search, p sharedProfile) source {
	if e, ok := p.get("login_session"); ok {
		return inProfile(p, "signs in with aws login", e)
	}
	return nil
}

// container recognises the endpoint of ECS tasks and EKS Pod Identity.
func container(s *search, _ sharedProfile) source {
	for _, variable := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if s.env.Get(variable) != "" {
			return inVariable("names a container credentials endpoint", variable)
		}
	}
	return nil
}
