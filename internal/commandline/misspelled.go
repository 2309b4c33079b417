// Errors about misspelled flags, with suggestions.

package commandline

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/nearword"
)

func unknownFlagError(app *cli.App, arg, path string, flags []cli.Flag) error {
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
	if path == app.Name && findCommand(app.Commands, "version") != nil {
		if given == "-V" {
			return &Error{fmt.Errorf("unknown flag %q for %q, did you mean \"--version\"?", given, path), ""}
		}
		names = append(names, "--version")
	}
	question := nearword.DidYouMean("--"+name, names)
	if closest := wordsOf(app).flagFor(name, flags); closest != "" {
		question = fmt.Sprintf(", did you mean %q?", closest)
	}
	if flag := attachedFlag(name, flags); flag != nil {
		given = withDashes(flag.Names()[0]) + "..."
		if closest, ok := nearword.Closest("--"+name, names); !ok || closest == withDashes(flag.Names()[0]) {
			return &Error{fmt.Errorf("unknown flag %q for %q", given, path), "put a space or = between " + withDashes(flag.Names()[0]) + " and its value"}
		}
	}
	if alternative := wordsOf(app).alternativeFor(app.Name, fullName(app, path), name); alternative != "" {
		return &Error{fmt.Errorf("unknown flag %q for %q", given, path), alternative}
	}
	return &Error{
		fmt.Errorf("unknown flag %q for %q%s", given, path, question),
		"to list the flags: " + path + " --help",
	}
}

// fullName returns the full name of the command with this path, in which
// aliases may stand for names. The path begins with the program, the name does
// not.
func fullName(app *cli.App, path string) string {
	names, commands := strings.Fields(strings.TrimPrefix(path, app.Name)), app.Commands
	for i, name := range names {
		if command := findCommand(commands, name); command != nil {
			names[i], commands = command.Name, command.Subcommands
		}
	}
	return strings.Join(names, " ")
}

// attachedFlag returns the flag with the longest name that is a prefix of an
// unknown flag, if the rest is probably a value that was typed without a space;
// nil otherwise. It ignores names of one letter. The rest must contain a
// character that is neither a lower-case letter nor a hyphen, because otherwise
// the unknown flag could be a misspelled name. The rest may be a secret, so it
// is not shown.
func attachedFlag(name string, flags []cli.Flag) (longest cli.Flag) {
	length := 1
	for _, flag := range flags {
		if !takesValue(flag) {
			continue
		}
		for _, n := range flag.Names() {
			rest, ok := strings.CutPrefix(name, n)
			if ok && len(n) > length && strings.IndexFunc(rest, func(r rune) bool { return (r < 'a' || r > 'z') && r != '-' }) >= 0 {
				longest, length = flag, len(n)
			}
		}
	}
	return longest
}

// missingValueError returns the error for a flag without its value at the end
// of a command line. For -v the hint is --version, because -v prints the
// version in many programs.
func missingValueError(app *cli.App, arg string, flag cli.Flag) error {
	help := ""
	if strings.TrimLeft(arg, "-") == "v" && findCommand(app.Commands, "version") != nil {
		help = "to print the version: " + app.Name + " --version"
	}
	if choice, ok := flag.(*Choice); ok {
		return &Error{fmt.Errorf("missing value for %s; allowed: %s", arg, strings.Join(choice.Allowed, ", ")), help}
	}
	return &Error{fmt.Errorf("missing value for %s: want %s", arg, cmp.Or(valueName(flag), "a value")), help}
}
