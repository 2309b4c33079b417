// What the rules on trust know, for those who write trust policies.

package review

import (
	"strings"
)

// Service is what is known of a service principal.
type Service struct {
	// Name is without the domain and the region: "ec2".
	Name string
	// Principal: it has the form of one.
	Principal bool
	// Known: there is a service principal of this name.
	Known bool
	// Near is the one that was probably meant, "" if none is near.
	Closest string
	// Page says that whom the service acts for should be limited; "" where AWS does not
	// say so.
	Page string
}

// FindService looks a service principal up: "ec2.amazonaws.com".
func FindService(id string) Service {
	name, ok := serviceOf(id)
	found := Service{Name: name, Principal: ok || otherDomain(id)}
	switch {
	case ok && knownService(name):
		found.Known, found.Page = true, loadServices.Get()[name]
	case ok:
		if closest, ok := closestService(name); ok {
			found.Closest = closest
		}
	case !found.Principal && knownService(strings.ToLower(id)):
		found.Closest = strings.ToLower(id) + ".amazonaws.com"
	}
	return found
}

// SharedIssuer returns the name of an issuer of OIDC tokens that many customers share
// ("GitHub Actions"), and whether it is one.
func SharedIssuer(host string) (string, bool) {
	found := knownIssuer(host)
	if found == nil {
		return "", false
	}
	return found.name, true
}
