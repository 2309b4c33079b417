// Who was denied a request, and who that is in the set.

package explain

import (
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// Who is the denied principal.
type Who struct {
	// Kind is "role", "user", "root", "service", "federated" or "anonymous"; empty
	// when the text does not tell.
	Kind    string `json:"kind,omitempty"`
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
	// Session is the name of the role's session, or of the federated user's.
	Session string `json:"session,omitempty"`
	// PermissionSet is that of IAM Identity Center which the role is made for.
	PermissionSet string `json:"permissionSet,omitempty"`
	// ServiceLinked: the role is one of a service's own, whose policies the account
	// cannot change.
	ServiceLinked bool `json:"serviceLinked,omitempty"`
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
		ownRole(&who)
	case a.Service == "sts" && kind == "federated-user":
		who.Kind, who.Session = "federated", rest
	case a.Service == "iam" && (kind == "role" || kind == "user"):
		who.Kind, who.Name = kind, a.Name()
		if kind == "role" {
			ownRole(&who)
		}
	case a.Service == "iam" && kind == "root":
		who.Kind = "root"
	case a.Service == "iam" && (kind == "oidc-provider" || kind == "saml-provider"):
		who.Kind, who.Name = "federated", rest
	}
	return who
}

// ownRole recognises the roles that AWS makes and whose policies are not changed in
// the role. Sources: IAM Identity Center User Guide, "Referencing permission sets in
// resource policies"; IAM User Guide, "Service-linked roles".
func ownRole(who *Who) {
	if name, ok := strings.CutPrefix(who.Name, "AWSReservedSSO_"); ok {
		who.PermissionSet = name
		if i := strings.LastIndexByte(name, '_'); i > 0 {
			who.PermissionSet = name[:i]
		}
	}
	who.ServiceLinked = strings.HasPrefix(who.Name, "AWSServiceRoleFor")
}
