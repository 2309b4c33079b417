// The command "version", which also prints the licenses.

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/internal/licenses"
	"capaboot/policies/catalog/compiled"
)

type versionOptions struct {
	format          string // "" for text
	short, licenses bool
}

func (r *runner) versionCommand() *cli.Command {
	var o versionOptions
	format := commandline.ChoiceFlag(&o.format, "output", "", "`FORMAT` is yaml, json or short", "yaml", "json", "short")
	format.Aliases = []string{"o"}
	return &cli.Command{
		Name:  "version",
		Usage: "print the version, and the newest CAPA release that this version knows",
		Description: `Use this command in a bug report. --licenses prints the licenses and notices of
everything that the program contains: modules, the Go standard library, and
data.`,
		Flags: []cli.Flag{
			format,
			commandline.SwitchFlag(&o.short, "short", "print only the version, as -o short does"),
			commandline.SwitchFlag(&o.licenses, "licenses", "print only the licenses"),
		},
		Action: func(c *cli.Context) error {
			o.short = o.short || o.format == "short"
			if o.licenses {
				return r.printLicenses(c.Context, o)
			}
			return r.version(c.Context, o)
		},
	}
}

func (r *runner) version(ctx context.Context, o versionOptions) error {
	report := r.Build.Report(compiled.NewestRelease())
	switch {
	case o.short:
		return r.write(ctx, []byte(report.Version+"\n"))
	case o.format != "":
		return r.writeFormatted(ctx, o.format, report)
	}
	return r.writeText(ctx, []byte(report.Text()))
}

func (r *runner) printLicenses(ctx context.Context, o versionOptions) error {
	if o.short {
		return usagef("--licenses and a short version cannot be combined: use only one of them")
	}
	all, err := licenses.All()
	if err != nil {
		return err
	}
	if o.format == "" {
		return r.write(ctx, []byte(licenses.Text(all)))
	}
	return r.writeFormatted(ctx, o.format, licenses.List(all, r.Build.Version))
}
