// Escalation: ways from what a principal may do to more than that.
//
// A way is a row of escalations.tsv. It is open when the union of a principal's
// identity policies allows its steps, less what is denied for certain and what
// the permissions boundary leaves out. A denial under a condition, or of a part
// of the resources, leaves a way open: it may not hold.

package review

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// escalating is a rule about ways to more: what its holder can do by them.
type escalating struct {
	id       string
	severity Severity // on all resources, under no condition
	can      string
	remedy   string
	page     string
	// named is whether a resource without wildcard is fine: it was meant.
	named bool
	// itself is whether it is no better for narrower resources when the
	// principal is among them, or a policy that it has.
	itself bool
}

const passRole = "pass-role"

func escalations() []escalating {
	const (
		iamPage  = authzGuide + "list_awsidentityandaccessmanagementiam.html"
		rolePage = userGuide + "id_roles_use_passrole.html"
	)
	return []escalating{
		{"policy-version", Critical, "change what a managed policy allows, and so give itself or others any permission", "name the policies, or leave this to those who administer IAM", userGuide + "access_policies_managed-versioning.html", false, true},
		{"attach-policy", Critical, "attach any policy, that of administrators included", "name the principals, and demand iam:PolicyARN or iam:PermissionsBoundary in a condition", userGuide + "access_controlling.html", false, true},
		{"put-policy", Critical, "write a policy of its own into a principal, and so give it any permission", "name the principals, and demand iam:PermissionsBoundary in a condition", userGuide + "access_controlling.html", false, true},
		{"trust-policy", Critical, "let itself into a role, and so take the role's permissions", "name the roles, or leave this to those who administer IAM", userGuide + "id_roles_update-role-trust-policy.html", false, true},
		{"credentials", High, "make credentials of other users, and so act as they may", "limit it to one's own user: user/${aws:username}", userGuide + "id_credentials_access-keys.html", false, true},
		{"group", High, "join principals to groups or accounts, and so take the permissions of these", "name the groups, or leave this to those who administer IAM", userGuide + "access_controlling.html", false, true},
		{"boundary", High, "take the permissions boundary from a principal or give it a wider one, and so undo what limits it", "name the principals, and demand iam:PermissionsBoundary in a condition", userGuide + "access_policies_boundaries.html", false, true},
		{passRole, High, "run code with the permissions of roles that it passes to a service", "name the roles that may be passed, and demand iam:PassedToService in a condition", rolePage, false, false},
		{"update-code", High, "change what runs with the role of something that exists, and so act as that role", "name the resources, or demand a tag in a condition", rolePage, false, false},
		{"run-on-instance", High, "run commands on instances and containers, and so act as their roles", "name the instances, or demand a tag in a condition", "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html", false, false},
		{"assume-role", High, "take every role that lets it in", "name the roles", userGuide + "id_roles_use_permissions-to-switch.html", true, false},
		{"service-linked-role", Low, "create service-linked roles of any service, and so let services act in the account that nobody chose", "demand iam:AWSServiceName in a condition", userGuide + "using-service-linked-roles.html", true, false},
		{"identity-provider", Medium, "let an identity provider vouch for others, and so open the roles that trust it", "name the providers, or leave this to those who administer IAM", userGuide + "id_roles_providers.html", false, false},
		{"cluster-access", Medium, "let principals into EKS clusters, as their administrators too", "name the clusters, or demand eks:policyArn or eks:principalArn in a condition", "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html", false, false},
	}
}

func escalationRules() []Rule {
	all := escalations()
	rules := make([]Rule, len(all))
	for i, e := range all {
		find := func(r *run, s *subject) { r.escalates(s, e) }
		if e.id == passRole {
			find = func(r *run, s *subject) { r.passesRoles(s, e) }
		}
		rules[i] = Rule{ID: Escalation + "-" + e.id, Severity: e.severity, Reference: e.page,
			Risk: "the holder can " + e.can, Remedy: e.remedy, subject: find}
	}
	return rules
}

//go:embed escalations.tsv
var escalationsTSV string

// route is a row of escalations.tsv.
type route struct {
	service, passed string // for pass-role and the like, "-" for none
	steps           [][]string
}

// routes has the ways of each rule, and the actions of them all by the prefix of
// their service, in the order of the table.
type routes struct {
	of       map[string][]route
	actions  map[string][]string
	prefixes []string
}

var loadRoutes = sync.OnceValue(func() *routes {
	w := &routes{of: map[string][]route{}, actions: map[string][]string{}}
	add := func(action string) {
		prefix, _, _ := strings.Cut(action, ":")
		if w.actions[prefix] == nil {
			w.prefixes = append(w.prefixes, prefix)
		}
		if !slices.Contains(w.actions[prefix], action) {
			w.actions[prefix] = append(w.actions[prefix], action)
		}
	}
	add(passRoleAction)
	for _, row := range rows(escalationsTSV, 4) {
		next := route{service: row[1], passed: row[2]}
		for step := range strings.FieldsSeq(row[3]) {
			next.steps = append(next.steps, strings.Split(step, "|"))
			for _, action := range strings.Split(step, "|") {
				add(action)
			}
		}
		w.of[row[0]] = append(w.of[row[0]], next)
	}
	return w
})

const passRoleAction = "iam:PassRole"

// matching calls each with the actions of the ways that a pattern means.
func (w *routes) matching(pattern string, each func(string)) {
	prefix, name, ok := strings.Cut(pattern, ":")
	if ok && !strings.ContainsAny(prefix, "*?") {
		actions := w.actions[strings.ToLower(prefix)]
		if len(actions) > 0 && strings.Trim(name, "*") != "" && !strings.ContainsAny(name, "*?") {
			for _, action := range actions {
				if strings.EqualFold(action, pattern) {
					each(action)
				}
			}
			return
		}
		for _, action := range actions {
			if document.Match(pattern, action, true) {
				each(action)
			}
		}
		return
	}
	for _, p := range w.prefixes {
		for _, action := range w.actions[p] {
			if document.Match(pattern, action, true) {
				each(action)
			}
		}
	}
}

// about returns the actions of the ways that a statement is about.
func (w *routes) about(s *statement) []string {
	var found []string
	if len(s.NotActions) > 0 {
		except := map[string]bool{}
		for _, pattern := range s.NotActions {
			w.matching(pattern, func(action string) { except[action] = true })
		}
		w.matching("*", func(action string) {
			if !except[action] {
				found = append(found, action)
			}
		})
		return found
	}
	for _, pattern := range s.Actions {
		w.matching(pattern, func(action string) {
			if !slices.Contains(found, action) {
				found = append(found, action)
			}
		})
	}
	return found
}

// grant is one action of one statement that a way may lead over.
type grant struct {
	action     string
	statement  *statement
	resources  []string // those that the action can have
	wide       bool     // all of a type
	conditions []string // those that limit it
}

// opening is what one policy opens or closes, action by action.
type opening struct {
	allowed map[string][]grant
	denied  map[string][]*statement // whenever the resources fit
}

// opens returns the grants of a policy that the ways use.
func (r *run) opens(p *policy) *opening {
	if known := r.openings[p]; known != nil {
		return known
	}
	o := &opening{map[string][]grant{}, map[string][]*statement{}}
	r.openings[p] = o
	if p.kind != identityPolicy {
		return o
	}
	for _, s := range p.statements {
		for _, action := range loadRoutes().about(s) {
			if s.Effect == document.Deny {
				if len(s.Conditions) == 0 && len(s.When) == 0 {
					o.denied[action] = append(o.denied[action], s)
				}
				continue
			}
			if g, ok := r.grant(s, action); ok {
				o.allowed[action] = append(o.allowed[action], g)
			}
		}
	}
	return o
}

func (r *run) grant(s *statement, action string) (grant, bool) {
	a, known := authz.Lookup(action)
	if !known || !r.works(s, a) {
		return grant{}, false
	}
	g := grant{action: action, statement: s}
	for _, c := range s.Conditions {
		if neverHolds(c, a) {
			return grant{}, false
		}
		if limits(c, a) {
			g.conditions = append(g.conditions, c.String())
		}
	}
	switch {
	case len(s.NotResources) > 0:
		g.wide = true
		g.resources = []string{"* but " + list(s.NotResources)}
	default:
		for _, resource := range s.Resources {
			if everyResource(resource) || r.allows(a, resource) {
				g.resources = append(g.resources, resource)
				g.wide = g.wide || everyResource(resource) || len(a.Resources) == 0 || r.coversType(a, resource)
			}
		}
	}
	return g, len(g.resources) > 0
}

// limits reports whether a condition takes anything away from the action.
func limits(c document.Condition, a *authz.Action) bool {
	op, ok := document.ParseOperator(c.Operator)
	if !ok {
		return true
	}
	if !foreign(c.Key) && keyExists(c.Key) && a.Supports(c.Key) == authz.Unsupported && withoutKey(c) == holds {
		return false
	}
	wildcards := strings.HasSuffix(op.Name, "Like") || strings.HasPrefix(op.Name, "Arn")
	return !wildcards || strings.Contains(op.Name, "Not") || !slices.ContainsFunc(c.Values, func(v string) bool { return v != "" && strings.Trim(v, "*") == "" })
}

// granted returns what opens an action to the principal, the best way first:
// all resources before some, and no condition before one.
func (r *run) granted(s *subject, action string) []grant {
	var found []grant
	for _, p := range s.policies {
		found = append(found, r.opens(p).allowed[action]...)
	}
	if len(found) == 0 {
		return nil
	}
	for _, p := range s.policies {
		for _, deny := range r.opens(p).denied[action] {
			found = without(found, deny)
		}
	}
	if boundary := r.boundary(s); boundary != nil {
		o := r.opens(boundary)
		for _, deny := range o.denied[action] {
			found = without(found, deny)
		}
		found = within(found, o.allowed[action])
	}
	slices.SortStableFunc(found, func(a, b grant) int {
		rank := func(g grant) int {
			worse := 0
			if !g.wide {
				worse++
			}
			if len(g.conditions) > 0 {
				worse++
			}
			return worse
		}
		return cmp.Compare(rank(a), rank(b))
	})
	return found
}

// boundary is the permissions boundary of a principal, nil for none that is
// known.
func (r *run) boundary(s *subject) *policy {
	if s.Boundary == "" && s.BoundaryPolicy == nil {
		return nil
	}
	if known, ok := r.boundaries[s.Holder]; ok {
		return known
	}
	var p *policy
	if s.BoundaryPolicy != nil {
		p = newPolicy(s.Boundary, identityPolicy, s.File, s.BoundaryPolicy)
	} else {
		p = readManaged(s.Boundary)
	}
	r.boundaries[s.Holder] = p
	return p
}

// without takes from grants what a denial that always holds is about.
func without(grants []grant, deny *statement) []grant {
	var left []grant
	for _, g := range grants {
		g.resources = slices.DeleteFunc(slices.Clone(g.resources), func(resource string) bool { return denies(deny, resource) })
		if len(g.resources) > 0 {
			left = append(left, g)
		}
	}
	return left
}

// denies reports whether a denial is about all that a resource stands for.
func denies(deny *statement, resource string) bool {
	if len(deny.NotResources) > 0 {
		return !slices.ContainsFunc(deny.NotResources, func(other string) bool { return document.Intersects(other, resource, false) })
	}
	return slices.ContainsFunc(deny.Resources, func(other string) bool {
		return everyResource(other) || document.Covers(other, resource, false)
	})
}

// within keeps of grants what a permissions boundary allows too.
func within(grants, boundary []grant) []grant {
	var left []grant
	for _, g := range grants {
		kept := slices.DeleteFunc(slices.Clone(g.resources), func(resource string) bool {
			return !slices.ContainsFunc(boundary, func(b grant) bool {
				return len(b.statement.NotResources) > 0 || slices.ContainsFunc(b.resources, func(other string) bool { return document.Intersects(other, resource, false) })
			})
		})
		if len(kept) > 0 {
			g.resources = kept
			g.wide = g.wide && slices.ContainsFunc(boundary, func(b grant) bool { return b.wide })
			left = append(left, g)
		}
	}
	return left
}

// walk returns the grants that open the steps of a way, or false. The first
// one of each step is the best; key are all of the first step.
func (r *run) walk(s *subject, w route) (key, rest []grant, ok bool) {
	for i, step := range w.steps {
		var found []grant
		for _, action := range step {
			all := r.granted(s, action)
			if i > 0 && len(all) > 0 {
				all = all[:1]
			}
			found = append(found, all...)
		}
		if len(found) == 0 {
			return nil, nil, false
		}
		if i == 0 {
			key = found
		} else {
			rest = append(rest, found[0])
		}
	}
	return key, rest, true
}

// administrator reports whether a principal may do everything anyhow; the rule
// full-access says so.
func (r *run) administrator(s *subject) bool {
	return slices.ContainsFunc(s.policies, func(p *policy) bool {
		return p.kind == identityPolicy && slices.ContainsFunc(p.statements, isFull)
	}) && r.boundary(s) == nil
}

// escalates finds the ways of a rule; those that begin in one statement are one
// finding.
func (r *run) escalates(s *subject, e escalating) {
	if r.administrator(s) {
		return
	}
	type found struct {
		key  grant
		path []grant
	}
	var order []*statement
	all := map[*statement]*found{}
	for _, w := range loadRoutes().of[e.id] {
		key, rest, ok := r.walk(s, w)
		if !ok {
			continue
		}
		for _, g := range key {
			if !g.wide && (e.named && !slices.ContainsFunc(g.resources, hasWildcard) || ownUser(g.resources)) {
				continue
			}
			if e.id == "service-linked-role" && (!g.wide || len(g.conditions) > 0) {
				continue
			}
			f := all[g.statement]
			if f == nil {
				f = &found{key: g}
				all[g.statement] = f
				order = append(order, g.statement)
			}
			for _, resource := range g.resources {
				if !slices.Contains(f.key.resources, resource) {
					f.key.resources = append(slices.Clone(f.key.resources), resource)
				}
			}
			f.key.wide = f.key.wide || g.wide
			f.path = append(append(f.path, g), rest...)
		}
	}
	for _, st := range order {
		f := all[st]
		e, actions := e, actionsIn(f.path)
		if e.id == "attach-policy" && namesPolicies(st) {
			e.severity, e.can = e.severity-1, "attach the policies that a condition names"
		}
		r.escalation(s, e, f.key, f.path, fmt.Sprintf("with %s %s, the holder can %s", list(actions), f.key.on("resource"), e.can))
	}
}

// passesRoles finds the services to which a principal can pass a role and that
// then run code with it; those of one statement with iam:PassRole are one
// finding.
func (r *run) passesRoles(s *subject, e escalating) {
	if r.administrator(s) {
		return
	}
	for _, pass := range r.granted(s, passRoleAction) {
		path := []grant{pass}
		var services, texts []string
		for _, w := range loadRoutes().of[passRole] {
			if !passesTo(pass.statement, w.passed) {
				continue
			}
			key, rest, ok := r.walk(s, w)
			if !ok {
				continue
			}
			steps := append([]grant{key[0]}, rest...)
			path = append(path, steps...)
			if !slices.Contains(services, w.service) {
				services = append(services, w.service)
				texts = append(texts, fmt.Sprintf("%s (%s)", w.service, strings.Join(actionsIn(steps), ", ")))
			}
		}
		if len(services) == 0 {
			continue
		}
		r.escalation(s, e, pass, path, fmt.Sprintf("with iam:PassRole %s, the holder can run code with the permissions of these roles in %s", pass.on("role"), list(texts)))
	}
}

// escalation reports a finding on the statement of the key.
func (r *run) escalation(s *subject, e escalating, key grant, path []grant, message string) {
	severity := e.severity
	if !key.wide && !(e.itself && itself(s, key)) {
		severity--
	}
	if len(key.conditions) > 0 {
		severity--
		message += ", under " + list(key.conditions)
	}
	f := Finding{Severity: max(severity, Low), Actions: actionsIn(path), Resources: key.resources, Message: message}
	if s.Kind != document.PolicyKind {
		f.Principals = []string{s.Name}
	}
	for _, g := range path {
		step := PathStep{Policy: g.statement.policy.name, Statement: g.statement.Label(), Action: g.action, Resources: g.resources, Conditions: g.conditions, Location: g.statement.location()}
		if !slices.ContainsFunc(f.Path, func(other PathStep) bool {
			return other.Policy == step.Policy && other.Statement == step.Statement && other.Action == step.Action
		}) {
			f.Path = append(f.Path, step)
		}
	}
	r.on(key.statement, f)
}

// namesPolicies reports whether a condition names the policies that may be
// attached, without wildcards, and none of those that give everything.
func namesPolicies(s *statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c document.Condition) bool {
		op, ok := document.ParseOperator(c.Operator)
		return ok && strings.EqualFold(c.Key, "iam:PolicyARN") && !strings.Contains(op.Name, "Not") && op.Name != "Null" && withoutKey(c) == fails &&
			!slices.ContainsFunc(c.Values, func(v string) bool {
				return hasWildcard(v) || strings.HasSuffix(v, ":policy/AdministratorAccess") || strings.HasSuffix(v, ":policy/IAMFullAccess") || strings.HasSuffix(v, ":policy/PowerUserAccess")
			})
	})
}

// on says on which resources a grant is, for a message.
func (g grant) on(noun string) string {
	if g.wide && len(g.statement.NotResources) == 0 {
		return "on every " + noun
	}
	return "on " + list(g.resources)
}

// itself reports whether the resources of a grant have the principal among
// them, or a policy that it holds.
func itself(s *subject, g grant) bool {
	names := []string{string(s.Kind) + "/" + s.Name}
	for _, p := range s.Policies {
		if !p.Inline {
			names = append(names, "policy/"+p.Name)
		}
	}
	return slices.ContainsFunc(g.resources, func(resource string) bool {
		parts := strings.SplitN(resource, ":", 6)
		return len(parts) == 6 && slices.ContainsFunc(names, func(name string) bool { return document.Match(parts[5], name, false) })
	})
}

// ownUser reports whether resources are the caller's own user alone.
func ownUser(resources []string) bool {
	return !slices.ContainsFunc(resources, func(resource string) bool {
		return !strings.HasSuffix(strings.ToLower(resource), ":user/${aws:username}") && !strings.HasSuffix(strings.ToLower(resource), ":user/*/${aws:username}")
	})
}

func hasWildcard(resource string) bool { return strings.ContainsAny(resource, "*?") }

// passesTo reports whether a statement lets roles be passed to a service. The
// condition key iam:PassedToService names it; in China as ec2.amazonaws.com.cn.
func passesTo(s *statement, service string) bool {
	for _, c := range s.Conditions {
		op, ok := document.ParseOperator(c.Operator)
		if !ok || !strings.EqualFold(c.Key, "iam:PassedToService") || !strings.HasPrefix(op.Name, "String") {
			continue
		}
		is := slices.ContainsFunc(c.Values, func(v string) bool {
			v = strings.ReplaceAll(v, "${AWS::URLSuffix}", "amazonaws.com")
			if strings.HasSuffix(op.Name, "Like") {
				return opaque(v) || document.Match(v, service, false) || document.Match(v, service+".cn", false)
			}
			return opaque(v) || strings.EqualFold(strings.TrimSuffix(v, ".cn"), service)
		})
		if is == strings.Contains(op.Name, "Not") {
			return false
		}
	}
	return true
}

// actionsIn are the actions of a path, each once.
func actionsIn(path []grant) []string {
	var actions []string
	for _, g := range path {
		if !slices.Contains(actions, g.action) {
			actions = append(actions, g.action)
		}
	}
	return actions
}
