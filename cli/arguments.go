// Arguments: flags may stand before and after arguments, and the global ones
// anywhere, as people know it from kubectl. The library stops at the first
// argument, so the arguments are put into its order first.

package cli

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange returns args with the global flags first, then the commands, then
// the last command's flags, then its arguments. A flag that the command does
// not have is an error here, with the nearest one that it has.
func arrange(app *cli.App, args []string) ([]string, error) {
	if len(args) == 0 {
		return []string{app.Name}, nil
	}
	var global, words, flags, rest, early []string
	commands, known, path := app.Commands, []cli.Flag{helpFlag()}, app.Name
	for i := 1; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			if command := find(commands, arg); command != nil && len(rest) == 0 {
				words, commands = append(words, arg), command.Subcommands
				known, path = command.Flags, path+" "+command.Name
			} else if command == nil && len(commands) > 0 {
				return nil, unknownCommand(arg, path, commands) // before its flags are unknown too
			} else {
				rest = append(rest, arg)
			}
			continue
		}
		to, flag := &flags, findFlag(known, arg)
		if flag == nil {
			to, flag = &global, findFlag(app.Flags, arg)
		}
		if flag == nil {
			// Perhaps it is the flag of a command that is still to come.
			to, flag = &flags, findFlag(allFlags(commands), arg)
			early = append(early, arg)
		}
		if flag == nil {
			return nil, unknownFlag(arg, path, append(known, app.Flags...))
		}
		*to = append(*to, canonical(arg))
		if takesValue(flag) && !strings.Contains(canonical(arg), "=") {
			if i++; i == len(args) {
				return nil, usagef("flag %s needs a value", arg)
			}
			*to = append(*to, args[i])
		}
	}
	for _, arg := range early {
		if findFlag(known, arg) == nil {
			return nil, unknownFlag(arg, path, append(known, app.Flags...))
		}
	}
	arranged := append([]string{app.Name}, global...)
	arranged = append(append(arranged, words...), flags...)
	if len(rest) > 0 {
		arranged = append(append(arranged, "--"), rest...)
	}
	return arranged, nil
}

// allFlags returns the flags of commands and of those below them.
func allFlags(commands []*cli.Command) []cli.Flag {
	var all []cli.Flag
	walk(commands, func(command *cli.Command) { all = append(all, command.Flags...) })
	return all
}

func find(commands []*cli.Command, name string) *cli.Command {
	for _, command := range commands {
		if command.HasName(name) {
			return command
		}
	}
	return nil
}

// canonical writes a short flag with its value attached ("-ojson") as the
// library reads it ("-o=json").
func canonical(arg string) string {
	if len(arg) > 2 && arg[1] != '-' && arg[2] != '=' {
		return arg[:2] + "=" + arg[2:]
	}
	return arg
}

// findFlag returns the flag that arg ("-o", "-ojson", "--output=json") sets.
func findFlag(flags []cli.Flag, arg string) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(canonical(arg), "-"), "=")
	isLong := strings.HasPrefix(arg, "--")
	for _, flag := range flags {
		for _, n := range flag.Names() {
			if n == name && (isLong || len(n) == 1) {
				if canonical(arg) != arg && !takesValue(flag) {
					continue // "-hx" is no flag
				}
				return flag
			}
		}
	}
	return nil
}

func takesValue(flag cli.Flag) bool {
	documented, ok := flag.(cli.DocGenerationFlag)
	return ok && documented.TakesValue()
}

func unknownFlag(arg, path string, flags []cli.Flag) error {
	given, _, _ := strings.Cut(arg, "=") // the value may be a secret
	name := strings.TrimLeft(given, "-")
	var names []string
	for _, flag := range flags {
		for _, n := range flag.Names() {
			if len(n) > 1 {
				names = append(names, "--"+n)
			}
		}
	}
	return usageError{hinted{
		usagef("unknown flag %q for %q%s", given, path, didYouMean("--"+name, names)),
		path + " --help lists the flags",
	}}
}
