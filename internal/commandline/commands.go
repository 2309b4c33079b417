// Commands: groups of them, their help, and what the library does without being
// asked, which is switched off.

package commandline

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// Prepare makes the library report errors to us instead of printing usage
// texts, forbids arguments where a command takes none, and gives every command
// the flag --help. words are what people type besides the commands.
func Prepare(app *cli.App, words Words) {
	app.Metadata = map[string]any{wordsKey: words}
	app.HideVersion = true
	app.HideHelp = true // see helpFlag
	app.HideHelpCommand = true
	app.CustomAppHelpTemplate = libraryHelp
	// A value may have a comma.
	app.DisableSliceFlagSeparator = true
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.Action = groupAction
	app.Flags = append(app.Flags, helpFlag())
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return wrongValue(app.Flags, err) }
	walk(app.Commands, func(command *cli.Command) {
		command.HideHelp = true
		command.CustomHelpTemplate = libraryHelp
		command.Flags = append(command.Flags, helpFlag())
		command.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return wrongValue(command.Flags, err) }
		if action := command.Action; len(command.Subcommands) == 0 && !command.Args && command.ArgsUsage == "" {
			command.Action = func(c *cli.Context) error {
				if c.NArg() > 0 {
					return unexpectedArgument(wordsOf(c.App), c.Args().First(), c.Command.HelpName, slices.Concat(command.Flags, app.Flags))
				}
				return action(c)
			}
		}
	})
}

// helpFlag is a flag of its own for each command. The one that the library
// adds by itself is one variable for all, and runs at the same time would
// write to it.
func helpFlag() cli.Flag {
	return &cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "show help", DisableDefaultText: true}
}

// Group is a command that only has other commands.
func Group(name, usage string, commands ...*cli.Command) *cli.Command {
	return &cli.Command{Name: name, Usage: usage, Subcommands: commands, Action: groupAction, HideHelpCommand: true}
}

// groupAction shows the help of a group, or says that there is no such command
// in it.
func groupAction(c *cli.Context) error {
	if c.NArg() == 0 {
		if c.Command.Name == "" || len(c.Lineage()) < 2 || c.App.Name == c.Command.Name {
			return cli.ShowAppHelp(c)
		}
		return cli.ShowSubcommandHelp(c)
	}
	return unknownCommand(c.App, c.Args().First(), c.Command.HelpName, c.Command.Subcommands)
}

// Interruptible ends a command that computes as soon as its context does: what
// it had is not printed, and the process ends soon.
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

func walk(commands []*cli.Command, visit func(*cli.Command)) {
	for _, command := range commands {
		visit(command)
		walk(command.Subcommands, visit)
	}
}
