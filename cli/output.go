// Output: the formats that a person may choose, and the writing of results.

package cli

import (
	"context"

	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/internal/secrecy"
	"capaboot/internal/terminal"
)

// write writes a result for people or programs, of which nothing is written when
// ctx has ended. What is hidden in it is escaped, if whoever made the result has
// not done so: see [escape.Hidden]. A secret that the run was given as an argument
// is not shown.
func (r *runner) write(ctx context.Context, result []byte) error {
	return r.writeRaw(ctx, []byte(r.known.Hide(escape.Lines(string(result)))))
}

// writeText is write for a text for people, which fits the terminal.
func (r *runner) writeText(ctx context.Context, text []byte) error {
	return r.write(ctx, []byte(terminal.Fit(string(text), terminal.Width(r.Stdout))))
}

// writeReport is write for what is said about documents, profiles and stacks: what
// looks like a secret in them is not shown either, in no format. What is to be used,
// such as a template or a policy, is written as it is.
func (r *runner) writeReport(ctx context.Context, format string, result []byte) error {
	result = []byte(secrecy.Hide(string(result)))
	if format == "text" {
		return r.writeText(ctx, result)
	}
	return r.write(ctx, result)
}

// writeRaw writes a result that is to be read back byte by byte.
func (r *runner) writeRaw(ctx context.Context, result []byte) error {
	return terminal.Write(ctx, r.Stdout, result)
}

// writeFormatted writes a value as "json" or else YAML.
func (r *runner) writeFormatted(ctx context.Context, format string, value any) error {
	text, err := render.Format(format, value)
	if err != nil {
		return err
	}
	return r.write(ctx, text)
}

// writeJSON writes a value for programs.
func (r *runner) writeJSON(ctx context.Context, value any) error {
	return r.writeFormatted(ctx, "json", value)
}

// writeColoured is write for a text that we have put colours into; those of
// documents are escaped in it already.
func (r *runner) writeColoured(ctx context.Context, text []byte) error {
	shown := r.known.Hide(secrecy.Hide(escape.Coloured(string(text))))
	return r.writeRaw(ctx, []byte(terminal.Fit(shown, terminal.Width(r.Stdout))))
}

// printable escapes a text from elsewhere for one line.
func printable(text string) string { return escape.Text(text) }
