// The account: whose credentials a command works with, in which region, and
// the clients of AWS made of them.

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/awsclient"
	"capaboot/internal/commandline"
	"capaboot/internal/shell"
)

// accountOptions are those of the commands that talk to AWS.
type accountOptions struct{ profile, region, mfaCode string }

func (o *accountOptions) flags() []cli.Flag {
	return []cli.Flag{
		commandline.TextFlag(&o.profile, "profile", "use the credentials of this `PROFILE`"),
		&cli.StringFlag{Name: "region", Usage: "`REGION` of the stack", Destination: &o.region},
		commandline.SecretFlag(&o.mfaCode, "mfa-code", "`DIGITS` that the MFA device of the profile shows"),
	}
}

// account is where a command works.
type account struct {
	identity    credentials.Identity
	region      string
	credentials *credentials.Refreshing
	settings    awsclient.Settings
	profile     string // of --profile, "" for none
}

// noRegionHint names all that sets a region.
const noRegionHint = "set one with --region, with AWS_REGION, as the region of the profile, or as spec.region in the configuration"

// account finds the credentials, and asks whose they are. The region is that
// of --region, the environment, the profile, or else configured. There is no
// other: a stack in a region that nobody named is one that nobody finds again.
func (r *runner) account(ctx context.Context, o accountOptions, configured string) (*account, error) {
	request := credentials.Request{
		Profile: o.profile, Region: o.region, DefaultRegion: configured, NeedsRegion: true,
		MFACode: o.mfaCode, AskMFACode: r.askMFACode(), Names: settingNames.Get(),
	}
	if err := request.Check(); err != nil {
		return nil, usageError{withHint(err)}
	}
	found, err := credentials.Find(ctx, r.Environment, request)
	if errors.Is(err, credentials.ErrNoRegion) {
		return nil, usageError{hinted{err, noRegionHint}}
	}
	if err != nil {
		return nil, withHint(err)
	}
	for _, warning := range found.Warnings {
		r.talk.Warn("%s", warning)
	}
	identity, err := found.Verify(ctx)
	if err != nil {
		return nil, withHint(err)
	}
	return &account{identity, found.Region.Name, credentials.NewRefreshing(r.Environment, request, found.Credentials), found.ClientSettings(ctx), o.profile}, nil
}

// partition is the partition of the account: "aws", "aws-cn".
func (a *account) partition() string { return a.identity.Partition() }

// regionOption and profileOption are options of the AWS CLI for a command on
// this account; "" for none.
func (a *account) regionOption() string { return " --region " + shell.Word(a.region) }

func (a *account) profileOption() string {
	if a.profile == "" {
		return ""
	}
	return " --profile " + shell.Word(a.profile)
}

// String names the account, the region and the caller.
func (a *account) String() string {
	return fmt.Sprintf("account %s, region %s, as %s", a.identity.Account, a.region, a.identity.ARN)
}

// requestTime is how long one attempt of a request may take. CloudFormation
// answers within a second or two; a template is large.
const requestTime = 15 * time.Second

// config returns the configuration of the clients of a service.
func (a *account) config(ctx context.Context, service string) (aws.Config, error) {
	settings := a.settings
	settings.Credentials, settings.Attempt, settings.Attempts, settings.Pause = a.credentials, requestTime, 3, 5*time.Second
	return settings.Config(ctx, service)
}
