// Access levels: what an action does, in AWS's five words.

package authz

import "fmt"

// Level is the access level of an action, the least serious first, so that
// levels can be compared with < and >.
//
// The words are AWS's (IAM User Guide, "Access levels in policy summaries").
// The order is ours, for "that level or above": tagging comes before write,
// because it changes no data, and after read, because conditions on tags can
// make it a grant.
type Level uint8

// The levels. The zero Level is none of them.
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

// String returns AWS's word for the level.
func (l Level) String() string {
	if l == 0 || int(l) >= len(levelNames) {
		return fmt.Sprintf("Level(%d)", uint8(l))
	}
	return levelNames[l]
}

// ParseLevel reads a level as AWS writes it, without regard to case; a hyphen
// may stand for the space ("permissions-management").
func ParseLevel(text string) (Level, bool) {
	for _, l := range Levels() {
		name := l.String()
		if len(name) != len(text) {
			continue
		}
		same := true
		for i := range len(name) {
			same = same && (lower(name[i]) == lower(text[i]) || name[i] == ' ' && text[i] == '-')
		}
		if same {
			return l, true
		}
	}
	return 0, false
}

// MarshalText writes the level's word, for JSON.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(text []byte) error {
	got, ok := ParseLevel(string(text))
	if !ok {
		return fmt.Errorf("%q is not an access level", text)
	}
	*l = got
	return nil
}
