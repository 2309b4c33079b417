package credentials

// This file gets credentials from web identities: it exchanges a token for the
// credentials of a role. An identity provider such as Kubernetes (IRSA) or
// GitHub (Actions) signs the token. Source: AWS SDKs and Tools Reference Guide,
// "Assume role credential provider"; botocore/credentials.py,
// AssumeRoleWithWebIdentityProvider.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"capaboot/credentials/accesskey"
)

const tokenFileVariable = "AWS_WEB_IDENTITY_TOKEN_FILE"

// webIdentity returns the source when the environment or the profile names a
// token file; nil otherwise. Variables take precedence over the settings of the
// profile. If Request.Profile is set, the variables do not count.
func webIdentity(s *search, p sharedProfile) source {
	w, ok := newWebIdentity(s, p, s.request.Profile == "").(webIdentitySource)
	if !ok {
		return nil
	}
	if !s.request.exchanges() {
		w.duration = s.request.Duration
	}
	return w
}

// profileWebIdentity is like webIdentity, but uses only the settings of the profile.
func profileWebIdentity(s *search, p sharedProfile) source { return newWebIdentity(s, p, false) }

func newWebIdentity(s *search, p sharedProfile, environment bool) source {
	setting := func(variable, key string) (string, origin) {
		if value := s.env.Get(variable); environment && value != "" {
			return value, origin{name: variable}
		}
		if e, ok := p.get(key); ok {
			return e.value, origin{e.where(), key + " of profile " + quote(p.name)}
		}
		return "", origin{}
	}
	w := webIdentitySource{search: s, profile: p}
	if w.file, w.fileFrom = setting(tokenFileVariable, "web_identity_token_file"); w.file == "" {
		return nil
	}
	w.role, w.roleFrom = setting("AWS_ROLE_ARN", "role_arn")
	w.session, w.sessionFrom = setting("AWS_ROLE_SESSION_NAME", "role_session_name")
	return w
}

type webIdentitySource struct {
	search              *search
	profile             sharedProfile
	duration            time.Duration // 0 means AWS's default, one hour
	file, role, session string
	fileFrom, roleFrom  origin
	sessionFrom         origin
}

// origin is the place where a value was set: a variable, or a key at a position in
// a file.
type origin struct{ position, name string }

// String returns the origin as the subject of an error.
func (o origin) String() string {
	if o.position == "" {
		return o.name
	}
	return o.position + ": " + o.name
}

// ignoredDurationWarning returns a warning if the profile that names the token
// file sets duration_seconds to anything but AWS's default, and otherwise "".
// Neither botocore (AssumeRoleWithWebIdentityProvider) nor the SDK for Go
// (assumeWebIdentity) uses duration_seconds for a web identity.
func (w webIdentitySource) ignoredDurationWarning() string {
	e, ok := w.profile.get("duration_seconds")
	if fromVariable := w.fileFrom.position == ""; !ok || fromVariable || e.value == "3600" {
		return ""
	}
	return fmt.Sprintf("%s: duration_seconds of profile %s has no effect for a web identity, as in the AWS CLI; use %s",
		e.where(), quote(w.profile.name), w.search.request.name(SettingDuration))
}

func (w webIdentitySource) credentials(ctx context.Context) (Credentials, error) {
	if w.role == "" {
		return Credentials{}, failf("set AWS_ROLE_ARN, or role_arn in the profile", "%s names a token file, but no setting names the role", w.fileFrom)
	}
	if want := checkRoleARN(w.role); want != "" {
		return Credentials{}, invalidValue(w.roleFrom.position, w.roleFrom.name, want, "")
	}
	if w.session == "" {
		w.session = defaultSessionName()
	} else if want := checkSessionName(w.session); want != "" {
		return Credentials{}, invalidValue(w.sessionFrom.position, w.sessionFrom.name, want, "")
	}
	token, _, err := readFile(ctx, w.file)
	if err != nil {
		if e, ok := err.(*Error); ok {
			e.Problems[0] = w.fileFrom.String() + ": " + e.Problems[0]
			if errors.Is(err, fs.ErrNotExist) {
				e.Hint = "in a pod, mount the projected token of the service account; in a CI job, write the ID token of the job to this file first"
			}
		}
		return Credentials{}, err
	}
	// A token has no white space; an editor may add a line break at the end.
	token = strings.TrimRight(token, "\r\n")
	if token == "" || !accesskey.OnlyOf(token, "-_.=+/~") {
		return Credentials{}, failf("name a file that contains only the token", "%s: the file does not contain a token", w.fileFrom)
	}
	region, err := w.search.stsRegion(ctx, w.role)
	if err != nil {
		return Credentials{}, err
	}
	call := stsCall{w.search, fmt.Sprintf("assuming role %s with the web identity of %s", w.role, w.fileFrom), nil, region}
	var output *sts.AssumeRoleWithWebIdentityOutput
	input := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(w.role), RoleSessionName: aws.String(w.session), WebIdentityToken: aws.String(token)}
	if w.duration != 0 {
		input.DurationSeconds = aws.Int32(int32(w.duration / time.Second))
	}
	if err := call.do(ctx, func(ctx context.Context, client *sts.Client) (err error) {
		output, err = client.AssumeRoleWithWebIdentity(ctx, input)
		return err
	}); err != nil {
		return Credentials{}, err
	}
	return call.read(output.Credentials, "role "+w.role+", by a web identity")
}
