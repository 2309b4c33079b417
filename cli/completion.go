// The command "completion", and the responses to the requests that its scripts
// send at each completion.

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
		Usage:     "print the script that completes commands in your shell",
		ArgsUsage: strings.Join(complete.Shells(), "|"),
		Description: `Use this command once for each shell: the first lines of the script say where to
save the script.

Completes commands, flags, formats, releases, regions, profiles, rules,
features and actions. To complete a word, the script runs this program. During
completion, this program sends no request and shows no secret.`, Action: func(c *cli.Context) error {
			script, err := complete.Script(c.Args().Slice(), r.programFile)
			if err != nil {
				return err
			}
			return r.write(c.Context, script)
		},
	}
}

// complete responds to a request of a completion script or of kubectl.
func (r *runner) complete(ctx context.Context, app *cli.App) error {
	ctx, cancel := r.withTimeout(ctx, complete.Timeout)
	defer cancel()
	completer := complete.Completer{Environment: r.Environment, Root: commandline.Describe(app)}
	response, err := completer.Respond(ctx, r.programFile, r.Args[1:], r.Stdin)
	if err != nil {
		return err
	}
	return r.writeRaw(ctx, []byte(response))
}
