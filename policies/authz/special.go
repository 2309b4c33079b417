// Operations that policies do not decide: those that need no permission, and
// those that AWS always refuses.

package authz

import (
	_ "embed"
	"slices"
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

type specialTables struct {
	exempt   []exemptAction // short enough for a linear search
	reserved map[string][]reservedResource
}

type exemptAction struct{ action, reason string }

type reservedResource struct{ resource, reason string }

var loadSpecial = lazy.Value[specialTables]{Make: func() specialTables {
	s := specialTables{nil, map[string][]reservedResource{}}
	for _, row := range table.Rows("exempt.tsv", exemptTSV, 3) {
		s.exempt = append(s.exempt, exemptAction{row[0], row[1]})
	}
	for _, row := range table.Rows("reserved.tsv", reservedTSV, 4) {
		for _, action := range strings.Fields(row[0]) {
			key := strings.ToLower(action)
			s.reserved[key] = append(s.reserved[key], reservedResource{row[1], row[2]})
		}
	}
	return s
}}

// NeedsNoPermission reports whether an action needs no permission, so that no
// policy grants or denies it, and why.
func NeedsNoPermission(action string) (reason string, ok bool) {
	for _, e := range loadSpecial.Get().exempt {
		if len(e.action) == len(action) && strings.EqualFold(e.action, action) {
			return e.reason, true
		}
	}
	return "", false
}

// AWSRefuses reports whether AWS refuses an action on every resource that a
// pattern matches, regardless of the policies, and why.
func AWSRefuses(action, resource string) (reason string, ok bool) {
	rows := loadSpecial.Get().reserved[strings.ToLower(action)]
	if len(rows) == 0 {
		return "", false
	}
	resource = arn.Complete(resource)
	for _, r := range rows {
		if document.Covers(r.resource, resource, false) && arn.ParsePattern(resource).Parts == 6 {
			return r.reason, true
		}
	}
	return "", false
}

// UsesKMSKey reports whether an action works on a KMS key, so that the key
// policy is evaluated too. An unknown KMS action counts as working on a key.
func UsesKMSKey(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	if !strings.EqualFold(service, "kms") {
		return false
	}
	a, ok := Lookup(action)
	return !ok || a.Resource("key") != nil
}

const tagSession = "sts:TagSession"

// MayTagSession reports whether a statement of a trust policy may be about session
// tags. An action that is known only at deployment counts if it can be
// sts:TagSession.
func MayTagSession(s *document.Statement) bool {
	if len(s.NotActions) > 0 {
		return !slices.ContainsFunc(s.NotActions, func(pattern string) bool { return document.Covers(pattern, tagSession, true) })
	}
	return slices.ContainsFunc(s.Actions, func(pattern string) bool { return document.Intersects(pattern, tagSession, true) })
}

// AssumesRole reports whether a role's trust policy decides on an action.
func AssumesRole(action string) bool {
	for _, pattern := range []string{"sts:AssumeRole*", tagSession, "sts:SetSourceIdentity"} {
		if document.Match(pattern, action, true) {
			return true
		}
	}
	return false
}
