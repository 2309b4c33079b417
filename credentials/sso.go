package credentials

// This file gets credentials from IAM Identity Center (SSO): it exchanges the
// token that "aws sso login" stores in a cache for the credentials of a role.
// Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential
// provider"; credentials/ssocreds of the AWS SDK for Go;
// botocore/credentials.py, SSOProvider, and botocore/tokens.py.

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"capaboot/credentials/accesskey"
	"capaboot/internal/awsclient"
	"capaboot/internal/deadline"
	"capaboot/internal/shell"
	"capaboot/policies/arn"
)

// singleSignOn returns the source when the profile names an account or a role,
// as in botocore. An sso_session alone gives a token for other services, not
// credentials.
func singleSignOn(s *search, p sharedProfile) source {
	_, account := p.get("sso_account_id")
	_, role := p.get("sso_role_name")
	if !account && !role {
		return nil
	}
	return ssoSource{s, p}
}

type ssoSource struct {
	search  *search
	profile sharedProfile
}

type ssoSettings struct {
	startURL, region, account, role string
	cacheKey                        string // the name of the sso-session, or else the start URL; its SHA-1 names the file with the token
	session                         bool   // the profile uses an sso-session
}

func (s ssoSource) credentials(ctx context.Context) (Credentials, error) {
	settings, err := s.settings()
	if err != nil {
		return Credentials{}, err
	}
	token, err := s.token(ctx, settings)
	if err != nil {
		return Credentials{}, err
	}
	client := s.search.clientSettings(ctx, settings.region, nil)
	config, err := client.Config(ctx, "SSO")
	if ctx.Err() != nil {
		return Credentials{}, deadline.NewEnded(ctx, s.purpose())
	}
	if err != nil {
		return Credentials{}, unusableSettings(s.purpose(), err)
	}
	last := awsclient.RecordLastError(&config)
	limited, cancel := context.WithTimeout(ctx, s.search.limits.call)
	defer cancel()
	output, err := sso.NewFromConfig(config).GetRoleCredentials(limited, &sso.GetRoleCredentialsInput{
		AccessToken: &token, AccountId: &settings.account, RoleName: &settings.role,
	})
	if err != nil {
		service, endpoint := "IAM Identity Center in "+settings.region, client.EndpointSetting("SSO")
		if ctx.Err() != nil {
			return Credentials{}, stoppedError(ctx, s.purpose(), last(), service, endpoint)
		}
		problem := explain(withLast(err, last()), service, endpoint)
		if problem.hint == "" {
			problem.hint = s.signInAgain()
		}
		return Credentials{}, problem.problem(s.purpose(), safeCause(err))
	}
	got := output.RoleCredentials
	if got == nil {
		return Credentials{}, explanation{text: "IAM Identity Center in " + settings.region + " returned no credentials", transient: true}.problem(s.purpose(), nil)
	}
	found := Credentials{
		AccessKeyID: aws.ToString(got.AccessKeyId), SecretAccessKey: aws.ToString(got.SecretAccessKey), SessionToken: aws.ToString(got.SessionToken),
		Source: "the SSO of profile " + quote(s.profile.name),
	}
	if got.Expiration != 0 {
		found.Expires = time.UnixMilli(got.Expiration)
	}
	if err := found.checkTemporary("IAM Identity Center in " + settings.region); err != nil {
		err.Problems[0] = s.purpose() + ": " + err.Problems[0]
		return Credentials{}, err
	}
	return found, nil
}

func (s ssoSource) purpose() string {
	return "signing in with SSO for profile " + quote(s.profile.name)
}

// signInAgain returns the hint to get a new token.
func (s ssoSource) signInAgain() string { return "sign in again: " + s.signInCommand() }

// signInCommand returns the command that gets a token.
func (s ssoSource) signInCommand() string {
	return "aws sso login --profile " + shell.Word(s.profile.name)
}

// settings returns the settings of the profile and its session. Both may
// contain the same setting, but not with different values.
func (s ssoSource) settings() (ssoSettings, error) {
	var settings ssoSettings
	var session *section
	if e, ok := s.profile.get("sso_session"); ok {
		session = s.search.files.config.sections[otherPrefix+"sso-session "+e.value]
		if err := s.search.files.check(session); err != nil {
			return settings, err
		}
		if session == nil {
			return settings, failf("create the section with `aws configure sso-session`", "%s: section [sso-session %s] does not exist in %s",
				e.where(), strings.Trim(quote(e.value), `"`), s.search.files.config.shownPath())
		}
		settings.cacheKey, settings.session = e.value, true
	}
	for _, setting := range []struct {
		key         string
		destination *string
		check       func(string) string
	}{
		{"sso_start_url", &settings.startURL, nil},
		{"sso_region", &settings.region, nil},
		{"sso_account_id", &settings.account, func(text string) string {
			if !arn.IsAccount(text) {
				return "an account ID of twelve digits"
			}
			return ""
		}},
		{"sso_role_name", &settings.role, func(text string) string {
			if len(text) > 64 || !accesskey.OnlyOf(text, "_+=,.@-") {
				return "the name of a role: at most 64 letters, digits and _+=,.@-"
			}
			return ""
		}},
	} {
		e, ok := s.profile.get(setting.key)
		if other := session.entry(setting.key); !other.empty() {
			if ok && e.value != other.value {
				return settings, failf("remove "+setting.key+" from the profile", "%s: %s of profile %s differs from the value in the sso-session (%s)",
					e.where(), setting.key, quote(s.profile.name), other.where())
			}
			e, ok = other, true
		}
		if !ok {
			return settings, failf("add "+setting.key+", or write the profile again with `aws configure sso`", "%s: profile %s signs in with SSO, but has no %s",
				s.profile.where(), quote(s.profile.name), setting.key)
		}
		if setting.check != nil {
			if want := setting.check(e.value); want != "" {
				return settings, invalidValue(e.where(), e.key+" of profile "+quote(s.profile.name), want, "")
			}
		}
		if invalid := checkRegion(e.value); setting.key == "sso_region" && invalid != nil {
			return settings, failf(invalid.Hint, "%s: %s of profile %s %s", e.where(), e.key, quote(s.profile.name), invalid.Text)
		}
		if unknown := unknownRegion(e.value); setting.key == "sso_region" && unknown != "" {
			s.search.warnOnce(fmt.Sprintf("%s: %s of profile %s %s", e.where(), e.key, quote(s.profile.name), unknown))
		}
		*setting.destination = e.value
	}
	if settings.cacheKey == "" {
		settings.cacheKey = settings.startURL
	}
	return settings, nil
}

// token returns the cached token, which it renews if it has expired.
func (s ssoSource) token(ctx context.Context, settings ssoSettings) (string, error) {
	file, token, expires, err := s.cachedToken(ctx, settings)
	switch {
	case err != nil:
		return "", err
	case !expires.After(time.Now()):
		return s.renew(ctx, settings, file, expires)
	}
	if file.exposed {
		s.search.warnExposed(file.path)
	}
	return token, nil
}

// cachedToken returns the cached token, and the file that has it. It returns an
// error for an expired token, unless the token can be renewed. Only the token of
// an sso-session can be renewed: for other tokens, "aws sso login" does not store
// the data that a renewal needs, and the SDK does not renew them.
func (s ssoSource) cachedToken(ctx context.Context, settings ssoSettings) (file tokenFile, token string, expires time.Time, err error) {
	fail := func(err error) (tokenFile, string, time.Time, error) { return tokenFile{}, "", time.Time{}, err }
	if s.search.env.Home == "" {
		return fail(failf("set HOME (USERPROFILE on Windows)", "%s: the home directory is unknown, so the cached token cannot be found", s.purpose()))
	}
	sum := sha1.Sum([]byte(settings.cacheKey))
	path := filepath.Join(s.search.env.Home, ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
	file, err = readTokenFile(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return fail(failf("sign in: "+s.signInCommand(), "%s: not signed in yet: %s does not exist", s.purpose(), path))
	}
	if err != nil {
		return fail(err)
	}
	token, expires, ok := ssoToken(file)
	if !ok {
		return fail(failf(s.signInAgain(), "%s: %s contains no token", s.purpose(), path))
	}
	canRenew := settings.session && file.text("clientId") != "" && file.text("clientSecret") != "" && file.text("refreshToken") != ""
	if !expires.After(time.Now()) && !canRenew {
		return fail(failf(s.signInAgain(), "%s: the token expired at %s", s.purpose(), expires.UTC().Format(time.RFC3339)))
	}
	return file, token, expires, nil
}

// ssoToken returns the token in a file. Older versions of the AWS CLI wrote UTC
// instead of Z.
func ssoToken(file tokenFile) (token string, expires time.Time, ok bool) {
	expires, err := parseTime(strings.Replace(file.text("expiresAt"), "UTC", "Z", 1))
	token = file.text("accessToken")
	return token, expires, err == nil && token != "" && isHeaderValue(token)
}

// renew lets IAM Identity Center renew the token.
func (s ssoSource) renew(ctx context.Context, settings ssoSettings, file tokenFile, expires time.Time) (string, error) {
	// The SDK accepts only RFC 3339.
	file.fields["expiresAt"] = json.RawMessage(`"` + expires.UTC().Format(time.RFC3339) + `"`)
	renewed, err := tokenRenewal{
		search: s.search, file: file, purpose: s.purpose(), signInAgain: s.signInAgain(),
		service: "SSO_OIDC", serviceName: "IAM Identity Center (OIDC) in " + settings.region, region: settings.region,
		changedFields: []string{"accessToken", "expiresAt", "refreshToken"},
		renew: func(ctx context.Context, config aws.Config, path string, outcome *renewalOutcome) error {
			client := oidcClient{ssooidc.NewFromConfig(config), outcome}
			_, err := ssocreds.NewSSOTokenProvider(client, path).RetrieveBearerToken(ctx)
			return err
		},
		valid: func(file tokenFile) bool {
			_, expires, ok := ssoToken(file)
			return ok && expires.After(time.Now())
		},
	}.do(ctx)
	if err != nil {
		return "", err
	}
	token, _, ok := ssoToken(renewed)
	if !ok {
		return "", failf(s.signInAgain(), "%s: IAM Identity Center (OIDC) in %s returned no token", s.purpose(), settings.region)
	}
	return token, nil
}

// oidcClient calls IAM Identity Center (OIDC), and records the outcome.
type oidcClient struct {
	client  *ssooidc.Client
	outcome *renewalOutcome
}

// CreateToken implements [ssocreds.CreateTokenAPIClient].
func (c oidcClient) CreateToken(ctx context.Context, input *ssooidc.CreateTokenInput, options ...func(*ssooidc.Options)) (*ssooidc.CreateTokenOutput, error) {
	output, err := c.client.CreateToken(ctx, input, options...)
	c.outcome.record(err)
	return output, err
}

// isHeaderValue reports whether text can be the value of a header.
func isHeaderValue(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}
