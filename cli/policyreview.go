// policy review

package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/input"
	"capaboot/internal/spell"
	"capaboot/policies/document"
	"capaboot/policies/report"
	"capaboot/policies/review"
	"capaboot/policies/suppress"
)

func (r *runner) policyReview() *cli.Command {
	return &cli.Command{
		Name:      "review",
		Usage:     "find what a security reviewer would object to",
		ArgsUsage: "[FILE|FOLDER|release:VERSION|deployed|-]...",
		Description: `Shows of every role and user who can assume it, what it holds, its size against
IAM's quotas and its grants by service and access level; and findings, the
worst first, each with the statement, the actions, the risk, what to do, and
the AWS page that it rests on.

It looks at what the configuration generates, or at what is named: a release
(release:v2.8.4), a configuration, a CloudFormation template, an IAM policy
document, a folder of these, - (standard input) or "deployed" (the stack of the
configuration, as it is in the account), which --deployed is too.

With --fail-on SEVERITY the exit code is 3 when a finding of that severity or
above is left, whether --severity shows it or not. A suppression file is YAML,
a list of findings that somebody has accepted:

  - rule: any-resource
    policy: controllers*     # optional; principal and action, too
    reason: tagged by the controllers, see our ticket 12
    expires: 2027-01-31      # optional, the last day

SARIF is for code scanning, Markdown for a comment on a pull request.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json", "markdown", "sarif"),
			deployedFlag(),
			&cli.StringFlag{Name: "fail-on", Usage: "exit with 3 when a finding of this `SEVERITY` or above is left"},
			&cli.StringFlag{Name: "severity", Usage: "show findings of this `SEVERITY` and above alone"},
			&cli.StringSliceFlag{Name: "rule", Usage: "look for this `RULE`, or for those of a group, alone"},
			&cli.StringFlag{Name: "suppressions", Usage: "leave out the findings that `FILE` accepts"},
			&cli.StringFlag{Name: "controllers", Usage: "`NAME` of the role of CAPA's controllers, unless it has CAPA's name"},
			&cli.BoolFlag{Name: "list-rules", DisableDefaultText: true, Usage: "list the rules, and review nothing"},
		),
		Action: func(c *cli.Context) error {
			if c.Bool("list-rules") {
				return r.listRules(c)
			}
			failOn, err := severityFlag(c, "fail-on")
			if err != nil {
				return err
			}
			least, err := severityFlag(c, "severity")
			if err != nil {
				return err
			}
			result, err := r.review(c)
			if err != nil {
				return err
			}
			// What is not shown fails a run too.
			worst := result.Worst()
			result.Hide(least)
			text, err := result.Format(c.String("output"), r.colours())
			if err == nil && r.colours() {
				err = r.printColoured(text)
			} else {
				err = r.print(text, err)
			}
			if err != nil {
				return err
			}
			if failOn != 0 && worst >= failOn {
				return errFound
			}
			return nil
		},
	}
}

// severityFlag returns the severity that a flag names, 0 when it is not set.
func severityFlag(c *cli.Context, name string) (review.Severity, error) {
	if !c.IsSet(name) {
		return 0, nil
	}
	severity, err := review.ParseSeverity(c.String(name))
	if err != nil {
		var names []string
		for _, s := range review.Severities() {
			names = append(names, s.String())
		}
		return 0, usagef("unknown value %q of --%s%s", c.String(name), name, spell.Allowed(c.String(name), names))
	}
	return severity, nil
}

// subject is what is under review.
type reviewSubject struct {
	set     *document.Set
	of      string
	options review.Options
	streams map[string]bool
}

func (r *runner) review(c *cli.Context) (*report.Review, error) {
	// The options first: what is wrong with them should not wait for AWS.
	rules, err := chosenRules(c.StringSlice("rule"))
	if err != nil {
		return nil, err
	}
	suppressions, err := r.suppressions(c)
	if err != nil {
		return nil, err
	}
	subject, err := r.reviewSubject(c)
	if err != nil {
		return nil, err
	}
	if len(subject.set.Principals) == 0 {
		r.warnUnread(subject.set)
		return nil, usagef("%s has no roles, users, groups or policies, so there is nothing to review", subject.of)
	}
	options := subject.options
	options.Rules, options.Suppressions, options.Today = c.StringSlice("rule"), suppressions, time.Now()
	options.RaisedQuotas, options.Controllers = c.Bool("raised-quotas"), c.String("controllers")
	found, err := review.Review(subject.set, options)
	if err != nil {
		return nil, usageError{err}
	}
	result := report.NewReview(found, report.About{Of: subject.of, Release: options.Release.String(), Rules: rules, AllRules: len(options.Rules) == 0,
		Accepts: suppressions != nil, Streams: subject.streams, Folder: workingFolder(), Version: r.Build.orBuildInfo().Version})
	result.Notes = append(result.Notes, unread(subject.set)...)
	return result, nil
}

// workingFolder is the folder that the command runs in, "" if it is not known.
func workingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}

// chosenRules returns the rules with those IDs, or of those groups; all for
// none.
func chosenRules(names []string) ([]review.Rule, error) {
	var known []string
	var chosen []review.Rule
	for _, rule := range review.Rules() {
		if !slices.Contains(known, rule.Group) {
			known = append(known, rule.Group)
		}
		known = append(known, rule.ID)
		if len(names) == 0 || slices.Contains(names, rule.ID) || slices.Contains(names, rule.Group) {
			chosen = append(chosen, rule)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, usageError{hinted{fmt.Errorf("unknown value %q of --rule%s", name, didYouMean(name, known)),
				"the groups are " + strings.Join(review.Groups(), ", ") + "; --list-rules lists the rules"}}
		}
	}
	return chosen, nil
}

// listRules prints the rules.
func (r *runner) listRules(c *cli.Context) error {
	chosen, err := chosenRules(c.StringSlice("rule"))
	if err != nil {
		return err
	}
	format := c.String("output")
	if !slices.Contains(report.RulesFormats, format) {
		return usagef("--list-rules has no -o %s: text, json or markdown", format)
	}
	return r.print(report.Rules(chosen, format))
}

const maxSuppressionFile = 1 << 20

// suppressions reads the file of --suppressions; nil when there is none.
func (r *runner) suppressions(c *cli.Context) (*suppress.List, error) {
	if !c.IsSet("suppressions") {
		return nil, nil
	}
	path := c.String("suppressions")
	if path == input.Stdin && (c.String("config") == input.Stdin || slices.Contains(c.Args().Slice(), input.Stdin)) {
		return nil, usagef("--suppressions and what is reviewed cannot both be standard input")
	}
	name, text, err := input.Read(c.Context, path, r.Stdin, maxSuppressionFile)
	if err != nil {
		return nil, usagef("--suppressions: %w", err)
	}
	suppressions, err := suppress.Read(name, text, review.Suppressible)
	if err != nil {
		return nil, usageError{err}
	}
	return suppressions, nil
}

// reviewSubject reads what the arguments name, or what the configuration
// generates. Of one thing alone it is known which release and settings it is
// for.
func (r *runner) reviewSubject(c *cli.Context) (*reviewSubject, error) {
	names := c.Args().Slice()
	if c.Bool("deployed") {
		names = append([]string{deployedName}, names...)
	}
	catalogue, release, err := r.release(c)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return r.generatedSubject(c)
	}
	s := &reviewSubject{of: strings.Join(names, ", "), options: review.Options{Release: release}, streams: map[string]bool{"standard input": true}}
	var sets []*document.Set
	var problems []error
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, usagef("%s is named twice", name)
		}
		set, err := r.policySet(c, name)
		if err != nil {
			if usage := (usageError{}); !errors.As(err, &usage) {
				return nil, err
			}
			problems = append(problems, err)
			continue
		}
		sets = append(sets, set)
		if name != deployedName && !strings.HasPrefix(name, releasePrefix) {
			if len(names) == 1 {
				r.configuredBy(c, s, name)
			}
			continue
		}
		s.streams[name] = true
		for _, p := range set.Principals {
			p.File = name
			if len(names) == 1 {
				p.File = "" // it says nothing
			}
		}
		if version, ok := strings.CutPrefix(name, releasePrefix); ok && len(names) == 1 {
			if s.options.Release, err = catalogue.Resolve(version); err != nil {
				return nil, err
			}
		}
		if len(names) == 1 && c.String("config") != input.Stdin {
			loaded, err := r.loadFor(c, catalogue, s.options.Release)
			if err != nil {
				return nil, err
			}
			s.configured(loaded.Configuration)
		}
	}
	switch len(problems) {
	case 0:
		s.set = document.Merge(sets...)
		return s, nil
	case 1:
		return nil, problems[0]
	}
	return nil, usageError{joined(problems)}
}

// configuredBy takes note of the settings when a file is a configuration. It
// has been read without an error.
func (r *runner) configuredBy(c *cli.Context, s *reviewSubject, path string) {
	if path == input.Stdin {
		return
	}
	name, text, err := input.Read(c.Context, path, r.Stdin, iam.MaxFileSize)
	if err != nil || !isConfiguration(text) {
		return
	}
	catalogue, release, err := r.release(c)
	if err != nil {
		return
	}
	loaded, err := iam.Load(name, text, iam.Options{Catalogue: catalogue, Release: release, RaisedQuotas: c.Bool("raised-quotas")})
	if err == nil {
		s.configured(loaded.Configuration)
	}
}

// generatedSubject is what the configuration generates. Its place is the file
// of the configuration, if there is one.
func (r *runner) generatedSubject(c *cli.Context) (*reviewSubject, error) {
	_, release, err := r.release(c)
	if err != nil {
		return nil, err
	}
	loaded, err := r.load(c)
	if err != nil {
		return nil, err
	}
	file := c.String("config")
	if file == input.Stdin {
		file = ""
	}
	s := &reviewSubject{of: "the configuration", options: review.Options{Release: release}}
	if file != "" {
		s.of = file
	}
	s.configured(loaded.Configuration)
	if s.set, err = templateSet(loaded.Template, s.of); err != nil {
		return nil, err
	}
	for _, p := range s.set.Principals {
		p.File = file
	}
	return s, nil
}

func (s *reviewSubject) configured(configuration *iam.Configuration) {
	settings := configuration.Settings()
	s.options.Settings, s.options.Partition = &settings, configuration.Spec.Partition
}

// forgetPlaces removes the positions of what was generated: nobody has seen
// the text that they are in.
func forgetPlaces(set *document.Set) {
	document := func(d *document.Document) {
		if d == nil {
			return
		}
		d.Line, d.Column = 0, 0
		for i := range d.Statements {
			s := &d.Statements[i]
			s.Line, s.Column = 0, 0
			for j := range s.Conditions {
				s.Conditions[j].Line, s.Conditions[j].Column = 0, 0
			}
		}
	}
	for _, p := range set.Principals {
		p.Line, p.Column = 0, 0
		document(p.Trust)
		document(p.BoundaryPolicy)
		for _, policy := range p.Policies {
			document(policy.Document)
		}
	}
}
