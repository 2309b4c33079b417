// Names of files that may be secrets.

package secrecy

import (
	"path/filepath"
	"slices"
	"strings"

	"capaboot/internal/escape"
)

// NoSuchFile is the message for a file of credentials that does not exist. Its name
// may be a blob or a secret instead: only one with the extension of such a file is
// shown. No secret of AWS has one, since their characters include no dot.
func NoSuchFile(path string) string {
	if slices.Contains(shownExtensions, strings.ToLower(filepath.Ext(path))) {
		return escape.Text(path) + ": no such file"
	}
	return "no such file (its name is not shown, because it may be a secret)"
}

var shownExtensions = []string{".yaml", ".yml", ".json", ".txt", ".env", ".ini", ".b64"}
