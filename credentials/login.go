package credentials

// This file gets the credentials of a person's session in the AWS Management
// Console. "aws login" stores them in a cache, together with a key for their
// renewal by AWS Sign-In. Sources: AWS SDKs and Tools Reference Guide, "Login
// credentials provider"; credentials/logincreds of the AWS SDK for Go;
// botocore/credentials.py, LoginProvider.

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	signintypes "github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/smithy-go"

	"capaboot/internal/shell"
)

// loginCacheVariable names the folder of the cache.
const loginCacheVariable = "AWS_LOGIN_CACHE_DIRECTORY"

// loginSession returns the source when the profile uses aws login; nil
// otherwise.
func loginSession(s *search, p sharedProfile) source {
	if e, ok := p.get("login_session"); ok {
		return loginSource{s, p, e}
	}
	return nil
}

type loginSource struct {
	search  *search
	profile sharedProfile
	entry   *entry
}

func (s loginSource) purpose() string {
	return "signing in with aws login for profile " + quote(s.profile.name)
}

// signInAgain returns the hint to get a new session.
func (s loginSource) signInAgain() string {
	return "sign in again: aws login --profile " + shell.Word(s.profile.name)
}

func (s loginSource) credentials(ctx context.Context) (Credentials, error) {
	found, file, err := s.cached(ctx)
	if err != nil {
		return Credentials{}, err
	}
	switch {
	case found.Expires.After(time.Now()):
		if file.exposed {
			s.search.warnExposed(file.path)
		}
	default:
		if found, err = s.renew(ctx, file, found); err != nil {
			return Credentials{}, err
		}
	}
	if err := found.checkTemporary("AWS Sign-In"); err != nil {
		err.Problems[0] = s.purpose() + ": " + err.Problems[0]
		err.Hint = s.signInAgain()
		return Credentials{}, err
	}
	return found, nil
}

// cached returns the cached credentials, which may have expired, and the file that
// has them.
func (s loginSource) cached(ctx context.Context) (Credentials, tokenFile, error) {
	path, err := s.path()
	if err != nil {
		return Credentials{}, tokenFile{}, err
	}
	file, err := readTokenFile(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return Credentials{}, tokenFile{}, failf(strings.Replace(s.signInAgain(), " again", "", 1), "%s: the session has no cached credentials: %s does not exist", s.purpose(), path)
	}
	if err != nil {
		return Credentials{}, tokenFile{}, err
	}
	found, ok := s.read(file)
	if !ok {
		return Credentials{}, tokenFile{}, failf(s.signInAgain(), "%s: %s contains no usable session", s.purpose(), path)
	}
	return found, file, nil
}

// path returns the path of the cached session. It rejects a folder name that
// contains $, because not every tool expands it. For the same reason it rejects
// a name that begins with ~, except ~/ when the home directory is known.
func (s loginSource) path() (string, error) {
	home, folder := s.search.env.Home, s.search.env.Get(loginCacheVariable)
	path, tilde := strings.CutPrefix(folder, "~/")
	switch {
	case folder == "" && home == "":
		return "", failf("set HOME (USERPROFILE on Windows)", "%s: the home directory is unknown, so the cached credentials cannot be found", s.purpose())
	case folder == "":
		folder = filepath.Join(home, ".aws", "login", "cache")
	case strings.Contains(folder, "$") || strings.HasPrefix(folder, "~") && (!tilde || home == ""):
		return "", failf("write the full path", "%s contains $ or ~, which only some tools expand", loginCacheVariable)
	case tilde:
		folder = filepath.Join(home, path)
	}
	return logincreds.StandardCachedTokenFilepath(s.entry.value, folder)
}

// loginKeys is the accessToken field of the file.
type loginKeys struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	AccountID       string `json:"accountId"`
	ExpiresAt       string `json:"expiresAt"`
}

// read returns the credentials in the file. It returns false when a value that
// the SDK needs is missing or malformed. The SDK panics when dpopKey is not PEM.
func (s loginSource) read(file tokenFile) (Credentials, bool) {
	var keys loginKeys
	if json.Unmarshal(file.fields["accessToken"], &keys) != nil {
		return Credentials{}, false
	}
	expires, err := parseTime(keys.ExpiresAt)
	if err != nil || keys.AccessKeyID == "" || keys.SecretAccessKey == "" || keys.SessionToken == "" || keys.AccountID == "" ||
		file.text("clientId") == "" || file.text("refreshToken") == "" {
		return Credentials{}, false
	}
	block, _ := pem.Decode([]byte(file.text("dpopKey")))
	if block == nil {
		return Credentials{}, false
	}
	if _, err := x509.ParseECPrivateKey(block.Bytes); err != nil {
		return Credentials{}, false
	}
	return Credentials{
		AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey, SessionToken: keys.SessionToken,
		Expires: expires, Source: "aws login of profile " + quote(s.profile.name),
	}, true
}

// renew lets AWS Sign-In renew the session, in the region of the search.
func (s loginSource) renew(ctx context.Context, file tokenFile, expired Credentials) (Credentials, error) {
	region, err := s.search.stsRegion(ctx, s.entry.value)
	if err != nil {
		return Credentials{}, err
	}
	// The SDK accepts only RFC 3339.
	if file.fields["accessToken"], err = withTime(file.fields["accessToken"], expired.Expires); err != nil {
		return Credentials{}, failf(s.signInAgain(), "%s: %s contains no usable session", s.purpose(), file.path)
	}
	renewed, err := tokenRenewal{
		search: s.search, file: file, purpose: s.purpose(), signInAgain: s.signInAgain(),
		service: "SIGNIN", serviceName: "AWS Sign-In in " + region, region: region,
		changedFields: []string{"accessToken", "refreshToken"},
		renew: func(ctx context.Context, config aws.Config, path string, outcome *renewalOutcome) error {
			client := signInClient{signin.NewFromConfig(config), outcome}
			_, err := logincreds.New(client, path, func(o *logincreds.Options) { o.RestrictPermissions = true }).Retrieve(ctx)
			return err
		},
		valid: func(file tokenFile) bool {
			found, ok := s.read(file)
			return ok && found.Expires.After(time.Now())
		},
	}.do(ctx)
	if err != nil {
		return Credentials{}, err
	}
	found, ok := s.read(renewed)
	if !ok {
		return Credentials{}, failf(s.signInAgain(), "%s: AWS Sign-In in %s returned no session", s.purpose(), region)
	}
	return found, nil
}

// withTime returns a copy of the accessToken in which expiresAt is expires, in UTC.
func withTime(token json.RawMessage, expires time.Time) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(token, &fields); err != nil {
		return nil, err
	}
	fields["expiresAt"] = json.RawMessage(`"` + expires.UTC().Format(time.RFC3339) + `"`)
	return json.Marshal(fields)
}

// signInClient calls AWS Sign-In, and records the outcome.
type signInClient struct {
	client  *signin.Client
	outcome *renewalOutcome
}

// CreateOAuth2Token implements [logincreds.TokenAPIClient].
func (c signInClient) CreateOAuth2Token(ctx context.Context, input *signin.CreateOAuth2TokenInput, options ...func(*signin.Options)) (*signin.CreateOAuth2TokenOutput, error) {
	output, err := c.client.CreateOAuth2Token(ctx, input, options...)
	c.outcome.record(err)
	return output, err
}

// signInRefusal explains why AWS Sign-In rejected a request, and returns the
// first part of a hint, which signInAgain completes. The text is "" for any
// error other than AccessDeniedException of AWS Sign-In. Source: AWS Sign-In API
// Reference, "CreateOAuth2Token".
func signInRefusal(api smithy.APIError) (text, hint string) {
	var denied *signintypes.AccessDeniedException
	if !errors.As(api, &denied) {
		return "", ""
	}
	switch denied.Error_ {
	case signintypes.OAuth2ErrorCodeTokenExpired:
		return "the session has expired", ""
	case signintypes.OAuth2ErrorCodeUserCredentialsChanged:
		return "the password has changed since the sign-in", ""
	case signintypes.OAuth2ErrorCodeInsufficientPermissions:
		return "no permission to renew the session", "attach AWS's policy SignInLocalDevelopmentAccess to the user or role, and "
	}
	return "access denied", ""
}
