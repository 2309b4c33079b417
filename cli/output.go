// Output: the formats that a person may choose.

package cli

import (
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

// outputFlag is --output with its formats, the first being the default.
func outputFlag(formats ...string) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: formats[0], DefaultText: "the first",
		Usage:  "`FORMAT`: " + strings.Join(formats, ", "),
		Action: func(_ *cli.Context, value string) error { return oneOf("output", value, formats...) }}
}

// formatted renders a value as "json" or else YAML.
func formatted(format string, value any) ([]byte, error) {
	if format == "json" {
		return render.JSON(value)
	}
	return render.YAML(value)
}

// print writes a result for people or programs. What is hidden in it is
// escaped, if whoever made the result has not done so: see [escape.Hidden].
// failed is the error of making the result, of which nothing is written then.
func (r *runner) print(result []byte, failed ...error) error {
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return r.printRaw([]byte(escape.Lines(string(result))))
}

// printRaw writes a result that is to be read back byte by byte.
func (r *runner) printRaw(result []byte) error { return terminal.Write(r.ctx, r.Stdout, result) }
