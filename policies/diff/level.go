// Access levels, to find out whether actions of a level are gained.

package diff

import (
	"fmt"
	"strings"

	"capaboot/internal/nearword"
	"capaboot/policies/authz"
)

// Level is the access level of an action. Higher levels are more serious.
type Level = authz.Level

// ParseLevel parses one of [LevelNames], or a level in AWS's spelling.
func ParseLevel(text string) (Level, error) {
	level, ok := authz.ParseLevel(text)
	if !ok {
		return 0, fmt.Errorf("unknown level %q%s", text, nearword.Allowed(text, LevelNames()))
	}
	return level, nil
}

// LevelNames returns the names of the levels ("permissions-management"), the
// least serious first.
func LevelNames() []string {
	var names []string
	for _, level := range authz.Levels() {
		names = append(names, strings.ReplaceAll(strings.ToLower(level.String()), " ", "-"))
	}
	return names
}
