// Package commandline reads a command line around the library urfave/cli: flags
// stand before and after arguments, an unknown flag or command is an error with
// the nearest one there is, of a flag that is given twice the last one counts,
// and a flag says itself what is wrong with its value.
//
// It knows the library, and none of the commands. Whoever has an application
// of the library calls [Prepare] once and [Run] in place of its own; what
// somebody wrote wrongly is an [Error].
package commandline

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

// Error is an error in what somebody wrote on the command line.
type Error struct {
	Err  error
	Help string // what to do next, "" when the error says it
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what to do next.
func (e *Error) Hint() string { return e.Help }

func errorf(format string, args ...any) error { return &Error{Err: fmt.Errorf(format, args...)} }

// Run runs the command that the arguments name; the first of them is the name
// that the program was called by. Help goes to write, and warn is told of the
// flags that are ignored.
func Run(ctx context.Context, app *cli.App, args []string, write func([]byte) error, warn func(string)) error {
	arranged, err := arrange(app, args)
	if err != nil {
		return err
	}
	for _, text := range arranged.ignored {
		warn(text)
	}
	help := &helpWriter{}
	app.Writer = help
	err = app.RunContext(ctx, arranged.args)
	if len(help.text) > 0 {
		if examples := wordsOf(app).Examples; examples != nil {
			help.text = append(help.text, examples(app.Name, arranged.words)...)
		}
		err = errors.Join(err, write(help.text))
	}
	return err
}

// helpWriter is where the library writes help, which it does in pieces.
type helpWriter struct{ text []byte }

func (w *helpWriter) Write(b []byte) (int, error) {
	w.text = append(w.text, b...)
	return len(b), nil
}
