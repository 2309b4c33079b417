// Names of files that may be secrets.

package secrecy

import (
	"strings"

	"capaboot/internal/escape"
)

// NoSuchFile is the message for a file of credentials that does not exist. Its name
// may be a short blob instead, which has no other mark of one than that it is a
// single word: a name has an extension, a folder, a hyphen, or small letters alone.
func NoSuchFile(path string) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	if len(path) < shortestPart || strings.ContainsAny(path, `./\-_~ `) || strings.Trim(path, letters) == "" {
		return escape.Text(path) + ": no such file"
	}
	return "no such file (its name is not shown, because it may be a secret)"
}
