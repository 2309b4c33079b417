// How bad a finding is.

package review

import (
	"fmt"

	"capaboot/internal/nearword"
)

// Severity is how bad a finding is; the higher, the worse.
type Severity uint8

// The severities. Critical is for what gives everything away as it stands,
// High for one step to it, Info for what a reviewer should just know.
const (
	Info Severity = iota + 1
	Low
	Medium
	High
	Critical
)

var severityNames = []string{Info: "info", Low: "low", Medium: "medium", High: "high", Critical: "critical"}

// Severities returns all severities, the worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// SeverityNames are their names, the worst first.
func SeverityNames() (names []string) {
	for _, s := range Severities() {
		names = append(names, s.String())
	}
	return names
}

// ParseSeverity reads a severity as String writes it.
func ParseSeverity(text string) (Severity, error) {
	for i, name := range severityNames {
		if name != "" && name == text {
			return Severity(i), nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q%s", text, nearword.Allowed(text, severityNames[Info:]))
}

func (s Severity) String() string {
	if s < Info || s > Critical {
		return fmt.Sprintf("Severity(%d)", uint8(s))
	}
	return severityNames[s]
}

// MarshalText writes the severity's word, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}
