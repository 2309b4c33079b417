// The severity of a finding.

package review

import (
	_ "embed"
	"fmt"

	"capaboot/internal/lazy"
	"capaboot/internal/nearword"
)

// Severity says how serious a finding is; higher is worse.
type Severity uint8

// The severities. A grant is Critical if it gives away everything, and High if
// one more step is needed for that. Info is only for information.
const (
	Info Severity = iota + 1
	Low
	Medium
	High
	Critical
)

var severityNames = []string{Info: "info", Low: "low", Medium: "medium", High: "high", Critical: "critical"}

// Severities returns all severities, the most severe first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// SeverityNames returns the names of all severities, the most severe first.
func SeverityNames() (names []string) {
	for _, s := range Severities() {
		names = append(names, s.String())
	}
	return names
}

// ParseSeverity parses a severity as String writes it.
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

// MarshalText returns the name of the severity, for JSON.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText parses the output of MarshalText.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}

//go:embed severities.tsv
var severitiesTSV string

type severityRange struct{ lowest, highest Severity }

var loadSeverities = lazy.Value[map[string]severityRange]{Make: func() map[string]severityRange {
	table := map[string]severityRange{}
	for _, row := range rows(severitiesTSV, 3) {
		lowest, _ := ParseSeverity(row[1])
		highest, _ := ParseSeverity(row[2])
		table[row[0]] = severityRange{lowest, highest}
	}
	return table
}}

// Severities returns the lowest and the highest severity that findings of the rule
// have. The usual severity is between them.
func (r *Rule) Severities() (lowest, highest Severity) {
	found, ok := loadSeverities.Get()[r.ID]
	if !ok {
		return r.Severity, r.Severity
	}
	return min(found.lowest, r.Severity), max(found.highest, r.Severity)
}
