// Commands and flags as values, which [Describe] builds for help, completion, the
// reference, and tests of all commands.

package commandline

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// Command is a command, or a group of them.
type Command struct {
	Names       []string // the name first, then aliases
	Path        string   // the program and the full name: "capaboot policy diff"
	Usage       string   // a short description
	Description string
	Arguments   string // "A [B]", "" for none
	Flags       []Flag
	Commands    []*Command // the subcommands of a group
}

// Name returns the command's name, without its groups.
func (c *Command) Name() string { return c.Names[0] }

// Leaves returns the commands in a group that are not groups themselves, in
// order. For a command that is not a group it returns the command.
func (c *Command) Leaves() (all []*Command) {
	if len(c.Commands) == 0 {
		return []*Command{c}
	}
	for _, command := range c.Commands {
		all = append(all, command.Leaves()...)
	}
	return all
}

// Find returns the command of a group with this name or alias; nil when there
// is none.
func (c *Command) Find(name string) *Command {
	for _, command := range c.Commands {
		for _, described := range command.Names {
			if described == name {
				return command
			}
		}
	}
	return nil
}

// Flag is a flag of a command.
type Flag struct {
	Names   []string // without dashes, the name first, then aliases
	Value   string   // the placeholder for its value: "FILE"; "" for a flag without a value
	Usage   string   // the description, without back quotes around the placeholder
	Default string   // the default value as help shows it; "" when help shows none
	Allowed []string // the allowed values; nil for any
	Repeats bool     // whether all values count when it is given more than once
}

// Name returns the flag's name without dashes.
func (f Flag) Name() string { return f.Names[0] }

// Dashed returns the flag's names with dashes.
func (f Flag) Dashed() []string {
	var all []string
	for _, name := range f.Names {
		all = append(all, withDashes(name))
	}
	return all
}

// Describe returns the commands and flags of an application, after [Prepare].
func Describe(app *cli.App) *Command {
	root := &Command{Names: []string{app.Name}, Path: app.Name, Usage: app.Usage, Description: app.Description, Flags: describeFlags(app.Flags)}
	root.Commands = describeCommands(app.Name, app.Commands)
	return root
}

func describeCommands(path string, commands []*cli.Command) (all []*Command) {
	for _, command := range commands {
		described := &Command{
			Names: command.Names(), Path: path + " " + command.Name, Usage: command.Usage, Description: command.Description,
			Arguments: command.ArgsUsage, Flags: describeFlags(command.Flags),
		}
		described.Commands = describeCommands(described.Path, command.Subcommands)
		all = append(all, described)
	}
	return all
}

func describeFlags(flags []cli.Flag) (all []Flag) {
	for _, flag := range flags {
		described := Flag{Names: flag.Names(), Repeats: repeats(flag)}
		if documented, ok := flag.(cli.DocGenerationFlag); ok {
			described.Value, described.Usage = placeholder(documented.GetUsage())
			described.Default = documented.GetDefaultText()
			if !documented.TakesValue() {
				described.Value = ""
			} else if described.Value == "" {
				described.Value = "VALUE"
			}
		}
		if choice, ok := flag.(*Choice); ok {
			described.Allowed = choice.Allowed
		}
		all = append(all, described)
	}
	return all
}

// placeholder returns the name of the value, which a usage text has between
// back quotes, and the text without the quotes. Without such a name it returns
// "" and the text unchanged.
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	value, after, closed := strings.Cut(rest, "`")
	if !ok || !closed {
		return "", usage
	}
	return value, before + value + after
}
