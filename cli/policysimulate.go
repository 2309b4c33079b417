// policy simulate

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"capaboot/iam"
	"capaboot/internal/input"
	"capaboot/internal/render"
	"capaboot/internal/spell"
	"capaboot/policies/authz"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

func (r *runner) policySimulate() *cli.Command {
	return &cli.Command{
		Name:  "simulate",
		Usage: "tell whether a request is allowed, and by which statement",
		Description: `Evaluates requests as IAM does: every --action with every --resource, in the
context of the condition keys of --context. --role or --user name one of the
configuration (or, with --deployed, of the account), by name or logical ID;
--policy FILE is a policy of the caller, and may be repeated.

For sts:AssumeRole the trust policy decides: that of --role, or the one that
--policy names, for --principal, or else for anyone whom it names.

The decisions are IAM's: allowed, explicitDeny, implicitDeny. Service control
policies and policies of resources elsewhere are not seen.

` + generatingHelp,
		Flags: append(generatingFlags(accountFlags()...),
			outputFlag("text", "json"),
			&cli.StringFlag{Name: "role", Usage: "as the role with this `NAME`"},
			&cli.StringFlag{Name: "user", Usage: "as the user with this `NAME`"},
			deployedFlag(),
			&cli.StringSliceFlag{Name: "policy", Usage: "as somebody with the policy in `FILE`, - for stdin"},
			&cli.StringFlag{Name: "boundary", Usage: "within the permissions boundary in `FILE`"},
			&cli.StringSliceFlag{Name: "action", Usage: "`ACTION` of the request; with a wildcard, all that match"},
			&cli.StringSliceFlag{Name: "resource", Usage: "`ARN` of the request, or *, the default"},
			&cli.StringFlag{Name: "principal", Usage: "for trust policies: `WHO` asks, an ARN, account or service"},
			&cli.StringSliceFlag{Name: "context", Usage: "`KEY=VALUE` of the request; repeat a key for several values"},
			&cli.BoolFlag{Name: "exit-code", DisableDefaultText: true, Usage: "exit with 3 when anything is denied"},
		),
		Action: func(c *cli.Context) error {
			s, err := r.simulation(c)
			if err != nil {
				return err
			}
			outcomes := s.all()
			r.talk.say("service control policies, and policies of resources elsewhere, are not seen")
			text := render.JSON(outcomes)
			if c.String("output") != "json" {
				text = []byte(outcomesText(outcomes))
			}
			if err := r.print(text); err != nil {
				return err
			}
			denied := slices.ContainsFunc(outcomes, func(o outcome) bool { return o.Decision != simulate.Allowed })
			if c.Bool("exit-code") && denied {
				return errFound
			}
			return nil
		},
	}
}

// outcome is the decision on one request. Its JSON is documented in
// docs/security-review.md.
type outcome struct {
	Action     string               `json:"action"`
	Resource   string               `json:"resource"`
	Decision   simulate.Decision    `json:"decision"`
	Statements []simulate.Statement `json:"statements"`
	// Principal is who asks, for a trust policy.
	Principal string   `json:"principal,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Missing   []string `json:"missingContextKeys"`
	Notes     []string `json:"notes"`
}

// simulation is what a run evaluates.
type simulation struct {
	actions, resources []string
	context            map[string][]string
	principal          *document.Principal
	policies           simulate.Policies
	// holder is the role or user, nil for policies by themselves; set has the
	// others.
	holder *document.Holder
	set    *document.Set
}

func (r *runner) simulation(c *cli.Context) (*simulation, error) {
	s := &simulation{resources: c.StringSlice("resource")}
	if len(s.resources) == 0 {
		s.resources = []string{"*"}
	}
	for _, resource := range s.resources {
		if resource != "*" && (!strings.HasPrefix(resource, "arn:") || strings.Count(resource, ":") < 5) {
			return nil, usagef("--resource %q is no ARN: write it as arn:aws:s3:::bucket/key, or * for a request about no resource", resource)
		}
	}
	var err error
	if s.context, err = r.contextKeys(c.StringSlice("context")); err != nil {
		return nil, err
	}
	if s.actions, err = r.requested(c.StringSlice("action")); err != nil {
		return nil, err
	}
	if c.IsSet("principal") {
		p, ok := simulate.ParsePrincipal(c.String("principal"))
		if !ok {
			return nil, usagef("--principal %q is none: write an ARN, an account ID, a service such as ec2.amazonaws.com, or *", c.String("principal"))
		}
		s.principal = &p
	}
	kinds := 0
	for _, name := range []string{"role", "user", "policy"} {
		if c.IsSet(name) {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return nil, usagef("whose request is it? name one of --role NAME, --user NAME or --policy FILE")
	case c.Bool("deployed") && c.IsSet("policy"):
		return nil, usagef("--deployed goes with --role or --user, not with --policy")
	case c.IsSet("policy"):
		err = s.readPolicies(r, c)
	default:
		err = s.readHolder(r, c)
	}
	if err != nil {
		return nil, err
	}
	if c.IsSet("boundary") {
		if s.policies.Boundary, err = r.readDocument(c, c.String("boundary")); err != nil {
			return nil, err
		}
		s.policies.UnknownBoundary = false
	}
	if n := len(s.actions) * len(s.resources); n*s.statements() > maxEvaluations {
		return nil, usagef("%d requests against %d statements are too many at once: name fewer actions or resources", n, s.statements())
	}
	return s, nil
}

// maxEvaluations is how often a statement is held against a request at most;
// that many take about two seconds.
const maxEvaluations = 5_000_000

// statements is how many there are to evaluate, 1 at least.
func (s *simulation) statements() int {
	n := 1
	for _, p := range s.policies.Identity {
		n += len(p.Document.Statements)
	}
	for _, p := range []*document.Policy{s.policies.Boundary, s.policies.Resource} {
		if p != nil {
			n += len(p.Document.Statements)
		}
	}
	return n
}

// contextKeys reads --context.
func (r *runner) contextKeys(flags []string) (map[string][]string, error) {
	context := map[string][]string{}
	for _, flag := range flags {
		key, value, ok := strings.Cut(flag, "=")
		if !ok || strings.TrimSpace(key) == "" {
			return nil, usagef("--context %q is no KEY=VALUE, such as aws:RequestedRegion=eu-west-1", flag)
		}
		if _, global := authz.Global(key); !global {
			if _, known := authz.Key(key); !known && !strings.Contains(key, ".") {
				r.talk.warn("AWS has no condition key %s: no request has it", printable(key))
			}
		}
		key = strings.ToLower(key)
		context[key] = append(context[key], value)
	}
	return context, nil
}

// requested reads --action; a wildcard stands for all that match.
func (r *runner) requested(flags []string) ([]string, error) {
	if len(flags) == 0 {
		return nil, usagef("--action is missing: name what is asked for, such as ec2:RunInstances")
	}
	var actions []string
	add := func(name string) {
		if !slices.ContainsFunc(actions, func(known string) bool { return strings.EqualFold(known, name) }) {
			actions = append(actions, name)
		}
	}
	for _, flag := range flags {
		if prefix, name, ok := strings.Cut(flag, ":"); !ok || prefix == "" || name == "" || strings.ContainsAny(flag, " \t\r\n") {
			return nil, usagef("--action %q is no SERVICE:ACTION, such as ec2:RunInstances", flag)
		}
		if strings.ContainsAny(flag, "*?") {
			matched := authz.Match(flag)
			if len(matched) == 0 {
				return nil, usagef("--action %s: AWS has no action that it matches", flag)
			}
			for _, a := range matched {
				actions = append(actions, a.String())
			}
			continue
		}
		if _, ok := authz.Lookup(flag); !ok {
			near := ""
			if closest, found := authz.Closest(flag); found {
				near = fmt.Sprintf(", did you mean %q?", closest)
			}
			r.talk.warn("AWS has no action %s%s", printable(flag), near)
		}
		add(flag)
	}
	return actions, nil
}

// readDocument reads the policy document in a file.
func (r *runner) readDocument(c *cli.Context, path string) (*document.Policy, error) {
	name, text, err := input.Read(c.Context, path, r.Stdin, maxDocument)
	if err != nil {
		return nil, usageError{err}
	}
	doc, err := document.Read(name, text)
	if err != nil {
		return nil, usageError{err}
	}
	return &document.Policy{Name: name, Document: doc}, nil
}

// readPolicies reads the files of --policy. One with principals is the policy
// of a resource, such as a trust policy.
func (s *simulation) readPolicies(r *runner, c *cli.Context) error {
	for _, path := range c.StringSlice("policy") {
		policy, err := r.readDocument(c, path)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(policy.Document.Statements, func(s document.Statement) bool {
			return len(s.Principals)+len(s.NotPrincipals) > 0
		}) {
			if s.policies.Resource != nil {
				return usagef("%s and %s both name principals: a request is about one resource with one policy", s.policies.Resource.Name, policy.Name)
			}
			s.policies.Resource = policy
			continue
		}
		s.policies.Identity = append(s.policies.Identity, *policy)
	}
	s.policies.ResourceAlone = len(s.policies.Identity) == 0
	return nil
}

// readHolder finds the role or user.
func (s *simulation) readHolder(r *runner, c *cli.Context) error {
	set, of, err := r.chosenSet(c, nil)
	if err != nil {
		return err
	}
	s.set = set
	kind, name := document.RoleKind, c.String("role")
	if c.IsSet("user") {
		kind, name = document.UserKind, c.String("user")
	}
	var names []string
	for _, h := range set.Principals {
		if h.Kind != kind {
			continue
		}
		// "controllers" is enough for a name of CAPA's, unless it is one itself.
		if h.Name == name || h.LogicalID == name || h.Name == name+iam.DefaultNameSuffix && s.holder == nil {
			s.holder = h
		}
		names = append(names, h.Name)
	}
	if s.holder == nil {
		if len(names) == 0 {
			return usagef("%s has no %s", of, kind)
		}
		return usagef("%s has no %s %q%s", of, kind, name, spell.Allowed(name, names))
	}
	s.policies = policiesOf(s.holder)
	if kind == document.UserKind && s.context["aws:username"] == nil {
		s.context["aws:username"] = []string{s.holder.Name}
	}
	return nil
}

// policiesOf are the policies of a role or user, with those of AWS.
func policiesOf(h *document.Holder) simulate.Policies {
	p := simulate.Policies{Identity: slices.Clone(h.Policies), UnknownBoundary: h.Boundary != "" && h.BoundaryPolicy == nil}
	if h.BoundaryPolicy != nil {
		p.Boundary = &document.Policy{Name: h.Boundary, Document: h.BoundaryPolicy}
	} else if known, ok := managed.Read(h.Boundary); ok {
		p.Boundary, p.UnknownBoundary = &known, false
	}
	for _, arn := range h.Attached {
		if known, ok := managed.Read(arn); ok {
			p.Identity = append(p.Identity, known)
		} else {
			p.Unknown = append(p.Unknown, arn)
		}
	}
	return p
}

// lineless leaves out places in a text that nobody has seen: what we generate.
func lineless(statements []simulate.Statement) []simulate.Statement {
	for i := range statements {
		statements[i].Line, statements[i].Column = 0, 0
	}
	return statements
}

// all evaluates every action with every resource.
func (s *simulation) all() []outcome {
	outcomes := []outcome{}
	for _, action := range s.actions {
		for _, resource := range s.resources {
			outcomes = append(outcomes, s.one(action, resource))
		}
	}
	return outcomes
}

func (s *simulation) one(action, resource string) (o outcome) {
	request := simulate.Request{Action: action, Resource: resource, Context: s.context}
	policies := s.policies
	if s.holder != nil {
		defer func() { o.Statements = lineless(o.Statements) }()
	}
	if s.holder != nil && assumes(action) {
		if s.isSelf(resource) {
			// Who may assume this role?
			policies = simulate.Policies{Resource: trustOf(s.holder), ResourceAlone: true}
		} else if target := s.roleOf(resource); target != nil {
			policies.Resource = trustOf(target)
			request.Principal = s.caller(resource)
			return outcomeOf(request, simulate.Evaluate(policies, request))
		}
	}
	if policies.Resource == nil {
		return outcomeOf(request, simulate.Evaluate(policies, request))
	}
	// One that the policy names, if nobody is named: the first that gets in.
	var first *outcome
	for _, principal := range s.principals(policies.Resource.Document) {
		request.Principal = principal
		o := outcomeOf(request, simulate.Evaluate(policies, request))
		if o.Decision == simulate.Allowed && policies.ResourceAlone && principal.Kind == "AWS" {
			o.Notes = append(o.Notes, "an identity policy of "+principal.ID+" may have to allow it too, and may deny it")
		}
		if first == nil || o.Decision == simulate.Allowed {
			first = &o
		}
		if o.Decision == simulate.Allowed {
			break
		}
	}
	return *first
}

func trustOf(h *document.Holder) *document.Policy {
	return &document.Policy{Name: "the trust policy of " + h.Name, Document: h.Trust}
}

// principals are who a trust policy is evaluated for.
func (s *simulation) principals(doc *document.Document) []document.Principal {
	if s.principal != nil {
		return []document.Principal{*s.principal}
	}
	var all []document.Principal
	if doc != nil {
		for _, statement := range doc.Statements {
			for _, p := range statement.Principals {
				if statement.Effect == document.Allow && !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	if len(all) == 0 {
		return []document.Principal{{Kind: "AWS", ID: "*"}}
	}
	return all
}

// assumes reports whether an action is one that a trust policy decides on.
func assumes(action string) bool {
	return document.Match("sts:AssumeRole*", action, true) || strings.EqualFold(action, "sts:TagSession") || strings.EqualFold(action, "sts:SetSourceIdentity")
}

// isSelf reports whether a resource is the role itself, or none is named.
func (s *simulation) isSelf(resource string) bool {
	return s.holder.Kind == document.RoleKind && (resource == "*" || s.roleOf(resource) == s.holder)
}

// roleOf returns the role of the set with an ARN, or nil.
func (s *simulation) roleOf(resource string) *document.Holder {
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) < 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return nil
	}
	name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	for _, h := range s.set.Principals {
		if h.Kind == document.RoleKind && h.Name == name {
			return h
		}
	}
	return nil
}

// caller is the role or user as a principal of the account of a resource.
func (s *simulation) caller(resource string) document.Principal {
	if s.principal != nil {
		return *s.principal
	}
	parts := strings.SplitN(resource, ":", 6)
	return document.Principal{Kind: "AWS", ID: fmt.Sprintf("arn:%s:iam::%s:%s/%s", parts[1], parts[4], s.holder.Kind, s.holder.Name)}
}

func outcomeOf(request simulate.Request, result simulate.Result) outcome {
	o := outcome{Action: request.Action, Resource: request.Resource, Decision: result.Decision, Reason: result.Reason,
		Statements: append([]simulate.Statement{}, result.Statements...), Missing: append([]string{}, result.Missing...), Notes: append([]string{}, result.Notes...)}
	if request.Principal.Kind != "" {
		o.Principal = request.Principal.String()
	}
	return o
}

// outcomesText is a list of decisions for people.
func outcomesText(outcomes []outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		text := printable(o.Action)
		if o.Resource != "*" {
			text += " on " + printable(o.Resource)
		}
		if o.Principal != "" {
			text += " by " + printable(o.Principal)
		}
		b.WriteString(wrap(text, fmt.Sprintf("%-14s", o.Decision), "                "))
		for _, s := range o.Statements {
			place := fmt.Sprintf("%s by %s of %s", s.Effect, printable(s.Label), printable(s.Policy))
			if s.Part == "boundary" {
				place += ", the permissions boundary"
			}
			if s.Line > 0 && s.Column > 0 {
				place += fmt.Sprintf(", line %d", s.Line)
			}
			b.WriteString(wrap(place, "  ", "    "))
		}
		if o.Reason != "" {
			b.WriteString(wrap(o.Reason, "  ", "    "))
		}
		if len(o.Missing) > 0 {
			b.WriteString(wrap("not in the request: "+printable(strings.Join(o.Missing, ", ")), "  ", "    "))
		}
		for _, note := range o.Notes {
			b.WriteString(wrap("note: "+printable(note), "  ", "    "))
		}
	}
	return b.String()
}
