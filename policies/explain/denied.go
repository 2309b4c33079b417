// Explains denied requests: whether the set grants the request, what would
// grant it, and which other policy decides.

package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/meter"
	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/denial"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// Denied is a denied request with everything known about it. Its JSON is
// stable: fields may be added, but are not changed or removed.
type Denied struct {
	denial.Denial
	Caller Caller `json:"who"`
	// ResourceAccount is the account of the resource if it differs from the
	// caller's account. Policies in both accounts must then allow the request.
	ResourceAccount string `json:"resourceAccount,omitempty"`
	// Holder is the role or user of the set that has the caller's name, with
	// its kind: "role NAME".
	Holder string `json:"holder,omitempty"`
	// Decision is how the set decides the request of the holder; empty without
	// a holder or an action. Conditional has conditions under which the set
	// allows the request.
	Decision    simulate.Decision      `json:"decision,omitempty"`
	Conditional []simulate.Conditional `json:"conditional,omitempty"`
	// Boundary is the permissions boundary of the holder if it does not allow
	// the request, or may not. BoundaryUnknown means that its content is unknown.
	Boundary        string `json:"boundary,omitempty"`
	BoundaryUnknown bool   `json:"boundaryUnknown,omitempty"`
	// Grants has the statements that match the action (or one of the other
	// actions that may have been denied instead) and that may match the
	// resource: those of the holder or, without a holder, those of every
	// principal in the set. It has no statements of trust policies.
	Grants []Grant `json:"grants"`
	// WouldGrant has entries of CAPA's catalogue that grant the action with
	// another configuration or in another release.
	WouldGrant []Offer `json:"wouldGrant"`
	// Elsewhere has entries of CAPA's catalogue that grant the action only on
	// other resources, whatever the configuration.
	Elsewhere []Offer `json:"elsewhere,omitempty"`
	// UsedFor has the features of CAPA that need the action.
	UsedFor []UsedFor `json:"usedFor"`
	// Statements has statements that would allow the request, to add to a
	// policy of the caller. It is empty unless Help has [AddStatement].
	Statements []catalog.PolicyStatement `json:"statements"`
	// AllOfType is the pattern for every resource of the type of the denied
	// resource. It is set if the statement allows only the denied resource, and EC2
	// generates the IDs of such resources. The statement then does not allow the
	// next resource.
	AllOfType string `json:"allOfType,omitempty"`
	// ExtraStatements is the field of the configuration to which Statements can be
	// added, if the holder is a role of CAPA that has such a field.
	ExtraStatements string `json:"extraStatements,omitempty"`
	// Help lists what can be done, the most likely solution first.
	Help []Help `json:"help"`

	isOpen    bool // the decision depends on unknown values or policies
	isForeign bool // see IsForeign
}

// IsForeign reports whether the set does not have the caller as a role or user
// of CAPA's templates: either the holder is not from CAPA's templates, or
// nothing in the set is.
func (a *Denied) IsForeign() bool { return a.isForeign }

// roleFields maps the logical IDs of CAPA's roles to the field of the
// configuration for additional statements, and to the catalogue's policies for
// the role. It has only the roles that have such a field.
var roleFields = lazy.Value[map[string]roleField]{Make: func() map[string]roleField {
	return map[string]roleField{
		"AWSIAMRoleControllers":  {"clusterAPIControllers.extraStatements", []string{"controllers", "controllers-eks"}},
		"AWSIAMRoleControlPlane": {"controlPlane.extraStatements", []string{"control-plane", "csi"}},
		"AWSIAMRoleNodes":        {"nodes.extraStatements", []string{"nodes"}},
	}
}}

// roleField is a field of the configuration, with the policies of its role.
type roleField struct {
	path     string   // the field, below spec
	policies []string // names in IAM, without prefix and suffix
}

// readCost is the cost of searching one byte of a text for denials, in units of
// the meter. The search takes about 250 ns per byte.
const readCost = 3

// SpendOnText spends the cost of reading a text of a given length. The explanation of
// each denial has a cost of its own. The error is a [meter.TooMuch].
func (e *Explainer) SpendOnText(bytes int) (err error) {
	defer meter.Catch(&err)
	e.meter.At("the text of the denials", "")
	e.meter.Spend(readCost * bytes)
	e.meter.At("the explanations of the denials", "")
	return nil
}

// ExplainDenial explains a denial. The error is a [meter.TooMuch].
func (e *Explainer) ExplainDenial(d denial.Denial) (result Denied, err error) {
	defer func() {
		if err != nil {
			result = Denied{}
		}
	}()
	defer meter.Catch(&err)
	result = Denied{Denial: d, Caller: parseCaller(d.Principal), Grants: []Grant{}, WouldGrant: []Offer{}, UsedFor: []UsedFor{},
		Statements: []catalog.PolicyStatement{}, Help: []Help{}}
	result.ResourceAccount = otherAccount(result.Caller, d)
	principal := e.holderOf(result.Caller)
	result.isForeign = e.IsForeign()
	if principal != nil {
		result.isForeign = e.stories.IsForeign(principal)
		result.Holder = string(principal.Kind) + " " + principal.Name
		result.ExtraStatements = roleFields.Get()[e.stories.RoleID(principal)].path
	}
	if d.Action != "" {
		if err := e.addGrants(&result, principal); err != nil {
			return Denied{}, err
		}
	}
	result.Help = helpFor(&result, principal)
	if i := slices.Index(result.Help, UpdateStack); i >= 0 && e.Deployed {
		result.Help[i] = Retry
	}
	if !slices.Contains(result.Help, AddStatement) {
		result.Statements, result.AllOfType = []catalog.PolicyStatement{}, ""
	}
	return result, nil
}

// Redact removes names and IDs that come from the text of the denial, as
// [denial.Redactor] does. It keeps what comes from the set, except the name of
// a user that is the caller.
func (a *Denied) Redact(r *denial.Redactor) {
	user := a.Caller.Name
	a.Denial = r.Denial(a.Denial)
	kind := a.Caller.Kind
	a.Caller = parseCaller(a.Principal)
	a.ResourceAccount = r.Text(a.ResourceAccount)
	for i := range a.Statements {
		for j, resource := range a.Statements[i].Resource {
			a.Statements[i].Resource[j] = r.ARN(resource)
		}
	}
	if kind != string(document.UserKind) {
		return
	}
	if a.Holder != "" {
		a.Holder = kind + " " + a.Caller.Name
	}
	for i := range a.Grants {
		if g := &a.Grants[i]; string(g.Kind) == kind && g.Name == user {
			g.Name = a.Caller.Name
		}
	}
}

// otherAccount returns the account of a denial's resource if it differs from
// the caller's account. It returns "" if the two are the same, or if one is
// unknown or cut off.
func otherAccount(caller Caller, d denial.Denial) string {
	resource, ok := arn.Parse(d.Resource)
	if !ok || d.CutOff && strings.Count(d.Resource, ":") < 5 || !arn.IsAccount(resource.Account) || !arn.IsAccount(caller.Account) || resource.Account == caller.Account {
		return ""
	}
	return resource.Account
}

// resourceOf returns the resource of a denial as a pattern, with "*" for a part
// that was cut off. It returns "" if even the account is missing.
func resourceOf(d *denial.Denial) string {
	if d.CutOff {
		if known, cut := strings.CutSuffix(strings.TrimSuffix(d.Resource, "…"), "..."); cut || known != d.Resource {
			if strings.Count(known, ":") < 5 {
				return ""
			}
			return known + "*"
		}
	}
	return d.Resource
}

// addGrants adds what the set and the catalogue contain about the action, the
// decision for the principal, and the suggested statements.
func (e *Explainer) addGrants(result *Denied, principal *document.Holder) error {
	resource := resourceOf(&result.Denial)
	actions := append([]string{result.Action}, result.Or...)
	seen := map[grantKey]bool{} // a statement may be found for several actions
	for _, name := range actions {
		for _, g := range e.cachedGrants(name) {
			e.meter.Spend(1)
			if g.Trust || principal != nil && (g.Kind != principal.Kind || g.Name != principal.Name) || seen[g.key()] || !e.mayMatch(g.Resources, resource) {
				continue
			}
			seen[g.key()] = true
			result.Grants = append(result.Grants, g)
			e.meter.Spend(grantCost + g.size())
		}
		e.meter.LimitCount(e.keptGrants+len(result.Grants), maxGrants, "statements about the denied requests")
	}
	e.keptGrants += len(result.Grants)
	result.UsedFor = append(result.UsedFor, e.usedFor(result.Action)...)
	if principal == nil {
		result.Statements = e.suggestStatements(result, actions)
		// Settings for CAPA's roles do not help another role or user.
		if result.Caller.Kind == "" && !slices.ContainsFunc(result.Grants, allows) {
			offers, elsewhere := e.offersForDenial(result)
			result.WouldGrant, result.Elsewhere = append(result.WouldGrant, offers...), elsewhere
		}
		return nil
	}
	// If AWS does not say which of several actions was denied, the likely ones
	// are those that the holder is not allowed to call.
	var candidates []string
	for _, action := range actions {
		outcome, err := e.decide(action, resource, principal, result.Caller.Account)
		if err != nil {
			return err
		}
		denied := outcome.Decision != simulate.Allowed
		if denied && len(candidates) == 0 || action == result.Action {
			result.Decision, result.Conditional, result.isOpen = outcome.Decision, outcome.Conditional, outcome.Unknown
		}
		if denied {
			candidates = append(candidates, action)
		}
	}
	if len(candidates) == 0 {
		candidates = actions
	} else {
		e.addBoundary(result, principal, candidates[0])
	}
	result.Statements = e.suggestStatements(result, candidates)
	if result.Decision != simulate.Allowed && !result.onlyOwnAccount() {
		offers, elsewhere := e.offersForRole(result, principal)
		if len(result.Conditional) > 0 {
			// The set allows the action under a condition. An offer helps only if
			// it widens what the set allows: by a feature, or by another value of
			// a field.
			offers = slices.DeleteFunc(offers, func(o Offer) bool { return !o.widens() })
		}
		result.WouldGrant, result.Elsewhere = append(result.WouldGrant, offers...), elsewhere
	}
	return nil
}

// grantKey identifies a statement of the set by what a report shows of it.
type grantKey struct {
	kind                             document.Kind
	name, policy, statement, pattern string
}

func (g *Grant) key() grantKey { return grantKey{g.Kind, g.Name, g.Policy, g.Statement, g.Pattern} }

// size returns approximately how many bytes of a grant are shown.
func (g *Grant) size() int {
	return sizeOf(g.NotActions, g.Resources, g.NotResources, g.When, g.Principals, g.NotPrincipals, g.Conditions, g.UnknownParts)
}

// cachedGrants returns the statements about an action and caches them, because
// a log often contains the same few actions many times.
func (e *Explainer) cachedGrants(name string) []Grant {
	known, ok := e.foundGrants[name]
	if !ok {
		action, _ := authz.Lookup(name)
		known = e.grants(name, action)
		e.foundGrants[name] = known
	}
	return known
}

// mayMatch calls the function mayMatch and counts its cost.
func (e *Explainer) mayMatch(resources []string, resource string) bool {
	for _, r := range resources {
		e.meter.Spend(meter.PatternCost(r, resource))
	}
	return mayMatch(resources, resource)
}

// suggestStatements returns statements that allow actions. The first statement is
// limited to the resource of the denial if the statement is for the denied action,
// the resource is known, and the action supports the resource. All other statements
// allow all resources that their actions support. Statements for actions such as
// iam:PassRole and ec2:CreateTags have a condition.
func (e *Explainer) suggestStatements(result *Denied, actions []string) []catalog.PolicyStatement {
	statements := statementsFor(actions)
	resource := result.Resource
	if action, ok := authz.Lookup(result.Action); ok && slices.Contains(statements[0].Action, result.Action) && resource == resourceOf(&result.Denial) && action.Allows(resource) && strings.HasPrefix(resource, "arn:") {
		statements[0].Resource, result.AllOfType = []string{resource}, allOfType(action, resource)
	}
	for i, statement := range statements {
		action, ok := authz.Lookup(statement.Action[0])
		switch {
		case !ok || len(statement.Action) != 1:
		case action.Supports(passedToService) != authz.Unsupported:
			statements[i].Condition = catalog.Conditions{"StringEquals": {passedToService: e.passedToServices(result)}}
		case statement.Action[0] != result.Action && action.Supports(createAction) != authz.Unsupported:
			_, name, _ := strings.Cut(result.Action, ":")
			statements[i].Resource = []string{"arn:*:ec2:*:*:*/*"}
			statements[i].Condition = catalog.Conditions{"StringEquals": {createAction: name}}
		}
	}
	return statements
}

// passedToService is the condition key for the service that a role is passed
// to. createAction is the condition key for the action that creates the
// resource to tag.
const (
	passedToService = "iam:PassedToService"
	createAction    = "ec2:CreateAction"
)

// passedToServices returns the services to which the request may have passed
// the role: a string for one service, or a list. If the denial does not
// determine them, it returns EC2 and the services to which the set allows roles
// to be passed. Source: IAM User Guide, "Grant a user permissions to pass a role
// to an AWS service".
func (e *Explainer) passedToServices(result *Denied) any {
	domain := ".amazonaws.com"
	if a, ok := arn.Parse(result.Principal); ok && arn.Domain(a.Partition) != "" {
		domain = "." + arn.Domain(a.Partition)
	}
	request := result.Operation
	if request == "" && result.Action != "" && !strings.HasPrefix(result.Action, "iam:") {
		request = result.Action // the role is passed with this request
	}
	if service := e.catalogueService(request); service != "" {
		return service
	}
	service, _, known := strings.Cut(request, ":")
	switch service = cmp.Or(service, result.RequestedService); {
	case service == "autoscaling" && !known: // an Auto Scaling group starts instances, and its hooks send notifications
		return []string{service + domain, "ec2" + domain}
	case service == "autoscaling":
		return "ec2" + domain
	case service != "":
		return service + domain
	}
	services := []string{"ec2" + domain} // for the instances that CAPA's controllers start
	if strings.HasSuffix(result.Code, "UnauthorizedOperation") {
		return services[0] // only EC2 has this error code
	}
	for _, s := range e.policies {
		e.meter.Spend(len(s.doc.Statements))
		for i := range s.doc.Statements {
			for _, c := range s.doc.Statements[i].Conditions {
				if strings.EqualFold(c.Key, passedToService) && s.doc.Statements[i].Effect == document.Allow {
					services = appendNew(services, c.Values...)
				}
			}
		}
	}
	services = slices.DeleteFunc(services, func(s string) bool { return strings.ContainsAny(s, "${*?") })
	slices.Sort(services)
	if len(services) == 1 {
		return services[0]
	}
	return services
}

// catalogueService returns the service to which the controllers pass a role in
// a request, according to the catalogue, or "". The catalogue has the service
// only if a different service receives the request.
func (e *Explainer) catalogueService(request string) string {
	needs, _ := catalog.Needs() // an error would be a mistake in the embedded tables
	for _, n := range needs {
		service, ok := n.Condition["StringEquals"][passedToService]
		if !ok || request == "" {
			continue
		}
		for _, f := range e.features {
			if slices.Contains(n.Features, f.Name) && slices.ContainsFunc(f.Uses, func(u catalog.Use) bool { return !u.Implicit && slices.Contains(u.Actions, request) }) {
				return fmt.Sprint(service)
			}
		}
	}
	return ""
}

// decide evaluates the request for a role or user of the set, in its account if
// that is known. The denial contains few condition keys, so conditions usually
// stay open.
func (e *Explainer) decide(action, resource string, principal *document.Holder, account string) (simulate.Outcome, error) {
	var s simulate.Simulation
	if arn.IsAccount(account) {
		s.Parameters = map[string]string{"AWS::AccountId": account}
	}
	s.SetHolder(principal, e.set)
	if _, err := s.AddAction(action); err != nil {
		return simulate.Outcome{}, nil // an invalid name: nothing is known
	}
	if service, ok := linkedService(resource); ok {
		s.AddContext("iam:AWSServiceName", service)
	}
	if strings.HasPrefix(resource, "arn:") {
		if err := s.AddResource(resource); err != nil {
			return simulate.Outcome{}, nil
		}
	}
	outcomes, err := s.RunWithin(e.meter)
	if err != nil {
		return simulate.Outcome{}, err
	}
	return outcomes[0], nil
}

// linkedService returns the service of a service-linked role, from the path of
// the role.
func linkedService(resource string) (string, bool) {
	_, rest, found := strings.Cut(resource, ":role/aws-service-role/")
	service, _, _ := strings.Cut(rest, "/")
	return service, found && service != ""
}

// mayMatch reports whether one of a statement's resources may be the resource
// of the request. It returns true if the resource of the request is unknown or
// "*", or if resources is empty.
func mayMatch(resources []string, resource string) bool {
	if len(resources) == 0 || !strings.HasPrefix(resource, "arn:") {
		return true
	}
	return slices.ContainsFunc(resources, func(r string) bool {
		return strings.Contains(r, "${") || strings.Contains(r, "{{") || document.IntersectsResource(r, resource)
	})
}

func allows(g Grant) bool { return g.Effect == document.Allow && !g.Boundary && !g.Refused }
