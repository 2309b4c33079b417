// Output: the formats that a person may choose, and how a result reaches
// stdout.

package cli

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/escape"
	"capaboot/internal/render"
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

// printRaw writes a whole result to stdout at once, unless the run ends first: a
// pipe that nobody reads must not keep it.
func (r *runner) printRaw(result []byte) error {
	if err := r.ctx.Err(); err != nil {
		return err // what was interrupted has no result
	}
	done := make(chan error, 1)
	go func() {
		_, err := r.Stdout.Write(result)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}
