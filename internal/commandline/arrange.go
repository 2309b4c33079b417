// The order of arguments. Flags may be before and after arguments, and global
// flags anywhere, as in kubectl. The library stops reading flags at the first
// argument, so [Run] first puts flags and arguments into the order that the
// library reads.

package commandline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrangement has the arguments in the order that the library expects.
type arrangement struct {
	args []string
	// command is the command as the user called it: "capaboot iam plan". It is also
	// set with an error.
	command string
	// words are the names of the command, without the program and with aliases
	// replaced.
	words []string
	// warnings has a warning for each value that is ignored, because a different
	// later value replaces it, or because it is empty; see ignoresEmpty.
	warnings []string
}

// arrange puts the global flags first, then the command, its flags, and its
// arguments. It returns an error for an unknown flag or command, for a flag
// without its value, and for a flag that begins with a dash that is not a
// hyphen. When a flag that is not a list is given more than once, the last
// value counts.
func arrange(app *cli.App, args []string) (a arrangement, err error) {
	path := app.Name
	defer func() { a.command = path }()
	if len(args) == 0 {
		return arrangement{args: []string{app.Name}}, nil
	}
	args = rewriteHelp(app, args)
	var global, flags, beforeCommand []givenFlag
	var typedNames, commandNames, otherArgs []string // typedNames may have aliases
	commands, known := app.Commands, []cli.Flag{helpFlag()}
	for i := 1; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			otherArgs = append(otherArgs, args[i+1:]...)
			break
		}
		if hyphenated := withHyphens(arg); hyphenated != arg {
			return arrangement{}, wrongDashError(arg, hyphenated, path, append(known, app.Flags...))
		}
		if len(arg) < 2 || arg[0] != '-' {
			if command := findCommand(commands, arg); command != nil && len(otherArgs) == 0 {
				typedNames, commandNames, commands = append(typedNames, arg), append(commandNames, command.Name), command.Subcommands
				known, path = command.Flags, path+" "+arg
				if len(typedNames) > 1 {
					command.HelpName = path // errors name the alias that the user typed
				}
			} else if command == nil && len(commands) > 0 {
				return arrangement{}, unknownCommandError(app, arg, path, commands, slices.Contains(args, "--help") || slices.Contains(args, "-h")) // this error comes before errors about its flags
			} else {
				otherArgs = append(otherArgs, arg)
			}
			continue
		}
		destination, flag := &flags, findFlag(known, arg)
		if flag == nil {
			destination, flag = &global, findFlag(app.Flags, arg)
		}
		if flag == nil {
			// The flag may belong to a command that comes later.
			destination, flag = &flags, findFlag(allFlags(commands), arg)
			beforeCommand = append(beforeCommand, givenFlag{arg})
		}
		if flag == nil || hasOneDash(arg, append(known, app.Flags...)) {
			return arrangement{}, unknownFlagError(app, arg, path, append(known, app.Flags...))
		}
		given := givenFlag{canonicalFlag(arg)}
		if takesValue(flag) && !strings.Contains(given[0], "=") {
			if i++; i == len(args) {
				return arrangement{}, missingValueError(app, arg, flag)
			}
			given = append(given, args[i])
		}
		*destination = append(*destination, given)
	}
	for _, given := range beforeCommand {
		if findFlag(known, given[0]) == nil {
			return arrangement{}, unknownFlagError(app, given[0], path, append(known, app.Flags...))
		}
	}
	a = arrangement{args: []string{app.Name}, words: commandNames}
	a.add(global, app.Flags)
	a.args = append(a.args, typedNames...)
	a.add(flags, known)
	if len(otherArgs) > 0 && !asksForHelp(flags) { // the library would look for a help page of that name
		a.args = append(append(a.args, "--"), otherArgs...)
	}
	return a, nil
}

// givenFlag is a flag as the user gave it: "--output=json", or "--output" and
// "json".
type givenFlag []string

// split returns the name with its dashes, and the value. The value of a switch
// is "true" unless the user gave one.
func (g givenFlag) split() (name, value string) {
	name, value, attached := strings.Cut(g[0], "=")
	switch {
	case len(g) > 1:
		value = g[1]
	case !attached:
		value = "true"
	}
	return name, value
}

// add adds flags. Of a flag that is not a list, it adds only the last
// occurrence, and records a warning for each earlier value that differs from
// the last one. It also warns about an empty value that counts as not given;
// see ignoresEmpty.
func (a *arrangement) add(flags []givenFlag, known []cli.Flag) {
	last := map[cli.Flag]int{}
	for i, given := range flags {
		last[findFlag(known, given[0])] = i
	}
	for i, given := range flags {
		flag := findFlag(known, given[0])
		if i == last[flag] || repeats(flag) {
			a.args = append(a.args, given...)
			if name, value := given.split(); value == "" && ignoresEmpty(flag) {
				a.warnings = append(a.warnings, name+" is empty, and counts as not given")
			}
			continue
		}
		name, value := given.split()
		if _, counts := flags[last[flag]].split(); value == counts {
			continue
		}
		repeated := fmt.Sprintf("%s %q", name, value)
		if _, secret := flag.(secretTextFlag); secret {
			repeated = "a value of " + name
		} else if name == given[0] && !takesValue(flag) {
			repeated = name
		}
		a.warnings = append(a.warnings, fmt.Sprintf("%s is ignored: %s is given more than once, and the last one counts", repeated, withDashes(flag.Names()[0])))
	}
}

// asksForHelp reports whether the flags of a command include --help or -h,
// without a value or with the value "true".
func asksForHelp(flags []givenFlag) bool {
	return slices.ContainsFunc(flags, func(given givenFlag) bool {
		name, value := given.split()
		return (name == "--help" || name == "-h") && value == "true"
	})
}

// ignoresEmpty reports whether an empty value of a flag counts as not given:
// the flag is a plain cli.StringFlag without a default, not a [TextFlag] or
// [OptionalFlag], which have an Action. An empty value may come from a variable
// that is not set.
func ignoresEmpty(flag cli.Flag) bool {
	text, ok := flag.(*cli.StringFlag)
	return ok && text.Action == nil && text.Value == ""
}

// withDashes returns the name of a flag as the user types it.
func withDashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// repeats reports whether all values count when a flag is given more than once.
func repeats(flag cli.Flag) bool {
	documented, ok := flag.(cli.DocGenerationSliceFlag)
	return ok && documented.IsSliceFlag()
}

// allFlags returns the flags of commands and their subcommands.
func allFlags(commands []*cli.Command) []cli.Flag {
	var all []cli.Flag
	walkCommands(commands, func(command *cli.Command) { all = append(all, command.Flags...) })
	return all
}

func findCommand(commands []*cli.Command, name string) *cli.Command {
	for _, command := range commands {
		if command.HasName(name) {
			return command
		}
	}
	return nil
}

// canonicalFlag rewrites a short flag with an attached value ("-ojson") in the form
// that the library reads ("-o=json").
func canonicalFlag(arg string) string {
	if len(arg) > 2 && arg[1] != '-' && arg[2] != '=' {
		return arg[:2] + "=" + arg[2:]
	}
	return arg
}

// findFlag returns the flag that arg ("-o", "-ojson", "--output=json") sets; nil
// when there is none.
func findFlag(flags []cli.Flag, arg string) cli.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(canonicalFlag(arg), "-"), "=")
	isLong := strings.HasPrefix(arg, "--")
	for _, flag := range flags {
		for _, n := range flag.Names() {
			if n == name && (isLong || len(n) == 1) {
				if canonicalFlag(arg) != arg && !takesValue(flag) {
					continue // "-hx" is not a flag
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
