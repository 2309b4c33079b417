// Misspelled flags and commands: what the error says, and which one was meant.

package commandline

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/spell"
)

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
	return &Error{
		fmt.Errorf("unknown flag %q for %q%s", given, path, spell.DidYouMean("--"+name, names)),
		path + " --help lists the flags",
	}
}

func unknownCommand(name, group string, commands []*cli.Command) error {
	var names []string
	for _, command := range commands {
		names = append(names, command.Names()...)
	}
	return errorf("unknown command %q for %q%s", name, group, spell.Allowed(name, names))
}
