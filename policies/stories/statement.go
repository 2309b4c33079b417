// Matches a statement with the statements of the catalogue.

package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// closestEntries returns the entries whose statements are most similar to s:
// one entry, or several that are equally similar.
func closestEntries(entries []Entry, s *document.Statement) []Entry {
	var closest []Entry
	highest := -1
	for _, e := range entries {
		switch n := similarity(e.statement, s); {
		case n > highest:
			closest, highest = []Entry{e}, n
		case n == highest:
			closest = append(closest, e)
		}
	}
	return closest
}

// similarity rates how similar a statement is to one of the catalogue. An equal
// Sid counts most, then the same resources and conditions, then wider resources
// in the catalogue and the same conditions, then the same or wider resources
// with other conditions.
func similarity(t *catalog.StatementTemplate, s *document.Statement) int {
	if t.Sid != "" && t.Sid == s.Sid {
		return 4 + limitSimilarity(t, s)
	}
	return limitSimilarity(t, s)
}

func limitSimilarity(t *catalog.StatementTemplate, s *document.Statement) int {
	if len(s.NotResources) > 0 || (len(s.Resources) == 0) != (len(t.Resources) == 0) {
		return 0
	}
	eachResource := func(matches func(template, text string) bool) bool {
		return !slices.ContainsFunc(s.Resources, func(r string) bool {
			return !slices.ContainsFunc(t.Resources, func(template string) bool { return matches(template, r) })
		})
	}
	conditions := conditionsMatch(t.Condition, s.Conditions)
	switch {
	case eachResource(matchesTemplate) && conditions:
		return 3
	case eachResource(covers) && conditions:
		return 2
	case eachResource(covers):
		return 1
	}
	return 0
}

// matchesTemplate reports whether a text may come from a template of the
// catalogue, in which a placeholder such as "{{partition}}" stands for any
// text.
func matchesTemplate(template, text string) bool {
	before, rest, ok := strings.Cut(template, "{{")
	if !ok {
		return template == text
	}
	_, after, _ := strings.Cut(rest, "}}")
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

func covers(template, pattern string) bool {
	return document.Covers(patternOf(template), pattern, false)
}

// patternOf returns a resource template with a wildcard for its placeholder.
func patternOf(template string) string {
	if before, rest, ok := strings.Cut(template, "{{"); ok {
		_, after, _ := strings.Cut(rest, "}}")
		return before + "*" + after
	}
	return template
}

// mayShareResource reports whether a statement and a statement of the catalogue
// may be about the same resource.
func mayShareResource(t *catalog.StatementTemplate, s *document.Statement) bool {
	if len(s.Resources) == 0 || len(t.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool {
		return slices.ContainsFunc(t.Resources, func(template string) bool {
			return document.IntersectsResource(patternOf(template), r)
		})
	})
}

// conditionsMatch reports whether the conditions may come from the templates,
// one from each.
func conditionsMatch(templates catalog.Conditions, conditions []document.Condition) bool {
	n := 0
	for operator, keys := range templates {
		for key, value := range keys {
			n++
			text, ok := value.(string)
			if !ok || !slices.ContainsFunc(conditions, func(c document.Condition) bool {
				return strings.EqualFold(c.Operator, operator) && strings.EqualFold(c.Key, key) && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(v string) bool { return !matchesTemplate(text, v) })
			}) {
				return false
			}
		}
	}
	return n == len(conditions)
}

// trustsKnownService reports whether a trust policy statement names a service
// that the catalogue's statement names. The catalogue does not explain
// principals that the user added.
func trustsKnownService(t *catalog.StatementTemplate, s *document.Statement) bool {
	return slices.ContainsFunc(s.Principals, func(p document.Principal) bool {
		return p.Kind == "Service" && slices.ContainsFunc(t.Services, func(g catalog.Grant) bool { return g.Name == p.ID })
	})
}
