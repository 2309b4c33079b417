// What helps against a denied request: where the set grants it, what would grant
// it, or whose policy above the account decides.

package explain

import (
	"slices"
	"strings"

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
	// Holder is the role or user of the set with the name of who was denied.
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
	// Statements would allow the request, for the policy of who was denied.
	Statements []catalog.PolicyStatement `json:"statements"`
	// ExtraStatements is the field of the configuration that takes them, if the
	// holder is a role or user of CAPA's.
	ExtraStatements string `json:"extraStatements,omitempty"`
	// Help is what can be done, the likeliest first.
	Help []Help `json:"help"`
}

// Who is who was denied.
type Who struct {
	// Kind is "role", "user", "root", "service", "federated" or "anonymous"; empty
	// when the text does not tell.
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
	// Session is the name of the role's session, or of the federated user's.
	Session string `json:"session,omitempty"`
}

// Help is something that can be done about a denial.
type Help string

// What can be done.
const (
	// Decode the authorization message, which has the details.
	Decode Help = "decode"
	// FindRecord: CloudTrail's record of the request has the details.
	FindRecord Help = "find-record"
	// AskOrganization: a service or resource control policy decides, which only
	// the organization's management account changes.
	AskOrganization Help = "ask-organization"
	// ChangeBoundary: the permissions boundary of the role or user decides.
	ChangeBoundary Help = "change-boundary"
	// ChangeSession: the policy that was passed when the role was assumed decides.
	ChangeSession Help = "change-session"
	// ChangeEndpoint: the policy of a VPC endpoint decides.
	ChangeEndpoint Help = "change-endpoint"
	// ChangeTrust: the trust policy of the role that is to be assumed decides.
	ChangeTrust Help = "change-trust"
	// ChangeResource: the policy of the resource decides.
	ChangeResource Help = "change-resource"
	// RemoveDenial: a statement of the holder's policies denies it.
	RemoveDenial Help = "remove-denial"
	// UpdateStack: the set allows it, so that what is deployed is older, or was
	// changed by hand.
	UpdateStack Help = "update-stack"
	// MeetCondition: the set allows it under a condition.
	MeetCondition Help = "meet-condition"
	// SwitchOn: another configuration or a newer release grants it.
	SwitchOn Help = "switch-on"
	// AddStatement: Statements would grant it.
	AddStatement Help = "add-statement"
	// UseRole: others in the set have the permission, who was denied is not among
	// them.
	UseRole Help = "use-role"
	// NotByPolicy: no policy grants or denies the action; AWS's reference says so.
	NotByPolicy Help = "not-by-policy"
)

// configured is the field of the configuration that takes statements for a role of
// CAPA's templates, and the policies in the catalogue that the role can have.
var configured = map[string]struct {
	field    string
	policies []string
}{
	"AWSIAMRoleControllers":  {"clusterAPIControllers.extraStatements", []string{"controllers", "controllers-eks"}},
	"AWSIAMRoleControlPlane": {"controlPlane.extraStatements", []string{"control-plane", "csi"}},
	"AWSIAMRoleNodes":        {"nodes.extraStatements", []string{"nodes"}},
}

// Denied answers about a denial. The error is a [meter.TooMuch].
func (e *Explainer) Denied(d denial.Denial) (answer Denied, err error) {
	defer meter.Catch(&err)
	answer = Denied{Denial: d, Who: whoOf(d.Principal), Grants: []Grant{}, WouldGrant: []Offer{}, UsedFor: []UsedFor{},
		Statements: []catalog.PolicyStatement{}, Help: []Help{}}
	holder := e.holderOf(answer.Who)
	if holder != nil {
		answer.Holder = string(holder.Kind) + " " + holder.Name
		answer.ExtraStatements = configured[e.stories.Role(holder)].field
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

// Redact takes account IDs and the names of sessions out of what came from the
// text of the denial. What the set has is as it is there.
func (a *Denied) Redact(r *denial.Redacter) {
	a.Denial = r.Denial(a.Denial)
	a.Who = whoOf(a.Principal)
	for i := range a.Statements {
		for j, resource := range a.Statements[i].Resource {
			a.Statements[i].Resource[j] = r.ARN(resource)
		}
	}
}

// addKnown adds what the set and the catalogue say of the action.
func (e *Explainer) addKnown(answer *Denied, holder *document.Holder) error {
	action, _ := authz.Lookup(answer.Action)
	for _, g := range e.grants(answer.Action, action) {
		if !g.Trust && reaches(g.Resources, answer.Resource) && (holder == nil || g.Kind == holder.Kind && g.Name == holder.Name) {
			answer.Grants = append(answer.Grants, g)
		}
	}
	answer.UsedFor = append(answer.UsedFor, e.usedFor(answer.Action)...)
	answer.Statements = statementsFor([]string{answer.Action})
	if resource := answer.Resource; action != nil && action.Allows(resource) && strings.HasPrefix(resource, "arn:") {
		answer.Statements[0].Resource = []string{resource}
	}
	if holder == nil {
		// What CAPA's roles could have is nothing for another role or user.
		if answer.Who.Kind == "" && !slices.ContainsFunc(answer.Grants, allows) {
			answer.WouldGrant = append(answer.WouldGrant, e.offersOn(answer.Action, answer.Resource)...)
		}
		return nil
	}
	outcome, err := e.decide(answer, holder)
	if err != nil {
		return err
	}
	answer.Decision, answer.Conditional = outcome.Decision, outcome.Conditional
	if outcome.Decision != simulate.Allowed && len(outcome.Conditional) == 0 {
		answer.WouldGrant = append(answer.WouldGrant, e.offersFor(answer, e.stories.Role(holder))...)
	}
	return nil
}

// decide evaluates the request for a role or user of the set. The denial names
// few keys of the request, so that a condition remains one.
func (e *Explainer) decide(answer *Denied, holder *document.Holder) (simulate.Outcome, error) {
	var s simulate.Simulation
	s.As(holder, e.set)
	if _, err := s.AddAction(answer.Action); err != nil {
		return simulate.Outcome{}, nil // a name that no request can have: nothing is known
	}
	if service, ok := linkedService(answer.Resource); ok {
		s.AddContext("iam:AWSServiceName", service)
	}
	if strings.HasPrefix(answer.Resource, "arn:") {
		if err := s.AddResource(answer.Resource); err != nil {
			return simulate.Outcome{}, nil
		}
	}
	outcomes, err := s.Run()
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

// offersOn returns what the catalogue has of an action on a resource, and does not
// grant with every configuration.
func (e *Explainer) offersOn(action, resource string) []Offer {
	var offers []Offer
	for _, entry := range e.stories.Entries(action) {
		granted := len(entry.When) == 0 && entry.Since.Compare(e.release) <= 0
		if !granted && !entry.Trust && reaches(entry.Resources(), resource) {
			offers = append(offers, Offer{entry.Policy, entry.Trust, entry.When, entry.Story})
		}
	}
	return offers
}

// offersFor returns the offers of the policies that a role of CAPA's can have; none
// for one that is not CAPA's.
func (e *Explainer) offersFor(answer *Denied, logicalID string) []Offer {
	role := configured[logicalID]
	return slices.DeleteFunc(e.offersOn(answer.Action, answer.Resource), func(o Offer) bool { return !slices.Contains(role.policies, o.Policy) })
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

// help decides what can be done.
func help(a *Denied, holder *document.Holder) []Help {
	if a.Action == "" {
		if a.Encoded {
			return []Help{Decode}
		}
		return []Help{FindRecord}
	}
	if _, exempt := authz.NeedsNoPermission(a.Action); exempt {
		return []Help{NotByPolicy}
	}
	above := map[denial.Policy]Help{
		denial.ServiceCtrl: AskOrganization, denial.ResourceCtrl: AskOrganization, denial.Boundary: ChangeBoundary,
		denial.Session: ChangeSession, denial.Endpoint: ChangeEndpoint, denial.Trust: ChangeTrust, denial.Resource: ChangeResource,
	}
	if h, ok := above[a.Policy]; ok {
		return []Help{h}
	}
	var all []Help
	if a.Explicit {
		return []Help{RemoveDenial}
	}
	if a.Policy == "" && authz.AssumesRole(a.Action) {
		all = append(all, ChangeTrust)
		// A web identity has no policies of its own.
		if a.Who.Kind == "" || a.Who.Kind == "federated" {
			return all
		}
	}
	switch {
	case holder == nil && slices.ContainsFunc(a.Grants, allows):
		all = append(all, UseRole, AddStatement)
	case a.Decision == simulate.Allowed:
		all = append(all, UpdateStack)
	case len(a.Conditional) > 0:
		all = append(all, MeetCondition, AddStatement)
	case len(a.WouldGrant) > 0:
		all = append(all, SwitchOn, AddStatement)
	default:
		all = append(all, AddStatement)
	}
	if a.Policy == "" && a.Encoded {
		all = slices.Insert(all, 0, Decode) // first: which policy decided is in there
	}
	return all
}

// holderOf returns the role or user of the set that was denied, nil if there is
// none, or several.
func (e *Explainer) holderOf(who Who) *document.Holder {
	if who.Kind != "role" && who.Kind != "user" {
		return nil
	}
	var found *document.Holder
	for _, h := range e.set.Principals {
		if string(h.Kind) == who.Kind && h.Name == who.Name {
			if found != nil {
				return nil
			}
			found = h
		}
	}
	return found
}

// whoOf reads the principal of a denial. Source: IAM User Guide, "IAM
// identifiers", and "AWS JSON policy elements: Principal".
func whoOf(principal string) Who {
	if principal == "anonymous" || principal == "*" {
		return Who{Kind: "anonymous"}
	}
	a, ok := arn.Parse(principal)
	if !ok {
		if strings.HasSuffix(principal, ".amazonaws.com") || strings.HasSuffix(principal, ".amazonaws.com.cn") {
			return Who{Kind: "service", Name: principal}
		}
		return Who{}
	}
	who := Who{Account: a.Account}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "sts" && kind == "assumed-role":
		who.Kind = "role"
		who.Name, who.Session, _ = strings.Cut(rest, "/")
	case a.Service == "sts" && kind == "federated-user":
		who.Kind, who.Session = "federated", rest
	case a.Service == "iam" && (kind == "role" || kind == "user"):
		who.Kind, who.Name = kind, a.Name()
	case a.Service == "iam" && kind == "root":
		who.Kind = "root"
	case a.Service == "iam" && (kind == "oidc-provider" || kind == "saml-provider"):
		who.Kind, who.Name = "federated", rest
	}
	return who
}
