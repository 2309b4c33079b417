// Selects rules by ID or group.

package review

import (
	"fmt"
	"slices"

	"capaboot/internal/nearword"
)

// UnknownRule is the error for a name that is neither a rule nor a group. Known
// lists the valid names.
type UnknownRule struct {
	Name  string
	Known []string
}

func (e *UnknownRule) Error() string {
	if closest, ok := nearword.Closest(e.Name, e.Known); ok {
		return fmt.Sprintf("unknown rule %q, did you mean %q?", e.Name, closest)
	}
	return fmt.Sprintf("unknown rule %q: use the ID of a rule, or one of the groups %v", e.Name, Groups())
}

// Choose returns the rules with these IDs or in these groups, or all rules if
// names is empty. Its error is an [*UnknownRule].
func Choose(names []string) ([]Rule, error) {
	var known []string
	var chosen []Rule
	for _, rule := range Rules() {
		if !slices.Contains(known, rule.Group) {
			known = append(known, rule.Group)
		}
		known = append(known, rule.ID)
		if len(names) == 0 || slices.Contains(names, rule.ID) || slices.Contains(names, rule.Group) {
			chosen = append(chosen, rule)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &UnknownRule{name, known}
		}
	}
	return chosen, nil
}
