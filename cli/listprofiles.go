// The command "bootstrap credentials list-profiles".

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/terminal"
)

type listProfilesOptions struct{ format string }

func (r *runner) listProfilesCommand() *cli.Command {
	var o listProfilesOptions
	return &cli.Command{
		Name:  "list-profiles",
		Usage: "list your AWS profiles, their kinds, and any problems with them",
		Description: `Use this command to find the profile for --profile, or to see why a profile does
not work.

Reads the config file and the credentials file of the AWS CLI, and the sessions
that "aws sso login" and "aws login" store. Sends no request, and prints no
secret.`,
		Flags:  []cli.Flag{commandline.FormatFlag(&o.format, "text", "json")},
		Action: func(c *cli.Context) error { return r.listProfiles(c.Context, o) },
	}
}

func (r *runner) listProfiles(ctx context.Context, o listProfilesOptions) error {
	profiles, malformed, err := credentials.ListProfiles(ctx, r.Environment)
	if err != nil {
		return withHint(err)
	}
	for _, warning := range malformed {
		r.talk.Warn("%s", warning)
	}
	for _, p := range profiles {
		if p.Misplaced != "" {
			r.talk.Warn("%s", p.Misplaced)
		}
	}
	if o.format == "json" {
		return r.writeJSON(ctx, profiles)
	}
	if len(profiles) == 0 {
		r.talk.Warn("no profiles found")
		r.talk.Hint("create a profile with `aws configure` or `aws configure sso`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	// writeReport hides the name of a profile or region if it looks like a secret.
	return r.writeReport(ctx, "text", []byte(credentials.ProfilesTable(profiles, terminal.Width(r.Stdout))))
}
