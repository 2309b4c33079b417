// Requests that AWS refuses, whatever the policies of the input say.

package simulate

import (
	"fmt"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz"
	"capaboot/policies/document"
)

// refuse denies a request that AWS refuses, and drops what was unknown about
// the policies. If the policies certainly deny the request anyway, the reason
// is only added as a note.
func (o *Outcome) refuse(reason string) {
	o.isRefused = true
	if o.rank() == 0 {
		o.Notes = append(o.Notes, reason)
		return
	}
	o.Decision, o.Reason, o.Unknown = ImplicitDeny, reason, false
	o.Statements, o.Conditional, o.MissingContextKeys, o.Notes = []Statement{}, []Conditional{}, []string{}, []string{}
}

// refuseReserved denies a request that AWS refuses regardless of policies, such
// as a change of an AWS managed policy. AWS defines who can assume a
// service-linked role, usually only its service: for other callers, a request
// to assume the role is not certainly allowed.
func (o *Outcome) refuseReserved(caller document.Principal) {
	why, isReserved := authz.AWSRefuses(o.Action, o.Resource)
	switch isAllowed := o.Decision == Allowed && !o.Unknown; {
	case !isReserved:
	case !authz.AssumesRole(o.Action):
		o.refuse("AWS refuses the request regardless of policies: " + why)
		if isAllowed {
			o.Notes = append(o.Notes, "apart from that, the policies allow the request")
		}
	case !isServiceOf(caller, o.Resource):
		o.Notes = append(o.Notes, "unless AWS defined the role otherwise, "+why)
		o.Unknown = o.Unknown || isAllowed
	}
}

// isServiceOf reports whether a caller is the service of a service-linked role, whose
// path is /aws-service-role/SERVICE/.
func isServiceOf(caller document.Principal, role string) bool {
	a := arn.ParsePattern(role)
	if caller.Kind != "Service" {
		return false
	}
	service, ok := authz.ServiceName(caller.ID)
	parts := strings.Split(a.Resource, "/")
	if len(parts) < 4 {
		return false
	}
	linked, _ := authz.ServiceName(parts[2])
	return ok && service == linked
}

// refuseOtherAccount denies a request for a resource that only callers of its
// own account can use. It returns false for any other resource.
//
// Source: IAM User Guide, "Cross-account policy evaluation logic": the resource
// policy must allow the request of a caller from another account.
func (o *Outcome) refuseOtherAccount(caller, owner string) bool {
	why, ok := authz.OnlyOwnAccount(o.Action, o.Resource)
	if ok {
		o.refuse(fmt.Sprintf("the resource is in account %s, and the caller in account %s: AWS denies the request, because %s", owner, caller, why))
	}
	return ok
}
