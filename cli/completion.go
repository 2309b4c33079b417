// completion, and the questions of its scripts

package cli

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/internal/complete"
)

func (r *runner) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that completes words in a shell",
		ArgsUsage: strings.Join(complete.Shells(), "|"),
		Description: `The script completes commands, flags, formats, releases, regions, profiles,
rules, features and actions. Its first lines say where it goes. It asks this
program, which sends no request for an answer and shows no secret.`,
		Action: func(c *cli.Context) error {
			script, err := complete.Script(c.Args().Slice(), r.file)
			if err != nil {
				return err
			}
			return r.write(c.Context, script)
		},
	}
}

// complete answers a script.
func (r *runner) complete(ctx context.Context, app *cli.App) error {
	ctx, cancel := r.within(ctx, complete.Timeout)
	defer cancel()
	asker := complete.Asker{Environment: r.Environment, Root: commandline.Describe(app)}
	reply, err := asker.Reply(ctx, r.file, r.Args[1:], r.Stdin)
	if err != nil {
		return err
	}
	return r.writeRaw(ctx, []byte(reply))
}
