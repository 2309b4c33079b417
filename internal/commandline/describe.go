// The commands and flags as values: for completion, for the reference, and for
// tests that look at every command. Nothing of it is made unless somebody asks.

package commandline

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// Command is a command, or a group of them.
type Command struct {
	Names       []string // its own first, then its aliases
	Path        string   // as it is typed, the program included: "capaboot policy diff"
	Usage       string   // a few words
	Description string
	Arguments   string // "A [B]", "" for none
	Flags       []Flag
	Commands    []*Command // of a group
}

// Name is the command's own name, in its group.
func (c *Command) Name() string { return c.Names[0] }

// Leaves are the commands of a group that do something, in order. A command that is
// not a group is its own leaf.
func (c *Command) Leaves() (all []*Command) {
	if len(c.Commands) == 0 {
		return []*Command{c}
	}
	for _, command := range c.Commands {
		all = append(all, command.Leaves()...)
	}
	return all
}

// Find returns the command of a group with this name or alias; nil for none.
func (c *Command) Find(name string) *Command {
	for _, command := range c.Commands {
		for _, one := range command.Names {
			if one == name {
				return command
			}
		}
	}
	return nil
}

// Flag is a flag of a command.
type Flag struct {
	Names   []string // without dashes, its own first
	Value   string   // what stands for its value: "FILE"; "" for a flag without one
	Usage   string
	Default string   // of what there is to say, "" for nothing
	Allowed []string // the values, when there are only these
	Repeats bool
}

// Name is the flag's own name, without dashes.
func (f Flag) Name() string { return f.Names[0] }

// Dashed are the flag's names as they are typed.
func (f Flag) Dashed() []string {
	var all []string
	for _, name := range f.Names {
		all = append(all, dashed(name))
	}
	return all
}

// Describe returns what an application has, after [Prepare].
func Describe(app *cli.App) *Command {
	root := &Command{Names: []string{app.Name}, Path: app.Name, Usage: app.Usage, Description: app.Description, Flags: describeFlags(app.Flags)}
	root.Commands = describeCommands(app.Name, app.Commands)
	return root
}

func describeCommands(path string, commands []*cli.Command) (all []*Command) {
	for _, command := range commands {
		one := &Command{
			Names: command.Names(), Path: path + " " + command.Name, Usage: command.Usage, Description: command.Description,
			Arguments: command.ArgsUsage, Flags: describeFlags(command.Flags),
		}
		one.Commands = describeCommands(one.Path, command.Subcommands)
		all = append(all, one)
	}
	return all
}

func describeFlags(flags []cli.Flag) (all []Flag) {
	for _, flag := range flags {
		one := Flag{Names: flag.Names(), Repeats: repeats(flag)}
		if documented, ok := flag.(cli.DocGenerationFlag); ok {
			one.Value, one.Usage = placeholder(documented.GetUsage())
			one.Default = documented.GetDefaultText()
			if !documented.TakesValue() {
				one.Value = ""
			} else if one.Value == "" {
				one.Value = "VALUE"
			}
		}
		if choice, ok := flag.(*Choice); ok {
			one.Allowed = choice.Allowed
		}
		all = append(all, one)
	}
	return all
}

// placeholder returns what stands for the value in a usage, between back quotes,
// and the usage without these.
func placeholder(usage string) (value, text string) {
	before, rest, ok := strings.Cut(usage, "`")
	value, after, closed := strings.Cut(rest, "`")
	if !ok || !closed {
		return "", usage
	}
	return value, before + value + after
}
