// bootstrap iam print-config

package cli

import (
	"context"

	"github.com/urfave/cli/v2"

	"capaboot/docs/schemas"
	"capaboot/iam"
	"capaboot/internal/commandline"
)

type printConfigOptions struct {
	generatingOptions
	format string
}

func (r *runner) printConfigCommand() *cli.Command {
	var o printConfigOptions
	return &cli.Command{
		Name:  "print-config",
		Usage: "print the configuration with every default",
		Description: `The first line of the YAML names the schema that editors complete and check it
with, in the same folder: "print-config-schema" prints that file.

` + generatingHelp,
		Flags:  append(o.generatingOptions.flags(), commandline.FormatFlag(&o.format, "yaml", "json")),
		Action: func(c *cli.Context) error { return r.printConfig(c.Context, o) },
	}
}

func (r *runner) printConfig(ctx context.Context, o printConfigOptions) error {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	text, err := loaded.Configuration.Print(o.format)
	if err != nil {
		return err
	}
	return r.write(ctx, text)
}

func (r *runner) printConfigSchemaCommand() *cli.Command {
	return &cli.Command{
		Name:  "print-config-schema",
		Usage: "print the JSON Schema of the configuration",
		Description: `The schema (JSON Schema 2020-12) is for editors: save it beside the configuration
as ` + iam.SchemaFile + `, which the first line of "print-config" names.
What it refuses, every command refuses. Quotas, duplicate keys, and rules about
several fields are checked by the commands alone.`,
		Action: func(c *cli.Context) error { return r.write(c.Context, schemas.Configuration()) },
	}
}
