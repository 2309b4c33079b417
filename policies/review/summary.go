// What every principal is and holds, for a report's head.

package review

// PrincipalSummary is one principal, or a policy that nobody has.
type PrincipalSummary struct{}

func (r *run) summaries() []PrincipalSummary { return nil }
func (r *run) notes() []string               { return nil }
