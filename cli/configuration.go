// What the generating commands share: the configuration file, the release of
// CAPA, and the template made of both.

package cli

import (
	"errors"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/input"
	"capaboot/policies/catalog"
)

func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config", Usage: "read the configuration in `FILE`, - for stdin"}
}

const releaseVariable = "CAPABOOT_CAPA_VERSION"

func releaseFlag() cli.Flag {
	return &cli.StringFlag{Name: "capa-version", Usage: "generate for this `RELEASE` of CAPA"}
}

func raisedQuotasFlag() cli.Flag {
	return &cli.BoolFlag{Name: "raised-quotas", DisableDefaultText: true, Usage: "check against the most that AWS grants"}
}

// generatingHelp explains the flags of the commands that generate.
const generatingHelp = `The configuration is an AWSIAMConfiguration; without --config, its defaults
hold. "print-config" prints one with every field that has a default.

--capa-version takes a release (v2.9.1), a minor release (2.9, which is its
newest patch) or main, which is the newest release. The default is that of
$CAPABOOT_CAPA_VERSION, or else the newest release.

--raised-quotas is for accounts for which AWS raised the quotas of trust
policies and of attached policies.`

// generatingFlags are the flags of the commands that generate.
func generatingFlags(others ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{configFlag(), releaseFlag(), raisedQuotasFlag()}, others...)
}

// load returns the configuration that --config names, or the default, and its
// template for the release that --capa-version names; it prints their warnings.
func (r *runner) load(c *cli.Context) (*iam.Loaded, error) {
	catalogue, release, err := r.release(c)
	if err != nil {
		return nil, err
	}
	loaded, err := r.loadFor(c, catalogue, release)
	if err != nil {
		return nil, err
	}
	for _, warning := range append(loaded.Warnings, loaded.Template.Warnings...) {
		r.talk.warn("%s", warning)
	}
	return loaded, nil
}

func (r *runner) loadFor(c *cli.Context, catalogue *catalog.Catalogue, release catalog.Release) (*iam.Loaded, error) {
	path := c.String("config")
	if path == "" {
		template, err := iam.Generate(iam.Default(), catalogue, release)
		return &iam.Loaded{Configuration: iam.Default(), Template: template}, err
	}
	name, text, err := input.Read(c.Context, path, r.Stdin, iam.MaxFileSize)
	if err != nil {
		return nil, usagef("loading configuration: %w", err)
	}
	loaded, err := iam.Load(name, text, iam.Options{Catalogue: catalogue, Release: release, RaisedQuotas: c.Bool("raised-quotas")})
	if problems := (iam.Problems)(nil); errors.As(err, &problems) {
		return nil, invalidConfiguration(c, problems)
	}
	return loaded, err
}

// invalidConfiguration says of each problem that it is in the configuration,
// and where to see what may be in one.
func invalidConfiguration(c *cli.Context, err error) error {
	var problems []error
	for _, problem := range flatten(err) {
		problems = append(problems, usagef("loading configuration: %w", problem))
	}
	return usageError{hinted{joined(problems), "\"" + c.App.Name + " bootstrap iam print-config\" prints a configuration with every default"}}
}

// joined is errors.Join without its one text of several lines.
type joined []error

func (j joined) Error() string   { return j[0].Error() }
func (j joined) Unwrap() []error { return j }

// release returns the catalogue, and the release of CAPA that --capa-version
// names.
func (r *runner) release(c *cli.Context) (*catalog.Catalogue, catalog.Release, error) {
	catalogue, err := catalog.Load()
	if err != nil {
		return nil, catalog.Release{}, err
	}
	name, from := c.String("capa-version"), "--capa-version"
	if !c.IsSet("capa-version") {
		name, from = r.Environment.Get(releaseVariable), releaseVariable
	}
	release, err := catalogue.Resolve(name)
	if err != nil {
		return nil, catalog.Release{}, usagef("%s: %w", from, err)
	}
	return catalogue, release, nil
}
