// The flags that select credentials, which encode-as-profile shares with other
// commands, and the search for credentials.

package cli

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
)

// credentialOptions select the credentials, and say how to check them.
type credentialOptions struct {
	request           credentials.Request
	verify, allowRoot bool
}

func (o *credentialOptions) flags() []cli.Flag {
	return []cli.Flag{
		commandline.TextFlag(&o.request.Profile, "profile", "use the credentials of this `PROFILE`"),
		&cli.StringFlag{Name: "region", Usage: "write this `REGION` into the profile", Destination: &o.request.Region},
		commandline.TextFlag(&o.request.RoleARN, "role-arn", "use the credentials to assume the role with this `ARN`"),
		commandline.SecretFlag(&o.request.ExternalID, "external-id", "external `ID` that the role's trust policy requires"),
		commandline.TextFlag(&o.request.RoleSessionName, "role-session-name", "`NAME` of the role session, which CloudTrail records"),
		commandline.SwitchFlag(&o.request.Session, "session", "exchange long-lived keys for temporary credentials"),
		commandline.DurationFlag(&o.request.Duration, "duration", "AWS's default", "lifetime of the temporary credentials, a `TIME` such as 2h"),
		commandline.TextFlag(&o.request.MFASerial, "mfa-serial", "ARN or serial number of the MFA `DEVICE`"),
		commandline.SecretFlag(&o.request.MFACode, "mfa-code", "`DIGITS` that the MFA device shows now"),
		commandline.SwitchFlag(&o.verify, "verify", "ask AWS for the identity of the credentials, and refuse those of the root user unless --allow-root is set"),
		commandline.SwitchFlag(&o.allowRoot, "allow-root", "with --verify, accept the access keys of the account's root user"),
		commandline.DurationFlag(&o.request.MinTTL, "min-ttl", "no limit", "fail when temporary credentials expire in less than `TIME`, such as 45m, or have an unknown expiry"),
	}
}

// prepare completes o.request, and returns an error for invalid flag values. It
// sends nothing.
func (o *credentialOptions) prepare(r *runner) error {
	o.request.AskMFACode, o.request.Names = r.askMFACode(), settingNames.Get()
	if err := o.request.Check(); err != nil {
		return usageError{withHint(err)}
	}
	return nil
}

// hasSelection reports whether a flag selects the credentials, their region, or
// the role or session to exchange them for.
func (o *credentialOptions) hasSelection() bool {
	q := o.request
	return q.Profile != "" || q.Region != "" || q.RoleARN != "" || q.ExternalID != "" || q.RoleSessionName != "" || q.Session || q.Duration != 0 || q.MFASerial != "" || q.MFACode != ""
}

// findCredentials returns the credentials that the options select, also as a
// profile, and prints the warnings about them. Credentials that cannot be used
// are an error.
func (r *runner) findCredentials(ctx context.Context, o credentialOptions) (credentials.Found, credentials.Profile, error) {
	found, err := credentials.Find(ctx, r.Environment, o.request)
	if credentials.KindOf(err) == credentials.KindNoExchange {
		return found, credentials.Profile{}, usageError{withHint(err)}
	}
	if err != nil {
		return found, credentials.Profile{}, withHint(err)
	}
	profile, err := credentials.NewProfile(found.Credentials, found.Region.Name)
	if err != nil {
		return found, credentials.Profile{}, withHint(err)
	}
	for _, warning := range found.Warnings {
		r.talk.Warn("%s", warning)
	}
	if found.IgnoredDuration != "" {
		r.talk.Warn("%s", found.IgnoredDuration)
	}
	if found.Region.Fallback {
		r.talk.Warn("no region is set (--region, AWS_REGION, AWS_DEFAULT_REGION, DEFAULT_AWS_REGION, or the profile): writing region %s", found.Region.Name)
	}
	for _, mismatch := range found.Credentials.Mismatches() {
		r.talk.Warn("%s", mismatch)
	}
	lifetime, err := found.Lifetime()
	switch {
	case err != nil:
		return found, credentials.Profile{}, withHint(err)
	case lifetime.Soon:
		r.talk.Warn("%s", lifetime.Text)
	case lifetime.Text != "":
		r.talk.Say("%s", lifetime.Text)
	}
	if err := found.Credentials.CheckToken(); err != nil {
		return found, credentials.Profile{}, withHint(err)
	}
	return found, profile, nil
}

// verifyCredentials prints the identity of the credentials, and refuses the
// root user unless allowRoot is true.
func (r *runner) verifyCredentials(ctx context.Context, found credentials.Found, allowRoot bool) error {
	identity, err := found.Verify(ctx)
	if err != nil {
		return withHint(err)
	}
	r.talk.Say("the credentials are those of %s", identity)
	return refuseRoot(identity, allowRoot)
}

func refuseRoot(identity credentials.Identity, allowed bool) error {
	if identity.IsRoot() && !allowed {
		return errorWithHint{errors.New("these are the access keys of the account's root user, which the account's IAM policies cannot limit"),
			"use the credentials of a user or a role, or pass --allow-root"}
	}
	return nil
}

// hideProfile makes later output hide the secrets of a profile; see
// [runner].secrets.
func (r *runner) hideProfile(text string) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, "=")
		r.secrets.AddVariable(strings.ToUpper(strings.TrimSpace(key)), strings.TrimSpace(value))
	}
	if strings.TrimSpace(text) != "" {
		r.secrets.AddVariable(credentials.Variable, base64.StdEncoding.EncodeToString([]byte(text)))
	}
}
