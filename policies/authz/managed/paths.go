// Whether an AWS managed policy exists, and which one a misspelt name means.

package managed

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// paths are the date of the newest policy, and the ARNSuffix of each policy, sorted.
var paths = lazy.Values[string, []string]{Make: func() (date string, all []string) {
	_, lines, _ := strings.Cut(table, "\n")
	for line := range strings.Lines(lines) {
		path, rest, _ := strings.Cut(line, "\t")
		_, rest, _ = strings.Cut(rest, "\t")
		updated, _, _ := strings.Cut(rest, "\t")
		all, date = append(all, path), max(date, updated)
	}
	return date, all
}}

// ServiceLinkedPrefix is the prefix of the paths of policies that only
// service-linked roles can have. Source: IAM User Guide, "Service-linked
// roles"; for another role, AttachRolePolicy returns PolicyNotAttachable.
const ServiceLinkedPrefix = "aws-service-role/"

// PathCheck describes whether an AWS managed policy with a given path exists
// and can be attached.
type PathCheck struct {
	// Known is true if AWS has the policy, as of Date (YYYY-MM-DD). The list
	// becomes outdated.
	Known bool
	Date  string
	// ServiceLinked is true if only service-linked roles can have policies with
	// this path, or if the path is unknown and a policy for service-linked
	// roles has the same name.
	ServiceLinked bool
	// Closest is the policy that was probably meant by an unknown path, or "" if none is
	// similar or if only a service-linked role can have the similar one.
	Closest string
}

// CheckPath looks up a path, such as "service-role/AmazonEBSCSIDriverPolicy".
func CheckPath(path string) PathCheck {
	date, all := paths.Get()
	found := PathCheck{Date: date, ServiceLinked: strings.HasPrefix(path, ServiceLinkedPrefix)}
	if _, found.Known = slices.BinarySearch(all, path); found.Known {
		return found
	}
	wanted, byName := nameOf(path), map[string]string{}
	if _, linked := slices.BinarySearch(all, ServiceLinkedPrefix+wanted); linked {
		found.ServiceLinked = true
		return found
	}
	var names []string
	for _, other := range all {
		// A name that is much longer or shorter is left out, because it cannot
		// be similar, and comparing it takes time.
		name := nameOf(other)
		if tolerance := len(wanted)/3 + 1; len(name) <= len(wanted)+tolerance && len(name)+tolerance >= len(wanted) {
			byName[name] = other
			names = append(names, name)
		}
	}
	closest, _ := nearword.Closest(wanted, names)
	if found.Closest = byName[closest]; strings.HasPrefix(found.Closest, ServiceLinkedPrefix) {
		found.Closest = ""
	}
	return found
}

func nameOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
