// The commands "bootstrap iam print-config" and "bootstrap iam
// print-config-schema".

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
		Usage: "print the configuration with every default filled in",
		Description: `Use this command to start a configuration file, or to see how the commands read
an existing one. Without --config, prints the defaults.

The first line of the YAML names the schema, which editors use to complete and
check the file. Save the output of "print-config-schema" next to your file.`,
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
		Usage: "print the JSON Schema of the configuration, for editors",
		Description: `Use this command to edit a configuration with completion and checks: save the
schema next to the configuration as ` + iam.SchemaFile + `.
The first line that "print-config" prints refers to that file.

The commands reject everything that the schema (JSON Schema 2020-12) rejects.
The commands also check what the schema cannot express: quotas, duplicate keys,
and rules that involve several fields.`,
		Action: func(c *cli.Context) error { return r.write(c.Context, schemas.Configuration()) },
	}
}
