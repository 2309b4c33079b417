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
	"slices"
	"strings"

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
// that the program was called by. build gets the words that the arguments begin
// with, and returns the application, for which [Prepare] was called: at least the
// commands that they name, and all when there are no words. Help goes to write, and
// warn is told of the flags that are ignored.
func Run(ctx context.Context, build func(words ...string) *cli.App, args []string, write func([]byte) error, warn func(string)) error {
	app := build(firstWords(args)...)
	arranged, err := arrange(app, args)
	if err != nil {
		// What is wrong is reported with all commands and flags in view.
		app = build()
		arranged, err = arrange(app, args)
	}
	if err != nil {
		return err
	}
	for _, text := range arranged.ignored {
		warn(text)
	}
	asked := helpAsked(false)
	app.Writer = &asked
	err = app.RunContext(ctx, arranged.args)
	if help := wordsOf(app).Help; bool(asked) && help != nil {
		err = errors.Join(err, write(help(Describe(app), arranged.words)))
	}
	return err
}

// firstWords are those that the arguments begin with, before any flag.
func firstWords(args []string) []string {
	if slices.Contains(args, "--") {
		return nil // what a group makes of arguments needs all commands
	}
	words := args[min(1, len(args)):]
	for i, word := range words {
		if strings.HasPrefix(word, "-") {
			return words[:i]
		}
	}
	return words
}

// Maker makes a command; the words are those after its name.
type Maker struct {
	Name string
	Make func(words []string) *cli.Command
}

// Pick makes the command that the first word names, or all. Building commands and
// their flags takes a good part of a short run.
func Pick(words []string, makers []Maker) []*cli.Command {
	var all []*cli.Command
	for _, m := range makers {
		if len(words) > 0 && m.Name == words[0] {
			return []*cli.Command{m.Make(words[1:])}
		}
	}
	for _, m := range makers {
		all = append(all, m.Make(nil))
	}
	return all
}

// helpAsked is where the library writes help, which it does when somebody asks for
// it. Words.Help writes what people see.
type helpAsked bool

func (a *helpAsked) Write(b []byte) (int, error) {
	*a = true
	return len(b), nil
}

// libraryHelp is the template of the library's help: a word, so that the library
// has little to do.
const libraryHelp = "help"
