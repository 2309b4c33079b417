// Statements that can only apply to users, because they have the policy variable for the
// name of the calling user.

package document

import (
	"slices"
	"strings"
)

// NeedUserName reports whether all resources of a statement have the name of the calling
// user, so that the statement applies to no request of a role. It returns false for an
// empty list, and for a variable with a default value.
//
// Source: IAM User Guide, "AWS global condition context keys", aws:username.
func NeedUserName(resources []string) bool {
	return len(resources) > 0 && !slices.ContainsFunc(resources, func(resource string) bool {
		return !strings.Contains(strings.ToLower(resource), "${aws:username}")
	})
}
