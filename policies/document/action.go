// Patterns of actions: which ones IAM accepts, and what they match.

package document

import (
	"strings"
	"unicode/utf8"

	"capaboot/policies/arn"
)

// RefusedAction reports whether IAM refuses a pattern in Action or NotAction:
// one without a colon or a service, with white space, or with a wildcard in the
// service. The exceptions are "*" and "*:*", which match everything. A pattern
// whose service is known only at deployment counts as accepted.
//
// Sources: IAM User Guide, "IAM JSON policy elements: Action": the value is a
// service namespace and the name of an action, and wildcards are in the name;
// IAM Access Analyzer policy check reference, "Invalid service in action".
func RefusedAction(pattern string) bool {
	if pattern == "*" || pattern == "*:*" {
		return false
	}
	service, name, colon := strings.Cut(pattern, ":")
	if strings.Contains(service, "${") {
		return false
	}
	return !colon || service == "" || hasWildcard(service) || hasSpace(service) || hasSpace(name)
}

func hasSpace(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= utf8.RuneSelf {
			return strings.ContainsFunc(text[i:], isSpace)
		}
	}
	return false
}

// MatchAction reports whether a pattern in Action or NotAction matches an
// action; it ignores case. If IAM refuses the pattern, refused is true, and
// matches reports whether the pattern that the author probably meant would
// match. A refused pattern allows nothing.
func MatchAction(pattern, action string) (matches, refused bool) {
	if !RefusedAction(pattern) {
		return Match(pattern, action, true), false
	}
	pattern = strings.Map(func(r rune) rune {
		if isSpace(r) {
			return -1
		}
		return r
	}, pattern)
	if Match(pattern, action, true) {
		return true, true
	}
	_, name, _ := strings.Cut(action, ":")
	return !strings.Contains(pattern, ":") && pattern != "" && Match(pattern, name, true), true
}

func isSpace(r rune) bool {
	return r <= ' ' || r == '\u0085' || r == '\u00a0' || r == '\ufeff' || r >= '\u2000' && r <= '\u200f' || r == '\u2028' || r == '\u2029' || r == '\u202f' || r == '\u3000'
}

// CoversResource is [Covers] for resource patterns. It completes patterns that
// have fewer than six parts; see [arn.Complete].
func CoversResource(a, b string) bool {
	if Covers(a, b, false) {
		return true
	}
	covering, covered := arn.Complete(a), arn.Complete(b)
	return (covering != a || covered != b) && Covers(covering, covered, false)
}

// IntersectsResource is [Intersects] for resource patterns, completed as in
// [CoversResource].
func IntersectsResource(a, b string) bool {
	if Intersects(a, b, false) {
		return true
	}
	x, y := arn.Complete(a), arn.Complete(b)
	return (x != a || y != b) && Intersects(x, y, false)
}
