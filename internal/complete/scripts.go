// The completion scripts, one for each shell.

package complete

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/commandline"
	"capaboot/internal/nearword"
)

//go:embed scripts
var scripts embed.FS

// extensions has the file extension of the script for each shell.
var extensions = []struct{ shell, extension string }{{"bash", "bash"}, {"zsh", "zsh"}, {"fish", "fish"}, {"powershell", "ps1"}}

// Shells returns the shells that have a script.
func Shells() (names []string) {
	for _, row := range extensions {
		names = append(names, row.shell)
	}
	return names
}

// errUnsafeName is for a program whose name cannot be used in a script.
var errUnsafeName = errors.New("the name of the program's file has characters that are special in a shell; rename the file, and use only letters, digits and ._+- in the name")

// Script returns the completion script for a shell. arguments must have one
// item, the name of the shell. name is the command that the script completes:
// the name of a file in PATH.
func Script(arguments []string, name string) ([]byte, error) {
	if len(arguments) != 1 {
		problem := "missing shell"
		if len(arguments) > 1 {
			problem = "more than one shell"
		}
		return nil, &commandline.Error{Err: fmt.Errorf("%s: want one of %s", problem, strings.Join(Shells(), ", "))}
	}
	shell := arguments[0]
	if !slices.Contains(Shells(), shell) {
		near := shell
		if shell == "pwsh" { // pwsh is the program of PowerShell
			near = "powershell"
		}
		return nil, &commandline.Error{Err: fmt.Errorf("unknown shell %q%s", shell, nearword.Allowed(near, Shells()))}
	}
	if name == "" || name[0] == '-' || strings.ContainsFunc(name, isSpecial) {
		return nil, errUnsafeName
	}
	extension := extensions[slices.Index(Shells(), shell)].extension
	text, err := scripts.ReadFile("scripts/complete." + extension)
	return []byte(strings.NewReplacer("NAME", name, "FUNCTION", functionName(name)).Replace(string(text))), err
}

// isSpecial reports whether a character of a name may be special in a shell:
// any but ASCII letters, digits and ._+-.
func isSpecial(r rune) bool { return !isPlain(r) && !strings.ContainsRune("._+-", r) }

func isPlain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// functionName returns the name of the function in a script. It contains the
// program's name, so that it does not replace the function of another program's
// script.
func functionName(name string) string {
	clean := func(r rune) rune {
		if isPlain(r) {
			return r
		}
		return '_'
	}
	return "__" + strings.Map(clean, name) + "_words"
}
