// Help in the words that people try first, and commands that they name by
// another word or at another place.

package commandline

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/nearword"
)

// Words are what people type besides the commands that exist.
type Words struct {
	// Meant are words that are no command, with blanks between them, by the full
	// command that they are for: "update apply" by "bootstrap iam
	// create-cloudformation-stack".
	Meant map[string]string
	// Flags are words that are no flag, with blanks between them, by what they are for:
	// "force approve" by "--yes". A word counts for the commands that have the flag.
	Flags map[string]string
	// Instead are words that are no flag of a command, but another way to do it.
	Instead []Instead
	// FileFlag returns the flag that reads such a file, by what is in it; "" if it is unknown. It counts for the commands that have the flag.
	FileFlag func(path string) string
	// Elsewhere says of the commands of another tool what to do.
	Elsewhere map[string]string
	// Help is the help of a command; words are the command's own, without the program.
	Help func(root *Command, words []string) []byte
}

// Instead is what to do instead of giving a command one of some flags.
type Instead struct {
	Of    string // the full name of the command
	Words string // no flags of it, with blanks between them
	// Command is the full name of the command that does it, "" for none.
	Command string
	Text    string
}

// instead returns what to do instead of giving a command a flag, "" if it is unknown.
func (w Words) instead(program, command, flag string) string {
	for _, one := range w.Instead {
		if program+" "+one.Of != command || !slices.Contains(strings.Fields(one.Words), flag) {
			continue
		}
		if one.Command != "" {
			return fmt.Sprintf("did you mean \"%s %s\"? %s", program, one.Command, one.Text)
		}
		return one.Text
	}
	return ""
}

// meant returns the full command that a word is for, or "". The commands of a group
// come first; "" is the program itself.
func (w Words) meant(word, group string) string {
	inGroup := maps.Clone(w.Meant)
	maps.DeleteFunc(inGroup, func(path, _ string) bool { return !strings.HasPrefix(path, group+" ") })
	return cmp.Or(keyOf(inGroup, word), keyOf(w.Meant, word))
}

// flag returns what a word that is not a flag is for, "" if it is unknown or a command
// with these flags does not have it.
func (w Words) flag(word string, flags []cli.Flag) string {
	meant := keyOf(w.Flags, word)
	if name, _, _ := strings.Cut(meant, " "); meant == "" || findFlag(flags, name) == nil {
		return ""
	}
	return meant
}

// keyOf returns the first key whose words have a word, "" for none.
func keyOf(words map[string]string, word string) (first string) {
	for key, all := range words {
		if slices.Contains(strings.Fields(all), word) && (first == "" || key < first) {
			first = key
		}
	}
	return first
}

const wordsKey = "words"

func wordsOf(app *cli.App) Words {
	words, _ := app.Metadata[wordsKey].(Words)
	return words
}

// asFlags puts "help COMMAND" and "--version" as the library has them: "COMMAND
// --help" and "version". A command of that name, or an argument, stays.
func asFlags(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	if (args[1] == "--version" || args[1] == "-version") && find(app.Commands, "version") != nil {
		return slices.Concat(args[:1], []string{"version"}, args[2:])
	}
	commands := app.Commands
	for i, arg := range args[1:] {
		if strings.HasPrefix(arg, "-") {
			continue
		}
		command := find(commands, arg)
		switch {
		case command == nil && arg == "help" && len(commands) > 0:
			rest := slices.DeleteFunc(slices.Clone(args[i+2:]), func(word string) bool { return word == "help" })
			return slices.Concat(args[:i+1], rest, []string{"--help"})
		case command != nil && len(command.Subcommands) == 0 && isHelp(args[i+2:]):
			return slices.Concat(args[:i+2], []string{"--help"})
		case command == nil, len(command.Subcommands) == 0:
			return args
		}
		commands = command.Subcommands
	}
	return args
}

// isHelp is whether the arguments of a command are the word help alone, and no
// file of that name is there, which may be meant.
func isHelp(args []string) bool {
	if len(args) != 1 || args[0] != "help" {
		return false
	}
	_, err := os.Lstat("help")
	return errors.Is(err, fs.ErrNotExist)
}

// quoted returns the words of a command that is one argument, in quotes, without the
// name of the program; nil for another argument.
func quoted(app *cli.App, arg string) []string {
	words := strings.Fields(arg)
	if len(words) > 1 && (words[0] == app.Name || strings.HasPrefix(arg, app.Name+" ") || find(app.Commands, words[0]) == nil) {
		words = words[1:]
	}
	if len(words) == 0 || len(words) == len(strings.Fields(arg)) && len(words) == 1 {
		return nil
	}
	if find(app.Commands, words[0]) == nil {
		return nil
	}
	return words
}

// unknownCommand is the error for a word that is not a command of a group; it
// names the command that was meant, wherever it is.
func unknownCommand(app *cli.App, name, group string, commands []*cli.Command) error {
	words := wordsOf(app)
	if text := words.Elsewhere[name]; text != "" && group == app.Name {
		return &Error{fmt.Errorf("%q is a command of Cluster API Provider AWS's own tool, clusterawsadm, which this program does not have", name), text}
	}
	if words := quoted(app, name); words != nil {
		return &Error{fmt.Errorf("unknown command %q for %q", name, group),
			fmt.Sprintf("it is one argument in quotes: type it without the quotes: %s %s", app.Name, strings.Join(words, " "))}
	}
	hint := group + " --help lists the commands"
	if _, near := nearword.Closest(name, []string{"help"}); near {
		hint = fmt.Sprintf("did you mean \"%s --help\"?", group)
	} else if path := meant(app, name, group, commands); path != "" {
		hint = fmt.Sprintf("did you mean \"%s %s\"?", app.Name, path)
	}
	var names []string
	for _, command := range commands {
		names = append(names, command.Names()...)
	}
	return &Error{fmt.Errorf("unknown command %q for %q%s", name, group, nearword.Allowed(name, names)), hint}
}

// meant returns the full command that a word of a group stands for, "" if it is
// unknown. The commands of the group come first.
func meant(app *cli.App, name, group string, commands []*cli.Command) string {
	group = strings.TrimPrefix(strings.TrimPrefix(group, app.Name), " ")
	words, word := wordsOf(app), strings.ToLower(name)
	if group != "" {
		var own []string
		for _, command := range commands {
			own = append(own, command.Names()...)
		}
		if near, ok := nearword.Closest(name, own); ok {
			return group + " " + near
		}
		if path := words.meant(word, group); strings.HasPrefix(path, group+" ") {
			return path
		}
	}
	var paths, names []string
	var visit func(path string, commands []*cli.Command)
	visit = func(path string, commands []*cli.Command) {
		for _, command := range commands {
			for _, one := range command.Names() {
				paths, names = append(paths, path+one), append(names, one)
			}
			visit(path+command.Name+" ", command.Subcommands)
		}
	}
	visit("", app.Commands)
	if i := slices.Index(names, name); i >= 0 {
		return paths[i]
	}
	if path := words.meant(word, group); path != "" {
		return path
	}
	if near, ok := nearword.Closest(name, names); ok {
		return paths[slices.Index(names, near)]
	}
	return ""
}
