// policy simulate

package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/internal/input"
	"capaboot/internal/render"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// simulateOptions are what the flags of policy simulate say; nil is for a flag
// that is not given.
type simulateOptions struct {
	role, user, boundary, principal *string
	policies, actions, resources    []string
	context, parameters             []string // KEY=VALUE
	files                           []string // what is read, where - is standard input
	output                          string
	deployed, exitCode              bool
	// holders reads the roles and users to choose from, and says how to call
	// them.
	holders func() (*document.Set, string, error)
}

func (r *runner) policySimulate() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "tell whether a request is allowed, and by which statement",
		Description: `Evaluates requests as IAM does: every --action with every --resource, in the
context of the condition keys of --context.

--role or --user name who asks, by name (with the suffix or without) or logical
ID: one of the configuration, of the stack as it is (--deployed), or of what
--policy names: a release (release:v2.8.4), a template or a folder. Without
them, --policy FILE is a policy of the caller; it may be repeated.

For sts:AssumeRole the trust policy must allow too. Without --resource, or with
the ARN of --role, the question is who may assume that role: --principal, or
else anyone whom its trust policy names. A --policy with principals is the
policy of the resource.

The decisions are IAM's: allowed, explicitDeny, implicitDeny. Service control
policies and policies of resources elsewhere are not seen. What is not known
never allows: a note says what it is.

${AWS::AccountId}, ${AWS::Partition}, ${AWS::Region} and ${AWS::URLSuffix} of a
template have the values that the ARN of the resource, or of who asks, has; or
those of --parameter, which also gives those of other parameters.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			&cli.StringFlag{Name: "role", Usage: "as the role with this `NAME`"},
			&cli.StringFlag{Name: "user", Usage: "as the user with this `NAME`"},
			deployedFlag(),
			&cli.StringSliceFlag{Name: "policy", Usage: "as somebody with the policy in `FILE`, - for stdin; with --role or --user, look there"},
			&cli.StringFlag{Name: "boundary", Usage: "within the permissions boundary in `FILE`"},
			&cli.StringSliceFlag{Name: "action", Usage: "`ACTION` of the request; with a wildcard, all that match"},
			&cli.StringSliceFlag{Name: "resource", Usage: "`ARN` of the request, or *, the default"},
			&cli.StringFlag{Name: "principal", Usage: "for trust policies: `WHO` asks, an ARN, account or service"},
			&cli.StringSliceFlag{Name: "context", Usage: "`KEY=VALUE` of the request; repeat a key for several values"},
			&cli.StringSliceFlag{Name: "parameter", Usage: "`NAME=VALUE` of a template, such as AWS::AccountId=111122223333"},
			&cli.BoolFlag{Name: "exit-code", DisableDefaultText: true, Usage: "exit with 3 when anything is denied"},
		),
		Action: func(c *cli.Context) error {
			given := func(flag string) *string {
				if !c.IsSet(flag) {
					return nil
				}
				value := c.String(flag)
				return &value
			}
			policies := c.StringSlice("policy")
			return r.simulate(c.Context, simulateOptions{
				role: given("role"), user: given("user"), boundary: given("boundary"), principal: given("principal"),
				policies: policies, actions: c.StringSlice("action"), resources: c.StringSlice("resource"),
				context: c.StringSlice("context"), parameters: c.StringSlice("parameter"),
				files:  append(c.StringSlice("policy"), c.String("boundary"), c.String("config")),
				output: c.String("output"), deployed: c.Bool("deployed"), exitCode: c.Bool("exit-code"),
				holders: func() (*document.Set, string, error) { return r.chosenSet(c, policies) },
			})
		},
	}
}

func (r *runner) simulate(ctx context.Context, o simulateOptions) error {
	s, err := r.simulation(ctx, o)
	if err != nil {
		return err
	}
	outcomes, err := s.Run()
	if err != nil {
		return usageError{err}
	}
	r.talk.say("service control policies, and policies of resources elsewhere, are not seen")
	if o.output == "json" {
		err = r.print(render.JSON(outcomes))
	} else {
		err = r.print([]byte(outcomesText(outcomes)))
	}
	if err != nil {
		return err
	}
	if o.exitCode && slices.ContainsFunc(outcomes, func(o simulate.Outcome) bool { return o.Decision != simulate.Allowed }) {
		return errFound
	}
	return nil
}

// simulation reads what is asked, and whose requests they are.
func (r *runner) simulation(ctx context.Context, o simulateOptions) (*simulate.Simulation, error) {
	s := &simulate.Simulation{Parameters: map[string]string{}}
	if err := r.readRequests(s, o); err != nil {
		return nil, err
	}
	holder := o.role != nil || o.user != nil
	stdin := 0
	for _, name := range o.files {
		if name == "-" {
			stdin++
		}
	}
	switch {
	case stdin > 1:
		return nil, usagef("- (standard input) is named %d times: it can be read once", stdin)
	case o.role != nil && o.user != nil, !holder && len(o.policies) == 0:
		return nil, usagef("whose request is it? name one of --role NAME, --user NAME or --policy FILE")
	case o.deployed && len(o.policies) > 0:
		return nil, usagef("--deployed and --policy both say where to look: name one of them")
	case o.deployed && !holder:
		return nil, usagef("--deployed goes with --role or --user")
	case holder:
		if err := r.readHolder(s, o); err != nil {
			return nil, err
		}
	default:
		for _, path := range o.policies {
			policy, err := r.readDocument(ctx, path)
			if err != nil {
				return nil, err
			}
			if err := s.AddPolicy(policy); err != nil {
				return nil, usageError{err}
			}
		}
	}
	if o.boundary != nil {
		boundary, err := r.readDocument(ctx, *o.boundary)
		if err != nil {
			return nil, err
		}
		s.Bound(boundary)
	}
	return s, nil
}

// readRequests reads the flags that say what is asked, and by which principal.
func (r *runner) readRequests(s *simulate.Simulation, o simulateOptions) error {
	for _, resource := range o.resources {
		if err := s.AddResource(resource); err != nil {
			return usagef("--resource %w", err)
		}
	}
	for _, flag := range o.context {
		key, value, ok := strings.Cut(flag, "=")
		if !ok || strings.TrimSpace(key) == "" {
			return usagef("--context %q is no KEY=VALUE, such as aws:RequestedRegion=eu-west-1", flag)
		}
		if !s.AddContext(key, value) {
			r.talk.warn("AWS has no condition key %s: no request has it", printable(key))
		}
	}
	for _, flag := range o.parameters {
		name, value, ok := strings.Cut(flag, "=")
		if !ok || name == "" {
			return usagef("--parameter %q is no NAME=VALUE, such as AWS::AccountId=111122223333", flag)
		}
		s.Parameters[name] = value
	}
	if len(o.actions) == 0 {
		return usagef("--action is missing: name what is asked for, such as ec2:RunInstances")
	}
	for _, flag := range o.actions {
		note, err := s.AddAction(flag)
		if err != nil {
			return usagef("--action %w", err)
		}
		if note != "" {
			r.talk.warn("%s", printable(note))
		}
	}
	if o.principal == nil {
		return nil
	}
	p, ok := simulate.ParsePrincipal(*o.principal)
	if !ok {
		return usagef("--principal %q is none: write an ARN, an account ID, a service such as ec2.amazonaws.com, or *", *o.principal)
	}
	s.By(p)
	return nil
}

// readDocument reads the policy document in a file.
func (r *runner) readDocument(ctx context.Context, path string) (document.Policy, error) {
	name, text, err := input.Read(ctx, path, r.Stdin, maxDocument)
	if err != nil {
		return document.Policy{}, usageError{err}
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return document.Policy{Name: name, Document: doc}, nil
	}
	if set, ofSet := document.ReadSet(name, text); ofSet == nil && len(set.Principals) > 0 || isConfiguration(text) {
		return document.Policy{}, usagef("%s is no policy document: it has roles or users; name one of them with --role or --user", name)
	}
	return document.Policy{}, usageError{err}
}

// readHolder finds the role or user.
func (r *runner) readHolder(s *simulate.Simulation, o simulateOptions) error {
	set, of, err := o.holders()
	if err != nil {
		return err
	}
	kind, name := document.RoleKind, o.role
	if o.user != nil {
		kind, name = document.UserKind, o.user
	}
	h, err := simulate.FindHolder(set, of, kind, *name)
	if err != nil {
		return usageError{err}
	}
	s.As(h, set)
	for _, policy := range s.Policies.Unknown {
		r.talk.warn("%s %s also has the policy %s, whose content is not known here: it may allow or deny what is asked for", kind, printable(h.Name), printable(policy))
	}
	if s.Policies.UnknownBoundary && o.boundary == nil {
		r.talk.warn("the permissions boundary %s of %s %s is not known here: nothing is allowed; --boundary FILE reads it", printable(h.Boundary), kind, printable(h.Name))
	}
	return nil
}
