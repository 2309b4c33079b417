// The scripts that ask, one for each shell.

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

// endings are the endings of the scripts, by shell.
var endings = []struct{ shell, ending string }{{"bash", "bash"}, {"zsh", "zsh"}, {"fish", "fish"}, {"powershell", "ps1"}}

// Shells are the shells that there is a script for.
func Shells() (names []string) {
	for _, one := range endings {
		names = append(names, one.shell)
	}
	return names
}

// errName is for a program whose name no script can have.
var errName = errors.New("the name of the program's file has characters that are special in a shell: rename it to letters, digits and ._+-")

// Script returns the script for the shell that the arguments of the command name.
// It completes the command of that name, which is a file in PATH.
func Script(arguments []string, name string) ([]byte, error) {
	if len(arguments) != 1 {
		return nil, &commandline.Error{Err: fmt.Errorf("completion takes a shell: %s", strings.Join(Shells(), ", "))}
	}
	shell := arguments[0]
	if !slices.Contains(Shells(), shell) {
		return nil, &commandline.Error{Err: fmt.Errorf("unknown shell %q%s", shell, nearword.Allowed(shell, Shells()))}
	}
	if name == "" || name[0] == '-' || strings.ContainsFunc(name, isSpecial) {
		return nil, errName
	}
	ending := endings[slices.Index(Shells(), shell)].ending
	text, err := scripts.ReadFile("scripts/complete." + ending)
	return []byte(strings.NewReplacer("NAME", name, "FUNCTION", function(name)).Replace(string(text))), err
}

func isSpecial(r rune) bool { return !isPlain(r) && !strings.ContainsRune("._+-", r) }

func isPlain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// function is the name of the function in a script: one that no other program's
// has.
func function(name string) string {
	clean := func(r rune) rune {
		if isPlain(r) {
			return r
		}
		return '_'
	}
	return "__" + strings.Map(clean, name) + "_words"
}
