// Arguments of commands that take none, and flags that begin with another dash.

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

// unexpectedArgument is the error for an argument of a command that takes none. Its
// hint is the flag that the argument is probably the value of, or the name.
func unexpectedArgument(words Words, arg, path string, flags []cli.Flag) error {
	hint := path + " --help lists the flags"
	if flag := flagFor(words, arg, flags); flag != "" {
		hint = fmt.Sprintf("did you mean %q?", flag)
	} else if name, what := nameFlag(flags); name != "" && isWord(arg) {
		hint = fmt.Sprintf("if it is a %s, write %s %s; %s", what, name, arg, hint)
	}
	return &Error{fmt.Errorf("unexpected argument %q: %s takes none", arg, path), hint}
}

// named are flags that take the name of something, and what that is: the first that a
// command has is the one that a name without a flag is probably for.
var named = [...]struct{ flag, what string }{{"--role", "role"}, {"--document", "policy"}, {"--profile", "profile"}}

// nameFlag returns the flag that a name without a flag is probably for, and what it
// names; "" for none.
func nameFlag(flags []cli.Flag) (name, what string) {
	for _, one := range named {
		if flag := findFlag(flags, one.flag); flag != nil && takesValue(flag) {
			return one.flag, one.what
		}
	}
	return "", ""
}

// isAction is whether an argument is an action of AWS, such as ec2:RunInstances.
func isAction(arg string) bool {
	service, action, ok := strings.Cut(arg, ":")
	return ok && isWord(service) && isWord(strings.TrimSuffix(action, "*"))
}

// flagFor returns the flag, with its value, that an argument is meant to be: one
// without its dashes, one of the values that a flag takes, or a file for the flag
// that reads what is in it, or else the first that reads or writes one. It returns
// "" when it is unknown.
func flagFor(words Words, arg string, flags []cli.Flag) string {
	name, _, hasValue := strings.Cut(arg, "=")
	for _, flag := range flags {
		for _, n := range flag.Names() {
			if len(n) > 1 && strings.EqualFold(n, name) {
				if hasValue || !takesValue(flag) {
					return dashed(n)
				}
				return dashed(n) + " " + valueName(flag)
			}
		}
	}
	for _, flag := range flags {
		choice, ok := flag.(*Choice)
		if ok && slices.Contains(choice.Allowed, strings.ToLower(arg)) {
			return dashed(flag.Names()[0]) + " " + strings.ToLower(arg)
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
				return "" // the command reads no such file
			}
			return flag + " " + arg
		}
	}
	for _, flag := range flags {
		if valueName(flag) == "FILE" && takesValue(flag) {
			return dashed(flag.Names()[0]) + " " + arg
		}
	}
	return ""
}

// isWord is whether an argument may be a name without quotes, and no number.
func isWord(arg string) bool {
	for _, r := range arg {
		if !isLetter(r) && !strings.ContainsRune("0123456789._-", r) {
			return false
		}
	}
	return arg != "" && isLetter(rune(arg[0]))
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// valueName is what stands for the value of a flag: "FILE".
func valueName(flag cli.Flag) string {
	documented, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	name, _ := placeholder(documented.GetUsage())
	return name
}

// isFile is whether an argument is a file, or has a name as of a configuration.
func isFile(arg string) bool {
	if slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(arg))) {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}

// otherDashes are the characters that word processors, chats and web pages write for
// hyphens.
const otherDashes = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"

// hyphenated returns an argument that begins with another dash than the hyphen as it
// is meant; any other argument, and the name of a file that exists, as it is.
func hyphenated(arg string) string {
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

// wrongDash is the error for an argument that begins with another dash; plain is
// what was meant.
func wrongDash(arg, plain, path string, flags []cli.Flag) error {
	arg, _, _ = strings.Cut(arg, "=") // the value may be a secret
	plain, _, _ = strings.Cut(plain, "=")
	hint := "flags begin with hyphens"
	if findFlag(flags, plain) != nil {
		hint = fmt.Sprintf("flags begin with hyphens: did you mean %q?", plain)
	}
	return &Error{fmt.Errorf("%q for %q begins with a dash that is not a hyphen", arg, path), hint}
}

// oneDash is whether an argument is the whole name of a flag with one dash, such as
// "-output", which would be read as "-o" with a value.
func oneDash(arg string, flags []cli.Flag) bool {
	if len(arg) < 3 || arg[1] == '-' {
		return false
	}
	name, _, _ := strings.Cut(arg[1:], "=")
	return len(name) > 1 && findFlag(flags, "--"+name) != nil
}
