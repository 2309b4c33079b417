// Help for a denied request: what to change so that it is allowed.

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

// The values of Help.
const (
	// Decode means to decode the authorization message, which contains the
	// details.
	Decode Help = "decode"
	// FindRecord means to find the CloudTrail record of the request, which
	// contains the details.
	FindRecord Help = "find-record"
	// AskOrganization means to ask the organization: only its management account,
	// or an account to which the management account delegated this, can change the
	// service control policy or resource control policy that decided. Source: AWS
	// Organizations User Guide, "Delegated administrator for AWS Organizations".
	AskOrganization Help = "ask-organization"
	// ChangeBoundary means to change the permissions boundary of the role or
	// user.
	ChangeBoundary Help = "change-boundary"
	// ChangeSession means to change the policy that was passed when the session
	// was created.
	ChangeSession Help = "change-session"
	// ChangeEndpoint means to change the policy of the VPC endpoint.
	ChangeEndpoint Help = "change-endpoint"
	// ChangeTrust means to change the trust policy of the role to assume.
	ChangeTrust Help = "change-trust"
	// ChangeResource means to change the policy of the resource.
	ChangeResource Help = "change-resource"
	// RemoveDenial means to remove or narrow a statement of the holder's
	// policies that denies the request.
	RemoveDenial Help = "remove-denial"
	// UpdateStack means to update the deployed stack. The set has an Allow for the
	// request, so the stack is older or was changed manually.
	UpdateStack Help = "update-stack"
	// Retry means to make the request again. The set is the deployed stack, and has
	// an Allow for the request: the stack may have changed after the denial.
	Retry Help = "retry"
	// MeetCondition means to meet the condition under which the set allows the
	// request.
	MeetCondition Help = "meet-condition"
	// CheckTemplate means to check which values the deployed stack has: the set
	// allows the request only with some values of the template's parameters, or
	// with values that are known only at deployment.
	CheckTemplate Help = "check-template"
	// SwitchOn means to use another configuration or a newer release, which
	// grants the action.
	SwitchOn Help = "switch-on"
	// AddStatement means to add the suggested statements, which grant the
	// action.
	AddStatement Help = "add-statement"
	// UseRole means to use another principal of the set, which has the
	// permission.
	UseRole Help = "use-role"
	// ChangePublicAccess means to change the request, or the settings of S3
	// Block Public Access that refuse the request.
	ChangePublicAccess Help = "change-public-access"
	// CheckResource means to check that the resource exists. AWS returns this
	// error also when the resource does not exist.
	CheckResource Help = "check-resource"
	// UnknownAction means to check the name of the action. AWS's reference does
	// not have it, so no statement is suggested.
	UnknownAction Help = "unknown-action"
	// NotByPolicy means that no policy can help: according to AWS's reference,
	// policies neither grant nor deny the action.
	NotByPolicy Help = "not-by-policy"
	// UseAccount means to make the request as a caller of the account of the
	// resource: AWS allows no other callers.
	UseAccount Help = "use-account"
)

func helpFor(a *Denied, principal *document.Holder) []Help {
	if a.Action == "" {
		if a.Encoded {
			return []Help{Decode}
		}
		return []Help{FindRecord}
	}
	if _, isExempt := authz.NeedsNoPermission(a.Action); isExempt {
		return []Help{NotByPolicy}
	}
	var all []Help
	if a.MayNotExist {
		all = append(all, CheckResource)
	}
	if _, known := authz.Lookup(a.Action); !known {
		all = append(all, UnknownAction)
	}
	if !a.Explicit && a.onlyOwnAccount() {
		return append(all, UseAccount)
	}
	if h, ok := helpForPolicy(a); ok {
		return append(all, h)
	}
	if a.Explicit {
		return append(all, RemoveDenial)
	}
	switch {
	case a.Caller.Kind == "root":
		// Identity policies do not limit the root user, so no change to them helps.
		// Source: IAM User Guide, "AWS account root user".
		return append(all, AskOrganization, ChangeResource)
	case a.Caller.Kind == "service", a.Caller.Kind == "anonymous", a.Caller.ServiceLinked:
		return append(all, ChangeResource)
	case a.Caller.Kind == "federated" && !authz.AssumesRole(a.Action):
		// A federated user has only the permissions that both the user and the
		// passed policy allow. Source: IAM User Guide, "Permissions for
		// GetFederationToken".
		all = append(all, ChangeSession)
	}
	if a.Policy == "" && authz.AssumesRole(a.Action) {
		all = append(all, ChangeTrust)
		// A web identity has no policies of its own, so no identity policy helps.
		// An unknown caller may be a web identity.
		if a.Caller.Kind == "" || a.Caller.Kind == "federated" {
			return all
		}
	} else if a.ResourceAccount != "" {
		all = append(all, helpInOtherAccount(a))
	}
	all = append(all, helpByIdentity(a, principal)...)
	if _, known := authz.Lookup(a.Action); !known {
		all = slices.DeleteFunc(all, func(h Help) bool { return h == AddStatement })
	}
	if a.Policy == "" && a.Encoded {
		all = slices.Insert(all, 0, Decode) // first, because the message says which policy decided
	}
	return all
}

// helpForPolicy returns what to do about a denial for which AWS names the kind
// of policy that decided. It returns false if AWS names no kind, or an identity
// policy.
func helpForPolicy(a *Denied) (Help, bool) {
	if a.Policy == denial.Resource && authz.AssumesRole(a.Action) {
		return ChangeTrust, true // the policy of a role is its trust policy
	}
	h, ok := map[denial.Policy]Help{
		denial.ServiceControl: AskOrganization, denial.ResourceControl: AskOrganization, denial.Boundary: ChangeBoundary,
		denial.Session: ChangeSession, denial.Endpoint: ChangeEndpoint, denial.Trust: ChangeTrust, denial.Resource: ChangeResource,
		denial.PublicAccess: ChangePublicAccess,
	}[a.Policy]
	return h, ok
}

// onlyOwnAccount reports whether AWS allows the request only to callers in the
// account of the resource, and the caller is in another account.
func (a *Denied) onlyOwnAccount() bool {
	_, only := authz.OnlyOwnAccount(a.Action, a.Resource)
	return only && a.ResourceAccount != ""
}

// helpInOtherAccount returns what to do in the account of the resource. Source:
// IAM User Guide, "Cross-account policy evaluation logic".
func helpInOtherAccount(a *Denied) Help {
	if authz.AssumesRole(a.Action) {
		return ChangeTrust
	}
	return ChangeResource
}

// helpByIdentity returns what to do if no identity policy allows the request,
// or if AWS does not name the kind of policy.
func helpByIdentity(a *Denied, principal *document.Holder) []Help {
	if limits := limitsIn(a); len(limits) > 0 {
		return limits
	}
	switch {
	case principal == nil && slices.ContainsFunc(a.Grants, allows):
		return []Help{UseRole, AddStatement}
	case a.Decision == simulate.Allowed:
		return []Help{UpdateStack}
	case a.dependsOnTemplate():
		return []Help{CheckTemplate, AddStatement}
	case len(a.Conditional) > 0, principal != nil && !namesResource(a) && slices.ContainsFunc(a.Grants, allows):
		if slices.ContainsFunc(a.WouldGrant, func(o Offer) bool { return o.widens() }) {
			return []Help{MeetCondition, SwitchOn, AddStatement}
		}
		return []Help{MeetCondition, AddStatement}
	case len(a.WouldGrant) > 0:
		return []Help{SwitchOn, AddStatement}
	}
	return []Help{AddStatement}
}

// namesResource reports whether a denial names its resource. If not, it is
// unknown whether the resources of a grant include it.
func namesResource(a *Denied) bool { return a.Resource == "*" || strings.HasPrefix(a.Resource, "arn:") }
