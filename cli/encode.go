// bootstrap credentials encode-as-profile

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/atomicfile"
	"capaboot/internal/wait"
)

func (r *runner) encodeAsProfile() *cli.Command {
	return &cli.Command{
		Name:  "encode-as-profile",
		Usage: "print credentials as CAPA reads them",
		Description: `Finds credentials where the AWS CLI does: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; a web identity; a profile of
~/.aws/credentials and ~/.aws/config (keys, role, SSO, credential_process);
the endpoint of a container; the role of an EC2 instance. Prints them as CAPA
reads them, for AWS_B64ENCODED_CREDENTIALS.

--role-arn assumes a role with what was found; --session exchanges long-lived
keys for a session token. --verify asks AWS whose credentials they are, and
refuses those of the account's root user.

The region is that of --region, AWS_REGION, AWS_DEFAULT_REGION,
DEFAULT_AWS_REGION or the profile, in this order, or else us-east-1.

The formats: base64SharedConfig, the blob; rawSharedConfig, its text; env, a
command that sets the variable in --shell; dotenv, NAME=value; json, the blob
and facts; secret, the Secret of the controllers in --namespace;
static-identity, an AWSClusterStaticIdentity called --name, for
--allowed-namespaces ("a,b", a label selector, or "*"), and its Secret;
github-actions, which masks the secrets in the log and sets the variable for
the later steps of the job.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "profile", Usage: "take the credentials of this `PROFILE`"},
			&cli.StringFlag{Name: "region", Usage: "write this `REGION` into the result"},
			&cli.StringFlag{Name: "role-arn", Usage: "assume the role with this `ARN`"},
			&cli.StringFlag{Name: "external-id", Usage: "`ID` that the role asks for"},
			&cli.StringFlag{Name: "role-session-name", Usage: "`NAME` of the role's session in CloudTrail"},
			&cli.BoolFlag{Name: "session", DisableDefaultText: true, Usage: "exchange long-lived keys for a session token"},
			&cli.DurationFlag{Name: "duration", DefaultText: "AWS's", Usage: "`TIME` that the role or session lasts"},
			&cli.StringFlag{Name: "mfa-serial", Usage: "`DEVICE` for MFA: its ARN or serial number"},
			&cli.StringFlag{Name: "mfa-code", Usage: "`DIGITS` that the MFA device shows"},
			&cli.BoolFlag{Name: "verify", DisableDefaultText: true, Usage: "ask AWS first whose credentials they are"},
			&cli.BoolFlag{Name: "allow-root", DisableDefaultText: true, Usage: "accept the keys of the account's root user"},
			&cli.DurationFlag{Name: "min-ttl", DefaultText: "none", Usage: "fail when less than `TIME` is left"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: string(credentials.Base64SharedConfig), Usage: "`FORMAT`, see above",
				Action: func(_ *cli.Context, value string) error { return oneOf("output", value, credentials.Forms()...) }},
			&cli.StringFlag{Name: "output-file", Usage: "write to `FILE`, readable by its owner alone"},
			&cli.StringFlag{Name: "shell", Value: credentials.Shells()[0], Usage: "`SHELL`: sh, fish or powershell",
				Action: func(_ *cli.Context, value string) error { return oneOf("shell", value, credentials.Shells()...) }},
			&cli.StringFlag{Name: "namespace", Value: "capa-system", Usage: "`NAMESPACE` of CAPA"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the static identity and its Secret"},
			&cli.StringFlag{Name: "allowed-namespaces", Usage: "`WHO` may use the static identity"},
		},
		Action: func(c *cli.Context) error {
			request := credentials.Request{
				Profile: c.String("profile"), Region: c.String("region"),
				RoleARN: c.String("role-arn"), ExternalID: c.String("external-id"), RoleSessionName: c.String("role-session-name"),
				Session: c.Bool("session"), Duration: c.Duration("duration"),
				MFASerial: c.String("mfa-serial"), MFACode: c.String("mfa-code"), AskMFACode: r.askMFACode(),
			}
			for _, name := range durationFlags {
				if c.IsSet(name) && c.Duration(name) <= 0 {
					return usageError{hinted{fmt.Errorf("--%s is not more than nothing", name), "write it as 45m or 8h, or leave it out"}}
				}
			}
			if err := request.Check(); err != nil {
				return usageError{withHint(err)}
			}
			found, err := credentials.Find(c.Context, r.Environment, request)
			if err != nil {
				return withHint(err)
			}
			profile, err := credentials.NewProfile(found.Credentials, found.Region.Name)
			if err != nil {
				return withHint(err)
			}
			for _, warning := range found.Warnings {
				r.talk.warn("%s", warning)
			}
			if found.Region.Fallback {
				r.talk.warn("no region named by --region, AWS_REGION, AWS_DEFAULT_REGION, DEFAULT_AWS_REGION or the profile: writing %s", found.Region.Name)
			}
			if err := r.expiry(found.Credentials, c.Duration("min-ttl")); err != nil {
				return err
			}
			if found.Credentials.LacksToken() {
				return hinted{fmt.Errorf("the access key ID from %s begins with ASIA, as those of temporary credentials do, but there is no session token: AWS would refuse them", found.Credentials.Source),
					"give the session token too (AWS_SESSION_TOKEN, aws_session_token)"}
			}
			if c.Bool("verify") {
				if err := r.verify(c, found); err != nil {
					return err
				}
			}
			return r.handOver(c, found, profile)
		},
	}
}

// verify says whose credentials they are, and refuses those of the root user.
func (r *runner) verify(c *cli.Context, found credentials.Found) error {
	identity, err := found.Verify(c.Context)
	if err != nil {
		return withHint(err)
	}
	r.talk.say("the credentials are those of %s", identity)
	if identity.Root() && !c.Bool("allow-root") {
		return hinted{errors.New("they are the keys of the account's root user, which can do everything, and which no policy limits"),
			"use those of a user or a role, or pass --allow-root"}
	}
	return nil
}

// soon is how little time left is worth a warning: less than an hour. The
// minute is for what was made just now to last an hour, as AWS does with roles
// unless it is told otherwise; nobody could mend that warning.
const soon = time.Hour - time.Minute

// expiry says when credentials expire, and fails when that is sooner than the
// person allows.
func (r *runner) expiry(found credentials.Credentials, least time.Duration) error {
	if found.Expires.IsZero() {
		if found.SessionToken != "" && least != 0 {
			return hinted{errors.New("it is not known when these temporary credentials expire, so --min-ttl cannot be checked"),
				"set AWS_CREDENTIAL_EXPIRATION to the time, or leave --min-ttl out"}
		}
		return nil
	}
	left := time.Until(found.Expires).Truncate(time.Second)
	at := found.Expires.UTC().Format(time.RFC3339)
	switch {
	case left < least:
		return fmt.Errorf("the credentials expire at %s, in %v, which is sooner than --min-ttl %v", at, left, least)
	case left < soon && least == 0:
		r.talk.warn("the credentials expire at %s, in %v", at, left)
	default:
		r.talk.say("the credentials expire at %s, in %v", at, left)
	}
	return nil
}

// handOver puts the credentials where the flags say, in the form they say.
func (r *runner) handOver(c *cli.Context, found credentials.Found, profile credentials.Profile) error {
	form := credentials.Form(c.String("output"))
	if form == credentials.GitHubActionsForm {
		return r.handToGitHubActions(c, found, profile)
	}
	text, err := found.Render(form, profile, credentials.Options{
		Shell: c.String("shell"), Namespace: c.String("namespace"), Name: c.String("name"), AllowedNamespaces: c.String("allowed-namespaces"),
	})
	if err != nil {
		return usageError{withHint(err)}
	}
	if path := c.String("output-file"); path != "" {
		if path == "-" {
			return usagef("--output-file - names no file: leave it out to print")
		}
		return wait.Whole(c.Context, "writing "+path, func() error { return atomicfile.Write(path, text) })
	}
	r.talk.warn("these credentials are readable by whoever reads this output; use them for bootstrapping only")
	return r.printRaw(text) // to be read back byte by byte
}

// handToGitHubActions masks the secrets first, so that nothing that goes wrong
// later can show them.
func (r *runner) handToGitHubActions(c *cli.Context, found credentials.Found, profile credentials.Profile) error {
	path := r.Environment.Get("GITHUB_ENV")
	if path == "" {
		return usagef("-o github-actions works in a step of a GitHub Actions job, which has the variable GITHUB_ENV")
	}
	if c.String("output-file") != "" {
		return usagef("-o github-actions writes to the file that GITHUB_ENV names; leave --output-file out")
	}
	const doing = "writing the file that GITHUB_ENV names"
	file, err := wait.For(c.Context, doing, func() (*os.File, error) { return openEnvironment(path) })
	if err != nil {
		return fmt.Errorf("the file that GITHUB_ENV names: %w", err)
	}
	defer file.Close()
	masks, environment := found.Credentials.GitHubActions(profile)
	if err := r.printRaw([]byte(masks)); err != nil {
		return err
	}
	if err := wait.Whole(c.Context, doing, func() error { return appendWhole(file, environment) }); err != nil {
		return fmt.Errorf("the file that GITHUB_ENV names: %w", withoutPath(err))
	}
	return nil
}

// openEnvironment opens the file that GITHUB_ENV names. The runner makes it, a
// regular file: where it is missing or something else, no runner would read
// what is written, and somebody else might.
func openEnvironment(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, withoutPath(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file, and credentials are not written through a link or into anything else")
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_RDWR, 0)
	if err != nil {
		return nil, withoutPath(err)
	}
	if now, err := file.Stat(); err != nil || !os.SameFile(info, now) {
		file.Close()
		return nil, errors.New("it was replaced while it was opened")
	}
	return file, nil
}

// appendWhole appends lines to a file, on a line of their own when the last
// one there has no line break. When that fails, the file is as it was: the
// runner refuses the whole file for half a value.
func appendWhole(file *os.File, lines string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if last := make([]byte, 1); info.Size() > 0 {
		if _, err := file.ReadAt(last, info.Size()-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = "\n" + lines
		}
	}
	if _, err := file.WriteString(lines); err != nil {
		return errors.Join(err, file.Truncate(info.Size()))
	}
	return file.Close()
}

// withoutPath is what the system said, without the path, which the message has
// or which is nobody's.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// withHint attaches the hint that the credentials package gives with an error.
func withHint(err error) error { return hinted{err, credentials.Hint(err)} }
