// Shared by the commands that generate a template: the configuration file, the
// release of CAPA, and the template.

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/internal/input"
	"capaboot/internal/problem"
	"capaboot/internal/shell"
	"capaboot/internal/terminal"
	"capaboot/policies/catalog"
)

// releaseVariable is the environment variable that selects the release of CAPA
// when --capa-version is not given.
const releaseVariable = "CAPABOOT_CAPA_VERSION"

// generatingOptions are the options of the commands that generate a template.
type generatingOptions struct {
	config       string // a file, "-" for stdin, "" for the defaults
	release      string // "" for the release in the environment
	raisedQuotas bool
}

func (o *generatingOptions) flags() []cli.Flag {
	return []cli.Flag{
		commandline.TextFlag(&o.config, "config", "read the AWSIAMConfiguration in `FILE`, - for stdin (default: CAPA's defaults)"),
		commandline.TextFlag(&o.release, "capa-version", "`RELEASE` of CAPA, such as v2.9.1, 2.9 (the newest patch of 2.9) or main (the newest known release); or set CAPABOOT_CAPA_VERSION (default: main)"),
		commandline.SwitchFlag(&o.raisedQuotas, "raised-quotas", "check sizes against the higher quotas that AWS grants on request"),
	}
}

// stackFlags returns the flags that another command needs to work on the same
// stack. The MFA code is left out: it works only once.
func stackFlags(o generatingOptions, a accountOptions) string {
	var b strings.Builder
	for _, flag := range [...]struct{ name, value string }{{"config", o.config}, {"capa-version", o.release}, {"profile", a.profile}, {"region", a.region}} {
		if flag.value != "" {
			b.WriteString(" --" + flag.name + " " + shell.Word(flag.value))
		}
	}
	if o.raisedQuotas {
		b.WriteString(" --raised-quotas")
	}
	return b.String()
}

// generate loads the configuration in the options, or the default one,
// generates its template, and prints the warnings, each once per run.
func (r *runner) generate(ctx context.Context, o generatingOptions) (*iam.Loaded, error) {
	catalogue, release, err := r.chosenRelease(o)
	if err != nil {
		return nil, err
	}
	r.markUsed("capa-version")
	loaded, err := r.generateFor(ctx, o, catalogue, release)
	if err != nil {
		return nil, err
	}
	r.warnAbout(loaded)
	return loaded, nil
}

// warnAbout prints the warnings about a configuration, each once per run.
func (r *runner) warnAbout(loaded *iam.Loaded) {
	for _, warning := range slices.Concat(loaded.Warnings, loaded.Template.Warnings) {
		r.warnOnce(warning)
	}
}

// warnOnce prints a warning unless the run has printed it before. A command can
// read the configuration twice, or several templates with the same parameters.
func (r *runner) warnOnce(warning string) {
	if !slices.Contains(r.shownWarnings, warning) {
		r.shownWarnings = append(r.shownWarnings, warning)
		r.talk.Warn("%s", warning)
	}
}

// generateFor generates the template for a given release, and does not print
// the warnings.
func (r *runner) generateFor(ctx context.Context, o generatingOptions, catalogue *catalog.Catalogue, release catalog.Release) (*iam.Loaded, error) {
	// Do not warn that --raised-quotas has no effect: without --config, it is not
	// needed, because the default configuration fits every quota.
	r.markUsed("config", "raised-quotas")
	if o.config == "" {
		template, err := iam.Generate(iam.Default(), catalogue, release)
		return &iam.Loaded{Configuration: iam.Default(), Template: template}, err
	}
	if r.configuration == nil {
		name, text, err := r.readNamedFile(ctx, o.config, iam.MaxFileSize)
		if err != nil {
			return nil, r.configurationFileError(err, o.config)
		}
		r.configuration = &configurationFile{name, text}
	}
	return r.loadText(o, r.configuration.name, r.configuration.text, catalogue, release)
}

// readNamedFile reads a file that the command line names. Later output can show the
// path; see [secrecy.Known.ShowName].
func (r *runner) readNamedFile(ctx context.Context, path string, limit int64) (name string, text []byte, err error) {
	name, text, err = input.Read(ctx, path, r.Stdin, limit)
	if err == nil {
		r.secrets.ShowName(path)
	}
	return name, text, err
}

// configurationFile is the file of --config, which is read once.
type configurationFile struct {
	name string // for messages
	text []byte
}

// loadText reads a configuration and generates its template.
func (r *runner) loadText(o generatingOptions, name string, text []byte, catalogue *catalog.Catalogue, release catalog.Release) (*iam.Loaded, error) {
	loaded, err := iam.Load(name, text, iam.Options{Catalogue: catalogue, Release: release, RaisedQuotas: o.raisedQuotas})
	if problems := (problem.List)(nil); errors.As(err, &problems) {
		if kind := iam.OtherKind(text); kind != "" && o.config != "" {
			return nil, usageError{errorWithHint{fmt.Errorf("loading configuration: %w", problems), "to review the file: " + r.talk.Name + " policy review " + shell.Word(o.config)}}
		}
		return nil, r.configurationError(problems)
	}
	return loaded, err
}

// configurationFileError returns a usage error for a configuration file that cannot be
// read. If the file does not exist and no file has a similar name, the hint is the
// command that writes the file.
func (r *runner) configurationFileError(err error, path string) error {
	err = inputError{fmt.Errorf("loading configuration: %w", err), "--config"}
	if errors.Is(err, fs.ErrNotExist) && len(terminal.HintsOf(err)) == 0 {
		err = errorWithHint{err, "to write a configuration to edit: " + r.talk.Name + " bootstrap iam print-config >" + shell.Word(path)}
	}
	return usageError{err}
}

// configurationError returns a usage error with all problems of a
// configuration. Its hint is the command that prints a configuration.
func (r *runner) configurationError(err error) error {
	var problems []error
	for _, problem := range terminal.Flatten(err) {
		problems = append(problems, usagef("loading configuration: %w", problem))
	}
	return usageError{errorWithHint{joinedErrors(problems), "to see a configuration with every default: " + r.talk.Name + " bootstrap iam print-config"}}
}

// releaseHint says which releases can be chosen. It returns "" for
// [catalog.ErrNotRelease], because the text of that error names releases.
func releaseHint(err error, catalogue *catalog.Catalogue) string {
	if errors.Is(err, catalog.ErrNotRelease) {
		return ""
	}
	newest := catalogue.Newest().String()
	minor := newest[1:strings.LastIndexByte(newest, '.')]
	return fmt.Sprintf("choose a known release, such as %s, %s (the newest patch of %s) or main (the newest known release)", newest, minor, minor)
}

// chosenRelease returns the catalogue, and the release of CAPA that the options
// or the environment select, or else the newest release.
func (r *runner) chosenRelease(o generatingOptions) (*catalog.Catalogue, catalog.Release, error) {
	catalogue, err := catalog.Load()
	if err != nil {
		return nil, catalog.Release{}, err
	}
	name, from := o.release, "--capa-version"
	if name == "" {
		name, from = r.Environment.Get(releaseVariable), releaseVariable
	}
	release, err := catalogue.Resolve(name)
	if err != nil {
		return nil, catalog.Release{}, usageError{errorWithHint{fmt.Errorf("invalid value for %s: %w", from, err), releaseHint(err, catalogue)}}
	}
	return catalogue, release, nil
}
