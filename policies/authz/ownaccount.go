// Resources that callers of other accounts can never use.

package authz

import (
	_ "embed"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/internal/table"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

//go:embed ownaccount.tsv
var ownAccountTSV string

type ownAccountResource struct{ resource, reason string }

var loadOwnAccount = lazy.Value[[]ownAccountResource]{Make: func() (all []ownAccountResource) {
	for _, row := range table.Rows("ownaccount.tsv", ownAccountTSV, 3) {
		all = append(all, ownAccountResource{row[0], row[1]})
	}
	return all
}}

// OnlyOwnAccount reports whether AWS allows an action on a resource only to callers
// of the account in the ARN of the resource, and why. It returns false if the ARN has no
// account, if the action is of another service than the resource, or if
// ownaccount.tsv has no row for the resource.
func OnlyOwnAccount(action, resource string) (reason string, ok bool) {
	service, _, _ := strings.Cut(action, ":")
	parsed, isARN := arn.Parse(resource)
	if !isARN || !arn.IsAccount(parsed.Account) || !strings.EqualFold(service, parsed.Service) {
		return "", false
	}
	for _, r := range loadOwnAccount.Get() {
		if document.Match(r.resource, resource, false) {
			return r.reason, true
		}
	}
	return "", false
}
