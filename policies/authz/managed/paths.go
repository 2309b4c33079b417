// The names of every AWS managed policy, to find a misspelt one. Of most of them
// the document is not embedded.

package managed

import (
	_ "embed"
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// pathTable has the date of the newest policy in its first line, and then what
// the ARN of each policy has after "policy/".
//
//go:embed paths.txt
var pathTable string

var paths = lazy.Values[string, []string]{Make: func() (date string, all []string) {
	date, list, _ := strings.Cut(pathTable, "\n")
	return date, strings.Fields(list)
}}

// serviceLinked begins the path of the policies that only service-linked roles
// can have. Source: IAM User Guide, "Service-linked roles"; AttachRolePolicy
// answers PolicyNotAttachable for another role.
const serviceLinked = "aws-service-role/"

// Attachable says of a path and name, what the ARN of an AWS managed policy has
// after "policy/".
type Attachable struct {
	// Known: AWS has the policy, as of Date (YYYY-MM-DD). The list ages.
	Known bool
	Date  string
	// ServiceLinked: only a service-linked role can have it, or the one of that
	// name.
	ServiceLinked bool
	// Closest is the policy that was probably meant by one that is unknown, ""
	// if none is near.
	Closest string
}

// CheckPath looks a path up, such as "service-role/AmazonEBSCSIDriverPolicy".
func CheckPath(path string) Attachable {
	date, all := paths.Get()
	found := Attachable{Date: date, ServiceLinked: strings.HasPrefix(path, serviceLinked)}
	if _, found.Known = slices.BinarySearch(all, path); found.Known {
		return found
	}
	wanted, byName := nameOf(path), map[string]string{}
	if _, linked := slices.BinarySearch(all, serviceLinked+wanted); linked {
		found.ServiceLinked = true
		return found
	}
	var names []string
	for _, other := range all {
		// One that is much longer or shorter is not near, and to compare it takes time.
		name := nameOf(other)
		if near := len(wanted)/3 + 1; len(name) <= len(wanted)+near && len(name)+near >= len(wanted) {
			byName[name] = other
			names = append(names, name)
		}
	}
	closest, _ := nearword.Closest(wanted, names)
	if found.Closest = byName[closest]; strings.HasPrefix(found.Closest, serviceLinked) {
		found.Closest = "" // nothing that could be attached
	}
	return found
}

// nameOf is the last part of a path.
func nameOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
