// Service principals: the names of the AWS services that can be callers.

package authz

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
	"capaboot/internal/table"
	"capaboot/policies/arn"
)

//go:embed serviceprincipals.tsv
var servicePrincipalsTSV string

//go:embed servicesubdomains.tsv
var serviceSubdomainsTSV string

// loadPrincipals maps each service principal, without ".amazonaws.com", to the page of
// AWS's documentation that recommends requiring the account or the resource in the
// trust policies of the service's roles, or to "".
var loadPrincipals = lazy.Value[map[string]string]{Make: func() map[string]string {
	pages := map[string]string{}
	for _, row := range table.Rows("serviceprincipals.tsv", servicePrincipalsTSV, 2) {
		pages[row[0]] = strings.TrimPrefix(row[1], "-")
	}
	return pages
}}

var loadSubdomains = lazy.Value[map[string]bool]{Make: func() map[string]bool {
	names := map[string]bool{}
	for _, row := range table.Rows("servicesubdomains.tsv", serviceSubdomainsTSV, 1) {
		names[row[0]] = true
	}
	return names
}}

// ServicePage returns the page of AWS's documentation that recommends requiring the
// account or the resource in the trust policies of a service's roles, or "". name is
// a result of [ServiceName].
func ServicePage(name string) string { return loadPrincipals.Get()[name] }

// ServiceName returns the name of a service principal without the domain and the
// region: "ec2" for ec2.amazonaws.com and for ec2.cn-north-1.amazonaws.com.cn.
// It returns false for other domains, such as those of the isolated partitions.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS service
// principals" and "AWS service principals in opt-in Regions".
func ServiceName(id string) (string, bool) {
	name, ok := strings.CutSuffix(strings.TrimSuffix(strings.ToLower(id), ".cn"), ".amazonaws.com")
	if !ok {
		return name, false
	}
	labels := strings.Split(name, ".")
	labels = slices.DeleteFunc(labels, func(label string) bool { return arn.PartitionOfRegionPattern(label) != "" })
	return strings.Join(labels, "."), len(labels) > 0
}

// IsService reports whether a name of [ServiceName], or a parent domain of it, is
// in the list of service principals or is the prefix of an AWS service's actions.
// Every subdomain of a service principal belongs to AWS.
func IsService(name string) bool {
	for {
		if _, ok := loadPrincipals.Get()[name]; ok || Known(name) {
			return true
		}
		_, parent, hasParent := strings.Cut(name, ".")
		if !hasParent {
			return false
		}
		name = parent
	}
}

// ClosestPrincipal returns the service principal that was probably meant by an
// unknown name, which has the form that [ServiceName] returns. It returns false if
// no service principal and no action prefix is similar enough.
func ClosestPrincipal(name string) (string, bool) {
	// A similar action prefix counts only if no service principal is as
	// similar.
	closest, ok := nearword.Closest(name, append(listedPrincipals(), Prefixes()...))
	return closest + ".amazonaws.com", ok
}

func listedPrincipals() []string {
	var names []string
	for name := range loadPrincipals.Get() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// otherDomains lists what service principals can end in besides amazonaws.com:
// the domains of other partitions, and a few old ones.
//
// Sources: botocore 1.43.11, data/partitions.json; Alexa Skills Kit, "Host a
// Custom Skill as an AWS Lambda Function".
var otherDomains = []string{".amazon.com", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk", ".csp.hci.ic.gov", ".aws.internal"}

// HasOtherDomain reports whether a principal has a domain of service principals
// other than amazonaws.com. It returns false for lambda.amazon.com, because that
// service has its principal in amazonaws.com.
func HasOtherDomain(id string) bool {
	if meantAmazonaws(id) != "" {
		return false
	}
	return slices.ContainsFunc(otherDomains, func(domain string) bool { return strings.HasSuffix(strings.ToLower(id), domain) })
}

// IsServicePrincipal reports whether id is a service principal of an AWS service
// that is in the list (see [IsService]), or has a domain whose service principals
// are not in the list (see [HasOtherDomain]).
func IsServicePrincipal(id string) bool {
	name, ok := ServiceName(id)
	return ok && IsService(name) || !ok && HasOtherDomain(id)
}

// MeantService returns the service principal that id probably stands for: the name
// or the domain of id is misspelt, id is in capitals, or it has no domain. It
// returns "" if id is a service principal, or may be one, or if no service
// principal is similar.
//
// A name that is not listed may belong to a new service. So MeantService corrects a name
// only if it is similar to a listed name, or is an alias of a service, such as
// "eventbridge". It corrects a subdomain of a service principal only if the subdomain
// differs from a listed subdomain in one letter.
func MeantService(id string) string {
	if global, isChina := strings.CutSuffix(id, ".amazonaws.com.cn"); isChina {
		if meant := MeantService(global + ".amazonaws.com"); meant != "" {
			return meant + ".cn"
		}
		return ""
	}
	name, ok := ServiceName(id)
	switch {
	case meantAmazonaws(id) != "":
		return meantAmazonaws(id)
	case !ok && HasOtherDomain(id):
		return ""
	case !ok && isListed(strings.ToLower(id)):
		return strings.ToLower(id) + ".amazonaws.com"
	case !ok:
		return meantDomain(strings.ToLower(id))
	case !IsService(name):
		if prefix, ok := aliasedService(name); ok {
			return prefix + ".amazonaws.com"
		}
		if closest, ok := ClosestPrincipal(name); ok {
			return closest
		}
		return ""
	case id != strings.ToLower(id):
		return strings.ToLower(id)
	}
	if isListed(name) {
		return ""
	}
	meant := ""
	for other := range loadSubdomains.Get() {
		if nearword.IsOneLetterOff(name, other) && (meant == "" || other < meant) {
			meant = other
		}
	}
	if meant == "" {
		return ""
	}
	return meant + ".amazonaws.com"
}

// meantAmazonaws returns the service principal in amazonaws.com for a name in
// amazon.com, or "" if the name is in another domain or there is no such principal.
func meantAmazonaws(id string) string {
	name, ok := strings.CutSuffix(strings.ToLower(id), ".amazon.com")
	if !ok || !isListed(name) {
		return ""
	}
	return name + ".amazonaws.com"
}

// isListed reports whether a name is in one of the tables, or is an action prefix.
func isListed(name string) bool {
	_, listed := loadPrincipals.Get()[name]
	return listed || loadSubdomains.Get()[name] || Known(name)
}

// meantDomain returns the service principal that was probably meant by a name whose
// domain is a misspelt amazonaws.com; "" if the domain is not similar to that.
func meantDomain(id string) string {
	labels := strings.Split(id, ".")
	if len(labels) < 3 {
		return ""
	}
	domain := strings.Join(labels[len(labels)-2:], ".")
	if _, ok := nearword.Closest(domain, []string{"amazonaws.com"}); !ok {
		return ""
	}
	corrected := strings.TrimSuffix(id, domain) + "amazonaws.com"
	if name, ok := ServiceName(corrected); !ok || !IsService(name) {
		return MeantService(corrected)
	}
	return corrected
}

// IsBuiltInIssuer reports whether IAM knows an OIDC provider by its host name, so that
// the account needs no resource for the provider.
//
// Source: IAM User Guide, "AWS JSON policy elements: Principal", "Federated user
// principals".
func IsBuiltInIssuer(host string) bool {
	return slices.ContainsFunc(loadGlobals.Get(), func(k GlobalKey) bool {
		issuer, _, _ := strings.Cut(k.Name, ":")
		return strings.Contains(issuer, ".") && issuer == host
	})
}
