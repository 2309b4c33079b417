// Escalation rules: grants that lead to further permissions.
//
// A route is a row of escalations.tsv: actions that together give more
// permissions than they seem to. A principal has a route if the union of the
// principal's identity policies allows all actions of the route on suitable
// resources, and neither a Deny nor the principal's permissions boundary
// prevents that. Anything unknown counts as allowed: a condition of an Allow is
// assumed to hold, a condition of a Deny not to hold, and a boundary whose
// document is not available to allow everything.

package review

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

func escalationRules() []Rule {
	const (
		managingPage = userGuide + "access_policies_manage-attach-detach.html"
		passingPage  = userGuide + "id_roles_use_passrole.html"
		noChanges    = "allow this only to administrators; otherwise, name the roles, users and groups that may be changed (not the principal itself or its groups)"
	)
	rules := []Rule{
		{ID: "escalation-policy-version", Severity: High, Reference: userGuide + "access_policies_managed-versioning.html",
			Risk: "a principal that can create policy versions decides what every holder of the policy can do", Remedy: "allow this only to administrators; otherwise, name the policies, and leave out the policies that are attached to the principal itself"},
		{ID: "escalation-attach-policy", Severity: High, Reference: managingPage,
			Risk: "a principal that can attach policies can attach AdministratorAccess", Remedy: noChanges + ", and limit the policies with a condition on iam:PolicyARN"},
		{ID: "escalation-put-policy", Severity: High, Reference: managingPage,
			Risk: "a principal that can write inline policies can allow everything", Remedy: noChanges + ", and require a permissions boundary with a condition on iam:PermissionsBoundary"},
		{ID: "escalation-trust-policy", Severity: High, Reference: userGuide + "id_roles_update-role-trust-policy.html",
			Risk: "a principal that can change the trust policy of a role can allow itself to assume the role", Remedy: "allow this only to administrators, or name the roles that may be changed"},
		{ID: "escalation-credentials", Severity: High, Reference: userGuide + "id_credentials_access-keys.html",
			Risk: "a principal that can create access keys or passwords for a user can act as that user", Remedy: "allow this only on the caller's own user (user/${aws:username}), or name the users"},
		{ID: "escalation-group", Severity: High, Reference: userGuide + "id_groups_manage_add-remove-users.html",
			Risk: "a principal that can add users to groups can join a group with more permissions", Remedy: "allow this only to administrators, or name the groups to which users may be added"},
		{ID: "escalation-boundary", Severity: Medium, Reference: userGuide + "access_policies_boundaries.html",
			Risk: "a principal that can remove or replace a permissions boundary can lift the limits of that boundary", Remedy: "allow this only to administrators, and deny this to principals with a boundary"},
		{ID: "escalation-pass-role", Severity: High, Reference: passingPage,
			Risk: "a principal can pass a role to a service that runs code or acts on the principal's behalf, and so gains the permissions of the role", Remedy: "name the roles that may be passed, and limit the service with a condition on iam:PassedToService"},
		{ID: "escalation-update-code", Severity: High, Reference: passingPage,
			Risk: "by changing code that runs with a role, a principal gains the role's permissions without passing the role", Remedy: "name the functions, projects and stacks that may be changed"},
		{ID: "escalation-run-on-instance", Severity: High, Reference: "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-launch-managed-instance.html",
			Risk: "a principal that can run commands on an instance has the permissions of the instance's role", Remedy: "limit the instances with a condition on aws:ResourceTag, or name the instances"},
		{ID: "escalation-assume-role", Severity: High, Reference: userGuide + "id_roles_use_permissions-to-switch.html",
			Risk: "a principal that may assume roles whose ARN matches a wildcard can assume every matching role that trusts the account, including future ones", Remedy: "name each role by its ARN, with the account"},
		{ID: "escalation-service-linked-role", Severity: Low, Reference: userGuide + "id_roles_create-service-linked-role.html",
			Risk: "a service-linked role can be created for any AWS service", Remedy: "limit the services with a condition on iam:AWSServiceName"},
		{ID: "escalation-identity-provider", Severity: Medium, Reference: userGuide + "id_roles_providers.html",
			Risk: "a principal that can change identity providers decides whose identities can assume roles", Remedy: "allow this only to administrators, or name the providers"},
		{ID: "escalation-cluster-access", Severity: High, Reference: "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
			Risk: "a principal that can change the access to a cluster can become an administrator of the cluster, and use the roles of its pods", Remedy: "name the clusters, and limit the access policies with a condition on eks:policyArn"},
		{ID: "escalation-resource-policy", Severity: Medium, Reference: "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators",
			Risk: "a principal that can write key policies or share resources can give itself or other accounts access to the keys or resources", Remedy: "allow this only to administrators of the resource, and limit resource shares to your organization with a condition on ram:RequestedAllowsExternalPrincipals"},
	}
	for i := range rules {
		rules[i].subject = func(r *run, s *subject) { r.reportEscalations(s, r.rule.ID) }
	}
	return rules
}

//go:embed escalations.tsv
var escalationsTSV string

// route is a row of escalations.tsv.
type route struct {
	steps    [][]int // for each step, the indexes of its needs; any one of them is enough
	severity Severity
	onSelf   selfEffect
	services []string // see mayPassTo; empty if no role is passed
	gains    gain
}

// selfEffect says what changes if the principal itself is among the resources.
type selfEffect uint8

const (
	selfLikeOthers   selfEffect = iota
	selfWorsens                 // the principal changes its own permissions
	selfGainsNothing            // the principal already has what the route gives
)

// need is an action that is part of a route.
type need struct {
	name       string   // in lower case, to compare it with patterns
	types      []string // resource types ("document/AWS-RunShellScript": with this name); none for any type
	key, value string   // the condition key of the request and its value, or ""
}

// escalationFacts has the contents of escalations.tsv.
type escalationFacts struct {
	routes map[string][]route // by the ID of the rule
	needs  []need
	// byName has the indexes of the needs for each action, byService for each
	// service.
	byName, byService map[string][]int
}

// gain is what a route leads to: a target ("the permissions of a role") and the
// means ("a task"), which may be "".
type gain struct{ target, means string }

// parseGain parses "WHAT, by HOW", the format of the table.
func parseGain(text string) gain {
	target, means, _ := strings.Cut(text, ", by ")
	return gain{target, means}
}

func (g gain) String() string {
	if g.means == "" {
		return g.target
	}
	return g.target + " (by " + g.means + ")"
}

var loadEscalations = lazy.Value[*escalationFacts]{Make: func() *escalationFacts {
	f := &escalationFacts{routes: map[string][]route{}, byName: map[string][]int{}, byService: map[string][]int{}}
	index := map[string]int{}
	for _, row := range rows(escalationsTSV, 7) {
		severity, err := ParseSeverity(row[2])
		if err != nil {
			panic("escalations.tsv: " + err.Error())
		}
		w := route{severity: severity, gains: parseGain(row[5])}
		switch row[3] {
		case "worse":
			w.onSelf = selfWorsens
		case "nothing":
			w.onSelf = selfGainsNothing
		}
		if row[4] != "-" {
			w.services = strings.Fields(row[4])
		}
		for _, step := range strings.Fields(row[1]) {
			var needs []int
			for _, option := range strings.Split(step, "|") {
				i, ok := index[option]
				if !ok {
					actionName, request, _ := strings.Cut(option, "?")
					action, types, narrowed := strings.Cut(actionName, "@")
					n := need{name: strings.ToLower(action)}
					n.key, n.value, _ = strings.Cut(request, "=")
					if narrowed {
						n.types = strings.Split(types, "+")
					}
					i = len(f.needs)
					index[option] = i
					f.needs = append(f.needs, n)
					service, _, _ := strings.Cut(n.name, ":")
					f.byName[n.name] = append(f.byName[n.name], i)
					f.byService[service] = append(f.byService[service], i)
				}
				needs = append(needs, i)
			}
			w.steps = append(w.steps, needs)
		}
		f.routes[row[0]] = append(f.routes[row[0]], w)
	}
	return f
}}

// needsMatching returns the indexes of the needs that an action pattern in lower
// case matches.
func (f *escalationFacts) needsMatching(pattern string) []int {
	if hasUnknownPart(pattern) || document.RefusedAction(pattern) {
		return nil
	}
	if !strings.ContainsAny(pattern, "*?") {
		return f.byName[pattern]
	}
	service, _, _ := strings.Cut(pattern, ":")
	all, exact := f.byService[service]
	var found []int
	if exact || !strings.ContainsAny(service, "*?") {
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

// occurrence is a route that a principal has, with the grant that it begins
// with.
type occurrence struct {
	*route
	first *grant
	// steps are the grants of the later steps, in order, including every
	// alternative of a step that the principal has.
	steps       []*grant
	severity    Severity
	changesSelf bool
	// unmetKeys has the keys of conditions without which the principal would have
	// the route, but which no request meets.
	unmetKeys []string
}

// startKey identifies how a route begins: by the statement of its first grant
// and, if the principal has a boundary, by the conditions of that grant. A
// statement gives several grants with different conditions if several
// statements of the boundary each allow a part of it.
type startKey struct {
	statement  *statement
	conditions string
}

// reportEscalations reports the routes of one rule. Routes that begin in the
// same way become one finding.
func (r *run) reportEscalations(s *subject, rule string) {
	c := r.principalGrants(s)
	if c == nil {
		return
	}
	routes := c.facts.routes[rule]
	var order []startKey
	found := map[startKey][]occurrence{}
	for i := range routes {
		for _, h := range c.occurrences(&routes[i]) {
			c.run.spend(10)
			switch {
			case rule == "escalation-assume-role" && h.first.reach() == reachOne && h.first.inAnyAccount():
				h.severity = min(h.severity, Low) // the role has a name, but any account can create it
			case rule == "escalation-assume-role" && h.first.reach() == reachOne, rule == "escalation-service-linked-role" && !coversAnyService(h.first):
				continue
			case rule == "escalation-resource-policy" && slices.ContainsFunc(h.first.grantedIf, sharesInOrganization):
				continue
			case rule == "escalation-service-linked-role":
				h.severity = h.route.severity // not lowered for the role's path, because a path does not limit the services
			}
			key := startKey{h.first.statement, ""}
			if c.boundary != nil {
				key.conditions = fmt.Sprintf("%q", h.first.grantedIf)
			}
			if found[key] == nil {
				order = append(order, key)
			}
			found[key] = append(found[key], h)
		}
	}
	for _, first := range order {
		c.reportRoutes(found[first])
	}
}

// sharesInOrganization reports whether a condition limits resource shares to
// principals of the organization. Source: AWS RAM User Guide, "Context keys".
func sharesInOrganization(c document.Condition) bool {
	op, ok := document.ParseOperator(c.Operator)
	return ok && op.Name == "Bool" && !op.IfExists && op.Set == "" && strings.EqualFold(c.Key, "ram:RequestedAllowsExternalPrincipals") &&
		!slices.ContainsFunc(c.Values, func(value string) bool { return !strings.EqualFold(value, "false") })
}

// remedyFor returns the remedy of the rule. It leaves out the last part of the
// remedy if this part is about a condition key that none of the actions
// supports.
func (r *Rule) remedyFor(actions []string) string {
	found := conditionInRemedy.Get().FindStringSubmatchIndex(r.Remedy)
	if found == nil || r.Group != Escalation {
		return r.Remedy
	}
	key := r.Remedy[found[2]:found[3]]
	if slices.ContainsFunc(actions, func(pattern string) bool {
		action, known := authz.Lookup(pattern)
		return !known || action.Supports(key) != authz.Unsupported
	}) {
		return r.Remedy
	}
	return r.Remedy[:found[0]]
}

// conditionInRemedy matches the last part of a remedy if that part is about a
// condition. The group in the expression matches the key of the condition.
var conditionInRemedy = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp {
	return regexp.MustCompile(`, and (?:limit|use) [^,]*condition on ([a-zA-Z0-9:]+)[^,]*$`)
}}

// coversAnyService reports whether a grant allows creating service-linked roles
// of any service. The ARNs of these roles contain the service.
func coversAnyService(g *grant) bool {
	if g.conditionReduction() > 0 {
		return false
	}
	return slices.ContainsFunc(g.grantedOn, func(resource string) bool {
		_, path, ok := strings.Cut(resource, ":role/aws-service-role/")
		return !ok && reachOf(resource) != reachOne || ok && strings.HasPrefix(path, "*")
	})
}

// occurrences returns the route once for each grant with which it can begin.
func (c *principalGrants) occurrences(w *route) []occurrence {
	var found []occurrence
	for _, i := range w.steps[0] {
		for _, first := range c.grants(i) {
			c.run.spend(5 + len(first.grantedOn) + len(first.grantedIf)*(1+len(w.services)))
			if h, ok := c.occurrenceFrom(w, first); ok {
				found = append(found, h)
			}
		}
	}
	return found
}

func (c *principalGrants) occurrenceFrom(w *route, first *grant) (occurrence, bool) {
	h := occurrence{route: w, first: first, unmetKeys: first.unmetKeys()}
	if len(w.services) > 0 && !slices.ContainsFunc(w.services, func(service string) bool { return c.mayPassTo(first, service) }) {
		return h, false
	}
	limited := first.conditionReduction()
	for _, needs := range w.steps[1:] {
		rank := 2
		var unmet []string
		isMet := false
		for _, i := range needs {
			if g := c.widest(i); g != nil {
				h.steps = append(h.steps, g)
				rank = min(rank, g.conditionReduction())
				keys := g.unmetKeys()
				unmet, isMet = append(unmet, keys...), isMet || len(keys) == 0
			}
		}
		if !isMet {
			h.unmetKeys = append(h.unmetKeys, unmet...)
		}
		if rank > 1 {
			return h, false
		}
		limited = max(limited, rank)
	}
	lower := int(reachAll - first.reach())
	if w.onSelf != selfLikeOthers {
		ownedResources := c.ownResources(first)
		if w.onSelf == selfGainsNothing && len(ownedResources) == len(first.grantedOn) {
			return h, false
		}
		if h.changesSelf = w.onSelf == selfWorsens && len(ownedResources) > 0; h.changesSelf {
			lower = 0
		}
	}
	h.severity = Severity(max(int(w.severity)-lower-limited, int(Info)))
	if len(h.unmetKeys) > 0 {
		h.severity = min(h.severity, maxUnmetSeverity)
	}
	return h, true
}

// widest returns the least limited grant of a need, or nil if the need has no
// grant.
func (c *principalGrants) widest(i int) *grant {
	widest := c.best[i]
	if all := c.grants(i); widest == nil && len(all) > 0 {
		c.run.spend(len(all))
		widest = slices.MinFunc(all, func(a, b *grant) int {
			return cmp.Or(min(len(a.unmetKeys()), 1)-min(len(b.unmetKeys()), 1), a.conditionReduction()-b.conditionReduction(), int(b.reach()-a.reach()), len(a.grantedIf)-len(b.grantedIf))
		})
		c.best[i] = widest
	}
	return widest
}

// ownResources returns the resources of a grant that match the principal
// itself, or something that it holds, such as its policies. It returns none if
// NotResource excludes the principal or something that it holds.
func (c *principalGrants) ownResources(g *grant) []string {
	var owned []string
	for _, resource := range g.grantedOn {
		if c.owns(resource) && !slices.ContainsFunc(g.NotResources, c.owns) {
			owned = append(owned, resource)
		}
	}
	return owned
}

// customerPolicy returns the name and the account in the ARN of a policy. It
// returns "" for a policy of AWS, which only AWS can change, and for a text
// that is not the ARN of a policy. A name is unique in its account, whatever
// its path.
func customerPolicy(policy string) (name, account string) {
	a := arn.ParsePattern(policy)
	if a.Parts < 6 || a.Account == "aws" || a.Kind() != "policy" {
		return "", ""
	}
	return a.Name(), a.Account
}

// owns reports whether an IAM resource matches the principal or something that
// it holds. A resource that matches every resource, such as "*", does not
// count: for it, the reach of the grant determines the severity.
func (c *principalGrants) owns(resource string) bool {
	if reachOf(resource) == reachAll {
		return false
	}
	if slices.Contains(c.subject.unknownPolicies, resource) || resource == c.subject.Boundary {
		return true
	}
	if rest, ok := strings.CutPrefix(resource, "${"); ok { // a template expression
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "GetAtt:"), "Ref:")
		id, _, _ := strings.Cut(strings.TrimSuffix(rest, "}"), ".")
		return id != "" && (id == c.subject.LogicalID || id == c.subject.BoundaryLogicalID) || slices.ContainsFunc(c.subject.Policies, func(p document.Policy) bool { return p.LogicalID == id && id != "" })
	}
	a := arn.ParsePattern(arn.Complete(resource))
	if a.Parts < 6 {
		return false
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	matches := func(name, id string) bool {
		last := path[strings.LastIndex(path, "/")+1:]
		// In "role/x/*", only the path is specific, so the "*" after it is not
		// compared with the name.
		return name != "" && (document.Match(path, name, false) || strings.Trim(last, "*") != "" && document.Match(last, name, false)) || id != "" && last == "${Ref:"+id+"}"
	}
	switch kind {
	case "policy":
		return c.subject.Kind == document.PolicyKind && matches(c.subject.Name, c.subject.LogicalID) ||
			slices.ContainsFunc(c.subject.Policies, func(p document.Policy) bool { return !p.Inline && matches(p.Name, p.LogicalID) }) ||
			matches(c.subject.BoundaryName, c.subject.BoundaryLogicalID) ||
			slices.ContainsFunc(append(slices.Clip(c.subject.unknownPolicies), c.subject.Boundary), func(attached string) bool {
				name, account := customerPolicy(attached)
				return matches(name, "") && !(arn.IsAccount(account) && arn.IsAccount(a.Account) && account != a.Account)
			})
	case "group":
		return c.subject.Kind == document.GroupKind && matches(c.subject.Name, c.subject.LogicalID) || slices.ContainsFunc(c.subject.Groups, func(name string) bool { return matches(name, name) })
	case "user":
		// ${aws:username} stands for the calling user.
		return strings.Contains(path, "${aws:username}") || c.subject.Kind == document.UserKind && matches(c.subject.Name, c.subject.LogicalID)
	}
	return kind == string(c.subject.Kind) && matches(c.subject.Name, c.subject.LogicalID)
}
