// The commands "policy trust account", "policy trust github" and "policy trust
// service".

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/policies/trust"
)

// accountIDFlag returns the flag --account, which accepts only an account ID.
func accountIDFlag(destination *string, usage string) cli.Flag {
	flag := commandline.TextFlag(destination, "account", usage)
	notEmpty := flag.Action
	flag.Action = func(c *cli.Context, value string) error {
		if err := notEmpty(c, value); err != nil {
			return err
		}
		if err := trust.CheckAccount(value); err != nil {
			return trustError(err)
		}
		return nil
	}
	return flag
}

func (r *runner) trustAccountCommand() *cli.Command {
	var (
		o      trust.Account
		format string
	)
	return &cli.Command{
		Name:  "account",
		Usage: "write trust statements that trust roles and users, in any account",
		Description: `Use this command when a person, a pipeline or another role assumes the role.
Name roles and users by their ARNs: the command refuses whole accounts and
wildcards. If the caller is in another account, pass --external-id or, if that
account is in your organization, --organization. If the caller is in your own
account, pass the ID of your account with --account.

--session-tags is for callers whose sessions have transitive tags, such as
callers that get their credentials from EKS Pod Identity.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.From, "from", "trust the role or user with this `ARN`"),
			commandline.SecretFlag(&o.ExternalID, "external-id", "external `ID` that the caller must pass"),
			commandline.TextFlag(&o.Organization, "organization", "`ID` of the caller's organization"),
			accountIDFlag(&o.Account, "account of the role with the trust policy, 12 `DIGITS`"),
			commandline.SwitchFlag(&o.SessionTags, "session-tags", "let the caller pass session tags, as EKS Pod Identity does"),
			trustFormatFlag(&format),
		},
		Action: func(c *cli.Context) error { return r.printTrust(c.Context, format, o) },
	}
}

func (r *runner) trustGitHubCommand() *cli.Command {
	var (
		o      trust.GitHub
		format string
	)
	return &cli.Command{
		Name:  "github",
		Usage: "write trust statements for GitHub Actions jobs",
		Description: `Use this command to deploy from GitHub Actions without access keys. A job of the
repository can assume the role if it runs for a --branch or --tag, or if it
names an --environment. If a job names an environment, the subject of its token
contains neither the branch nor the tag, so only --environment matches such a
job.

By default, the role trusts GitHub's OIDC provider in the account of your
credentials. --account sets another account. For GitHub Enterprise, or in
another partition, --oidc-provider sets the provider.

The tokens of a repository that was created, renamed or transferred after 15
July 2026, or that opted in to immutable subjects, contain OWNER@ID/NAME@ID. The
tokens of other repositories contain OWNER/NAME. If both forms are in use,
repeat --repository, once for each form.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.Repositories, "repository", "trust jobs of this repository, `OWNER/NAME` or OWNER@ID/NAME@ID"),
			commandline.ListFlag(&o.Branches, "branch", "trust jobs that run for this `BRANCH`"),
			commandline.ListFlag(&o.Tags, "tag", "trust jobs that run for this `TAG`"),
			commandline.ListFlag(&o.Environments, "environment", "trust jobs that name this `ENVIRONMENT`"),
			accountIDFlag(&o.Account, "account of the OIDC provider, 12 `DIGITS`"),
			commandline.TextFlag(&o.OIDCProvider, "oidc-provider", "`ARN` of GitHub's OIDC provider in IAM"),
			commandline.TextFlag(&o.Audience, "audience", "`AUDIENCE` of the tokens, by default "+trust.DefaultAudience),
			trustFormatFlag(&format),
		},
		Action: func(c *cli.Context) error {
			if err := r.setProviderAccount(c.Context, &o); err != nil {
				return err
			}
			return r.printTrust(c.Context, format, o)
		},
	}
}

// setProviderAccount sets the account of GitHub's OIDC provider to the account
// of the credentials, when no flag names the account or the provider. It checks
// the other flags before it sends a request to AWS.
func (r *runner) setProviderAccount(ctx context.Context, o *trust.GitHub) error {
	if o.Account != "" || o.OIDCProvider != "" {
		return nil
	}
	checked := *o
	checked.Account = "123456789012"
	if _, err := checked.Trust(); err != nil {
		return trustError(err)
	}
	request := credentials.Request{AskMFACode: r.askMFACode(), Names: settingNames.Get()}
	found, err := credentials.Find(ctx, r.Environment, request)
	if kind := credentials.KindOf(err); kind == credentials.KindNoCredentials || kind == credentials.KindNoProfiles {
		return usagef("missing --account or --oidc-provider: no credentials were found, so the account of GitHub's OIDC provider is unknown")
	}
	if err != nil {
		return withHint(err)
	}
	for _, warning := range found.Warnings {
		r.talk.Warn("%s", warning)
	}
	identity, err := found.Verify(ctx)
	switch {
	case err != nil:
		return errorWithHint{err, "to send no request to AWS, pass --account"}
	case identity.Partition() != "aws":
		return usagef("missing --oidc-provider: the credentials are for partition %s; name GitHub's OIDC provider by its ARN", identity.Partition())
	}
	o.Account = identity.Account
	r.talk.Say("the statement trusts the OIDC provider of account %s, the account of your credentials", o.Account)
	return nil
}

func (r *runner) trustServiceCommand() *cli.Command {
	var (
		o      trust.Service
		format string
	)
	return &cli.Command{
		Name:  "service",
		Usage: "write trust statements for AWS services",
		Description: `Use this command for a role that an AWS service assumes. For services where AWS
recommends protection against the confused deputy problem, pass --source-account
or --source-arn.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.Services, "service", "trust the service with this `PRINCIPAL`, such as ec2.amazonaws.com"),
			commandline.TextFlag(&o.SourceAccount, "source-account", "account that the service must act for, 12 `DIGITS`"),
			commandline.TextFlag(&o.SourceARN, "source-arn", "`ARN` of the resource that the service must act for"),
			trustFormatFlag(&format),
		},
		Action: func(c *cli.Context) error { return r.printTrust(c.Context, format, o) },
	}
}
