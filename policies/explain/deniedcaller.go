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
// nil if there is none or more than one.
func (e *Explainer) holderOf(who Caller) *document.Holder {
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
	who := Caller{Account: a.Account}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "sts" && kind == "assumed-role":
		who.Kind = "role"
		who.Name, who.Session, _ = strings.Cut(rest, "/")
		detectAWSRole(&who)
	case a.Service == "sts" && kind == "federated-user":
		who.Kind, who.Session = "federated", rest
	case a.Service == "iam" && (kind == "role" || kind == "user"):
		who.Kind, who.Name = kind, a.Name()
		if kind == "role" {
			detectAWSRole(&who)
		}
	case a.Service == "iam" && kind == "root":
		who.Kind = "root"
	case a.Service == "iam" && (kind == "oidc-provider" || kind == "saml-provider"):
		who.Kind, who.Name = "federated", rest
	}
	return who
}

// detectAWSRole recognizes roles that AWS creates and whose policies cannot be
// changed in the role itself. Sources: IAM Identity Center User Guide,
// "Referencing permission sets in resource policies"; IAM User Guide,
// "Service-linked roles".
func detectAWSRole(who *Caller) {
	if name, ok := strings.CutPrefix(who.Name, "AWSReservedSSO_"); ok {
		who.PermissionSet = name
		if i := strings.LastIndexByte(name, '_'); i > 0 {
			who.PermissionSet = name[:i]
		}
	}
	who.ServiceLinked = strings.HasPrefix(who.Name, "AWSServiceRoleFor")
}
