// Output formats, and writing of results.

package cli

import (
	"context"

	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/internal/terminal"
)

// write writes a result, or nothing when ctx has ended. It escapes hidden
// characters that are not escaped yet (see [escape.Hidden]), and hides the
// known secrets of the run.
func (r *runner) write(ctx context.Context, result []byte) error {
	return r.writeRaw(ctx, []byte(r.secrets.Hide(escape.Lines(string(result)))))
}

// writeText is like write, but for text that people read. It wraps the text to
// the width of the terminal.
func (r *runner) writeText(ctx context.Context, text []byte) error {
	return r.write(ctx, []byte(terminal.Fit(string(text), terminal.Width(r.Stdout))))
}

// writeReport is like write, but for reports about documents, profiles, stacks and
// clusters. In every format it also hides what looks like a secret. A result that is
// meant for use, such as a template or a policy, is written with write.
func (r *runner) writeReport(ctx context.Context, format string, result []byte) error {
	result = []byte(r.secrets.HideReport(string(result), format == "markdown" || format == "sarif"))
	if format == "text" {
		return r.writeText(ctx, result)
	}
	return r.write(ctx, result)
}

// writeRaw writes a result unchanged, for programs that parse it.
func (r *runner) writeRaw(ctx context.Context, result []byte) error {
	return terminal.Write(ctx, r.Stdout, result)
}

// writeFormatted writes a value as JSON for "json", otherwise as YAML.
func (r *runner) writeFormatted(ctx context.Context, format string, value any) error {
	text, err := render.Format(format, value)
	if err != nil {
		return err
	}
	return r.write(ctx, text)
}

// writeJSON writes a report as JSON, and hides secrets as writeReport does.
func (r *runner) writeJSON(ctx context.Context, value any) error {
	text, err := render.Format("json", value)
	if err != nil {
		return err
	}
	return r.writeReport(ctx, "json", text)
}

// writeColoured is like writeReport, but for a text with colours. Text from
// documents must be escaped already.
func (r *runner) writeColoured(ctx context.Context, text []byte) error {
	shown := r.secrets.HideReport(escape.Coloured(string(text)), false)
	return r.writeRaw(ctx, []byte(terminal.Fit(shown, terminal.Width(r.Stdout))))
}

// changeMadeError handles err, the error of writing the result of a completed
// change. It prints done, which says what was changed, and returns err with a
// hint: the change was made, and command shows the new state. If err is nil, it
// prints nothing and returns nil.
func (r *runner) changeMadeError(err error, done, command string) error {
	if err == nil {
		return nil
	}
	r.talk.Say("%s", done)
	return errorWithHint{err, "the change was made; to check it: " + r.talk.Name + " " + command}
}

// printable escapes text from outside the program, such as a name in a file, for
// output on one line.
func printable(text string) string { return escape.Text(text) }
