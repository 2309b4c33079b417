// The names of every AWS managed policy, to find a misspelt one. Of most of them
// the document is not embedded.

package managed

import (
	_ "embed"
	"strings"
	"sync"

	"capaboot/internal/spell"
)

// pathTable has the date of the newest policy in its first line, and then what
// the ARN of each policy has after "policy/".
//
//go:embed paths.txt
var pathTable string

var paths = sync.OnceValues(func() (date string, all []string) {
	date, list, _ := strings.Cut(pathTable, "\n")
	return date, strings.Fields(list)
})

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
	// ServiceLinked: only a service-linked role can have it.
	ServiceLinked bool
	// Closest is the policy that was probably meant by one that is not known, ""
	// if none is near.
	Closest string
}

// CheckPath looks a path up, such as "service-role/AmazonEBSCSIDriverPolicy".
func CheckPath(path string) Attachable {
	date, all := paths()
	found := Attachable{Date: date, ServiceLinked: strings.HasPrefix(path, serviceLinked)}
	byName := map[string]string{}
	var names []string
	for _, other := range all {
		if other == path {
			found.Known = true
			return found
		}
		if !strings.HasPrefix(other, serviceLinked) {
			name := nameOf(other)
			byName[name] = other
			names = append(names, name)
		}
	}
	closest, _ := spell.Closest(nameOf(path), names)
	found.Closest = byName[closest]
	return found
}

// nameOf is the last part of a path.
func nameOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
