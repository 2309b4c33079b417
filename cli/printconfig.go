// bootstrap iam print-config

package cli

import (
	"capaboot/internal/commandline"
	"context"
	"strings"

	"github.com/urfave/cli/v2"
)

type printConfigOptions struct {
	generatingOptions
	format string
}

func (r *runner) printConfigCommand() *cli.Command {
	var o printConfigOptions
	return &cli.Command{
		Name:        "print-config",
		Usage:       "print the configuration with every default",
		Description: generatingHelp,
		Flags:       append(o.generatingOptions.flags(), commandline.FormatFlag(&o.format, "yaml", "json")),
		Action:      func(c *cli.Context) error { return r.printConfig(c.Context, o) },
	}
}

func (r *runner) printConfig(ctx context.Context, o printConfigOptions) error {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return err
	}
	printed, err := loaded.Configuration.Printed()
	if err != nil {
		return err
	}
	text, err := formatted(o.format, printed.Configuration)
	if err == nil && printed.EKS != nil && o.format != "json" {
		text, err = withEKSComment(text, printed.EKS)
	}
	if err != nil {
		return err
	}
	return r.write(ctx, text)
}

// withEKSComment adds spec.eks to a configuration in YAML, as a comment where
// the field belongs.
func withEKSComment(text []byte, eks any) ([]byte, error) {
	block, err := formatted("yaml", map[string]any{"eks": eks})
	if err != nil {
		return nil, err
	}
	const before = "\n  eventBridge:" // the next field, which is always there
	comment := "\n  # The key eks alone attaches AmazonEC2ContainerRegistryReadOnly to the nodes role, in clusterawsadm too.\n" +
		"  # Without it, these hold:\n"
	for line := range strings.Lines(string(block)) {
		comment += "  # " + line
	}
	start, rest, _ := strings.Cut(string(text), before)
	return []byte(start + strings.TrimSuffix(comment, "\n") + before + rest), nil
}
