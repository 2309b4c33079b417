// policy simulate

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

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
			s, err := r.simulation(c)
			if err != nil {
				return err
			}
			outcomes := s.all()
			r.talk.say("service control policies, and policies of resources elsewhere, are not seen")
			if c.String("output") == "json" {
				err = r.print(render.JSON(outcomes))
			} else {
				err = r.print([]byte(outcomesText(outcomes)))
			}
			if err != nil {
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
	// unknown says of an action that AWS does not have it.
	unknown    map[string]string
	context    map[string][]string
	parameters map[string]string
	principal  *document.Principal
	policies   simulate.Policies
	// holder is the role or user, nil for policies by themselves; set has the
	// others.
	holder *document.Holder
	set    *document.Set
}

func (r *runner) simulation(c *cli.Context) (*simulation, error) {
	s := &simulation{unknown: map[string]string{}}
	for _, resource := range c.StringSlice("resource") {
		if !slices.Contains(s.resources, resource) {
			s.resources = append(s.resources, resource)
		}
	}
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
	if err = s.readParameters(c.StringSlice("parameter")); err != nil {
		return nil, err
	}
	if err = s.readActions(r, c.StringSlice("action")); err != nil {
		return nil, err
	}
	if c.IsSet("principal") {
		p, ok := simulate.ParsePrincipal(c.String("principal"))
		if !ok {
			return nil, usagef("--principal %q is none: write an ARN, an account ID, a service such as ec2.amazonaws.com, or *", c.String("principal"))
		}
		s.principal = &p
		s.tellOf(p)
	}
	holder := c.IsSet("role") || c.IsSet("user")
	stdin := 0
	for _, name := range append(c.StringSlice("policy"), c.String("boundary"), c.String("config")) {
		if name == "-" {
			stdin++
		}
	}
	switch {
	case stdin > 1:
		return nil, usagef("- (standard input) is named %d times: it can be read once", stdin)
	case c.IsSet("role") && c.IsSet("user"), !holder && !c.IsSet("policy"):
		return nil, usagef("whose request is it? name one of --role NAME, --user NAME or --policy FILE")
	case c.Bool("deployed") && c.IsSet("policy"):
		return nil, usagef("--deployed and --policy both say where to look: name one of them")
	case c.Bool("deployed") && !holder:
		return nil, usagef("--deployed goes with --role or --user")
	case holder:
		err = s.readHolder(r, c)
	default:
		err = s.readPolicies(r, c)
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

// tellOf adds the condition keys that every request of a principal has. Those of
// a role's session depend on the role's path. Source: IAM User Guide, "AWS global
// condition context keys", "Properties of the principal".
func (s *simulation) tellOf(p document.Principal) {
	parts := strings.SplitN(p.ID, ":", 6)
	if p.Kind != "AWS" || len(parts) < 6 {
		return
	}
	tell := func(key, value string) {
		if s.context[key] == nil && value != "" {
			s.context[key] = []string{value}
		}
	}
	tell("aws:principalaccount", parts[4])
	if parts[2] == "iam" {
		tell("aws:principalarn", p.ID)
	}
	if user, ok := strings.CutPrefix(parts[5], "user/"); ok && parts[2] == "iam" {
		tell("aws:username", user[strings.LastIndexByte(user, '/')+1:])
	}
}

// readParameters reads --parameter.
func (s *simulation) readParameters(flags []string) error {
	s.parameters = map[string]string{}
	for _, flag := range flags {
		name, value, ok := strings.Cut(flag, "=")
		if !ok || name == "" {
			return usagef("--parameter %q is no NAME=VALUE, such as AWS::AccountId=111122223333", flag)
		}
		s.parameters[name] = value
	}
	return nil
}

// readActions reads --action; a wildcard stands for all that match. One that AWS
// does not have may be newer than what is known here: it is no error.
func (s *simulation) readActions(r *runner, flags []string) error {
	if len(flags) == 0 {
		return usagef("--action is missing: name what is asked for, such as ec2:RunInstances")
	}
	seen := map[string]bool{}
	add := func(name string) {
		if lower := strings.ToLower(name); !seen[lower] {
			seen[lower] = true
			s.actions = append(s.actions, name)
		}
	}
	for _, flag := range flags {
		if prefix, name, ok := strings.Cut(flag, ":"); !ok || prefix == "" || name == "" || strings.ContainsAny(flag, " \t\r\n") {
			return usagef("--action %q is no SERVICE:ACTION, such as ec2:RunInstances", flag)
		}
		if strings.ContainsAny(flag, "*?") {
			matched := authz.Match(flag)
			if len(matched) == 0 {
				return usagef("--action %s: AWS has no action that it matches", flag)
			}
			for _, a := range matched {
				add(a.String())
			}
			continue
		}
		if _, ok := authz.Lookup(flag); !ok {
			text := "AWS has no action " + flag
			if closest, found := authz.Closest(flag); found {
				text += fmt.Sprintf(", did you mean %q?", closest)
			}
			s.unknown[flag] = text
			r.talk.warn("%s", printable(text))
		}
		add(flag)
	}
	return nil
}

// readDocument reads the policy document in a file.
func (r *runner) readDocument(c *cli.Context, path string) (*document.Policy, error) {
	name, text, err := input.Read(c.Context, path, r.Stdin, maxDocument)
	if err != nil {
		return nil, usageError{err}
	}
	doc, err := document.Read(name, text)
	if err == nil {
		return &document.Policy{Name: name, Document: doc}, nil
	}
	if set, ofSet := document.ReadSet(name, text); ofSet == nil && len(set.Principals) > 0 || isConfiguration(text) {
		return nil, usagef("%s is no policy document: it has roles or users; name one of them with --role or --user", name)
	}
	return nil, usageError{err}
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
	set, of, err := r.chosenSet(c, c.StringSlice("policy"))
	if err != nil {
		return err
	}
	s.set = set
	kind, name := document.RoleKind, c.String("role")
	if c.IsSet("user") {
		kind, name = document.UserKind, c.String("user")
	}
	if s.holder, err = named(set, kind, name, of); err != nil {
		return err
	}
	s.policies = policiesOf(s.holder)
	for _, arn := range s.policies.Unknown {
		r.talk.warn("%s %s also has the policy %s, whose content is not known here: it may allow or deny what is asked for", kind, printable(s.holder.Name), printable(arn))
	}
	if s.policies.UnknownBoundary && !c.IsSet("boundary") {
		r.talk.warn("the permissions boundary %s of %s %s is not known here: nothing is allowed; --boundary FILE reads it", printable(s.holder.Boundary), kind, printable(s.holder.Name))
	}
	if kind == document.UserKind && s.context["aws:username"] == nil {
		s.context["aws:username"] = []string{s.holder.Name}
	}
	return nil
}

// named returns the holder with a name, a logical ID, or a name without the
// suffix that the configuration puts to all of them.
func named(set *document.Set, kind document.Kind, name, of string) (*document.Holder, error) {
	var exact, short []*document.Holder
	var names []string
	for _, h := range set.Principals {
		if h.Kind != kind {
			continue
		}
		before, _, _ := strings.Cut(h.Name, ".")
		switch {
		case h.Name == name || h.LogicalID == name:
			exact = append(exact, h)
		case before == name:
			short = append(short, h)
		}
		if strings.Contains(name, ".") {
			before = h.Name
		}
		if !slices.Contains(names, before) {
			names = append(names, before)
		}
	}
	found := exact
	if len(found) == 0 {
		found = short
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		var places []string
		for _, h := range found {
			places = append(places, strings.TrimSpace(h.Name+" "+h.LogicalID+" "+h.File))
		}
		return nil, usagef("%s has %d %ss that %q may be: %s; name one by its whole name or logical ID", of, len(found), kind, name, strings.Join(places, ", "))
	case len(names) == 0:
		return nil, usagef("%s has no %s", of, kind)
	}
	return nil, usagef("%s has no %s %q%s", of, kind, name, spell.Allowed(name, names))
}

// policiesOf are the policies of a role or user, with those of AWS.
func policiesOf(h *document.Holder) simulate.Policies {
	p := simulate.Policies{Identity: slices.Clone(h.Policies), UnknownBoundary: h.Boundary != "" && h.BoundaryPolicy == nil}
	if h.BoundaryPolicy != nil {
		p.Boundary = &document.Policy{Name: h.Boundary, Document: h.BoundaryPolicy}
	} else if known, ok := managed.Read(h.Boundary); ok {
		p.Boundary, p.UnknownBoundary = placeless(known), false
	}
	for _, arn := range h.Attached {
		if known, ok := managed.Read(arn); ok {
			p.Identity = append(p.Identity, *placeless(known))
		} else {
			p.Unknown = append(p.Unknown, arn)
		}
	}
	return p
}

// placeless leaves out the lines of a policy of AWS: nobody has the file.
func placeless(p document.Policy) *document.Policy {
	doc := *p.Document
	doc.Statements = slices.Clone(doc.Statements)
	for i := range doc.Statements {
		doc.Statements[i].Line, doc.Statements[i].Column = 0, 0
	}
	p.Document = &doc
	return &p
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

func (s *simulation) one(action, resource string) outcome {
	o := s.decided(action, resource)
	if text := s.unknown[action]; text != "" {
		o.Notes = append(o.Notes, text)
	}
	return o
}

func (s *simulation) decided(action, resource string) outcome {
	request := simulate.Request{Action: action, Resource: resource, Context: s.context, Parameters: s.parameters}
	policies := s.policies
	if simulate.Assumes(action) && policies.Resource == nil {
		switch target := s.roleOf(resource); {
		case s.isSelf(resource, target):
			// Who may assume this role?
			policies = simulate.Policies{Resource: trustOf(s.holder), ResourceAlone: true}
		case target != nil:
			policies.Resource = trustOf(target)
			request.Principal = s.caller(resource)
			return outcomeOf(request, simulate.Evaluate(policies, request))
		default:
			o := outcomeOf(request, simulate.Evaluate(policies, request))
			if o.Decision == simulate.Allowed {
				o.Notes = append(o.Notes, "the trust policy of the role is not seen, and must allow it too")
			}
			return o
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
			o.Notes = append(o.Notes, "the policies of who asks are not seen: they may have to allow it too, and may deny it")
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

// isSelf reports whether a resource, with its role in the set, is the role
// itself, or none is named.
func (s *simulation) isSelf(resource string, target *document.Holder) bool {
	return s.holder != nil && s.holder.Kind == document.RoleKind && (resource == "*" || target == s.holder)
}

// roleOf returns the role of the set with an ARN, or nil.
func (s *simulation) roleOf(resource string) *document.Holder {
	parts := strings.SplitN(resource, ":", 6)
	if s.set == nil || len(parts) < 6 || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
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
