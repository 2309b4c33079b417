// The command "policy simulate", which tests whether a request is allowed.

package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"capaboot/internal/commandline"
	"capaboot/internal/shortlist"
	"capaboot/policies/report"
	"capaboot/policies/simulate"
	"capaboot/policies/source"
)

// simulateOptions are the flags. A nil pointer means that the flag is not
// given.
type simulateOptions struct {
	sourceOptions
	role, user, boundary, principal *string
	policies, actions, resources    []string
	context                         []string // KEY=VALUE
	format                          string
	deployed, exitCode              bool
	expect                          string
}

func (r *runner) simulateCommand() *cli.Command {
	var o simulateOptions
	return &cli.Command{
		Name:  "simulate",
		Usage: "test whether a request is allowed, and which statement decides",
		Description: `Use this command to answer "can this role do that?", and as a gate in a
pipeline. Evaluates requests as IAM does. Each combination of an --action and a
--resource is one request.

--role or --user names the caller in the configuration, in the stack
(--deployed) or in the files of --policy: by its name, by its name without the
prefix and suffix of the configuration, by its path and name, by its ARN, or by
its logical ID. If neither --role nor --user is set, each --policy FILE is a
policy of the caller or, if its statements name principals, the policy of the
resource. FILE can be a folder, which stands for the files in it.

With --role or --user, every request has aws:PrincipalArn,
aws:PrincipalAccount, the tags of the caller in the template as
aws:PrincipalTag keys and, for a user, aws:username.
A request for a role of the template has the tags of that role as
aws:ResourceTag and iam:ResourceTag keys.
If AWS generates the name of the caller, the name in these keys is unknown. The
account in these keys is unknown, unless the ARN of the resource or
--parameter AWS::AccountId=ID gives the account. If --context does not give
aws:RequestedRegion or aws:ResourceAccount, the region or the account in the ARN
of the resource is used. If --context does not give aws:CurrentTime or
aws:EpochTime, the time of the run is used, and a note says so. If a request is
allowed only for some values of a key such as aws:SecureTransport, which every
request has, and --context does not give the key, the decision is unknown.

For sts:AssumeRole, the trust policy of the role to assume must allow the caller
too. To test who can assume the role of --role, leave out --resource, or pass
the ARN of that role as --resource. In both cases, the command tests whether the
caller of --principal can assume the role or, without --principal, whether any
principal in the trust policy can assume the role.

The decisions are those of IAM: allowed, explicitDeny, implicitDeny. The command
does not evaluate service control policies or any resource policy that is not in
the input. If a policy that is not in the input must also allow the request, the
decision is unknown: for example, a key policy, or the policy of a resource in
another account. If a permission depends on an unknown value, the command does
not count the request as allowed, and a note names the value. For a request
whose decision is unknown, the text output begins with "unknown", followed by
the decision based on the known values. "allowed if" lists the conditions that a
request must meet to be allowed.

If a statement allows or denies the action only on some resources, pass
--resource: otherwise the decision is unknown. A resource with wildcards stands
for every resource that matches.

If a request is impossible, the decision is unknown, and a note says why. A
request is impossible if the caller or the value of a condition key cannot
exist, or if the action does not support the resource. With several actions or
resources, the command tests every action with every resource. If an action does
not support one of these resources, the request counts as impossible only in two
cases: none of the actions supports that resource; or you named the action
without a wildcard, and it supports none of the resources. Otherwise, the
decision is that of the policies.

If AWS refuses a request regardless of policies, such as a change of an AWS
managed policy, the decision is implicitDeny, and the reason says why.

With --expect, the exit code is 3 if a decision differs from the expected one,
is unknown, or holds only under some condition. --exit-code is short for
--expect allowed.

The values of AWS::AccountId, AWS::Partition, AWS::Region and AWS::URLSuffix in
a template are taken from the ARN of the resource or, if that ARN does not have
them, from the ARN of the caller. For AWS::Region, --context aws:RequestedRegion
takes precedence over the ARNs. --parameter sets any parameter. The default of a
parameter is used as a value, but does not decide a template condition. A
deployment can replace a default: if another value could change the decision,
the decision is unknown.`,
		Flags: o.sourceOptions.flags(
			commandline.FormatFlag(&o.format, "text", "json"),
			commandline.OptionalFlag(&o.role, "role", "the caller is the role `NAME`"),
			commandline.OptionalFlag(&o.user, "user", "the caller is the user `NAME`"),
			deployedFlag(&o.deployed),
			commandline.ListFlag(&o.policies, "policy", "the caller has the policy in `FILE` (- for stdin), or the AWS managed policy with this ARN; with --role or --user, FILE defines that role or user"),
			commandline.OptionalFlag(&o.boundary, "boundary", "the caller has the permissions boundary in `FILE`"),
			commandline.ListFlag(&o.actions, "action", "`ACTION` of the request, such as s3:GetObject; with a wildcard, every action that matches"),
			commandline.ListFlag(&o.resources, "resource", "resource `ARN` of the request (default: *)"),
			commandline.OptionalFlag(&o.principal, "principal", "the caller is `WHO` (an ARN, an account, a service or * for everyone), for requests that a trust policy or a resource policy decides"),
			commandline.ListFlag(&o.context, "context", "set a condition key of the request, `KEY=VALUE`; for a key with several values, use the flag once for each value"),
			commandline.ChoiceFlag(&o.expect, "expect", "", "exit with 3 unless it is certain that every request is `WHAT` (allowed or denied)", "allowed", "denied"),
			commandline.SwitchFlag(&o.exitCode, "exit-code", "exit with 3 unless it is certain that every request is allowed"),
		),
		Action: func(c *cli.Context) error { return r.simulate(c.Context, o) },
	}
}

func (r *runner) simulate(ctx context.Context, o simulateOptions) error {
	s, err := r.newSimulation(ctx, o)
	if err != nil {
		return err
	}
	outcomes, err := s.Run()
	if err != nil {
		return usageError{tooLargeError(err)}
	}
	r.talk.Say("not evaluated: %s", strings.Join(report.NotEvaluated(), ", and "))
	text, err := report.NewSimulation(outcomes).Format(o.format)
	if err != nil {
		return err
	}
	if err := r.writeReport(ctx, o.format, text); err != nil {
		return err
	}
	if unmet := simulate.Unmet(outcomes, simulate.Expectation(o.expect)); len(unmet) > 0 {
		return unexpectedResultf("--expect %s: not met by %d of %s (%s)", o.expect, len(unmet), report.Count(len(outcomes), "request"), fewRequests(unmet))
	}
	if unmet := simulate.Unmet(outcomes, simulate.ExpectAllowed); o.exitCode && len(unmet) > 0 {
		what := "not allowed"
		if simulate.HasUnknown(outcomes) {
			what = "not allowed, or unknown"
		}
		return unexpectedResultf("--exit-code: %d of %s %s (%s)", len(unmet), report.Count(len(outcomes), "request"), what, fewRequests(unmet))
	}
	return nil
}

func fewRequests(requests []string) string {
	return shortlist.Few(requests, shortlist.Shown(len(requests), 3), printable)
}

// newSimulation reads the requests, the policies, and the boundary of --boundary.
func (r *runner) newSimulation(ctx context.Context, o simulateOptions) (*simulate.Simulation, error) {
	reader, err := r.sourceReader(o.sourceOptions)
	if err != nil {
		return nil, err
	}
	s := &simulate.Simulation{Now: time.Now(), Parameters: reader.Parameters, ChecksExistence: true, ChecksDefaults: true}
	if err := r.readRequests(s, o); err != nil {
		return nil, err
	}
	hasHolder := o.role != nil || o.user != nil
	stdin := 0
	for _, name := range append(slices.Clip(o.policies), o.config) {
		if name == source.Stdin {
			stdin++
		}
	}
	if o.boundary != nil && *o.boundary == source.Stdin {
		stdin++
	}
	switch {
	case stdin > 1:
		return nil, usagef("stdin can only be read once, but is named %d times", stdin)
	case o.role != nil && o.user != nil:
		return nil, usagef("--role and --user cannot be combined: use only one of them")
	case !hasHolder && len(o.policies) == 0:
		return nil, usageError{errorWithHint{errors.New("missing --role, --user or --policy: name who makes the request"), r.rolesHint(ctx, o)}}
	case o.deployed && len(o.policies) > 0:
		return nil, usagef("--deployed and --policy cannot be combined: use only one of them")
	case o.deployed && !hasHolder:
		return nil, usagef("missing --role or --user: --deployed needs one of them")
	case hasHolder:
		if err := r.readHolder(ctx, s, o); err != nil {
			return nil, err
		}
	default:
		var templates []*source.Found
		for _, name := range o.policies {
			paths, skipped, err := reader.PolicyPaths(ctx, name)
			if err != nil {
				return nil, toUsageError(err, "--policy")
			}
			r.warnUnread(skipped)
			for _, path := range paths {
				template, err := r.addPolicies(ctx, s, reader, path)
				if err != nil {
					return nil, err
				}
				if template != nil {
					templates = append(templates, template)
				}
			}
		}
		if err := checkParameters(o.sourceOptions, templates...); err != nil {
			return nil, err
		}
	}
	if o.boundary != nil {
		boundary, err := reader.ReadDocument(ctx, *o.boundary)
		if err != nil {
			return nil, toUsageError(err, "--boundary")
		}
		s.SetBoundary(boundary)
	}
	return s, nil
}

// addPolicies adds the policies in a file of --policy: the policies of the
// caller, or the policy of the resource. If the file is a template, addPolicies
// returns it; otherwise it returns nil.
func (r *runner) addPolicies(ctx context.Context, s *simulate.Simulation, reader *source.Reader, path string) (template *source.Found, err error) {
	policy, set, err := reader.ReadPolicies(ctx, path)
	switch {
	case err != nil:
		return nil, documentError(err)
	case set != nil:
		template = &source.Found{Set: set}
		r.warnUnread(template)
		err = s.AddPolicies(set)
	default:
		err = s.AddPolicy(policy)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return template, nil
}

func (r *runner) readRequests(s *simulate.Simulation, o simulateOptions) error {
	for _, resource := range o.resources {
		if err := s.AddResource(resource); err != nil {
			return usagef("invalid value for --resource: %w", err)
		}
	}
	for _, flag := range o.context {
		key, value, ok := strings.Cut(flag, "=")
		if !ok || strings.TrimSpace(key) == "" {
			return usagef("invalid value %q for --context: want KEY=VALUE, such as aws:RequestedRegion=eu-west-1", flag)
		}
		if !s.AddContext(key, value) {
			r.talk.Warn("%s", printable(simulate.UnknownKeyText(key)))
		}
	}
	if len(o.actions) == 0 {
		return usagef("missing --action: want an action such as ec2:RunInstances")
	}
	for _, flag := range o.actions {
		note, err := s.AddAction(flag)
		if err != nil {
			return usagef("invalid value for --action: %w", err)
		}
		if note != "" && o.format != "text" { // the text has the note
			r.talk.Warn("%s", printable(note))
		}
	}
	if o.principal == nil {
		return nil
	}
	p, ok := simulate.ParsePrincipal(*o.principal)
	if !ok {
		return usagef("invalid value %q for --principal: want an ARN, an account ID, a service such as ec2.amazonaws.com, or *", *o.principal)
	}
	s.SetCaller(p)
	return nil
}

// documentError changes the error for a file that has roles or users instead of
// a policy: it adds the flags that name a role or a user of the file. It treats
// other errors as [toUsageError] does.
func documentError(err error) error {
	unexpected, ok := errors.AsType[*source.UnexpectedPrincipals](err)
	if !ok {
		return toUsageError(err, "--policy")
	}
	var flags []string
	if unexpected.Set != nil {
		for _, name := range simulate.Names(unexpected.Set, simulate.Role) {
			flags = append(flags, "--role "+printable(name))
		}
		for _, name := range simulate.Names(unexpected.Set, simulate.User) {
			flags = append(flags, "--user "+printable(name))
		}
	}
	err = fmt.Errorf("%w; name one of them with --role or --user", err)
	if len(flags) == 0 {
		return usageError{err}
	}
	return usageError{errorWithHint{err, "add the role or user to test: " + shortlist.Joined("or", flags, shortlist.Shown(len(flags), 5), strings.Clone)}}
}

// rolesHint lists the roles of the configuration, or returns "" if the
// configuration cannot be read or has no roles.
func (r *runner) rolesHint(ctx context.Context, o simulateOptions) string {
	found, err := r.readConfigured(ctx, o.sourceOptions, generatedTemplate)
	if err != nil || len(simulate.Names(found.Set, simulate.Role)) == 0 {
		return ""
	}
	return "the roles of the configuration are " + strings.Join(simulate.Names(found.Set, simulate.Role), ", ")
}

// readHolder finds the role or user that makes the requests.
func (r *runner) readHolder(ctx context.Context, s *simulate.Simulation, o simulateOptions) error {
	found, sourceName, err := r.readAll(ctx, o.sourceOptions, o.deployed, o.policies)
	if err != nil {
		return err
	}
	kind, name := simulate.Role, o.role
	if o.user != nil {
		kind, name = simulate.User, o.user
	}
	h, err := simulate.FindHolder(found.Set, sourceName, kind, *name)
	if err != nil && found.OnlyDocuments() {
		hint := fmt.Sprintf("the input has only policy documents: to evaluate them, leave out --%s; they are then the policies of the caller or, if they name principals, the policy of the resource", kind)
		return usageError{errorWithHint{err, hint}}
	}
	if err != nil {
		return usageError{err}
	}
	s.SetHolder(h, found.Set)
	s.NamesAreGiven = *name != h.LogicalID // a role or user named by its logical ID can have any name
	for _, policy := range s.Policies.UnknownIdentity {
		r.talk.Warn("%s %s also has the policy %s, whose content is unknown: it may allow or deny the request", kind, printable(h.Name), printable(policy))
	}
	if s.Policies.UnknownBoundary && o.boundary == nil {
		remedy := "pass the boundary with --boundary FILE"
		if strings.HasPrefix(h.Boundary, "${If:") {
			remedy = "pass the parameters of the condition with --parameter NAME=VALUE, or " + remedy
		}
		r.talk.Warn("the permissions boundary %s of %s %s is unknown, so no request is certainly allowed; %s", printable(report.BoundaryText(h)), kind, printable(h.Name), remedy)
	}
	return nil
}
