// Suggestions for words that are not commands or flags here: names that other
// programs use, misspelled names, and commands of another group. "help COMMAND"
// and "--version", which many programs have, are rewritten.

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

// Words has the data for suggestions, such as other names for commands and
// flags, and the function that writes help.
type Words struct {
	// Commands has other words for a command, separated by spaces. The key is
	// the command's full name, optionally with a flag, such as "bootstrap iam
	// plan" with the words "preview changes".
	Commands map[string]string
	// Flags has other words for a flag, separated by spaces. The key is the
	// flag, optionally with a value, such as "--yes" with the words "force
	// approve". A flag is suggested only for commands that have it.
	Flags map[string]string
	// Alternatives say what to do instead of passing a flag that a command
	// lacks on purpose.
	Alternatives []Alternative
	// FileFlag returns the flag that reads the kind of file at a path, or that
	// takes a name such as release:v2.9. It returns "" when there is none. The flag
	// is suggested only for commands that have it.
	FileFlag func(path string) string
	// OtherTool has a hint for each command that clusterawsadm has and this
	// program does not, by the name of the command.
	OtherTool map[string]string
	// Help returns the help text of a command. words are the command's full
	// name, without the program.
	Help func(root *Command, words []string) []byte
}

// Alternative is what to do instead of passing some flags to a command.
type Alternative struct {
	Target string // the full name of the command
	Flags  string // flags that the command does not have, separated by spaces
	// Command is the full name of the command to use instead; "" for none.
	Command string
	// Text is what Command does or, without Command, what to do instead.
	Text string
}

// alternativeFor returns what to do instead of passing the flag to the command; ""
// when it is unknown. command is the full name of the command.
func (w Words) alternativeFor(program, command, flag string) string {
	for _, alternative := range w.Alternatives {
		if alternative.Target != command || !slices.Contains(strings.Fields(alternative.Flags), flag) {
			continue
		}
		if alternative.Command != "" {
			return fmt.Sprintf("did you mean \"%s %s\"? %s", program, alternative.Command, alternative.Text)
		}
		return alternative.Text
	}
	return ""
}

// commandFor returns the command for another word, as a key of w.Commands; ""
// when it is unknown. Commands of the group are preferred; the group "" is the
// program itself.
func (w Words) commandFor(word, group string) string {
	inGroup := maps.Clone(w.Commands)
	maps.DeleteFunc(inGroup, func(path, _ string) bool { return !strings.HasPrefix(path, group+" ") })
	return cmp.Or(keyWithWord(inGroup, word), keyWithWord(w.Commands, word))
}

// flagFor returns the flag that the table of other words has for a word; ""
// when there is none, or when flags does not contain it.
func (w Words) flagFor(word string, flags []cli.Flag) string {
	closest := keyWithWord(w.Flags, word)
	if name, _, _ := strings.Cut(closest, " "); closest == "" || findFlag(flags, name) == nil {
		return ""
	}
	return closest
}

// keyWithWord returns the key whose words contain the word; the alphabetically
// first of several, "" when there is none.
func keyWithWord(words map[string]string, word string) (first string) {
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

// rewriteHelp rewrites "help COMMAND" and "COMMAND help" to "COMMAND --help", and
// "--version" to "version", as the library expects. It keeps "help" when it is
// the name of a command or of an existing file, or one of several arguments.
func rewriteHelp(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	if (args[1] == "--version" || args[1] == "-version") && findCommand(app.Commands, "version") != nil {
		return slices.Concat(args[:1], []string{"version"}, args[2:])
	}
	commands := app.Commands
	isValue := false // the next argument is the value of a flag
	for i, arg := range args[1:] {
		if isValue {
			isValue = false
			continue
		}
		if strings.HasPrefix(arg, "-") {
			flag := findFlag(app.Flags, arg)
			isValue = flag != nil && takesValue(flag) && !strings.Contains(canonicalFlag(arg), "=")
			continue
		}
		command := findCommand(commands, arg)
		rest, flags := cutFlags(args[i+2:], app.Flags)
		switch {
		case command == nil && arg == "help" && len(commands) > 0:
			rest = slices.DeleteFunc(rest, func(word string) bool { return word == "help" })
			if path := pathOf(app.Commands, rest); len(rest) > 0 && findCommand(commands, rest[0]) == nil && path != nil {
				_, before := cutFlags(args[1:i+1], app.Flags)
				return slices.Concat(args[:1], path, []string{"--help"}, before, flags)
			}
			return slices.Concat(args[:i+1], rest, []string{"--help"}, flags)
		case command != nil && len(command.Subcommands) == 0 && isHelp(rest):
			return slices.Concat(args[:i+2], []string{"--help"}, flags)
		case command == nil, len(command.Subcommands) == 0:
			return args
		}
		commands = command.Subcommands
	}
	return args
}

// cutFlags separates the known flags and their values from the other arguments.
func cutFlags(args []string, known []cli.Flag) (rest, flags []string) {
	for i := 0; i < len(args); i++ {
		flag := cli.Flag(nil)
		if strings.HasPrefix(args[i], "-") {
			flag = findFlag(known, args[i])
		}
		if flag == nil {
			rest = append(rest, args[i])
			continue
		}
		flags = append(flags, args[i])
		if takesValue(flag) && !strings.Contains(canonicalFlag(args[i]), "=") && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return rest, flags
}

// pathOf returns the full name of the only command whose full name ends with the
// words; nil if there is no such command, or more than one. The last word can be
// an alias.
func pathOf(commands []*cli.Command, words []string) (found []string) {
	count := 0
	var visit func(path []string, commands []*cli.Command)
	visit = func(path []string, commands []*cli.Command) {
		for _, command := range commands {
			for _, name := range command.Names() {
				whole := append(slices.Clone(path), name)
				if len(whole) >= len(words) && slices.Equal(whole[len(whole)-len(words):], words) {
					found, count = whole, count+1
				}
			}
			visit(append(slices.Clone(path), command.Name), command.Subcommands)
		}
	}
	visit(nil, commands)
	if count != 1 {
		return nil
	}
	return found
}

// isHelp reports whether the only argument of a command is the word help, and
// there is no file with this name.
func isHelp(args []string) bool {
	if len(args) != 1 || args[0] != "help" {
		return false
	}
	_, err := os.Lstat("help")
	return errors.Is(err, fs.ErrNotExist)
}

// quotedCommand returns the words of a whole command that is one argument in
// quotes, without the program's name; nil for any other argument.
func quotedCommand(app *cli.App, arg string) []string {
	words := strings.Fields(arg)
	if len(words) > 1 && (words[0] == app.Name || strings.HasPrefix(arg, app.Name+" ") || findCommand(app.Commands, words[0]) == nil) {
		words = words[1:]
	}
	if len(words) == 0 || len(words) == len(strings.Fields(arg)) && len(words) == 1 {
		return nil
	}
	if findCommand(app.Commands, words[0]) == nil {
		return nil
	}
	return words
}

// otherTool is the program whose command line this program also has.
const otherTool = "clusterawsadm"

// unknownCommandError returns the error for a word that is not a command of a
// group. It suggests a command, which may be in another group, or its help if
// the user asked for help.
func unknownCommandError(app *cli.App, name, group string, commands []*cli.Command, forHelp bool) error {
	words := wordsOf(app)
	if text := words.OtherTool[name]; text != "" && group == app.Name {
		if app.Name == otherTool {
			return &Error{fmt.Errorf("this %s is a link to capaboot, which has no command %q", otherTool, name), text}
		}
		return &Error{fmt.Errorf("%q is a command of %s, not of capaboot", name, otherTool), text}
	}
	if words := quotedCommand(app, name); words != nil {
		return &Error{fmt.Errorf("unknown command %q for %q", name, group),
			fmt.Sprintf("write the words without quotes: %s %s", app.Name, strings.Join(words, " "))}
	}
	hint := "to list the commands: " + group + " --help"
	if _, near := nearword.Closest(name, []string{"help"}); near {
		hint = fmt.Sprintf("did you mean \"%s --help\"?", group)
	} else if path := suggestCommand(app, name, group, commands); path != "" {
		if forHelp {
			path += " --help"
		}
		hint = fmt.Sprintf("did you mean \"%s %s\"?", app.Name, path)
	}
	var names []string
	for _, command := range commands {
		names = append(names, command.Names()...)
	}
	return &Error{fmt.Errorf("unknown command %q for %q; allowed: %s", name, group, strings.Join(names, ", ")), hint}
}

// suggestCommand returns the full name of the command that a word probably
// stands for, optionally with a flag; "" when it is unknown. Commands of the
// group are preferred.
func suggestCommand(app *cli.App, name, group string, commands []*cli.Command) string {
	group = strings.TrimPrefix(strings.TrimPrefix(group, app.Name), " ")
	words, word := wordsOf(app), strings.ToLower(name)
	if group != "" {
		var names []string
		for _, command := range commands {
			names = append(names, command.Names()...)
		}
		if closest, ok := nearword.Closest(name, names); ok {
			return group + " " + closest
		}
		if path := words.commandFor(word, group); strings.HasPrefix(path, group+" ") {
			return path
		}
	}
	var paths, names []string
	var visit func(path string, commands []*cli.Command)
	visit = func(path string, commands []*cli.Command) {
		for _, command := range commands {
			for _, name := range command.Names() {
				paths, names = append(paths, path+name), append(names, name)
			}
			visit(path+command.Name+" ", command.Subcommands)
		}
	}
	visit("", app.Commands)
	if i := slices.Index(names, name); i >= 0 {
		return paths[i]
	}
	if path := words.commandFor(word, group); path != "" {
		return path
	}
	if closest, ok := nearword.Closest(name, names); ok {
		return paths[slices.Index(names, closest)]
	}
	return ""
}
