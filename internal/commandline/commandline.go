// Package commandline extends the library urfave/cli: flags may be before and
// after arguments, an error about an unknown flag or command suggests the most
// similar one, the last value of a repeated flag counts unless the flag is a list,
// and flags check their own values.
//
// The package does not know the commands. An application calls [Prepare] once,
// and [Run] instead of the Run methods of [cli.App]. An error in the arguments
// is an [Error].
package commandline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Error is an error in the command line.
type Error struct {
	Err  error
	Help string // the next step for the user, "" when Err contains it
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the next step for the user.
func (e *Error) Hint() string { return e.Help }

func errorf(format string, args ...any) error { return &Error{Err: fmt.Errorf(format, args...)} }

// Run runs the command in args. args[0] is the name of the program. Run calls
// build with the words before the first flag and, if the arguments have an
// error, again without words. build returns an application for which [Prepare]
// was called. The application has at least the command that the words name, or
// all commands if there are no words. Run passes help texts to write, and
// warnings about ignored and empty flags to warn. It returns the command that
// the arguments name, as the user called it, also with an error: "capaboot iam
// plan".
func Run(ctx context.Context, build func(words ...string) *cli.App, args []string, write func([]byte) error, warn func(string)) (command string, err error) {
	app := build(firstWords(args)...)
	arranged, err := arrange(app, args)
	if err != nil {
		// To suggest a name, the error needs all commands and flags.
		app = build()
		arranged, err = arrange(app, args)
	}
	if err != nil {
		return arranged.command, err
	}
	for _, text := range arranged.warnings {
		warn(text)
	}
	helpRequested := helpRequest(false)
	app.Writer = &helpRequested
	err = app.RunContext(ctx, arranged.args)
	if help := wordsOf(app).Help; bool(helpRequested) && help != nil {
		err = errors.Join(err, write(help(Describe(app), arranged.words)))
	}
	return arranged.command, err
}

// firstWords returns the words before the first flag, without the program. It
// returns none when the arguments contain "--".
func firstWords(args []string) []string {
	if slices.Contains(args, "--") {
		return nil // so that an error about an argument of a group can list all commands
	}
	words := args[min(1, len(args)):]
	for i, word := range words {
		if strings.HasPrefix(word, "-") {
			return words[:i]
		}
	}
	return words
}

// Maker builds a command. Make receives the words after the command's name, or
// nil when all commands are built.
type Maker struct {
	Name string
	Make func(words []string) *cli.Command
}

// Pick builds the command that the first word names. If there is no such
// command, it builds all commands. Building commands and their flags takes a
// large part of a short run.
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

// helpRequest is the writer for the library's help. It only records that the
// user asked for help; Words.Help returns the text.
type helpRequest bool

func (r *helpRequest) Write(b []byte) (int, error) {
	*r = true
	return len(b), nil
}

// libraryHelp is the template for the library's help, as short as possible.
const libraryHelp = "help"
