// The policy command group, and what its commands share: reading policies that
// are generated, in a file or folder, or deployed.

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

func (r *runner) policyGroup() *cli.Command {
	all := commandline.Group("policy", "review permissions: who gets what, since when, and why",
		`Use these commands before you approve a configuration or an upgrade of CAPA, and
when AWS denies a request.`, r.reviewCommand(), r.diffCommand(), r.explainCommand(), r.simulateCommand())
	for _, command := range all.Subcommands {
		command.Action = commandline.Interruptible(r.withUnusedWarning(command.Action, slices.Concat(generatingFlags(), accountFlags())...))
	}
	all.Subcommands = append(all.Subcommands, r.trustGroup())
	return all
}

// sourceOptions are the options of the commands that read policies.
type sourceOptions struct {
	generatingOptions
	accountOptions
	parameters []string // NAME=VALUE

	// usesRelease means that the output depends on a release of CAPA also for policies
	// that were read, such as those of the deployed stack.
	usesRelease bool
}

func (o *sourceOptions) flags(others ...cli.Flag) []cli.Flag {
	return slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), others,
		[]cli.Flag{commandline.ListFlag(&o.parameters, "parameter", "set a parameter of a template, `NAME=VALUE`, such as AWS::AccountId=111122223333")})
}

// parameterValues returns the parameters of --parameter, by name.
func (o *sourceOptions) parameterValues() (map[string]string, error) {
	values := map[string]string{}
	for _, flag := range o.parameters {
		name, value, ok := strings.Cut(flag, "=")
		switch {
		case !ok || name == "":
			return nil, usagef("invalid value %q for --parameter: want NAME=VALUE, such as AWS::AccountId=111122223333", flag)
		case strings.HasPrefix(name, "AWS::") && !source.IsPseudo(name):
			return nil, usagef("invalid value for --parameter: CloudFormation has no pseudo parameter %s", name)
		}
		if before, repeated := values[name]; repeated && before != value {
			return nil, usagef("invalid value for --parameter: %s already has another value", name)
		}
		values[name] = value
	}
	return values, nil
}

// checkParameters refuses a parameter that none of the templates declares.
func checkParameters(o sourceOptions, all ...*source.Found) error {
	values, err := o.parameterValues()
	if err != nil {
		return err
	}
	if err := source.CheckParameters(values, all...); err != nil {
		return usagef("invalid value for --parameter: %w", err)
	}
	return nil
}

func deployedFlag(destination *bool) cli.Flag {
	return commandline.SwitchFlag(destination, "deployed", "read the stack in the account instead of the configuration")
}

// withDeployed returns the names of the sources, with the deployed stack first
// when deployed is true.
func withDeployed(deployed bool, names []string) []string {
	if deployed {
		return append([]string{source.Deployed}, names...)
	}
	return names
}

// sourceReader returns a reader of all sources of policies that the command line
// can name.
func (r *runner) sourceReader(o sourceOptions) (*source.Reader, error) {
	values, err := o.parameterValues()
	if err != nil {
		return nil, err
	}
	return &source.Reader{
		Parameters: values,
		Stdin:      r.Stdin,
		Opened:     r.secrets.ShowName,
		Release: func(ctx context.Context, name string) (*source.Generated, error) {
			return r.generateRelease(ctx, o, name)
		},
		Configuration: func(file string, text []byte) (*source.Generated, error) {
			return r.generateFrom(o.generatingOptions, file, text)
		},
		Deployed:   func(ctx context.Context) (*source.Stack, error) { return r.readDeployed(ctx, o) },
		AboutInput: isUsage,
		Warn:       func(text string) { r.talk.Warn("%s", printable(text)) },
		Note:       func(text string) { r.talk.Say("%s", printable(text)) },
	}, nil
}

// generateRelease returns what the configuration generates for a release.
func (r *runner) generateRelease(ctx context.Context, o sourceOptions, name string) (*source.Generated, error) {
	catalogue, _, err := r.chosenRelease(o.generatingOptions)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, usagef("missing release after %q: want a release such as %s%s", source.ReleasePrefix, source.ReleasePrefix, catalogue.Newest())
	}
	release, err := catalogue.Resolve(name)
	if err != nil {
		return nil, usageError{errorWithHint{fmt.Errorf("%s%s: %w", source.ReleasePrefix, name, err), releaseHint(err, catalogue)}}
	}
	loaded, err := r.generateFor(ctx, o.generatingOptions, catalogue, release)
	if err != nil {
		return nil, err
	}
	return asGenerated(loaded), nil
}

// generateFrom returns what a configuration generates; nil when the file is not a
// configuration.
func (r *runner) generateFrom(o generatingOptions, file string, text []byte) (*source.Generated, error) {
	if !iam.IsConfiguration(text) {
		return nil, nil
	}
	catalogue, release, err := r.chosenRelease(o)
	if err != nil {
		return nil, err
	}
	r.markUsed("capa-version", "raised-quotas")
	loaded, err := r.loadText(o, file, text, catalogue, release)
	if err != nil {
		return nil, err
	}
	r.warnAbout(loaded)
	return asGenerated(loaded), nil
}

func asGenerated(loaded *iam.Loaded) *source.Generated {
	return &source.Generated{Template: loaded.Template.Tree(), Release: loaded.Template.Release,
		Settings: loaded.Configuration.Settings(), Partition: loaded.Configuration.Spec.Partition}
}

// readConfigured returns what the configuration generates for the release in
// the options. file is the name of the generated template in messages.
func (r *runner) readConfigured(ctx context.Context, o sourceOptions, file string) (*source.Found, error) {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return nil, err
	}
	return source.FromGenerated(asGenerated(loaded), file)
}

// generatedTemplate is the name of the configuration's template in messages.
const generatedTemplate = "the generated template"

// readSource reads the source with this name. An error about the source is a
// usage error.
func readSource(ctx context.Context, reader *source.Reader, name string) (*source.Found, error) {
	found, err := reader.Read(ctx, name)
	return found, toUsageError(err, argumentInput)
}

// readAll reads the named sources, and the deployed stack when deployed is
// true. Without any of these it reads what the configuration generates. It also
// returns a name for the sources in messages.
func (r *runner) readAll(ctx context.Context, o sourceOptions, deployed bool, names []string) (*source.Found, string, error) {
	names = withDeployed(deployed, names)
	if len(names) == 0 {
		found, err := r.readConfigured(ctx, o, generatedTemplate)
		if err == nil {
			err = checkParameters(o, found)
		}
		return found, "the configuration", err
	}
	reader, err := r.sourceReader(o)
	if err != nil {
		return nil, "", err
	}
	found, err := reader.ReadAll(ctx, names, func(subject *source.Found) { r.warnUnread(subject) })
	if err == nil {
		err = checkParameters(o, found)
	}
	return found, strings.Join(names, ", "), toUsageError(err, "--policy")
}

// warnUnread warns about what was skipped, was not read or is not evaluated in
// the sources; see [report.UnreadNotes].
func (r *runner) warnUnread(all ...*source.Found) {
	for _, found := range all {
		for _, note := range report.UnreadNotes(found.Set) {
			r.warnOnce(printable(note))
		}
	}
}

// warnAssumed warns about assumed parameters; see [report.AssumedNotes]. "policy
// simulate", and "policy explain" for actions, do not call it: their answers name the
// parameters that matter.
func (r *runner) warnAssumed(all ...*source.Found) {
	for _, note := range report.AssumedNotes(all...) {
		r.warnOnce(printable(note))
	}
}
