// The AWS account of a command: its credentials and region.

package cli

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
)

// accountOptions select the credentials and the region with which a command
// calls AWS.
type accountOptions struct{ profile, region, mfaCode string }

// flags returns the flags of a command on a stack.
func (o *accountOptions) flags() []cli.Flag { return o.flagsFor("AWS `REGION` of the stack") }

// flagsFor returns the flags that select the account; regionUsage is the
// description of --region.
func (o *accountOptions) flagsFor(regionUsage string) []cli.Flag {
	return []cli.Flag{
		commandline.TextFlag(&o.profile, "profile", "use the credentials of this `PROFILE`"),
		&cli.StringFlag{Name: "region", Usage: regionUsage, Destination: &o.region},
		commandline.SecretFlag(&o.mfaCode, "mfa-code", "`DIGITS` that the MFA device of the profile shows now"),
	}
}

// noRegionHint lists the ways to set a region.
const noRegionHint = "set the region with --region, with AWS_REGION, as the region of the profile, or as spec.region in the configuration"

// findAccount finds the credentials and asks STS for their identity. The region
// comes from --region, the environment, the profile or the EC2 instance that
// provided the credentials, or else from configuredRegion, the region in the
// configuration ("" for none). There is no default region, because a stack in a
// region that the user did not choose is hard to find.
func (r *runner) findAccount(ctx context.Context, o accountOptions, configuredRegion string) (*credentials.Account, error) {
	r.markUsed(accountFlags()...)
	request := credentials.Request{
		Profile: o.profile, Region: o.region, DefaultRegion: configuredRegion, NeedsRegion: true,
		MFACode: o.mfaCode, AskMFACode: r.askMFACode(), Names: settingNames.Get(),
	}
	if err := request.Check(); err != nil {
		return nil, usageError{withHint(err)}
	}
	found, err := credentials.Find(ctx, r.Environment, request)
	if errors.Is(err, credentials.ErrNoRegion) {
		return nil, usageError{errorWithHint{err, noRegionHint}}
	}
	if err != nil {
		return nil, withHint(err)
	}
	for _, warning := range found.Warnings {
		r.talk.Warn("%s", warning)
	}
	r.warnRegion(found.Region, configuredRegion)
	account, err := found.Account(ctx, r.Environment, request)
	if err != nil {
		return nil, withHint(err)
	}
	return account, nil
}

// warnRegion warns when another source overrides the region in the
// configuration. A stack in another region is not the configured stack, even if
// it has the same name.
func (r *runner) warnRegion(region credentials.Region, configured string) {
	if configured != "" && region.Name != "" && region.Name != configured {
		r.talk.Warn("the region is %s, from %s, although spec.region of the configuration is %s", region.Name, region.Source, configured)
	}
}
