// The command "policy explain", which shows who gets a permission and why, and
// explains denied requests.

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/internal/input"
	"capaboot/policies/explain"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

type explainOptions struct {
	sourceOptions
	queries   []string // actions and services
	features  []string
	ungranted bool
	denied    *string // the text of a denial, nil when the flag is not given
	redact    bool
	policies  []string
	deployed  bool
	format    string
}

func (r *runner) explainCommand() *cli.Command {
	var o explainOptions
	return &cli.Command{
		Name:      "explain",
		Usage:     "show who gets a permission, since when, and what it is for",
		ArgsUsage: "[ACTION|SERVICE...|-]",
		Description: `Use this command to find out why CAPA needs a permission, or why a request was
denied.

Accepts actions (ec2:RunInstances, ec2:Describe*) or services (ec2). For each
action, prints the roles and users that can perform the action, with the
statement, its resources and its conditions, and the first release of CAPA that
granted the action. Also prints the calls that need the action, how to limit
each call, and what AWS documents: access level, resource types, condition keys
and dependent actions.

With -, reads logs, error messages or CloudTrail records from stdin. For each
denied request, prints who made the request, which action was denied, why, and
what to do. If the input has no denied request, the exit code is 3.`,
		Flags: o.sourceOptions.flags(
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.ListFlag(&o.features, "feature", "show the calls for the CAPA feature `NAME`, such as dedicated-hosts, and which of them are granted"),
			commandline.SwitchFlag(&o.ungranted, "ungranted", "list the calls of CAPA that none of CAPA's policies grants, each with a statement for extraStatements"),
			commandline.OptionalFlag(&o.denied, "denied", "explain the error message `TEXT`"),
			commandline.SwitchFlag(&o.redact, "redact", "leave out e-mail addresses, IDs of accounts, organizations and keys, and names of users and sessions"),
			commandline.ListFlag(&o.policies, "policy", "read this `FILE`, folder, release (release:v2.8.4), ARN of an AWS managed policy or stdin (-) instead of the configuration"),
			deployedFlag(&o.deployed),
		),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 && len(o.features) == 0 && !o.ungranted && o.denied == nil {
				return usagef("%s takes actions or services, such as ec2:RunInstances, ec2:Describe* or ec2; or --feature, --ungranted, --denied or - (standard input)", c.Command.HelpName)
			}
			o.queries = c.Args().Slice()
			if o.denied != nil || slices.Contains(o.queries, input.Stdin) {
				return r.explainDenied(c.Context, o)
			}
			if o.redact {
				return usagef("--redact requires --denied or - (standard input)")
			}
			return r.explain(c.Context, o)
		},
	}
}

func (r *runner) explain(ctx context.Context, o explainOptions) error {
	explainer, sourceName, err := r.newExplainer(ctx, o, len(o.features) > 0)
	if err != nil {
		return err
	}
	explanation, err := report.Explain(explainer, report.ExplainOptions{Actions: o.queries, Features: o.features, Ungranted: o.ungranted})
	if err != nil {
		return r.explainError(ctx, err)
	}
	explanation.Of = sourceName
	text, err := explanation.Format(o.format)
	if err != nil {
		return err
	}
	return r.writeReport(ctx, o.format, text)
}

// maxDenialText is the maximum size of the text on stdin in which denials are
// searched for, in bytes. A larger text is an error. The maximum is about
// 50,000 lines, which take 5 s.
const maxDenialText = 8 << 20

// gzipMagic are the first bytes of a gzip file, such as a log file that
// CloudTrail delivers to S3. Source: RFC 1952, section 2.3.1.
var gzipMagic = []byte{0x1f, 0x8b}

func (r *runner) explainDenied(ctx context.Context, o explainOptions) error {
	switch {
	case o.denied != nil && strings.TrimSpace(*o.denied) == "":
		return usagef("missing value for --denied: pass the error message, or leave --denied out")
	case len(o.features) > 0 || o.ungranted || len(o.queries) > 1 || len(o.queries) == 1 && o.denied != nil || len(o.queries) == 1 && o.queries[0] != input.Stdin:
		return usagef(`"-" (standard input) and --denied cannot be combined with each other, or with actions, --feature or --ungranted`)
	case len(o.queries) == 1 && (o.config == input.Stdin || slices.Contains(o.policies, input.Stdin)):
		return usagef("stdin can only be read once: use it for the denied requests, or for the configuration or policy")
	}
	explainer, sourceName, err := r.newExplainer(ctx, o, true)
	if err != nil {
		return err
	}
	var text []byte
	if o.denied != nil {
		text = []byte(*o.denied)
	} else if _, text, err = input.Read(ctx, input.Stdin, r.Stdin, maxDenialText); err != nil {
		return err
	}
	if bytes.HasPrefix(text, gzipMagic) {
		return usageError{errorWithHint{errors.New("standard input is compressed with gzip"), "decompress the input: zcat <FILE | " + r.talk.Name + " policy explain -"}}
	}
	denials, err := report.ExplainDenials(explainer, text, o.redact)
	if err != nil {
		return tooLargeError(err)
	}
	denials.Of, denials.Program = sourceName, r.talk.Name
	output, err := denials.Format(o.format)
	if err != nil {
		return err
	}
	if err := r.writeReport(ctx, o.format, output); err != nil {
		return err
	}
	if len(denials.Denials) == 0 {
		r.talk.Hint("%s", r.noDenialHint(ctx, o, text, denials.Expired()))
		return unexpectedResultf("the text has no denied AWS request")
	}
	return nil
}

// noDenialHint returns what to pass instead of a text without a denied request.
// expired means that the text says that credentials have expired.
func (r *runner) noDenialHint(ctx context.Context, o explainOptions, text []byte, expired bool) string {
	switch {
	case expired:
		return "get new credentials: if the request comes from the controllers, run " + r.talk.Name + " controller update-credentials --rollout; otherwise, log in again where the credentials come from"
	case o.denied != nil && isFile(ctx, *o.denied):
		return "--denied takes the error message itself; to read the message from a file: " + r.talk.Name + " policy explain - <FILE"
	case strings.TrimSpace(string(text)) == "":
		return "standard input is empty: pipe in an error message, a log or CloudTrail records"
	case bytes.Contains(text, []byte("ncoded authorization failure message")):
		return "the message is encoded: decode it with aws sts decode-authorization-message --encoded-message MESSAGE, and pass the output"
	}
	return `pass the whole message: it names the action, usually after "not authorized to perform:"`
}

// isPartOfMessage reports whether an error is about an argument that is an AWS
// error message, or a word from one.
func isPartOfMessage(err error) bool {
	unknown, ok := errors.AsType[*explain.UnknownName](err)
	return ok && (strings.Contains(unknown.Asked, " ") || unknown.Asked == "perform:")
}

// isFile reports whether an argument is the name of an existing file, other
// than a folder.
func isFile(ctx context.Context, argument string) bool {
	info, err := input.Lstat(ctx, argument)
	return err == nil && !info.IsDir()
}

// newExplainer returns an explainer for the policies in the options, and a name
// for these policies in messages. If warnsAssumed is set, it warns about assumed
// parameters. That is for denials and features, because the answers about actions
// have notes about the parameters that matter.
func (r *runner) newExplainer(ctx context.Context, o explainOptions, warnsAssumed bool) (*explain.Explainer, string, error) {
	o.usesRelease = true
	found, sourceName, err := r.readAll(ctx, o.sourceOptions, o.deployed, o.policies)
	if err != nil {
		return nil, "", err
	}
	if warnsAssumed {
		r.warnAssumed(found)
	}
	_, release, err := r.chosenRelease(o.generatingOptions)
	if err != nil {
		return nil, "", err
	}
	r.markUsed("capa-version")
	explainer, err := report.ExplainerOf(found, release)
	if err != nil {
		return nil, "", tooLargeError(err)
	}
	explainer.Deployed = sourceName == source.Deployed
	return explainer, sourceName, nil
}

// explainError turns an error about arguments that cannot be explained into a
// usage error. The hint depends on what the arguments are, such as parts of an
// error message, a file, or a misspelled name.
func (r *runner) explainError(ctx context.Context, err error) error {
	if unknown, ok := errors.AsType[*explain.UnknownFeature](err); ok {
		return usageError{errorWithHint{err, "features: " + strings.Join(unknown.Near(), ", ")}}
	}
	problems, ok := errors.AsType[report.NotExplained](err)
	if !ok {
		return tooLargeError(err)
	}
	unknown := (*explain.UnknownName)(nil)
	if !errors.As(problems[0], &unknown) {
		return usageError{joinedErrors(problems)}
	}
	switch {
	case slices.ContainsFunc(problems, isPartOfMessage):
		return usageError{errorWithHint{errors.New("the arguments are a text, not actions or services"),
			"to explain an error message, quote it after --denied, or pipe it to: " + r.talk.Name + " policy explain -"}}
	case isFile(ctx, unknown.Asked):
		return usageError{errorWithHint{fmt.Errorf("%q is a file, not an action or service", unknown.Asked),
			"to read a policy or template, use --policy; to read error messages or a log from a file: " + r.talk.Name + " policy explain - <FILE"}}
	case unknown.Asked == source.Deployed:
		return usageError{errorWithHint{fmt.Errorf("%q is the deployed stack, not an action or service", unknown.Asked), "to read the deployed stack, use --deployed"}}
	case strings.HasPrefix(unknown.Asked, source.ReleasePrefix):
		return usageError{errorWithHint{fmt.Errorf("%q is a release, not an action or service", unknown.Asked), "name a release with --policy " + unknown.Asked}}
	case source.IsReleaseName(unknown.Asked):
		return usageError{errorWithHint{fmt.Errorf("%q is a release, not an action or service", unknown.Asked), "name a release with --policy release:" + unknown.Asked}}
	}
	return usageError{errorWithHint{joinedErrors(problems), unknown.Hint()}}
}
