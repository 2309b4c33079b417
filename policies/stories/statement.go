// Which statement of the catalogue a statement is.

package stories

import (
	"slices"
	"strings"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// closest returns the entries of those statements that are most like one: the
// same resources and conditions, else resources within theirs, else all.
func closest(entries []Entry, s *document.Statement) []Entry {
	var best []Entry
	most := -1
	for _, e := range entries {
		switch n := likeness(e.statement, s); {
		case n > most:
			best, most = []Entry{e}, n
		case n == most:
			best = append(best, e)
		}
	}
	return best
}

// likeness says how much a statement is one of the catalogue's. A Sid of the
// catalogue's tells most.
func likeness(t *catalog.StatementTemplate, s *document.Statement) int {
	if t.Sid != "" && t.Sid == s.Sid {
		return 4 + likenessOfLimits(t, s)
	}
	return likenessOfLimits(t, s)
}

func likenessOfLimits(t *catalog.StatementTemplate, s *document.Statement) int {
	if len(s.NotResources) > 0 || (len(s.Resources) == 0) != (len(t.Resources) == 0) {
		return 0
	}
	among := func(like func(template, text string) bool) bool {
		return !slices.ContainsFunc(s.Resources, func(r string) bool {
			return !slices.ContainsFunc(t.Resources, func(template string) bool { return like(template, r) })
		})
	}
	conditions := sameConditions(t.Condition, s.Conditions)
	switch {
	case among(like) && conditions:
		return 3
	case among(covers) && conditions:
		return 2
	case among(covers):
		return 1
	}
	return 0
}

// like reports whether a text of the catalogue, in which each placeholder
// ("{{partition}}") stands for any text, can have become another one.
func like(template, text string) bool {
	before, rest, ok := strings.Cut(template, "{{")
	if !ok {
		return template == text
	}
	_, after, _ := strings.Cut(rest, "}}")
	return len(text) >= len(before)+len(after) && strings.HasPrefix(text, before) && strings.HasSuffix(text, after)
}

// covers reports whether a pattern of resources has another one within it.
func covers(template, pattern string) bool {
	if before, rest, ok := strings.Cut(template, "{{"); ok {
		_, after, _ := strings.Cut(rest, "}}")
		template = before + "*" + after
	}
	return document.Covers(template, pattern, false)
}

// sameConditions reports whether conditions can have become others.
func sameConditions(templates catalog.Conditions, conditions []document.Condition) bool {
	n := 0
	for operator, keys := range templates {
		for key, value := range keys {
			n++
			text, ok := value.(string)
			if !ok || !slices.ContainsFunc(conditions, func(c document.Condition) bool {
				return strings.EqualFold(c.Operator, operator) && strings.EqualFold(c.Key, key) && len(c.Values) > 0 && !slices.ContainsFunc(c.Values, func(v string) bool { return !like(text, v) })
			}) {
				return false
			}
		}
	}
	return n == len(conditions)
}

// admits reports whether a statement of a trust policy is about one of the
// services of the catalogue's. Others that may assume the role are added by
// somebody, for their own reasons.
func admits(t *catalog.StatementTemplate, s *document.Statement) bool {
	return slices.ContainsFunc(s.Principals, func(p document.Principal) bool {
		return p.Kind == "Service" && slices.ContainsFunc(t.Services, func(g catalog.Grant) bool { return g.Name == p.ID })
	})
}
