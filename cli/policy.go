// The policy commands: their group, and what they share, which is reading what
// somebody wants to look at, be it generated, a file, a folder, or deployed.

package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/commandline"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

// policyGroup is the group of the commands for reviewers.
func (r *runner) policyGroup() *cli.Command {
	all := commandline.Group("policy", "review what is granted, to whom, since when and why", r.reviewCommand(), r.diffCommand(), r.explainCommand(), r.simulateCommand())
	for _, command := range all.Subcommands {
		command.Action = commandline.Interruptible(command.Action)
	}
	return all
}

// sourceOptions are those of the commands that look at policies.
type sourceOptions struct {
	generatingOptions
	accountOptions
}

func (o *sourceOptions) flags(others ...cli.Flag) []cli.Flag {
	return slices.Concat(o.generatingOptions.flags(), o.accountOptions.flags(), others)
}

func deployedFlag(into *bool) cli.Flag {
	return commandline.SwitchFlag(into, "deployed", "look at the stack as it is in the account")
}

// reader reads what names stand for.
func (r *runner) reader(o sourceOptions) *source.Reader {
	return &source.Reader{
		Stdin:   r.Stdin,
		Release: func(ctx context.Context, name string) (*source.Generated, error) { return r.generatedAt(ctx, o, name) },
		Configuration: func(file string, text []byte) (*source.Generated, error) {
			return r.generatedBy(o.generatingOptions, file, text)
		},
		Deployed: func(ctx context.Context) (*source.Stack, error) { return r.deployed(ctx, o) },
		Warn:     func(text string) { r.talk.Warn("%s", printable(text)) },
	}
}

// generatedAt is what the configuration generates for a release.
func (r *runner) generatedAt(ctx context.Context, o sourceOptions, name string) (*source.Generated, error) {
	catalogue, _, err := r.chosenRelease(o.generatingOptions)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, usagef("%s names no release: write it as %s%s", source.ReleasePrefix, source.ReleasePrefix, catalogue.Newest())
	}
	release, err := catalogue.Resolve(name)
	if err != nil {
		return nil, usagef("%s%s: %w", source.ReleasePrefix, name, err)
	}
	loaded, err := r.generateFor(ctx, o.generatingOptions, catalogue, release)
	if err != nil {
		return nil, err
	}
	return generated(loaded), nil
}

// generatedBy is what a configuration generates; nil for another file.
func (r *runner) generatedBy(o generatingOptions, file string, text []byte) (*source.Generated, error) {
	if !iam.IsConfiguration(text) {
		return nil, nil
	}
	catalogue, release, err := r.chosenRelease(o)
	if err != nil {
		return nil, err
	}
	loaded, err := r.loadText(o, file, text, catalogue, release)
	if err != nil {
		return nil, err
	}
	return generated(loaded), nil
}

func generated(loaded *iam.Loaded) *source.Generated {
	return &source.Generated{Template: loaded.Template.Tree(), Release: loaded.Template.Release,
		Settings: loaded.Configuration.Settings(), Partition: loaded.Configuration.Spec.Partition}
}

// configured is what the configuration generates for the release of the options;
// file stands for it in messages.
func (r *runner) configured(ctx context.Context, o sourceOptions, file string) (*source.Found, error) {
	loaded, err := r.generate(ctx, o.generatingOptions)
	if err != nil {
		return nil, err
	}
	return source.Of(generated(loaded), file)
}

// generatedTemplate stands for the template of a configuration in messages.
const generatedTemplate = "the generated template"

// read reads what a name stands for.
func read(ctx context.Context, reader *source.Reader, name string) (*source.Found, error) {
	found, err := reader.Read(ctx, name)
	return found, asUsage(err)
}

// readAll reads what names stand for, or else what the configuration generates,
// and says how to call it.
func (r *runner) readAll(ctx context.Context, o sourceOptions, deployed bool, names []string) (*source.Found, string, error) {
	if deployed {
		names = append([]string{source.Deployed}, names...)
	}
	if len(names) == 0 {
		found, err := r.configured(ctx, o, generatedTemplate)
		return found, "the configuration", err
	}
	reader := r.reader(o)
	var all []*source.Found
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, "", usagef("%s is named twice", name)
		}
		found, err := read(ctx, reader, name)
		if err != nil {
			return nil, "", err
		}
		r.warnUnread(found)
		all = append(all, found)
	}
	return source.Merge(all...), strings.Join(names, ", "), nil
}

// warnUnread says what grants something and is not looked at.
func (r *runner) warnUnread(all ...*source.Found) {
	for _, found := range all {
		for _, note := range report.Unread(found.Set) {
			r.talk.Warn("%s", printable(note))
		}
	}
}
