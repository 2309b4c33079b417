// Access levels, for asking whether something of a level is gained.

package diff

import (
	"fmt"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/authz"
)

// Level is the access level of an action; the higher, the more serious.
type Level = authz.Level

// ParseLevel reads one of [LevelNames], or a level as AWS writes it.
func ParseLevel(text string) (Level, error) {
	level, ok := authz.ParseLevel(text)
	if !ok {
		return 0, fmt.Errorf("unknown level %q%s", text, nearword.Allowed(text, LevelNames()))
	}
	return level, nil
}

// LevelNames returns the names of the levels, the least serious first
// ("permissions-management").
func LevelNames() []string {
	var names []string
	for _, level := range authz.Levels() {
		names = append(names, strings.ReplaceAll(strings.ToLower(level.String()), " ", "-"))
	}
	return names
}
