// Action patterns by their service. Two patterns of different services have no action
// in common, so a comparison of long lists, such as those of AWS managed policies for
// reading, need not compare every pattern with every other.

package review

import "strings"

// patternsByService has the positions of the patterns of a list, by service.
type patternsByService struct {
	patterns []string
	// ofService has the positions by the prefix of the service in lower case. ofAny has
	// those of patterns that can match actions of several services.
	ofService map[string][]int
	ofAny     []int
}

func groupByService(patterns []string) *patternsByService {
	g := &patternsByService{patterns: patterns, ofService: map[string][]int{}}
	for i, pattern := range patterns {
		if service, ok := literalService(pattern); ok {
			g.ofService[service] = append(g.ofService[service], i)
		} else {
			g.ofAny = append(g.ofAny, i)
		}
	}
	return g
}

// of returns the patterns of the list that can have an action in common with the given
// pattern, in the order of the list.
func (g *patternsByService) of(pattern string) []string {
	service, ok := literalService(pattern)
	if !ok {
		return g.patterns
	}
	one, any := g.ofService[service], g.ofAny
	found := make([]string, 0, len(one)+len(any))
	for len(one)+len(any) > 0 {
		if len(any) == 0 || len(one) > 0 && one[0] < any[0] {
			found, one = append(found, g.patterns[one[0]]), one[1:]
		} else {
			found, any = append(found, g.patterns[any[0]]), any[1:]
		}
	}
	return found
}

// literalService returns the prefix of the service of an action pattern in lower case. ok is
// false if the prefix has a wildcard or an unknown part, or is missing.
func literalService(pattern string) (service string, ok bool) {
	service, _, ok = strings.Cut(pattern, ":")
	return strings.ToLower(service), ok && !strings.ContainsAny(service, "*?$")
}
