// Misspelled flags: what the error says, and which one was meant.

package commandline

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/nearword"
)

func unknownFlag(app *cli.App, arg, path string, flags []cli.Flag) error {
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
	if path == app.Name && find(app.Commands, "version") != nil {
		if given == "-V" {
			return &Error{fmt.Errorf("unknown flag %q for %q, did you mean \"--version\"?", given, path), ""}
		}
		names = append(names, "--version")
	}
	question := nearword.DidYouMean("--"+name, names)
	if meant := wordsOf(app).flag(name, flags); meant != "" {
		question = fmt.Sprintf(", did you mean %q?", meant)
	}
	if flag := gluedTo(name, flags); flag != nil {
		given = dashed(flag.Names()[0]) + "..."
		if closest, ok := nearword.Closest("--"+name, names); !ok || closest == dashed(flag.Names()[0]) {
			return &Error{fmt.Errorf("unknown flag %q for %q", given, path), "put a space or = between " + dashed(flag.Names()[0]) + " and its value"}
		}
	}
	if instead := wordsOf(app).instead(app.Name, path, name); instead != "" {
		return &Error{fmt.Errorf("unknown flag %q for %q", given, path), instead}
	}
	return &Error{
		fmt.Errorf("unknown flag %q for %q%s", given, path, question),
		path + " --help lists the flags",
	}
}

// gluedTo returns the flag that an unknown one begins with, if the rest is a value
// that was typed without a space: it has more than small letters and hyphens, so
// it is not another word. It may be a secret, and is not shown.
func gluedTo(name string, flags []cli.Flag) (longest cli.Flag) {
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

// needsValue is the error for a flag at the end of a command line. -v is the
// version for many programs.
func needsValue(app *cli.App, arg string) error {
	help := ""
	if strings.TrimLeft(arg, "-") == "v" && find(app.Commands, "version") != nil {
		help = app.Name + " --version prints the version"
	}
	return &Error{fmt.Errorf("flag %s needs a value", arg), help}
}
