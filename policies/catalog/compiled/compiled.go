// Package compiled has the catalogue in its compiled form, as text; package
// catalog decodes it. It imports no YAML parser, so that "version" does not wait
// until one is initialized.
package compiled

import (
	_ "embed"
	"strings"
)

// Catalogue is the catalogue without its stories. "go generate
// ./policies/catalog" compiles it from the YAML files, because parsing YAML
// would take longer than a run of the program may take.
//
//go:embed catalogue.generated.tsv
var Catalogue string

// NewestRelease returns the name of the newest release of CAPA in the catalogue,
// such as "v2.9.1".
func NewestRelease() string {
	releases, _, _ := strings.Cut(Catalogue, "\npolicy\t")
	_, name, _ := strings.Cut(releases[strings.LastIndexByte(releases, '\n')+1:], "\t")
	name, _, _ = strings.Cut(name, "\t")
	return name
}
