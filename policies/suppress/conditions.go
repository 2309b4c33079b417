// Compares the limits of a finding with those of an entry. Template conditions are
// compared for each principal, so that an entry still hides a finding for its
// principals after others have gained or lost the policy.

package suppress

import (
	"slices"
	"strings"
)

// Limits that are template conditions begin with [ConditionPrefix]. Those of a
// single principal begin with its name and [PrincipalInfix]. If a finding has
// no principals, it can have several lists of conditions with
// [AlternativePrefix]: the finding applies if the conditions of one list are
// true. Package review writes the limits with these constants.
const (
	ConditionPrefix   = "when "
	AlternativePrefix = "or when "
	PrincipalInfix    = ": when "
)

// parseConditionLimit returns the principal whose template conditions a limit has,
// and the conditions. The principal is "" for a limit with AlternativePrefix. ok is
// false for a limit with neither AlternativePrefix nor PrincipalInfix.
func parseConditionLimit(limit string) (principal, conditions string, ok bool) {
	if rest, found := strings.CutPrefix(limit, AlternativePrefix); found {
		return "", rest, true
	}
	return strings.Cut(limit, PrincipalInfix)
}

// conditionsOf returns the lists of template conditions under which a finding
// is about a principal. Each list has the conditions of the whole finding, and
// those of one limit for this principal.
func (f *Finding) conditionsOf(principal string) []string {
	var common, lists []string
	for _, limit := range f.Limits {
		if condition, ok := strings.CutPrefix(limit, ConditionPrefix); ok {
			common = append(common, condition)
		}
	}
	join := func(own []string) string {
		return strings.Join(slices.Compact(slices.Sorted(slices.Values(slices.Concat(common, own)))), " and ")
	}
	for _, limit := range f.Limits {
		if name, conditions, ok := parseConditionLimit(limit); ok && name == principal {
			lists = append(lists, join(strings.Split(conditions, " and ")))
		}
	}
	if len(lists) == 0 {
		lists = append(lists, join(nil))
	}
	return slices.Compact(slices.Sorted(slices.Values(lists)))
}

// sameConditions reports whether a finding is about a principal under the same
// template conditions as the finding of an entry. It also returns true if the
// entry does not compare limits.
func (x *Finding) sameConditions(f *Finding, principal string) bool {
	return x.Limits == nil || slices.Equal(x.conditionsOf(principal), f.conditionsOf(principal))
}

// sameOtherLimits reports whether a finding has the same limits as the finding of
// an entry, apart from template conditions; see sameConditions. It also returns
// true if the entry does not compare limits.
func (x *Finding) sameOtherLimits(f *Finding) bool {
	others := func(g *Finding) []string {
		return slices.Sorted(slices.Values(slices.DeleteFunc(slices.Clone(g.Limits), func(limit string) bool {
			name, _, ok := parseConditionLimit(limit)
			return strings.HasPrefix(limit, ConditionPrefix) || ok && (name == "" || slices.Contains(x.Principals, name) || slices.Contains(f.Principals, name))
		})))
	}
	return x.Limits == nil || slices.Equal(others(x), others(f))
}

// hasEarlierLimits reports whether the limits of an entry are the EarlierLimits of
// a finding, because the entry was written before entries had the conditions of
// single principals. Such an entry has fewer conditions than the finding, and
// accepts more than the finding.
func (x *Finding) hasEarlierLimits(f *Finding) bool {
	return x.Limits != nil && f.EarlierLimits != nil && slices.Equal(slices.Sorted(slices.Values(x.Limits)), f.EarlierLimits)
}
