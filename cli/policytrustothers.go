// policy trust account, github and service

package cli

import (
	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/policies/trust"
)

// trustAccountFlag is a flag for an account.
func trustAccountFlag(into *string, usage string) cli.Flag {
	flag := commandline.TextFlag(into, "account", usage)
	notEmpty := flag.Action
	flag.Action = func(c *cli.Context, value string) error {
		if err := notEmpty(c, value); err != nil {
			return err
		}
		if err := trust.CheckAccount(value); err != nil {
			return usageError{err}
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
		Usage: "trust roles and users, of another account or the same one",
		Description: `Trusts roles and users by their ARNs; whole accounts and wildcards are refused.
Those of another account need --external-id, or --organization if it is of your
organization. Those of the account of --account need neither.

--session-tags is for callers whose sessions have transitive tags: those that
get their credentials from EKS Pod Identity.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.From, "from", "`ARN` of the role or user"),
			commandline.SecretFlag(&o.ExternalID, "external-id", "`ID` that it must give"),
			commandline.TextFlag(&o.Organization, "organization", "`ID` of the organization that it must be of"),
			trustAccountFlag(&o.Account, "the role that trusts it is in this account, 12 `DIGITS`"),
			commandline.SwitchFlag(&o.SessionTags, "session-tags", "let it pass session tags, as EKS Pod Identity has them"),
			trustFormat(&format),
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
		Usage: "trust jobs of GitHub Actions",
		Description: `Trusts the jobs of a repository that run for a --branch or --tag, or that name
an --environment, by GitHub's OIDC provider in the account of --account, or by
--oidc-provider (that of an enterprise, or in another partition). A job that
names an environment has no branch in its token.

A repository that was made, renamed or transferred after 15 July 2026, or has
opted in, is OWNER@ID/NAME@ID in its tokens. --repository may be repeated, for
both forms.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.Repositories, "repository", "`OWNER/NAME`, or OWNER@ID/NAME@ID"),
			commandline.ListFlag(&o.Branches, "branch", "jobs for this `BRANCH`"),
			commandline.ListFlag(&o.Tags, "tag", "jobs for this `TAG`"),
			commandline.ListFlag(&o.Environments, "environment", "jobs of this `ENVIRONMENT`"),
			trustAccountFlag(&o.Account, "the account of the OIDC provider, 12 `DIGITS`"),
			commandline.TextFlag(&o.OIDCProvider, "oidc-provider", "`ARN` of GitHub's OIDC provider in IAM"),
			commandline.TextFlag(&o.Audience, "audience", "`AUDIENCE` of the tokens, if it is not "+trust.DefaultAudience),
			trustFormat(&format),
		},
		Action: func(c *cli.Context) error { return r.printTrust(c.Context, format, o) },
	}
}

func (r *runner) trustServiceCommand() *cli.Command {
	var (
		o      trust.Service
		format string
	)
	return &cli.Command{
		Name:  "service",
		Usage: "trust services of AWS",
		Description: `Trusts services of AWS, by their service principals. A service of which AWS says
to limit whom it acts for needs --source-account or --source-arn.` + trustHelp,
		Flags: []cli.Flag{
			commandline.ListFlag(&o.Services, "service", "service `PRINCIPAL`, such as ec2.amazonaws.com"),
			commandline.TextFlag(&o.SourceAccount, "source-account", "it must act for this account, 12 `DIGITS`"),
			commandline.TextFlag(&o.SourceARN, "source-arn", "it must act for the resource with this `ARN`"),
			trustFormat(&format),
		},
		Action: func(c *cli.Context) error { return r.printTrust(c.Context, format, o) },
	}
}
