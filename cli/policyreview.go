// The command "policy review", which lists the findings of a security review.

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/internal/atomicfile"
	"capaboot/internal/commandline"
	"capaboot/internal/deadline"
	"capaboot/internal/input"
	"capaboot/internal/nearword"
	"capaboot/internal/shell"
	"capaboot/internal/shortlist"
	"capaboot/internal/terminal"
	"capaboot/policies/report"
	"capaboot/policies/review"
	"capaboot/policies/source"
	"capaboot/policies/suppress"
)

// reviewOptions are the flags and arguments. A nil pointer means that the flag
// is not given.
type reviewOptions struct {
	sourceOptions
	command                        string // as the user typed it
	names                          []string
	deployed, listRules            bool
	failOn, severity, suppressions *string
	writeSuppressions              *string
	rules                          []string
	controllers                    string
	format                         string
}

func (r *runner) reviewCommand() *cli.Command {
	var o reviewOptions
	return &cli.Command{
		Name:      "review",
		Usage:     "list what a security reviewer would object to",
		ArgsUsage: "[FILE|FOLDER|release:VERSION|ARN|deployed|-]...",
		Description: `Use this command before you approve a configuration, a template or an upgrade of
CAPA.

For each role and user, prints its policies, their sizes next to IAM's quotas,
and the grants by service and access level. For a role, also prints who can
assume the role. After the roles and users, prints the findings, the most severe
first, each with the statement, the actions, the risk, what to do, and the AWS
page that the rule is based on.

Without an argument, reviews what the configuration generates. An argument is
a release (release:v2.8.4), a configuration, a CloudFormation template, an IAM
policy document, a folder of these, - (stdin), the ARN of an AWS managed policy,
or "deployed" (the stack as it is in the account; the flag --deployed also
selects that stack).

A suppression file lists accepted findings, in YAML. A rule and a reason are
required; policy, principal, action, resource and expires are optional. expires
is the last day on which the finding is accepted:

  - rule: any-resource
    policy: controllers*
    reason: tagged by the controllers, see our ticket 12
    expires: 2027-01-31

Findings about trust in your own account are less severe than findings about
trust in other accounts: pass the ID of your account with
--parameter AWS::AccountId=ID, even if the input is a policy document, which has
no parameters.

-o sarif is for code scanning, -o markdown for a comment on a pull request.`,
		Flags: o.sourceOptions.flags(
			commandline.FormatFlag(&o.format, "text", "json", "markdown", "sarif"),
			deployedFlag(&o.deployed),
			commandline.OptionalFlag(&o.failOn, "fail-on", "exit with 3 when there is a finding of this `SEVERITY` or above ("+strings.Join(review.SeverityNames(), ", ")+"), even one that --severity hides; suppressed findings do not count"),
			commandline.OptionalFlag(&o.severity, "severity", "show only findings of this `SEVERITY` or above ("+strings.Join(review.SeverityNames(), ", ")+")"),
			commandline.ListFlag(&o.rules, "rule", "check only this `RULE` (see --list-rules) or group of rules ("+strings.Join(review.Groups(), ", ")+")"),
			commandline.OptionalFlag(&o.suppressions, "suppressions", "leave out the findings that the suppressions in `FILE` accept"),
			commandline.OptionalFlag(&o.writeSuppressions, "write-suppressions", "write to `FILE` a suppression for each finding that is shown, with an empty reason for you to fill in"),
			&cli.StringFlag{Name: "controllers", Usage: "`NAME` or logical ID of the role of CAPA's controllers, if the role does not have the default name", Destination: &o.controllers},
			commandline.SwitchFlag(&o.listRules, "list-rules", "list the rules, and review nothing"),
		),
		Action: func(c *cli.Context) error {
			o.command, o.names = c.Command.HelpName, c.Args().Slice()
			if o.listRules {
				return r.withUnusedWarning(func(c *cli.Context) error { return r.printRules(c.Context, o) }, reviewOnlyFlags()...)(c)
			}
			return r.review(c.Context, o)
		},
	}
}

// reviewOnlyFlags are the flags that have no effect with --list-rules, in
// addition to the flags of every command on policies.
func reviewOnlyFlags() []string {
	return []string{"deployed", "fail-on", "severity", "suppressions", "write-suppressions", "controllers", "parameter"}
}

// severities returns the values of --fail-on and --severity; 0 for a flag that is
// not set.
func (o reviewOptions) severities() (failOn, least review.Severity, err error) {
	if failOn, err = commandline.ParseChoice("fail-on", o.failOn, review.ParseSeverity, review.SeverityNames()); err != nil {
		return 0, 0, err
	}
	least, err = commandline.ParseChoice("severity", o.severity, review.ParseSeverity, review.SeverityNames())
	return failOn, least, err
}

func (r *runner) review(ctx context.Context, o reviewOptions) error {
	failOn, least, err := o.severities()
	if err != nil {
		return err
	}
	if err := r.checkNewFile(ctx, o.writeSuppressions); err != nil {
		return err
	}
	result, err := r.runReview(ctx, o)
	if err != nil {
		return err
	}
	// Count before hiding any finding: with --fail-on, hidden findings count too.
	gate := result.Gate(failOn)
	result.HideBelow(least)
	coloured := terminal.Coloured(r.Stdout, r.Environment.Lookup)
	text, err := result.Format(o.format, coloured)
	if err != nil {
		return err
	}
	if coloured {
		err = r.writeColoured(ctx, text)
	} else {
		err = r.writeReport(ctx, o.format, text)
	}
	if err != nil {
		return err
	}
	if err := r.writeSuppressions(ctx, o.writeSuppressions, result); err != nil {
		return err
	}
	r.warnUnpinned(o, result.Unpinned, result.SecretParameters)
	if failOn == 0 {
		return nil
	}
	if gate.Unknown != "" {
		r.talk.Warn("--fail-on %s does not count %s", failOn, printable(gate.Unknown))
	}
	if gate.Findings == "" {
		return nil
	}
	err = unexpectedResultf("--fail-on %s: %s", failOn, gate.Findings)
	if o.suppressions == nil && o.writeSuppressions == nil {
		return errorWithHint{err, fmt.Sprintf("fix the findings, or accept them: run again with --severity %s --write-suppressions FILE, write a reason into each entry, and pass the file with --suppressions", failOn)}
	}
	return err
}

// checkNewFile refuses an existing file for --write-suppressions, because it
// may have suppressions that were written by hand. It also refuses - and an
// empty name.
func (r *runner) checkNewFile(ctx context.Context, path *string) error {
	switch {
	case path == nil:
		return nil
	case *path == source.Stdin || *path == "":
		return usagef("invalid value %q for --write-suppressions: want the name of a file", *path)
	}
	if err := input.CheckNew(ctx, *path); err != nil && ctx.Err() == nil {
		return usagef("--write-suppressions: %w", err)
	}
	return ctx.Err()
}

// writeSuppressions writes a suppression file for the shown findings; it does
// nothing when path is nil.
func (r *runner) writeSuppressions(ctx context.Context, path *string, result *report.Review) error {
	if path == nil {
		return nil
	}
	text, findings, err := result.Suppressions()
	if err != nil {
		return errorWithHint{fmt.Errorf("--write-suppressions: %w", err), "show fewer findings with --severity or --rule, or review fewer files at a time"}
	}
	if err := deadline.RunToEnd(ctx, "writing "+*path, func() error { return atomicfile.Write(*path, text) }); err != nil {
		return withWriteHint(err, "--write-suppressions")
	}
	r.talk.Say("wrote suppressions of %s to %s: write a reason into each entry", report.Count(findings, "finding"), *path)
	return nil
}

// warnUnpinned warns of suppressions that do not compare all limits and trusted
// principals of their findings. lines has the lines of these suppressions in the
// file. secrets has the names of the parameters whose values the warning does not
// show.
func (r *runner) warnUnpinned(o reviewOptions, lines []int, secrets []string) {
	if len(lines) == 0 {
		return
	}
	var numbers []string
	for _, line := range lines {
		numbers = append(numbers, strconv.Itoa(line))
	}
	command := o.command
	for _, name := range o.names {
		command += " " + shell.Word(name)
	}
	if o.deployed {
		command += " --deployed"
	}
	command += stackFlags(o.generatingOptions, o.accountOptions)
	for _, parameter := range o.parameters {
		if name, _, _ := strings.Cut(parameter, "="); slices.Contains(secrets, name) {
			parameter = name + "=VALUE"
		}
		command += " --parameter " + shell.Word(parameter)
	}
	if o.controllers != "" {
		command += " --controllers " + shell.Word(o.controllers)
	}
	r.talk.Warn("%s: some suppressions do not list every limit and trusted principal of their findings (lines: %s), so these suppressions hide the findings even after a condition is removed or another principal is trusted; to write complete suppressions, run %s --write-suppressions NEW, and copy the reasons",
		printable(*o.suppressions), shortlist.Few(numbers, shortlist.Shown(len(numbers), 10), func(number string) string { return number }), printable(command))
}

// printRules prints the rules that --rule names, or all rules without --rule.
func (r *runner) printRules(ctx context.Context, o reviewOptions) error {
	if _, _, err := o.severities(); err != nil {
		return err
	}
	if len(o.names) > 0 {
		r.talk.Warn("--list-rules reviews nothing, and does not read %s", shortlist.Few(o.names, shortlist.Shown(len(o.names), 3), printable))
	}
	chosen, err := chosenRules(o.rules)
	if err != nil {
		return err
	}
	if !slices.Contains(report.RulesFormats, o.format) {
		return usagef("invalid value %q for --output: with --list-rules, want text, json or markdown", o.format)
	}
	text, err := report.FormatRules(chosen, o.format)
	if err != nil {
		return err
	}
	return r.writeReport(ctx, o.format, text)
}

func (r *runner) runReview(ctx context.Context, o reviewOptions) (*report.Review, error) {
	// Check the options first, so that an error in them does not wait for AWS.
	rules, err := chosenRules(o.rules)
	if err != nil {
		return nil, err
	}
	suppressions, err := r.readSuppressions(ctx, o)
	if err != nil {
		return nil, err
	}
	subject, err := r.readReviewSubject(ctx, o)
	if err != nil {
		return nil, err
	}
	found := subject.Found()
	if err := checkParameters(o.sourceOptions, found); err != nil {
		return nil, err
	}
	if found.Empty() {
		r.warnUnread(found)
		r.warnAssumed(found)
		return nil, usageError{aboutInput(fmt.Errorf("%s has no roles, users, groups or policies, so there is nothing to review", subject.Name), argumentInput)}
	}
	values, err := o.parameterValues()
	if err != nil {
		return nil, err
	}
	result, err := report.ReviewOf(subject,
		review.Options{Rules: o.rules, Account: values["AWS::AccountId"], Suppressions: suppressions, Today: time.Now(), RaisedQuotas: o.raisedQuotas, Controllers: o.controllers},
		report.About{Rules: rules, Folder: input.WorkingFolder(), Version: r.Build.Version})
	if unknown, ok := errors.AsType[*review.UnknownControllers](err); ok {
		return nil, usagef("invalid value %q for --controllers: %s has no principal or policy of this name%s", unknown.Name, subject.Name, nearword.DidYouMean(unknown.Name, unknown.Known))
	}
	if err != nil {
		return nil, usageError{tooLargeError(err)}
	}
	return result, nil
}

// chosenRules returns the rules that --rule names, or all rules without --rule.
func chosenRules(names []string) ([]review.Rule, error) {
	chosen, err := review.Choose(names)
	if unknown, ok := errors.AsType[*review.UnknownRule](err); ok {
		return nil, usageError{errorWithHint{fmt.Errorf("invalid value %q for --rule%s", unknown.Name, nearword.DidYouMean(unknown.Name, unknown.Known)),
			"the groups are " + strings.Join(review.Groups(), ", ") + "; --list-rules lists the rules"}}
	}
	return chosen, err
}

// maxSuppressionFile is the maximum size of a suppression file in bytes. A
// larger file is an error.
const maxSuppressionFile = 1 << 20

// readSuppressions reads the file of --suppressions. Without the flag it returns
// nil.
func (r *runner) readSuppressions(ctx context.Context, o reviewOptions) (*suppress.List, error) {
	if o.suppressions == nil {
		return nil, nil
	}
	if *o.suppressions == source.Stdin && (o.config == source.Stdin || slices.Contains(o.names, source.Stdin)) {
		return nil, usagef("stdin can only be read once: use it for the suppressions, or for the reviewed policies")
	}
	name, text, err := r.readNamedFile(ctx, *o.suppressions, maxSuppressionFile)
	if err != nil {
		return nil, usageError{aboutInput(err, "--suppressions")}
	}
	suppressions, err := suppress.Read(name, text, review.CheckSuppressible)
	if err != nil {
		return nil, usageError{aboutInput(err, "--suppressions")}
	}
	return suppressions, nil
}

// readReviewSubject reads the policies that the arguments or --deployed name.
// Without either, it reads the policies that the configuration generates.
func (r *runner) readReviewSubject(ctx context.Context, o reviewOptions) (*source.Subject, error) {
	names := withDeployed(o.deployed, o.names)
	_, release, err := r.chosenRelease(o.generatingOptions)
	if err != nil {
		return nil, err
	}
	r.markUsed("raised-quotas")
	if len(names) == 0 {
		r.markUsed("capa-version")
		loaded, err := r.generate(ctx, o.generatingOptions)
		if err != nil {
			return nil, err
		}
		return source.SubjectOf(o.config, asGenerated(loaded))
	}
	o.usesRelease = true
	reader, err := r.sourceReader(o.sourceOptions)
	if err != nil {
		return nil, err
	}
	if o.suppressions != nil {
		reader.Suppressions = *o.suppressions
	}
	subject, err := reader.ReadSubject(ctx, names, release, o.config == source.Stdin)
	if err != nil {
		return nil, toUsageError(err, argumentInput)
	}
	if !subject.HasOwnRelease {
		r.markUsed("capa-version")
	}
	// The report has these notes too, but a job that reads only the findings does
	// not see them.
	for _, note := range report.SkippedNotes(subject.Found().Set) {
		r.talk.Say("%s", printable(note))
	}
	return subject, nil
}
