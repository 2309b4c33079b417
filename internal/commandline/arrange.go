// Arguments: flags may be before and after arguments, and the global ones
// anywhere, as people know it from kubectl. The library stops at the first
// argument, so the arguments are put into its order first.

package commandline

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// arranged are arguments in the order of the library.
type arranged struct {
	args []string
	// words are the command's own names, without the program.
	words []string
	// ignored says of each flag that is given again later, with another value,
	// that it is ignored.
	ignored []string
}

// arrange puts the global flags first, then the commands, then the last
// command's flags, then its arguments. A flag that the command does not have is
// an error here, with the nearest one that it has. Of a flag that takes one
// value the last one counts.
func arrange(app *cli.App, args []string) (arranged, error) {
	if len(args) == 0 {
		return arranged{args: []string{app.Name}}, nil
	}
	args = asFlags(app, args)
	var global, flags, early []given
	var words, own, rest []string
	commands, known, path := app.Commands, []cli.Flag{helpFlag()}, app.Name
	for i := 1; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if plain := hyphenated(arg); plain != arg {
			return arranged{}, wrongDash(arg, plain, path, append(known, app.Flags...))
		}
		if len(arg) < 2 || arg[0] != '-' {
			if command := find(commands, arg); command != nil && len(rest) == 0 {
				words, own, commands = append(words, arg), append(own, command.Name), command.Subcommands
				known, path = command.Flags, path+" "+command.Name
			} else if command == nil && len(commands) > 0 {
				return arranged{}, unknownCommand(app, arg, path, commands) // before its flags are unknown too
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
			early = append(early, given{arg})
		}
		if flag == nil || oneDash(arg, append(known, app.Flags...)) {
			return arranged{}, unknownFlag(app, arg, path, append(known, app.Flags...))
		}
		one := given{canonical(arg)}
		if takesValue(flag) && !strings.Contains(one[0], "=") {
			if i++; i == len(args) {
				return arranged{}, needsValue(app, arg)
			}
			one = append(one, args[i])
		}
		*to = append(*to, one)
	}
	for _, one := range early {
		if findFlag(known, one[0]) == nil {
			return arranged{}, unknownFlag(app, one[0], path, append(known, app.Flags...))
		}
	}
	a := arranged{args: []string{app.Name}, words: own}
	a.add(global, app.Flags)
	a.args = append(a.args, words...)
	a.add(flags, known)
	if len(rest) > 0 {
		a.args = append(append(a.args, "--"), rest...)
	}
	return a, nil
}

// given is a flag as it is given: "--output=json", or "--output" and "json".
type given []string

// split returns the name with its dashes, and the value; that of a flag which
// takes none is "true" unless it is given.
func (g given) split() (name, value string) {
	name, value, attached := strings.Cut(g[0], "=")
	switch {
	case len(g) > 1:
		value = g[1]
	case !attached:
		value = "true"
	}
	return name, value
}

// add adds flags, of those that are given more than once and take one value only
// the last.
func (a *arranged) add(flags []given, known []cli.Flag) {
	last := map[cli.Flag]int{}
	for i, one := range flags {
		last[findFlag(known, one[0])] = i
	}
	for i, one := range flags {
		flag := findFlag(known, one[0])
		if i == last[flag] || repeats(flag) {
			a.args = append(a.args, one...)
			if name, value := one.split(); value == "" && takesEmpty(flag) {
				a.ignored = append(a.ignored, name+" is empty, and counts as not given")
			}
			continue
		}
		name, value := one.split()
		if _, counts := flags[last[flag]].split(); value == counts {
			continue
		}
		what := fmt.Sprintf("%s %q", name, value)
		if _, secret := flag.(secretFlag); secret {
			what = "a value of " + name
		} else if name == one[0] && !takesValue(flag) {
			what = name
		}
		a.ignored = append(a.ignored, fmt.Sprintf("%s is ignored: %s is given more than once, and the last one counts", what, dashed(flag.Names()[0])))
	}
}

// takesEmpty is whether a flag that takes one text says nothing of an empty one,
// which may be the value of a variable that is not set.
func takesEmpty(flag cli.Flag) bool {
	text, ok := flag.(*cli.StringFlag)
	return ok && text.Action == nil && text.Value == ""
}

// dashed is the name of a flag as it is written.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// repeats is whether a flag takes several values.
func repeats(flag cli.Flag) bool {
	documented, ok := flag.(cli.DocGenerationSliceFlag)
	return ok && documented.IsSliceFlag()
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
