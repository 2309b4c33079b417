// Defaults that the branch of a template condition excludes. For example, a policy under
// the condition that RoleName is not "" exists only in deployments that replace the
// default "", so in this policy the value of RoleName is unknown.

package document

import (
	"slices"
	"strings"
)

// maxBranchSteps limits the steps for all excluded defaults of a template. Beyond it,
// the branches of the remaining conditions exclude no default.
const maxBranchSteps = 300_000

// branchDefaults has the defaults that cannot be used in the branch that is being
// resolved.
type branchDefaults struct {
	// excluded counts, by the name of the parameter, the surrounding branches that
	// exclude its default.
	excluded map[string]int
	// tried is the parameter whose default is used in conditions too, or "".
	tried string
	known map[string][]string // see excludedDefaults
	work  int                 // the steps that are left
}

func newBranchDefaults() branchDefaults {
	return branchDefaults{excluded: map[string]int{}, known: map[string][]string{}, work: maxBranchSteps}
}

// inBranch calls resolve for a branch that exists if all given template conditions hold.
func (r *resolver) inBranch(conditions []string, resolve func()) {
	for _, condition := range conditions {
		for _, name := range r.excludedDefaults(condition) {
			r.branches.excluded[name]++
			defer func() { r.branches.excluded[name]-- }()
		}
	}
	resolve()
}

// excludedDefaults returns the parameters that cannot have their defaults if a
// condition ("UseEKS" or "!UseEKS") holds.
func (r *resolver) excludedDefaults(condition string) []string {
	if names, ok := r.branches.known[condition]; ok {
		return names
	}
	name, isNegated := strings.CutPrefix(condition, "!")
	excluding := fails
	if isNegated {
		excluding = holds
	}
	verdicts, work, undecided := r.verdicts, r.work, r.undecidedDefaults
	tried := r.branches.tried
	defer func() {
		r.verdicts, r.work, r.undecidedDefaults = verdicts, work, undecided
		r.branches.tried = tried
	}()
	evaluate := func(parameter string) []verdict {
		r.branches.tried = parameter
		r.verdicts = map[string][]verdict{}
		r.work = r.branches.work
		found := r.evaluate(name)
		r.branches.work = r.work
		return found
	}
	r.undecidedDefaults = nil
	evaluate("")
	var names []string
	for _, parameter := range sortedCompact(r.undecidedDefaults) {
		isOther := func(v verdict) bool { return v.truth != excluding }
		if !slices.ContainsFunc(evaluate(parameter), isOther) {
			names = append(names, parameter)
		}
	}
	r.branches.known[condition] = names
	return names
}

// conditionOf returns the template condition of a resource, if it has one.
func (r *resolver) conditionOf(resource *node) []string {
	condition := resource.get("Condition")
	if condition == nil || condition.kind != textNode {
		return nil
	}
	return []string{condition.value}
}
