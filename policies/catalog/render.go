// Rendering: the policy documents that a release and a configuration result in.

package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Gate is a condition on configuration fields under which something is granted:
//
//	always, or ""                              in every configuration
//	s3Buckets.enable                           that field is true
//	eks.disable is false                       that field is false
//	secureSecretBackends has secrets-manager   that list contains the value
type Gate string

// Settings has the configuration fields that gates and placeholders name, by
// their path under spec ("s3Buckets.enable").
type Settings struct {
	Flags map[string]bool
	// Lists also has the single values of placeholders, as lists with one
	// entry.
	Lists map[string][]string
}

// Open reports whether a gate is open with these settings. An error means that
// the settings lack the field that the gate names.
func (s Settings) Open(g Gate) (bool, error) {
	if g == "" || g == "always" {
		return true, nil
	}
	if list, value, ok := g.membership(); ok {
		values, known := s.Lists[list]
		if !known {
			return false, fmt.Errorf("gate %q names an unknown configuration field", g)
		}
		for _, v := range values {
			if v == value {
				return true, nil
			}
		}
		return false, nil
	}
	field, negated := strings.CutSuffix(string(g), " is false")
	value, known := s.Flags[field]
	if !known {
		return false, fmt.Errorf("gate %q names an unknown configuration field", g)
	}
	return value != negated, nil
}

// membership splits a gate of the form "list has value". It returns false for
// any other gate.
func (g Gate) membership() (list, value string, ok bool) {
	return strings.Cut(string(g), " has ")
}

// Placeholder returns the configuration field that the placeholder in a text
// ("alias/{{eks.kmsAliasPrefix}}") names. It returns "" for a text without a
// placeholder. A text has at most one.
func Placeholder(text string) string {
	_, rest, _ := strings.Cut(text, "{{")
	name, _, _ := strings.Cut(rest, "}}")
	return name
}

// Expand returns the text once for each value, with the value in place of its
// placeholder. It returns a text without a placeholder unchanged.
func Expand(text string, values []string) []string {
	before, rest, ok := strings.Cut(text, "{{")
	if !ok {
		return []string{text}
	}
	_, after, _ := strings.Cut(rest, "}}")
	expanded := make([]string, len(values))
	for i, v := range values {
		expanded[i] = before + v + after
	}
	return expanded
}

// expand replaces the placeholder in a text with each of its values.
func (s Settings) expand(text string) ([]string, error) {
	name := Placeholder(text)
	values, known := s.Lists[name]
	if !known && name != "" {
		return nil, fmt.Errorf("placeholder {{%s}} names an unknown configuration field", name)
	}
	return Expand(text, values), nil
}

// grantedNames returns the names of the grants that the release has and whose
// gates are open, in order.
func grantedNames(grants []Grant, release Release, s Settings) ([]string, error) {
	names := make([]string, 0, len(grants))
	for _, g := range grants {
		if !g.In(release) {
			continue
		}
		open, err := s.Open(g.When)
		if err != nil {
			return nil, err
		}
		if open {
			names = append(names, g.Name)
		}
	}
	return names, nil
}

// Document returns the policy document for a release and settings. It omits
// statements that grant nothing. A document without statements means that the
// release and settings do not result in this policy.
func (p *Policy) Document(release Release, s Settings) (PolicyDocument, error) {
	statements, err := renderAll(p.Statements, release, s)
	if err != nil {
		return PolicyDocument{}, fmt.Errorf("policy %s: %w", p.LogicalID, err)
	}
	return NewPolicyDocument(statements...), nil
}

// TrustPolicy returns the trust policy of the role for a release and settings.
func (r *Role) TrustPolicy(release Release, s Settings) (PolicyDocument, error) {
	statements, err := renderAll(r.Trust, release, s)
	if err != nil {
		return PolicyDocument{}, fmt.Errorf("role %s: %w", r.LogicalID, err)
	}
	return NewPolicyDocument(statements...), nil
}

// ManagedPolicies returns the names of the AWS managed policies that are attached to
// the role for a release and settings, and [ExtraAttachments] in place of those from
// the configuration.
func (r *Role) ManagedPolicies(release Release, s Settings) ([]string, error) {
	names, err := grantedNames(r.Attachments, release, s)
	if err != nil {
		return nil, fmt.Errorf("role %s: %w", r.LogicalID, err)
	}
	return names, nil
}

// renderAll renders the statements in order, with one exception: adjacent statements
// whose gates name values of the same list are in the order of the list in the
// configuration.
func renderAll(templates []StatementTemplate, release Release, s Settings) ([]PolicyStatement, error) {
	var statements []PolicyStatement
	add := func(t *StatementTemplate) error {
		statement, ok, err := t.render(release, s)
		if err != nil {
			return fmt.Errorf("statement %s: %w", t.Name, err)
		}
		if ok {
			statements = append(statements, statement)
		}
		return nil
	}
	for i := 0; i < len(templates); {
		list, _, isMember := templates[i].When.membership()
		if !isMember {
			if err := add(&templates[i]); err != nil {
				return nil, err
			}
			i++
			continue
		}
		end := i
		for end < len(templates) && strings.HasPrefix(string(templates[end].When), list+" has ") {
			end++
		}
		for _, chosen := range s.Lists[list] {
			for j := i; j < end; j++ {
				if _, value, _ := templates[j].When.membership(); value == chosen {
					if err := add(&templates[j]); err != nil {
						return nil, err
					}
				}
			}
		}
		i = end
	}
	return statements, nil
}

// render renders the statement, and reports whether it grants anything.
func (t *StatementTemplate) render(release Release, s Settings) (PolicyStatement, bool, error) {
	open, err := s.Open(t.When)
	if err != nil || !open {
		return PolicyStatement{}, false, err
	}
	statement := PolicyStatement{Sid: t.Sid, Effect: t.Effect}
	if statement.Action, err = grantedNames(t.Actions, release, s); err != nil {
		return PolicyStatement{}, false, err
	}
	services, err := grantedNames(t.Services, release, s)
	if err != nil {
		return PolicyStatement{}, false, err
	}
	if len(services) > 0 {
		statement.Principal = Principals{"Service": services}
	}
	for _, resource := range t.Resources {
		expanded, err := s.expand(resource)
		if err != nil {
			return PolicyStatement{}, false, err
		}
		statement.Resource = append(statement.Resource, expanded...)
	}
	noActions := len(statement.Action) == 0
	noResources := len(statement.Resource) == 0 && len(t.Resources) > 0
	noServices := len(services) == 0 && len(t.Services) > 0
	if noActions || noResources || noServices {
		return PolicyStatement{}, false, nil
	}
	if statement.Condition, err = s.expandCondition(t.Condition); err != nil {
		return PolicyStatement{}, false, err
	}
	return statement, true, nil
}

func (s Settings) expandCondition(c Conditions) (Conditions, error) {
	if c == nil {
		return nil, nil
	}
	expanded := make(Conditions, len(c))
	for operator, keys := range c {
		expanded[operator] = make(map[string]any, len(keys))
		for key, value := range keys {
			text, ok := value.(string)
			if !ok {
				return nil, fmt.Errorf("condition %s has a value that is not a string", key)
			}
			values, err := s.expand(text)
			if err != nil {
				return nil, err
			}
			switch len(values) {
			case 0:
				return nil, fmt.Errorf("condition %s has no value", key)
			case 1:
				expanded[operator][key] = values[0]
			default:
				all := make([]any, len(values))
				for i, v := range values {
					all[i] = v
				}
				expanded[operator][key] = all
			}
		}
	}
	return expanded, nil
}

// FirstRelease returns the first release with any action of the statement. The
// statement must have an action.
func (t *StatementTemplate) FirstRelease() Release {
	return slices.MinFunc(t.Actions, func(a, b Grant) int { return a.Since.Compare(b.Since) }).Since
}

// Chosen reports whether the gate names a field that is true, so that the
// configuration opens the gate explicitly. It returns false for gates of any
// other form.
func (s Settings) Chosen(g Gate) bool {
	field, _ := strings.CutSuffix(string(g), " is false")
	return field == string(g) && s.Flags[field]
}
