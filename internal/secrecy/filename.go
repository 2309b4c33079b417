// This file reports a missing file whose name may be a secret.

package secrecy

import (
	"strings"

	"capaboot/internal/escape"
)

// NoSuchFile returns the message for a credentials file that does not exist.
// The argument may be a secret instead of a name, so the message shows it only
// when it is too short for a secret, or looks like a name: it has one of the
// characters . / \ - _ ~ and space, or only lowercase letters.
func NoSuchFile(path string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	if len(path) < shortestPart || strings.ContainsAny(path, `./\-_~ `) || strings.Trim(path, letters) == "" {
		return escape.Text(path) + ": no such file"
	}
	return "no such file (the name is not shown, because the name may be a secret)"
}
