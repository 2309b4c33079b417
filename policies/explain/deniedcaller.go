// The caller of a denied request, and its role or user in the set.

package explain

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// Caller is the denied principal.
type Caller struct {
	// Kind is "role", "user", "root", "service", "federated" or "anonymous";
	// empty if it is unknown.
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
	// Session is the session name of the role or of the federated user.
	Session string `json:"session,omitempty"`
	// PermissionSet is the permission set of IAM Identity Center that the role
	// belongs to.
	PermissionSet string `json:"permissionSet,omitempty"`
	// ServiceLinked means that the role is service-linked: the account cannot
	// change its policies.
	ServiceLinked bool `json:"serviceLinked,omitempty"`
}

// holderOf returns the role or user of the set that is the caller. It returns
// nil if there is none or more than one. A holder whose name AWS generates is not
// found: its name is unknown.
func (e *Explainer) holderOf(caller Caller) *document.Holder {
	if caller.Kind != "role" && caller.Kind != "user" {
		return nil
	}
	var found *document.Holder
	for _, h := range e.set.Principals {
		if string(h.Kind) == caller.Kind && h.Name == caller.Name && !h.HasGeneratedName {
			if found != nil {
				return nil
			}
			found = h
		}
	}
	return found
}

// parseCaller parses the principal of a denial. Source: IAM User Guide, "IAM
// identifiers", and "AWS JSON policy elements: Principal".
func parseCaller(principal string) Caller {
	if principal == "anonymous" || principal == "*" {
		return Caller{Kind: "anonymous"}
	}
	a, ok := arn.Parse(principal)
	if !ok {
		if strings.HasSuffix(principal, ".amazonaws.com") || strings.HasSuffix(principal, ".amazonaws.com.cn") {
			return Caller{Kind: "service", Name: principal}
		}
		return Caller{}
	}
	caller := Caller{Account: a.Account}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "sts" && kind == "assumed-role":
		caller.Kind = "role"
		caller.Name, caller.Session, _ = strings.Cut(rest, "/")
		detectAWSRole(&caller)
	case a.Service == "sts" && kind == "federated-user":
		caller.Kind, caller.Session = "federated", rest
	case a.Service == "iam" && (kind == "role" || kind == "user"):
		caller.Kind, caller.Name = kind, a.Name()
		if kind == "role" {
			detectAWSRole(&caller)
		}
	case a.Service == "iam" && kind == "root":
		caller.Kind = "root"
	case a.Service == "iam" && (kind == "oidc-provider" || kind == "saml-provider"):
		caller.Kind, caller.Name = "federated", rest
	}
	return caller
}

// detectAWSRole recognizes roles that AWS creates and whose policies cannot be
// changed in the role itself. Sources: IAM Identity Center User Guide,
// "Referencing permission sets in resource policies"; IAM User Guide,
// "Service-linked roles".
func detectAWSRole(caller *Caller) {
	if name, ok := strings.CutPrefix(caller.Name, "AWSReservedSSO_"); ok {
		caller.PermissionSet = name
		if i := strings.LastIndexByte(name, '_'); i > 0 {
			caller.PermissionSet = name[:i]
		}
	}
	caller.ServiceLinked = strings.HasPrefix(caller.Name, "AWSServiceRoleFor")
}
