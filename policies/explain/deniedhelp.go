// What can be done about a denied request.

package explain

import (
	"slices"
	"strings"

	"capaboot/policies/authz"
	"capaboot/policies/denial"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

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
	// UseRole: others in the set have the permission, the denied principal is not among
	// them.
	UseRole Help = "use-role"
	// ChangePublicAccess: S3 Block Public Access refuses it.
	ChangePublicAccess Help = "change-public-access"
	// CheckResource: AWS says the same of a resource that does not exist.
	CheckResource Help = "check-resource"
	// UnknownAction: AWS's reference has no such action, so that no statement is
	// offered.
	UnknownAction Help = "unknown-action"
	// NotByPolicy: no policy grants or denies the action; AWS's reference says so.
	NotByPolicy Help = "not-by-policy"
)

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
	var all []Help
	if a.MayNotExist {
		all = append(all, CheckResource)
	}
	if _, known := authz.Lookup(a.Action); !known {
		all = append(all, UnknownAction)
	}
	if h, ok := decidedBy(a); ok {
		return append(all, h)
	}
	if a.Explicit {
		return append(all, RemoveDenial)
	}
	switch {
	case a.Who.Kind == "root":
		// No identity policy limits the root user. Source: IAM User Guide, "AWS
		// account root user".
		return append(all, AskOrganization, ChangeResource)
	case a.Who.Kind == "service", a.Who.Kind == "anonymous", a.Who.ServiceLinked:
		return append(all, ChangeResource)
	case a.Who.Kind == "federated" && !authz.AssumesRole(a.Action):
		// What it may is what both allow. Source: IAM User Guide, "Permissions for
		// GetFederationToken".
		all = append(all, ChangeSession)
	}
	if a.Policy == "" && authz.AssumesRole(a.Action) {
		all = append(all, ChangeTrust)
		// A web identity has no policies of its own.
		if a.Who.Kind == "" || a.Who.Kind == "federated" {
			return all
		}
	} else if a.ResourceAccount != "" {
		all = append(all, otherSide(a))
	}
	all = append(all, byIdentity(a, holder)...)
	if _, known := authz.Lookup(a.Action); !known {
		all = slices.DeleteFunc(all, func(h Help) bool { return h == AddStatement })
	}
	if a.Policy == "" && a.Encoded {
		all = slices.Insert(all, 0, Decode) // first: which policy decided is in there
	}
	return all
}

// decidedBy is what helps when AWS names the policy that decided, and it is not one
// of the role's or user's own.
func decidedBy(a *Denied) (Help, bool) {
	if a.Policy == denial.Resource && authz.AssumesRole(a.Action) {
		return ChangeTrust, true // the policy of a role is its trust policy
	}
	h, ok := map[denial.Policy]Help{
		denial.ServiceCtrl: AskOrganization, denial.ResourceCtrl: AskOrganization, denial.Boundary: ChangeBoundary,
		denial.Session: ChangeSession, denial.Endpoint: ChangeEndpoint, denial.Trust: ChangeTrust, denial.Resource: ChangeResource,
		denial.PublicAccess: ChangePublicAccess,
	}[a.Policy]
	return h, ok
}

// otherSide is what the account of the resource has to allow. Source: IAM User Guide,
// "Cross-account policy evaluation logic".
func otherSide(a *Denied) Help {
	if authz.AssumesRole(a.Action) {
		return ChangeTrust
	}
	return ChangeResource
}

// byIdentity is what helps when no identity policy allows it, or AWS does not say.
func byIdentity(a *Denied, holder *document.Holder) []Help {
	switch {
	case holder == nil && slices.ContainsFunc(a.Grants, allows):
		return []Help{UseRole, AddStatement}
	case a.Decision == simulate.Allowed:
		return []Help{UpdateStack}
	case len(a.Conditional) > 0, holder != nil && !toldResource(a) && slices.ContainsFunc(a.Grants, allows):
		if slices.ContainsFunc(a.WouldGrant, func(o Offer) bool { return o.Feature != "" }) {
			return []Help{MeetCondition, SwitchOn, AddStatement}
		}
		return []Help{MeetCondition, AddStatement}
	case len(a.WouldGrant) > 0:
		return []Help{SwitchOn, AddStatement}
	}
	return []Help{AddStatement}
}

// toldResource is for a denial that names its resource: else what the set grants on
// some resources may or may not be it.
func toldResource(a *Denied) bool { return a.Resource == "*" || strings.HasPrefix(a.Resource, "arn:") }
