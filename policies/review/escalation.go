// Escalation: grants that lead to more grants.
//
// A way is a row of escalations.tsv: actions that together give more than they
// are. It is there for a principal when the union of its identity policies
// allows them all, on resources that are of use, and neither a Deny nor its
// permissions boundary is in the way. What is not known counts as allowed: the
// conditions of a request, a Deny that depends on some, a boundary whose
// document is not here.

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

func escalationRules() []Rule {
	const (
		managing  = userGuide + "access_policies_manage-attach-detach.html"
		passing   = userGuide + "id_roles_use_passrole.html"
		noChanges = "leave this to administrators, or name the resources, none that the principal itself holds"
	)
	rules := []Rule{
		{ID: "escalation-policy-version", Severity: High, Reference: userGuide + "access_policies_managed-versioning.html",
			Risk: "who writes a version of a policy decides what its holders may do", Remedy: "leave this to administrators, or name the policies, none that the principal itself has"},
		{ID: "escalation-attach-policy", Severity: High, Reference: managing,
			Risk: "who attaches policies can attach AdministratorAccess", Remedy: noChanges + ", and demand the policies that may be attached with iam:PolicyARN"},
		{ID: "escalation-put-policy", Severity: High, Reference: managing,
			Risk: "who writes inline policies can allow everything", Remedy: noChanges + ", and demand a permissions boundary with iam:PermissionsBoundary"},
		{ID: "escalation-trust-policy", Severity: High, Reference: userGuide + "id_roles_update-role-trust-policy.html",
			Risk: "who edits the trust policy of a role can let itself in", Remedy: "leave this to administrators, or name the roles"},
		{ID: "escalation-credentials", Severity: High, Reference: userGuide + "id_credentials_access-keys.html",
			Risk: "who makes keys or passwords of a user can act as that user", Remedy: "allow it on the caller's own user, user/${aws:username}, or name the users"},
		{ID: "escalation-group", Severity: High, Reference: userGuide + "id_groups_manage_add-remove-users.html",
			Risk: "who adds users to groups can join one that may do more", Remedy: "leave this to administrators, or name the groups"},
		{ID: "escalation-boundary", Severity: Medium, Reference: userGuide + "access_policies_boundaries.html",
			Risk: "who takes a permissions boundary away, or sets another, lifts the limit that it is", Remedy: "leave this to administrators, and deny it to those who have a boundary"},
		{ID: "escalation-pass-role", Severity: High, Reference: passing,
			Risk: "who passes a role to a service that runs its code, or acts for it, has the role's permissions", Remedy: "name the roles that may be passed, and demand the service with iam:PassedToService"},
		{ID: "escalation-update-code", Severity: High, Reference: passing,
			Risk: "who changes what runs with a role has the role's permissions, without passing it", Remedy: "name the functions, projects and stacks that may be changed"},
		{ID: "escalation-run-on-instance", Severity: High, Reference: "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-launch-managed-instance.html",
			Risk: "who runs commands on an instance has the permissions of its role", Remedy: "demand a tag of the instances with aws:ResourceTag, or name them"},
		{ID: "escalation-assume-role", Severity: High, Reference: userGuide + "id_roles_use_permissions-to-switch.html",
			Risk: "who may assume roles by wildcard may assume every one that trusts the account, those to come included", Remedy: "name the roles"},
		{ID: "escalation-service-linked-role", Severity: Low, Reference: userGuide + "id_roles_create-service-linked-role.html",
			Risk: "any AWS service can be given its role in the account", Remedy: "demand the services that are used with iam:AWSServiceName"},
		{ID: "escalation-identity-provider", Severity: Medium, Reference: userGuide + "id_roles_providers.html",
			Risk: "who changes identity providers decides whose identities get in", Remedy: "leave this to administrators, or name the providers"},
		{ID: "escalation-cluster-access", Severity: High, Reference: "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
			Risk: "who changes the access to a cluster can become its administrator, and use the roles of its pods", Remedy: "name the clusters, and demand the access policies that may be associated with eks:policyArn"},
	}
	for i := range rules {
		rules[i].subject = func(r *run, s *subject) { r.escalate(s, r.rule.ID) }
	}
	return rules
}

//go:embed escalations.tsv
var escalationsTSV string

// route is a row of escalations.tsv.
type route struct {
	steps    [][]int // of each step the needs, one of which will do
	severity Severity
	self     selfMeans
	services []string // see mayPassTo; none: no role is passed
	gains    string
}

// selfMeans is what it means that the principal itself is among the resources.
type selfMeans uint8

const (
	selfAsOthers selfMeans = iota
	selfWorse              // it changes its own permissions
	selfNothing            // it has what it gains already
)

// need is an action that is part of a way.
type need struct {
	name  string // in lower case, for comparing with patterns
	types []string
}

// escalationFacts is escalations.tsv.
type escalationFacts struct {
	ways  map[string][]route // by rule
	needs []need
	// byName are the needs of an action, byService all of a service.
	byName, byService map[string][]int
}

var loadEscalations = sync.OnceValue(func() *escalationFacts {
	f := &escalationFacts{ways: map[string][]route{}, byName: map[string][]int{}, byService: map[string][]int{}}
	index := map[string]int{}
	for _, row := range rows(escalationsTSV, 7) {
		severity, err := ParseSeverity(row[2])
		if err != nil {
			panic("escalations.tsv: " + err.Error())
		}
		w := route{severity: severity, gains: row[5]}
		switch row[3] {
		case "worse":
			w.self = selfWorse
		case "nothing":
			w.self = selfNothing
		}
		if row[4] != "-" {
			w.services = strings.Fields(row[4])
		}
		for _, step := range strings.Fields(row[1]) {
			var needs []int
			for _, one := range strings.Split(step, "|") {
				i, ok := index[one]
				if !ok {
					action, types, narrowed := strings.Cut(one, "@")
					n := need{name: strings.ToLower(action)}
					if narrowed {
						n.types = strings.Split(types, "+")
					}
					i = len(f.needs)
					index[one] = i
					f.needs = append(f.needs, n)
					service, _, _ := strings.Cut(n.name, ":")
					f.byName[n.name] = append(f.byName[n.name], i)
					f.byService[service] = append(f.byService[service], i)
				}
				needs = append(needs, i)
			}
			w.steps = append(w.steps, needs)
		}
		f.ways[row[0]] = append(f.ways[row[0]], w)
	}
	return f
})

// named are the needs that a pattern of a statement matches.
func (f *escalationFacts) named(pattern string) []int {
	pattern = strings.ToLower(pattern)
	if opaque(pattern) {
		return nil
	}
	if !strings.ContainsAny(pattern, "*?") {
		return f.byName[pattern]
	}
	service, _, _ := strings.Cut(pattern, ":")
	all, one := f.byService[service]
	var found []int
	if one || !strings.ContainsAny(service, "*?") {
		for _, i := range all {
			if document.Match(pattern, f.needs[i].name, false) {
				found = append(found, i)
			}
		}
		return found
	}
	for i := range f.needs {
		if document.Match(pattern, f.needs[i].name, false) {
			found = append(found, i)
		}
	}
	return found
}

// naming are the statements of a policy that are about a need, in order.
type naming struct{ allow, deny map[int][]*statement }

// naming reads a policy once.
func (r *run) naming(p *policy) *naming {
	n := r.namings[p]
	if n != nil {
		return n
	}
	n = &naming{map[int][]*statement{}, map[int][]*statement{}}
	r.namings[p] = n
	f := loadEscalations()
	for _, s := range p.statements {
		into := n.allow
		if s.Effect == document.Deny {
			into = n.deny
		}
		add := func(i int) {
			if list := into[i]; len(list) == 0 || list[len(list)-1] != s {
				into[i] = append(list, s)
			}
		}
		if len(s.NotActions) > 0 {
			not := make([]bool, len(f.needs))
			for _, pattern := range s.NotActions {
				for _, i := range f.named(pattern) {
					not[i] = true
				}
			}
			for i := range f.needs {
				if !not[i] {
					add(i)
				}
			}
			continue
		}
		for _, pattern := range s.Actions {
			for _, i := range f.named(pattern) {
				add(i)
			}
		}
	}
	return n
}

// climber is a principal with what it is granted of the needs.
type climber struct {
	*run
	subject  *subject
	facts    *escalationFacts
	boundary *policy // or nil
	granted  map[int][]*grant
	best     map[int]*grant // see widest
	left     int            // what may still be compared
}

// spend reports false when too much has been compared, and takes a note. Then
// grants count that a Deny or the boundary may take away.
func (c *climber) spend(n int) bool {
	if c.left -= n; c.left >= 0 {
		return true
	}
	c.limits[fmt.Sprintf("%s %s: too large to take all that is denied into account, so some of its ways to more may not be there", c.subject.Kind, c.subject.Name)] = true
	return false
}

// grant is what a statement allows of a need, when denies and boundary are
// taken off.
type grant struct {
	*statement
	action    *authz.Action
	types     []string // of the need
	resources []string // patterns
	conditions
	// denies take something of it away, or under conditions all.
	denies []*statement
}

// conditions are those of a statement, and of the one of the boundary.
type conditions []document.Condition

// climber returns nil for a principal of which nothing is to be said: it has
// nothing of what a way takes, or everything.
func (r *run) climber(s *subject) *climber {
	c, known := r.climbers[s]
	if known {
		return c
	}
	some := false
	for _, p := range s.policies {
		if p.kind != identityPolicy {
			continue
		}
		some = some || len(r.naming(p).allow) > 0
		if slices.ContainsFunc(p.statements, func(st *statement) bool { return isFull(st) && len(st.Conditions) == 0 }) {
			some = false // an administrator: another rule
			break
		}
	}
	if some {
		c = &climber{run: r, subject: s, facts: loadEscalations(), boundary: r.boundary(s), granted: map[int][]*grant{}, best: map[int]*grant{}, left: maxPairs}
	}
	r.climbers[s] = c
	return c
}

// grants returns what allows a need.
func (c *climber) grants(i int) []*grant {
	found, known := c.granted[i]
	if known {
		return found
	}
	c.granted[i] = nil
	var denies []*statement
	for _, p := range c.identityPolicies() {
		denies = append(denies, c.naming(p).deny[i]...)
	}
	if c.boundary != nil {
		denies = append(denies, c.naming(c.boundary).deny[i]...)
	}
	action, ok := authz.Lookup(c.facts.needs[i].name)
	if !ok {
		return nil
	}
	for _, p := range c.identityPolicies() {
		for _, s := range c.naming(p).allow[i] {
			if isFull(s) || slices.ContainsFunc(s.Conditions, func(cond document.Condition) bool { return neverHolds(cond, action) }) {
				continue // full-access reports the first
			}
			g := &grant{statement: s, action: action, types: c.facts.needs[i].types, conditions: s.Conditions}
			g.resources = c.fitting(s, action, g.types)
			c.takeOff(g, denies)
			if c.boundary != nil {
				g = c.within(g, i)
			}
			if g != nil && len(g.resources) > 0 {
				found = append(found, g)
			}
		}
	}
	c.granted[i] = found
	return found
}

func (c *climber) identityPolicies() []*policy {
	return slices.DeleteFunc(slices.Clone(c.subject.policies), func(p *policy) bool { return p.kind != identityPolicy })
}

// fitting returns the resources of a statement that the action can be about,
// of certain types if there are some.
func (r *run) fitting(s *statement, a *authz.Action, types []string) []string {
	if len(s.Resources) == 0 {
		if len(s.NotResources) == 0 || slices.ContainsFunc(s.NotResources, everyResource) {
			return nil
		}
		return []string{"*"} // without those: takeOff
	}
	var fit []string
	for _, resource := range s.Resources {
		fits := wide(resource)
		switch {
		case fits:
		case strings.Contains(resource, ":role/aws-service-role/") && a.String() != actionsOf("create-service-linked-role")[0]:
			// Nobody but its service can change a service-linked role, or have it.
			// Source: IAM User Guide, "Service-linked roles".
		case len(types) == 0:
			fits = r.allows(a, resource)
		default:
			fits = slices.ContainsFunc(types, func(wanted string) bool {
				name, one, named := strings.Cut(wanted, "/")
				t := a.Resource(name)
				return t != nil && r.typeAllows(t.Type, resource) && (!named || mayBeNamed(resource, name+"/"+one))
			})
		}
		if fits && !slices.Contains(fit, resource) {
			fit = append(fit, resource)
		}
	}
	return fit
}

// mayBeNamed reports whether a pattern can stand for a resource whose ARN ends
// in a name.
func mayBeNamed(resource, name string) bool {
	parts := splitARN(resource)
	return len(parts) < 6 || document.Intersects(parts[5], name, false)
}

// takeOff takes off what is denied whatever the request, and keeps the other
// denies.
func (c *climber) takeOff(g *grant, denies []*statement) {
	g.resources = c.without(g, g.NotResources)
	for _, d := range denies {
		if len(d.Conditions) == 0 && len(d.When) == 0 {
			g.resources = c.denied(g, d)
			if len(d.NotResources) > 0 {
				continue
			}
		}
		if c.overlap(g.resources, d) {
			g.denies = append(g.denies, d)
		}
	}
}

// denied returns what a Deny leaves of a grant.
func (c *climber) denied(g *grant, d *statement) []string {
	if len(d.NotResources) > 0 {
		return c.intersect(g.resources, d.NotResources)
	}
	return c.without(g, d.Resources)
}

// without takes off the resources that are covered wholly.
func (c *climber) without(g *grant, covering []string) []string {
	if len(covering) == 0 || len(g.resources) == 0 || !c.spend((len(g.resources)+len(g.action.Resources))*len(covering)) {
		return g.resources
	}
	all := c.coverTypes(g, covering)
	return slices.DeleteFunc(slices.Clone(g.resources), func(resource string) bool {
		return all && everyResource(resource) || slices.ContainsFunc(covering, func(pattern string) bool {
			return everyResource(pattern) || document.Covers(pattern, resource, false)
		})
	})
}

// coverTypes reports whether patterns cover every resource that the action can
// be about: "role/*" is all that iam:PassRole takes.
func (c *climber) coverTypes(g *grant, covering []string) bool {
	some := false
	for _, of := range g.action.Resources {
		// Of a name that is wanted, others of the type may do as well.
		if len(g.types) > 0 && !slices.ContainsFunc(g.types, func(wanted string) bool {
			name, _, _ := strings.Cut(wanted, "/")
			return name == of.Type.Name
		}) {
			continue
		}
		some = true
		if !slices.ContainsFunc(covering, func(pattern string) bool { return c.typeCovered(of.Type, pattern) }) {
			return false
		}
	}
	return some
}

// overlap reports whether a Deny is about some of the resources.
func (c *climber) overlap(resources []string, d *statement) bool {
	if len(d.Resources) == 0 || !c.spend(len(resources)*len(d.Resources)) {
		return len(resources) > 0
	}
	return slices.ContainsFunc(resources, func(resource string) bool {
		return slices.ContainsFunc(d.Resources, func(denied string) bool { return document.Intersects(denied, resource, false) })
	})
}

// intersect returns what two lists of patterns have in common, and a bit more
// where two overlap.
func (c *climber) intersect(a, b []string) []string {
	if !c.spend(len(a) * len(b)) {
		return a
	}
	var both []string
	add := func(pattern string) {
		if !slices.Contains(both, pattern) {
			both = append(both, pattern)
		}
	}
	for _, x := range a {
		for _, y := range b {
			switch {
			case everyResource(y) || document.Covers(y, x, false):
				add(x)
			case everyResource(x) || document.Covers(x, y, false):
				add(y)
			case document.Intersects(x, y, false):
				add(x)
			}
		}
	}
	return both
}

// within limits a grant to what the permissions boundary allows; nil if that
// is nothing. Of several statements of the boundary that allow something it
// takes the one that leaves most.
func (c *climber) within(g *grant, i int) *grant {
	var best *grant
	for _, s := range c.naming(c.boundary).allow[i] {
		if slices.ContainsFunc(s.Conditions, func(cond document.Condition) bool { return neverHolds(cond, g.action) }) {
			continue
		}
		limited := *g
		limited.resources = c.intersect(g.resources, c.fitting(s, g.action, c.facts.needs[i].types))
		limited.resources = c.without(&limited, s.NotResources)
		limited.conditions = slices.Concat(g.conditions, s.Conditions)
		if len(limited.resources) > 0 && (best == nil || limited.lowered() < best.lowered()) {
			best = &limited
		}
	}
	return best
}

// lowered is by how much a grant is less than one of everything.
func (g *grant) lowered() int {
	return int(reachAll-g.reach()) + g.limited()
}

// limited is 1 for a grant under conditions that narrow it.
func (g *grant) limited() int {
	if slices.ContainsFunc(g.conditions, limits) {
		return 1
	}
	return 0
}

// limits reports whether a condition leaves less of a way. One that every
// request within an account, or an organization, meets does not.
func limits(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	key := strings.ToLower(c.Key)
	switch {
	case !ok || slices.Contains([]string{"aws:resourceaccount", "aws:principalaccount", "aws:resourceorgid", "aws:principalorgid"}, key):
		return false
	case op.Name == "Null":
		return withoutKey(c) == fails && strings.Contains(key, "resourcetag/") // it must have the tag
	}
	return narrows(c) || alwaysThere(c)
}

// alwaysThere is for a condition that IfExists makes no weaker, since every
// request for the action has the key.
func alwaysThere(c document.Condition) bool {
	rest := c
	rest.Operator = strings.TrimSuffix(c.Operator, "IfExists")
	return rest.Operator != c.Operator && slices.ContainsFunc([]string{passedToService, "iam:PolicyARN", serviceNameKey}, func(key string) bool { return strings.EqualFold(key, c.Key) }) && narrows(rest)
}

// reach is how many resources a pattern stands for.
type reach int

const (
	reachOne reach = iota
	reachSome
	reachAll
)

func (g *grant) reach() reach {
	widest := reachOne
	for _, resource := range g.resources {
		widest = max(widest, reachOf(resource))
	}
	return widest
}

// reachOf looks at the name alone: all functions of a region are as good as
// all.
func reachOf(resource string) reach {
	if everyResource(resource) {
		return reachAll
	}
	parts := splitARN(resource)
	if len(parts) < 6 {
		if strings.ContainsAny(resource, "*?") {
			return reachAll // "arn:aws:iam:*" reaches over the colons
		}
		return reachOne
	}
	name := parts[5]
	if i := strings.IndexAny(name, "/:"); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case strings.Trim(name, "*/:") == "":
		return reachAll
	case strings.ContainsAny(stripVariables(name), "*?"):
		return reachSome
	}
	return reachOne
}

// hit is a way that is there.
type hit struct {
	*route
	first *grant
	// steps are the grants of the others, in order, those of one step that
	// will all do together.
	steps    []*grant
	severity Severity
	itself   bool
}

// escalate reports the ways of a rule. What one statement begins is one
// finding.
func (r *run) escalate(s *subject, rule string) {
	c := r.climber(s)
	if c == nil {
		return
	}
	ways := c.facts.ways[rule]
	var order []*statement
	found := map[*statement][]hit{}
	for i := range ways {
		for _, h := range c.hits(&ways[i]) {
			switch {
			case rule == "escalation-assume-role" && h.first.reach() == reachOne, rule == "escalation-service-linked-role" && !anyService(h.first):
				continue
			case rule == "escalation-service-linked-role":
				h.severity = h.route.severity // any service is any, whatever the path of the role
			}
			if found[h.first.statement] == nil {
				order = append(order, h.first.statement)
			}
			found[h.first.statement] = append(found[h.first.statement], h)
		}
	}
	for _, first := range order {
		c.found(found[first])
	}
}

// anyService reports whether a grant lets service-linked roles of any service
// be created: their ARNs have the service.
func anyService(g *grant) bool {
	if g.limited() > 0 {
		return false
	}
	return slices.ContainsFunc(g.resources, func(resource string) bool {
		_, path, ok := strings.Cut(resource, ":role/aws-service-role/")
		return !ok && reachOf(resource) != reachOne || ok && strings.HasPrefix(path, "*")
	})
}

// hits returns a way as often as a statement begins it.
func (c *climber) hits(w *route) []hit {
	var found []hit
	for _, i := range w.steps[0] {
		for _, first := range c.grants(i) {
			if h, ok := c.hit(w, first); ok {
				found = append(found, h)
			}
		}
	}
	return found
}

func (c *climber) hit(w *route, first *grant) (hit, bool) {
	h := hit{route: w, first: first}
	if len(w.services) > 0 && !slices.ContainsFunc(w.services, func(service string) bool { return c.mayPassTo(first, service) }) {
		return h, false
	}
	limited := first.limited()
	for _, needs := range w.steps[1:] {
		best := 2
		for _, i := range needs {
			if g := c.widest(i); g != nil {
				h.steps = append(h.steps, g)
				best = min(best, g.limited())
			}
		}
		if best > 1 {
			return h, false
		}
		limited = max(limited, best)
	}
	lower := int(reachAll - first.reach())
	if w.self != selfAsOthers {
		mine := c.ownAmong(first)
		if w.self == selfNothing && len(mine) == len(first.resources) {
			return h, false
		}
		if h.itself = w.self == selfWorse && len(mine) > 0; h.itself {
			lower = 0
		}
	}
	h.severity = Severity(max(int(w.severity)-lower-limited, int(Info)))
	return h, true
}

// widest returns the grant of a need that is least limited, or nil.
func (c *climber) widest(i int) *grant {
	best, known := c.best[i]
	if !known {
		if all := c.grants(i); len(all) > 0 {
			best = slices.MinFunc(all, func(a, b *grant) int { return cmp.Or(a.limited()-b.limited(), int(b.reach()-a.reach())) })
		}
		c.best[i] = best
	}
	return best
}

// ownAmong returns the resources that stand for the principal itself, or for
// something that it holds, such as its policies.
func (c *climber) ownAmong(g *grant) []string {
	var mine []string
	for _, resource := range g.resources {
		if c.owns(resource) && !slices.ContainsFunc(g.NotResources, c.owns) {
			mine = append(mine, resource)
		}
	}
	return mine
}

// owns reports whether a resource of IAM stands for the principal or what it
// holds. It must name it, or its beginning: "*" is for others too, and how bad
// that is says its reach.
func (c *climber) owns(resource string) bool {
	if reachOf(resource) == reachAll {
		return false
	}
	if rest, ok := strings.CutPrefix(resource, "${"); ok { // of a template
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "GetAtt:"), "Ref:")
		id, _, _ := strings.Cut(strings.TrimSuffix(rest, "}"), ".")
		return id == c.subject.LogicalID && id != "" || slices.ContainsFunc(c.subject.Policies, func(p document.Policy) bool { return p.LogicalID == id && id != "" })
	}
	if slices.Contains(c.subject.unknown, resource) || resource == c.subject.Boundary {
		return true
	}
	parts := splitARN(resource)
	if len(parts) < 6 {
		return false
	}
	kind, path, _ := strings.Cut(parts[5], "/")
	is := func(name, id string) bool {
		last := path[strings.LastIndex(path, "/")+1:]
		return name != "" && (document.Match(path, name, false) || document.Match(last, name, false)) || id != "" && last == "${Ref:"+id+"}"
	}
	switch kind {
	case "policy":
		return c.subject.Kind == document.PolicyKind && is(c.subject.Name, c.subject.LogicalID) ||
			slices.ContainsFunc(c.subject.Policies, func(p document.Policy) bool { return !p.Inline && is(p.Name, p.LogicalID) })
	case "group":
		return c.subject.Kind == document.GroupKind && is(c.subject.Name, c.subject.LogicalID) || slices.ContainsFunc(c.subject.Groups, func(name string) bool { return is(name, name) })
	case "user":
		// A policy variable is whoever asks.
		return strings.Contains(path, "${aws:username}") || c.subject.Kind == document.UserKind && is(c.subject.Name, c.subject.LogicalID)
	}
	return kind == string(c.subject.Kind) && is(c.subject.Name, c.subject.LogicalID)
}

// found reports the ways that one statement begins.
func (c *climber) found(hits []hit) {
	first := hits[0].first
	f := Finding{Policy: first.policy.name, Statement: first.Label(), Location: first.location()}
	var gains, itself []string
	var path []*grant
	var denies []*statement
	for i := range hits {
		h := &hits[i]
		f.Severity = max(f.Severity, h.severity)
		path = append(append(path, h.first), h.steps...)
		for _, resource := range h.first.resources {
			if !slices.Contains(f.Resources, resource) {
				f.Resources = append(f.Resources, resource)
			}
		}
		if h.itself {
			itself = c.ownAmong(h.first)
		}
		if !slices.Contains(gains, h.gains) && !slices.ContainsFunc(hits, func(other hit) bool { return more(&other, h) }) {
			gains = append(gains, h.gains)
		}
	}
	// The first action of every way, then the others.
	slices.SortStableFunc(path, func(a, b *grant) int {
		return boolean(a.statement != first.statement) - boolean(b.statement != first.statement)
	})
	path = slices.CompactFunc(unique(path), func(a, b *grant) bool { return a == b })
	for _, g := range path {
		f.Actions = append(f.Actions, g.action.String())
		for _, d := range g.denies {
			if !slices.Contains(denies, d) {
				denies = append(denies, d)
			}
		}
	}
	f.Actions = unique(f.Actions)
	f.Path = steps(path)
	on := list(f.Resources)
	if len(first.NotResources) > 0 {
		on += " but " + list(first.NotResources)
	}
	f.Message = fmt.Sprintf("with %s on %s, the holder gains %s", list(f.Actions), on, together(gains))
	if hits[0].services != nil {
		f.Message = fmt.Sprintf("with iam:PassRole on %s, the holder can use these roles through %s: %s", on, most(gains), list(f.Actions))
	}
	f.Message += but(first, itself, denies)
	c.about(c.subject, f)
}

// more reports whether a way takes all that another takes, and further
// actions: then it says more.
func more(wider, h *hit) bool {
	if len(wider.steps) <= len(h.steps) || wider.services != nil {
		return false
	}
	has := func(g *grant) bool { return g == wider.first || slices.Contains(wider.steps, g) }
	return has(h.first) && !slices.ContainsFunc(h.steps, func(g *grant) bool { return !has(g) })
}

// together writes what is gained as one sentence: what is the same up to
// ", by" is said once.
func together(gains []string) string {
	var all []string
	ways := map[string][]string{}
	for _, one := range gains {
		what, by, _ := strings.Cut(one, ", by ")
		if _, ok := ways[what]; !ok {
			all = append(all, what)
		}
		if by == "" {
			ways[what] = []string{}
		} else if known, ok := ways[what]; !ok || len(known) > 0 {
			ways[what] = append(known, "by "+by)
		}
	}
	for i, what := range all {
		if by := ways[what]; len(by) > 0 {
			all[i] += ", " + strings.Join(by, " or ")
		}
	}
	return strings.Join(all, "; and ")
}

// most writes nearly all of many: what a role can be passed to is to be read
// at once.
func most(items []string) string {
	const enough = 12
	if len(items) <= enough {
		return strings.Join(items, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(items[:enough], ", "), len(items)-enough)
}

// but is what there is to add to the message of a finding.
func but(first *grant, itself []string, denies []*statement) string {
	text := ""
	if len(itself) > 0 {
		text += fmt.Sprintf("; this takes in its own: %s", list(itself))
	}
	if len(first.conditions) > 0 {
		text += ", if " + conditionList(first.conditions)
	}
	if len(denies) > 0 {
		var names []string
		for _, d := range denies {
			names = append(names, d.policy.name+" "+d.Label())
		}
		text += "; some of it, or some requests, are denied by " + list(unique(names))
	}
	return text
}

// steps makes one step of the grants of a statement on the same resources.
func steps(path []*grant) []PathStep {
	var all []PathStep
	for i := 0; i < len(path); {
		g := path[i]
		var actions []string
		rest := path[i:]
		var others []*grant
		for _, other := range rest {
			if other.statement == g.statement && slices.Equal(other.resources, g.resources) {
				actions = append(actions, other.action.String())
			} else {
				others = append(others, other)
			}
		}
		step := PathStep{Policy: g.policy.name, Statement: g.Label(), Action: list(unique(actions)), Resources: g.resources, Location: g.location()}
		for _, c := range g.conditions {
			step.Conditions = append(step.Conditions, c.String())
		}
		all = append(all, step)
		path, i = others, 0
	}
	return all
}

func unique[T comparable](all []T) []T {
	seen := make(map[T]bool, len(all))
	return slices.DeleteFunc(all, func(one T) bool {
		before := seen[one]
		seen[one] = true
		return before
	})
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
