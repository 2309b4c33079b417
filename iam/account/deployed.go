// Reads the deployed state of a stack as a template. Manual changes are
// included.

package account

import (
	"context"
	"fmt"

	"capaboot/iam"
)

// Deployed returns a template, as JSON values, of the IAM resources of a stack
// with the policies that they have in the account now. Customer managed
// policies from outside the stack are included, under their ARNs, if they are
// attached to these resources or are their permissions boundaries; AWS managed
// policies are only referenced by ARN. A resource that no longer exists in the
// account is left out, and its logical ID is in missing. Resources of other
// types are skipped, and tags with the key and value of a tag of the stack are
// left out, because the template of a stack does not have them. A failed read
// is an error.
func Deployed(ctx context.Context, api API, resources []iam.StackResource, stackTags map[string]string) (template map[string]any, missing []string, err error) {
	reader := Reader{API: api, OnFailure: func(u FailedRead) error {
		if u.LogicalID == "" {
			return fmt.Errorf("reading the attached policy %s: %w", u.Name, u.Err)
		}
		return fmt.Errorf("reading %s (%s): %w", u.LogicalID, u.Name, u.Err)
	}}
	account, err := reader.Read(ctx, resources)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range account.Resources {
		r.Tags = iam.OwnTags(r.Tags, nil, stackTags)
		if r.Missing {
			missing = append(missing, r.LogicalID)
		}
	}
	return account.Template(), missing, nil
}
