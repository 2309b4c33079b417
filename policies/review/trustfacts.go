// Exports what the trust rules know, for packages that write trust policies.

package review

import "capaboot/policies/authz"

// Service describes a service principal.
type Service struct {
	// Name is the name without the domain and the region: "ec2".
	Name string
	// IsPrincipal reports whether the text that was looked up has the form of a
	// service principal.
	IsPrincipal bool
	// Known reports whether the name or one of its parent domains is in the list
	// of service principals, or is the prefix of an AWS service's actions.
	Known bool
	// Closest is the service principal that was probably meant, or "" if none
	// is similar.
	Closest string
	// Page is the AWS page that recommends conditions against the confused
	// deputy problem for this service, or "" if AWS does not recommend them.
	Page string
}

// FindService looks up a service principal such as "ec2.amazonaws.com".
func FindService(id string) Service {
	name, ok := serviceOf(id)
	found := Service{Name: name, IsPrincipal: ok || authz.HasOtherDomain(id)}
	switch {
	case ok && authz.IsService(name):
		found.Known, found.Page = true, authz.ServicePage(name)
	case ok:
		if closest, ok := authz.ClosestPrincipal(name); ok {
			found.Closest = closest
		}
	case !found.IsPrincipal:
		found.Closest = authz.MeantService(id)
	}
	return found
}

// SharedIssuer returns the name of an issuer of OIDC tokens that many customers
// share ("GitHub Actions"), and whether the host is such an issuer.
func SharedIssuer(host string) (string, bool) {
	found := findIssuer(host)
	if found == nil {
		return "", false
	}
	return found.name, true
}
