// Access levels: AWS's classification of actions.

package authz

import "fmt"

// Level is the access level of an action. Levels are ordered from the least to
// the most serious, and can be compared with < and >.
//
// The names are AWS's (IAM User Guide, "Access levels in policy summaries").
// The order is specific to this package, for "this level or above": tagging
// comes before write because it does not change data, and after read because
// conditions on tags can turn it into a grant.
type Level uint8

// The levels. The zero Level is not a level.
const (
	List Level = iota + 1
	Read
	Tagging
	Write
	PermissionsManagement
)

var levelNames = [...]string{List: "List", Read: "Read", Tagging: "Tagging", Write: "Write", PermissionsManagement: "Permissions management"}

// Levels returns all levels, the least serious first.
func Levels() []Level { return []Level{List, Read, Tagging, Write, PermissionsManagement} }

// String returns AWS's name for the level.
func (l Level) String() string {
	if l == 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", uint8(l))
	}
	return levelNames[l]
}

// ParseLevel parses the name of a level. It ignores case, and accepts a hyphen
// instead of the space ("permissions-management").
func ParseLevel(text string) (Level, bool) {
	for _, l := range Levels() {
		name := l.String()
		if len(name) != len(text) {
			continue
		}
		isSame := true
		for i := range len(name) {
			isSame = isSame && (lower(name[i]) == lower(text[i]) || name[i] == ' ' && text[i] == '-')
		}
		if isSame {
			return l, true
		}
	}
	return 0, false
}

// MarshalText returns the name of the level, for JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText parses the output of MarshalText.
func (l *Level) UnmarshalText(text []byte) error {
	got, ok := ParseLevel(string(text))
	if !ok {
		return fmt.Errorf("%q is not an access level", text)
	}
	*l = got
	return nil
}
