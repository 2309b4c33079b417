// What helps against a denied request: where the set grants it, what would grant
// it, or whose policy above the account decides.

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

// Denied is a denied request with what is known of it. Its JSON is stable: names
// are not changed or taken away, only added.
type Denied struct {
	denial.Denial
	Who Who `json:"who"`
	// ResourceAccount is the account of the resource, where that is not the account
	// of the denied principal: policies on both sides must allow the request.
	ResourceAccount string `json:"resourceAccount,omitempty"`
	// Holder is the role or user of the set with the name of the denied principal.
	Holder string `json:"holder,omitempty"`
	// Decision is what the set says about the request of the holder; empty without
	// a holder or an action. Conditional are conditions under which it allows the
	// request.
	Decision    simulate.Decision      `json:"decision,omitempty"`
	Conditional []simulate.Conditional `json:"conditional,omitempty"`
	// Grants are the holder's statements about the action; without a holder, those
	// of everybody in the set.
	Grants []Grant `json:"grants"`
	// WouldGrant are entries of CAPA's catalogue that grant the action, under
	// another configuration or of another release.
	WouldGrant []Offer `json:"wouldGrant"`
	// UsedFor are the features of CAPA that need the action.
	UsedFor []UsedFor `json:"usedFor"`
	// Statements would allow the request, for the policy of the denied principal.
	Statements []catalog.PolicyStatement `json:"statements"`
	// ExtraStatements is the field of the configuration that takes them, if the
	// holder is a role or user of CAPA's.
	ExtraStatements string `json:"extraStatements,omitempty"`
	// Help is what can be done, the likeliest first.
	Help []Help `json:"help"`
}

// configured is the field of the configuration that takes statements for a role of
// CAPA's templates, and the policies in the catalogue that the role can have.
var configured = lazy.Value[map[string]field]{Make: func() map[string]field {
	return map[string]field{
		"AWSIAMRoleControllers":  {"clusterAPIControllers.extraStatements", []string{"controllers", "controllers-eks"}},
		"AWSIAMRoleControlPlane": {"controlPlane.extraStatements", []string{"control-plane", "csi"}},
		"AWSIAMRoleNodes":        {"nodes.extraStatements", []string{"nodes"}},
	}
}}

// field is a field of the configuration, and the policies of the role that it is for.
type field struct {
	path     string
	policies []string
}

// readWork is what each byte of a text takes in which denials are looked for: some
// 250 ns.
const readWork = 3

// Reads counts what it takes to read a text of so many bytes, since the answers about
// its denials come on top. The error is a [meter.TooMuch].
func (e *Explainer) Reads(bytes int) (err error) {
	defer meter.Catch(&err)
	e.meter.At("the text of the denials", "")
	e.meter.Spend(readWork * bytes)
	e.meter.At("the answers to the denials", "")
	return nil
}

// Denied answers about a denial. The error is a [meter.TooMuch].
func (e *Explainer) Denied(d denial.Denial) (answer Denied, err error) {
	defer func() {
		if err != nil {
			answer = Denied{}
		}
	}()
	defer meter.Catch(&err)
	answer = Denied{Denial: d, Who: whoOf(d.Principal), Grants: []Grant{}, WouldGrant: []Offer{}, UsedFor: []UsedFor{},
		Statements: []catalog.PolicyStatement{}, Help: []Help{}}
	answer.ResourceAccount = otherAccount(answer.Who, d)
	holder := e.holderOf(answer.Who)
	if holder != nil {
		answer.Holder = string(holder.Kind) + " " + holder.Name
		answer.ExtraStatements = configured.Get()[e.stories.Role(holder)].path
	}
	if d.Action != "" {
		if err := e.addKnown(&answer, holder); err != nil {
			return Denied{}, err
		}
	}
	answer.Help = help(&answer, holder)
	if !slices.Contains(answer.Help, AddStatement) {
		answer.Statements = []catalog.PolicyStatement{}
	}
	return answer, nil
}

// Redact takes names and IDs out of what came from the text of the denial, as
// [denial.Redacter] does. What the set has is as it is there, except for the name of a
// user the denied principal.
func (a *Denied) Redact(r *denial.Redacter) {
	user := a.Who.Name
	a.Denial = r.Denial(a.Denial)
	kind := a.Who.Kind
	a.Who = whoOf(a.Principal)
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
		a.Holder = kind + " " + a.Who.Name
	}
	for i := range a.Grants {
		if g := &a.Grants[i]; string(g.Kind) == kind && g.Name == user {
			g.Name = a.Who.Name
		}
	}
}

// otherAccount is the account of a denial's resource, if that is another one's.
func otherAccount(who Who, d denial.Denial) string {
	resource, ok := arn.Parse(d.Resource)
	if !ok || d.CutOff && strings.Count(d.Resource, ":") < 5 || !arn.IsAccount(resource.Account) || !arn.IsAccount(who.Account) || resource.Account == who.Account {
		return ""
	}
	return resource.Account
}

// resourceOf is the resource of a denial as a pattern: what was cut off is open. It is
// empty when not even the account is told.
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

// addKnown adds what the set and the catalogue say of the action.
func (e *Explainer) addKnown(answer *Denied, holder *document.Holder) error {
	resource := resourceOf(&answer.Denial)
	actions := append([]string{answer.Action}, answer.Or...)
	seen := map[grantKey]bool{} // of one statement, found for several actions
	for _, name := range actions {
		for _, g := range e.grantsOnce(name) {
			e.meter.Spend(1)
			if g.Trust || holder != nil && (g.Kind != holder.Kind || g.Name != holder.Name) || seen[g.key()] || !e.reaches(g.Resources, resource) {
				continue
			}
			seen[g.key()] = true
			answer.Grants = append(answer.Grants, g)
			e.meter.Spend(grantWork + e.sizeOf(&g))
		}
		e.meter.LimitCount(e.kept+len(answer.Grants), maxGrants, "statements about the denied requests")
	}
	e.kept += len(answer.Grants)
	answer.UsedFor = append(answer.UsedFor, e.usedFor(answer.Action)...)
	if holder == nil {
		answer.Statements = e.statementsToPaste(answer, actions)
		// What CAPA's roles could have is nothing for another role or user.
		if answer.Who.Kind == "" && !slices.ContainsFunc(answer.Grants, allows) {
			answer.WouldGrant = append(answer.WouldGrant, e.offersOn(answer)...)
		}
		return nil
	}
	// Of several, those that the holder is not allowed are the likely ones.
	var likely []string
	for _, action := range actions {
		outcome, err := e.decide(action, resource, holder)
		if err != nil {
			return err
		}
		denied := outcome.Decision != simulate.Allowed
		if denied && len(likely) == 0 || action == answer.Action {
			answer.Decision, answer.Conditional = outcome.Decision, outcome.Conditional
		}
		if denied {
			likely = append(likely, action)
		}
	}
	if len(likely) == 0 {
		likely = actions
	}
	answer.Statements = e.statementsToPaste(answer, likely)
	if answer.Decision != simulate.Allowed {
		offers := e.offersFor(answer, holder)
		if len(answer.Conditional) > 0 {
			// A feature has it under another condition.
			offers = slices.DeleteFunc(offers, func(o Offer) bool { return o.Feature == "" })
		}
		answer.WouldGrant = append(answer.WouldGrant, offers...)
	}
	return nil
}

// grantKey tells the statements of the set apart, as far as a person can.
type grantKey struct {
	kind                             document.Kind
	name, policy, statement, pattern string
}

func (g *Grant) key() grantKey { return grantKey{g.Kind, g.Name, g.Policy, g.Statement, g.Pattern} }

// sizeOf is how much a grant shows, in bytes.
func (e *Explainer) sizeOf(g *Grant) (size int) {
	for _, list := range [][]string{g.NotActions, g.Resources, g.NotResources, g.When, g.Principals, g.NotPrincipals, g.Conditions, g.Unknown} {
		for _, text := range list {
			size += 16 + len(text)
		}
	}
	return size
}

// grantsOnce returns the statements about an action, looked for once: a log has the
// same few actions many times.
func (e *Explainer) grantsOnce(name string) []Grant {
	known, ok := e.found[name]
	if !ok {
		action, _ := authz.Lookup(name)
		known = e.grants(name, action)
		e.found[name] = known
	}
	return known
}

// reaches is [reaches], counted.
func (e *Explainer) reaches(resources []string, resource string) bool {
	for _, r := range resources {
		e.meter.Spend(meter.Patterns(r, resource))
	}
	return reaches(resources, resource)
}

// statementsToPaste returns statements that allow actions on the resource of a
// denial, if that is told and is one that the action works on.
func (e *Explainer) statementsToPaste(answer *Denied, actions []string) []catalog.PolicyStatement {
	statements := statementsFor(actions)
	resource := answer.Resource
	if action, ok := authz.Lookup(answer.Action); ok && resource == resourceOf(&answer.Denial) && action.Allows(resource) && strings.HasPrefix(resource, "arn:") {
		statements[0].Resource = []string{resource}
	}
	for i, statement := range statements {
		action, ok := authz.Lookup(statement.Action[0])
		switch {
		case !ok || len(statement.Action) != 1:
		case action.Supports(passedToService) != authz.Unsupported:
			statements[i].Condition = catalog.Conditions{"StringEquals": {passedToService: e.passedTo(answer)}}
		case statement.Action[0] != answer.Action && action.Supports(createAction) != authz.Unsupported:
			_, name, _ := strings.Cut(answer.Action, ":")
			statements[i].Resource = []string{"arn:*:ec2:*:*:*/*"}
			statements[i].Condition = catalog.Conditions{"StringEquals": {createAction: name}}
		}
	}
	return statements
}

// passedToService is the condition key for the service to which a role is passed,
// createAction that for the request in which tags are set.
const (
	passedToService = "iam:PassedToService"
	createAction    = "ec2:CreateAction"
)

// passedTo is the service, or the services, to which the role was to be passed: that
// of the request for which it was, or else those to which roles of the set may be
// passed. Source: IAM User Guide, "Grant a user permissions to pass a role to an AWS
// service".
func (e *Explainer) passedTo(answer *Denied) any {
	domain := ".amazonaws.com"
	if a, ok := arn.Parse(answer.Principal); ok && arn.Domain(a.Partition) != "" {
		domain = "." + arn.Domain(a.Partition)
	}
	request := answer.Operation
	if request == "" && answer.Action != "" && !strings.HasPrefix(answer.Action, "iam:") {
		request = answer.Action // the role goes with it
	}
	if service := e.passedWith(request); service != "" {
		return service
	}
	service, _, known := strings.Cut(request, ":")
	switch service = cmp.Or(service, answer.Asked); {
	case service == "autoscaling" && !known: // a group starts instances, its hooks notify
		return []string{service + domain, "ec2" + domain}
	case service == "autoscaling":
		return "ec2" + domain
	case service != "":
		return service + domain
	}
	services := []string{"ec2" + domain} // what CAPA's controllers start
	if strings.HasSuffix(answer.Code, "UnauthorizedOperation") {
		return services[0] // an error code of EC2 alone
	}
	for _, s := range e.all {
		e.meter.Spend(len(s.doc.Statements))
		for i := range s.doc.Statements {
			for _, c := range s.doc.Statements[i].Conditions {
				if strings.EqualFold(c.Key, passedToService) && s.doc.Statements[i].Effect == document.Allow {
					services = joinNew(services, c.Values...)
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

// passedWith is the service to which the controllers pass a role with a request, as
// the catalogue has it: another than the service of the request.
func (e *Explainer) passedWith(request string) string {
	needs, _ := catalog.Needs() // an error is that of a program built wrong
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

// decide evaluates the request for a role or user of the set. The denial names
// few keys of the request, so that a condition remains one.
func (e *Explainer) decide(action, resource string, holder *document.Holder) (simulate.Outcome, error) {
	var s simulate.Simulation
	s.As(holder, e.set)
	if _, err := s.AddAction(action); err != nil {
		return simulate.Outcome{}, nil // a name that no request can have: nothing is known
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

// linkedService is the service of a service-linked role, which IAM puts into its path.
func linkedService(resource string) (string, bool) {
	_, rest, found := strings.Cut(resource, ":role/aws-service-role/")
	service, _, _ := strings.Cut(rest, "/")
	return service, found && service != ""
}

// reaches reports whether some of a statement's resources can be the one of the
// request, if the text tells it.
func reaches(resources []string, resource string) bool {
	if len(resources) == 0 || !strings.HasPrefix(resource, "arn:") {
		return true
	}
	return slices.ContainsFunc(resources, func(r string) bool {
		return strings.Contains(r, "${") || strings.Contains(r, "{{") || document.IntersectsResource(r, resource)
	})
}

func allows(g Grant) bool { return g.Effect == document.Allow && !g.Boundary && !g.Refused }
