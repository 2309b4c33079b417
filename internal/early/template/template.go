// Package template prints the CloudFormation template before the clients of AWS
// and Kubernetes are initialized; see package early. It runs "bootstrap iam
// print-cloudformation-template" without flags, or with --config and a file.
package template

import (
	"os"
	"slices"

	"capaboot/iam"
	"capaboot/internal/early"
	"capaboot/internal/escape"
	"capaboot/internal/render"
	"capaboot/internal/secrecy"
	"capaboot/policies/catalog"
)

func init() {
	if output, ok := Render(os.Args, os.LookupEnv); ok {
		output.WriteAndExit()
	}
}

// Render returns the output of "bootstrap iam print-cloudformation-template". ok
// is false when package cli has to run the command line: for another command
// line, for a release in the environment, and for a configuration that is not a
// regular file, or has an error or a warning.
func Render(args []string, lookup early.Lookup) (output early.Output, ok bool) {
	_, rest, ok := early.Arguments(args)
	if !ok || len(rest) < 3 || !slices.Equal(rest[:3], []string{"bootstrap", "iam", "print-cloudformation-template"}) {
		return early.Output{}, false
	}
	// The variable selects the release.
	if lookup.Get("CAPABOOT_CAPA_VERSION") != "" {
		return early.Output{}, false
	}
	catalogue, err := catalog.Load()
	if err != nil {
		return early.Output{}, false
	}
	var template *iam.Template
	switch rest := rest[3:]; {
	case len(rest) == 0:
		template, err = iam.Generate(iam.Default(), catalogue, catalogue.Newest())
	case len(rest) == 2 && rest[0] == "--config":
		template, err = generate(rest[1], catalogue)
	default:
		return early.Output{}, false
	}
	if err != nil || template == nil || len(template.Warnings) > 0 {
		return early.Output{}, false
	}
	text, err := render.Format("yaml", template.Tree())
	if err != nil || len(text) > iam.MaxTemplateBody {
		return early.Output{}, false
	}
	// Hide and escape as package cli does when it writes a result.
	var secrets secrecy.Known
	for _, arg := range rest {
		secrets.Add(arg)
	}
	return early.Output{Stdout: secrets.Hide(escape.Lines(string(text)))}, true
}

// generate returns the template of a configuration file that causes no warning.
// The template is nil for any other file; the error may then be nil too.
// generate reads only regular files: package cli could not read a pipe a second
// time.
func generate(path string, catalogue *catalog.Catalogue) (*iam.Template, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > iam.MaxFileSize {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	loaded, err := iam.Load(path, text, iam.Options{Catalogue: catalogue, Release: catalogue.Newest()})
	if err != nil || len(loaded.Warnings) > 0 {
		return nil, err
	}
	return loaded.Template, nil
}
