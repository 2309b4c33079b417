package early

// This file has the template of the default configuration.

import (
	_ "embed"
	"slices"
)

// defaultTemplate is the template of the default configuration for the newest
// release of CAPA. Generating it would take twice as long as a whole run takes
// with this text. A test compares it with the generated template.
//
//go:embed template.generated.yaml
var defaultTemplate string

// Template returns the output of "bootstrap iam print-cloudformation-template"
// without flags. ok is false when package cli has to run the command line.
func Template(args []string, lookup Lookup) (output Output, ok bool) {
	_, rest, ok := Arguments(args)
	if !ok || !slices.Equal(rest, []string{"bootstrap", "iam", "print-cloudformation-template"}) {
		return Output{}, false
	}
	// The variable selects the release.
	if lookup.Get("CAPABOOT_CAPA_VERSION") != "" {
		return Output{}, false
	}
	return Output{Stdout: defaultTemplate}, true
}
