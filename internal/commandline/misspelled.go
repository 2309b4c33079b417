// Misspelled flags: what the error says, and which one was meant.

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
