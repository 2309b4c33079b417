// Operations on which policies do not decide: those that need no permission, and
// those that AWS refuses whatever the policies say.

package authz

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

//go:embed exempt.tsv
var exemptTSV string

//go:embed reserved.tsv
var reservedTSV string

// special are both tables.
type special struct {
	exempt   []exempt // few
	reserved map[string][]reserved
}

// exempt is an action that needs no permission.
type exempt struct{ action, why string }

// reserved is a resource on which AWS refuses an action.
type reserved struct{ resource, why string }

var loadSpecial = lazy.Value[special]{Make: func() special {
	s := special{nil, map[string][]reserved{}}
	for _, row := range table.Rows("exempt.tsv", exemptTSV, 3) {
		s.exempt = append(s.exempt, exempt{row[0], row[1]})
	}
	for _, row := range table.Rows("reserved.tsv", reservedTSV, 4) {
		for _, action := range strings.Fields(row[0]) {
			key := strings.ToLower(action)
			s.reserved[key] = append(s.reserved[key], reserved{row[1], row[2]})
		}
	}
	return s
}}

// NeedsNoPermission reports whether no policy grants or denies an action, and
// why.
func NeedsNoPermission(action string) (why string, ok bool) {
	for _, e := range loadSpecial.Get().exempt {
		if strings.EqualFold(e.action, action) {
			return e.why, true
		}
	}
	return "", false
}

// AWSRefuses reports whether AWS refuses an action on every resource that a
// pattern matches, whatever the policies say, and why.
func AWSRefuses(action, resource string) (why string, ok bool) {
	rows := loadSpecial.Get().reserved[strings.ToLower(action)]
	if len(rows) == 0 {
		return "", false
	}
	resource = arn.Complete(resource)
	for _, r := range rows {
		if document.Covers(r.resource, resource, false) && arn.ParsePattern(resource).Parts == 6 {
			return r.why, true
		}
	}
	return "", false
}

// OnKey reports whether an action is one on a key of AWS KMS, whose key policy
// decides too. One that is unknown is taken to be.
func OnKey(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	if !strings.EqualFold(service, "kms") {
		return false
	}
	a, ok := Lookup(action)
	return !ok || a.Resource("key") != nil
}

// AssumesRole reports whether an action is one that a role's trust policy decides
// on.
func AssumesRole(action string) bool {
	for _, pattern := range []string{"sts:AssumeRole*", "sts:TagSession", "sts:SetSourceIdentity"} {
		if document.Match(pattern, action, true) {
			return true
		}
	}
	return false
}
