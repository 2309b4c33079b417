// Adapters for the policy commands, until they have options and call what is
// behind these.

package cli

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/terminal"
	"capaboot/policies/catalog"
)

const columns = terminal.Columns

func wrap(text, first, rest string) string { return terminal.Wrap(text, first, rest) }

func isTerminal(stream io.Writer) bool { return terminal.Is(stream) }

func generatingFlags(others ...cli.Flag) []cli.Flag {
	return append(new(generatingOptions).flags(), others...)
}

func accountFlags() []cli.Flag { return new(accountOptions).flags() }

func outputFlag(formats ...string) cli.Flag { return formatFlag(new(string), formats...) }

func generatingOf(c *cli.Context) generatingOptions {
	return generatingOptions{c.String("config"), c.String("capa-version"), c.Bool("raised-quotas")}
}

func accountOf(c *cli.Context) accountOptions {
	return accountOptions{c.String("profile"), c.String("region"), c.String("mfa-code")}
}

func (r *runner) load(c *cli.Context) (*iam.Loaded, error) {
	return r.generate(c.Context, generatingOf(c))
}

func (r *runner) loadFor(c *cli.Context, catalogue *catalog.Catalogue, release catalog.Release) (*iam.Loaded, error) {
	return r.generateFor(c.Context, generatingOf(c), catalogue, release)
}

func (r *runner) release(c *cli.Context) (*catalog.Catalogue, catalog.Release, error) {
	return r.chosenRelease(generatingOf(c))
}

func invalidConfiguration(c *cli.Context, err error) error {
	return (&runner{talk: talk{name: c.App.Name}}).invalid(err)
}

func (r *runner) stackOf(c *cli.Context) (*stackCommand, error) {
	return r.stackCommand(c.Context, stackOptions{generatingOptions: generatingOf(c), accountOptions: accountOf(c)})
}

func (d *stackCommand) connect(c *cli.Context) error { return d.open(c.Context) }

// print is for actions that interruptible ends.
func (r *runner) print(result []byte, failed ...error) error {
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return r.write(context.Background(), result)
}

func (r *runner) printRaw(result []byte) error { return r.writeRaw(context.Background(), result) }
