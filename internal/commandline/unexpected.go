// Errors about arguments of commands that take none, and about flags that begin
// with a dash that is not a hyphen.

package commandline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// unexpectedArgumentError returns the error for an argument of a command that
// takes no arguments. The hint is the flag to which the argument probably
// belongs, or else how to list the flags.
func unexpectedArgumentError(words Words, arg, path string, flags []cli.Flag) error {
	hint := "to list the flags: " + path + " --help"
	if flag := suggestFlag(words, arg, flags); flag != "" {
		hint = fmt.Sprintf("did you mean %q?", flag)
	} else if name, noun := nameFlag(flags); name != "" && isWord(arg) {
		hint = fmt.Sprintf("if the argument is a %s, write %s %s; %s", noun, name, arg, hint)
	}
	return &Error{fmt.Errorf("unexpected argument %q: %s takes no arguments", arg, path), hint}
}

// nameFlags are the flags whose value is a name, each with the kind of object
// that has the name. For a name without a flag, the error suggests the first of
// these flags that the command has.
var nameFlags = [...]struct{ flag, noun string }{{"--role", "role"}, {"--document", "policy"}, {"--profile", "profile"}}

// nameFlag returns the flag to suggest for a name without a flag, and the kind
// of object that has the name; "" when there is none.
func nameFlag(flags []cli.Flag) (name, noun string) {
	for _, candidate := range nameFlags {
		if flag := findFlag(flags, candidate.flag); flag != nil && takesValue(flag) {
			return candidate.flag, candidate.noun
		}
	}
	return "", ""
}

// isAction reports whether an argument has the form of an AWS action, such as
// ec2:RunInstances or ec2:Describe*.
func isAction(arg string) bool {
	service, action, ok := strings.Cut(arg, ":")
	return ok && isWord(service) && isWord(strings.TrimSuffix(action, "*"))
}

// suggestFlag returns the flag that the user probably meant by an argument: a
// flag without its dashes, an allowed value of a flag, a name that a flag takes,
// an AWS action, or a file. For a file it is the flag that reads this kind of
// file or, when the kind is unknown, the first flag that takes a file. The result
// includes the value or the placeholder for it, unless the user wrote the flag
// with a value, which may be a secret. It is "" when no flag is likely.
func suggestFlag(words Words, arg string, flags []cli.Flag) string {
	name, _, hasValue := strings.Cut(arg, "=")
	for _, flag := range flags {
		for _, n := range flag.Names() {
			if len(n) > 1 && strings.EqualFold(n, name) {
				if hasValue || !takesValue(flag) {
					return withDashes(n)
				}
				return withDashes(n) + " " + valueName(flag)
			}
		}
	}
	for _, flag := range flags {
		choice, ok := flag.(*Choice)
		if ok && slices.Contains(choice.Allowed, strings.ToLower(arg)) {
			return withDashes(flag.Names()[0]) + " " + strings.ToLower(arg)
		}
	}
	if words.FileFlag != nil && !isFile(arg) {
		if flag := words.FileFlag(arg); flag != "" && findFlag(flags, flag) != nil {
			return flag + " " + arg
		}
	}
	if isAction(arg) && findFlag(flags, "--action") != nil {
		return "--action " + arg
	}
	if arg != "-" && !isFile(arg) {
		return ""
	}
	if words.FileFlag != nil {
		if flag := words.FileFlag(arg); flag != "" {
			if findFlag(flags, flag) == nil {
				return "" // the command does not read this kind of file
			}
			return flag + " " + arg
		}
	}
	for _, flag := range flags {
		if valueName(flag) == "FILE" && takesValue(flag) {
			return withDashes(flag.Names()[0]) + " " + arg
		}
	}
	return ""
}

// isWord reports whether an argument begins with a letter, and has only letters,
// digits, dots, underscores and hyphens.
func isWord(arg string) bool {
	for _, r := range arg {
		if !isLetter(r) && !strings.ContainsRune("0123456789._-", r) {
			return false
		}
	}
	return arg != "" && isLetter(rune(arg[0]))
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// valueName returns the placeholder for the value of a flag: "FILE".
func valueName(flag cli.Flag) string {
	documented, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	name, _ := placeholder(documented.GetUsage())
	return name
}

// isFile reports whether an argument is the name of a file, or has an extension
// of YAML or JSON files.
func isFile(arg string) bool {
	if slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(arg))) {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}

// otherDashes are characters that word processors, chats and web pages put in
// place of hyphens.
const otherDashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"

// withHyphens replaces otherDashes at the beginning of an argument with hyphens:
// one before a single letter, two before a longer name. It returns the name of
// an existing file unchanged.
func withHyphens(arg string) string {
	rest := strings.TrimLeft(arg, otherDashes+"-")
	dashes := arg[:len(arg)-len(rest)]
	if rest == "" || !strings.ContainsAny(dashes, otherDashes) {
		return arg
	}
	if _, err := os.Lstat(arg); !errors.Is(err, fs.ErrNotExist) {
		return arg
	}
	if name, _, _ := strings.Cut(rest, "="); len(name) == 1 {
		return "-" + rest
	}
	return "--" + rest
}

// wrongDashError returns the error for an argument that begins with one of
// otherDashes; hyphenated is the argument with hyphens.
func wrongDashError(arg, hyphenated, path string, flags []cli.Flag) error {
	arg, _, _ = strings.Cut(arg, "=") // the value may be a secret
	hyphenated, _, _ = strings.Cut(hyphenated, "=")
	hint := "flags begin with hyphens"
	if findFlag(flags, hyphenated) != nil {
		hint = fmt.Sprintf("flags begin with hyphens: did you mean %q?", hyphenated)
	}
	return &Error{fmt.Errorf("argument %q for %q begins with a dash that is not a hyphen", arg, path), hint}
}

// hasOneDash reports whether an argument is the long name of a flag after a
// single dash, such as "-output", which would be read as "-o" with a value.
func hasOneDash(arg string, flags []cli.Flag) bool {
	if len(arg) < 3 || arg[1] == '-' {
		return false
	}
	name, _, _ := strings.Cut(arg[1:], "=")
	return len(name) > 1 && findFlag(flags, "--"+name) != nil
}
