// Groups of commands and their help, and features of the library that are
// switched off.

package commandline

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// Prepare makes the library return errors instead of printing usage texts, makes
// commands that take no arguments refuse them, and adds --help to every command.
// words are for suggestions and help.
func Prepare(app *cli.App, words Words) {
	app.Metadata = map[string]any{wordsKey: words}
	app.HideVersion = true
	app.HideHelp = true // see helpFlag
	app.HideHelpCommand = true
	app.CustomAppHelpTemplate = libraryHelp
	// A value may contain a comma.
	app.DisableSliceFlagSeparator = true
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.Action = groupAction
	app.Flags = append(app.Flags, helpFlag())
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return invalidValueError(app.Flags, err) }
	walkCommands(app.Commands, func(command *cli.Command) {
		command.HideHelp = true
		command.CustomHelpTemplate = libraryHelp
		command.Flags = append(command.Flags, helpFlag())
		command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return invalidValueError(command.Flags, err) }
		if action := command.Action; len(command.Subcommands) == 0 && !command.Args && command.ArgsUsage == "" {
			command.Action = func(c *cli.Context) error {
				if c.NArg() > 0 {
					return unexpectedArgumentError(wordsOf(c.App), c.Args().First(), c.Command.HelpName, slices.Concat(command.Flags, app.Flags))
				}
				return action(c)
			}
		}
	})
}

// helpFlag returns a new --help flag, so that each command has its own. The
// library would add its own variable HelpFlag to every command, and concurrent
// runs would write to it.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true}
}

// Group returns a command that has only subcommands.
func Group(name, usage, description string, commands ...*cli.Command) *cli.Command {
	return &cli.Command{Name: name, Usage: usage, Description: description, Subcommands: commands, Action: groupAction, HideHelpCommand: true}
}

// groupAction shows the help of a group, or returns an error for an unknown
// command.
func groupAction(c *cli.Context) error {
	if c.NArg() == 0 {
		if c.Command.Name == "" || len(c.Lineage()) < 2 || c.App.Name == c.Command.Name {
			return cli.ShowAppHelp(c)
		}
		return cli.ShowSubcommandHelp(c)
	}
	return unknownCommandError(c.App, c.Args().First(), c.Command.HelpName, c.Command.Subcommands, false)
}

// Interruptible makes a command return as soon as its context ends, even while
// it computes. The action continues in the background, so it must not print a
// result once its context has ended.
func Interruptible(action cli.ActionFunc) cli.ActionFunc {
	return func(c *cli.Context) error {
		done := make(chan error, 1)
		go func() { done <- action(c) }()
		select {
		case err := <-done:
			return err
		case <-c.Context.Done():
			return c.Context.Err()
		}
	}
}

func walkCommands(commands []*cli.Command, visit func(*cli.Command)) {
	for _, command := range commands {
		visit(command)
		walkCommands(command.Subcommands, visit)
	}
}
