// Overlap: whether the resource of a policy statement can be a resource of a
// given type.

package arn

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxARNLength is the maximum length of an ARN. Source: IAM API Reference, the
// parameter type arnType.
const maxARNLength = 2048

// class is the set of characters that a token matches.
type class uint8

const (
	literal class = iota
	anything
	noColon
	noSlash // any character but the colon and the slash
)

// token matches one character, or any number of characters if repeats is true.
type token struct {
	class   class
	char    rune
	repeats bool
}

// variablesWithoutSlash lists the variables of ARN patterns whose values cannot
// contain a slash. The other variables match any non-empty text (without colons
// if patternTokens is called with noColon): many contain paths, some contain
// colons.
//
// Sources: AWS General Reference, "Amazon Resource Names (ARNs)", for the first
// three; Amazon S3 User Guide, "General purpose bucket naming rules": letters,
// digits, periods and hyphens.
var variablesWithoutSlash = []string{"Partition", "Region", "Account", "BucketName"}

// Overlap reports whether some ARN matches both the resource of a policy
// statement and the ARN pattern of a resource type. resource may have wildcards
// and policy variables (or other parts between "${" and "}"), which match any
// text. pattern has the variables of the Service Authorization Reference:
// "arn:${Partition}:s3:::${BucketName}/${ObjectName}". With optionalAccount,
// the account of the pattern may be missing. Overlap is case-sensitive. It
// returns false if every text that resource matches is too long for an ARN.
//
// In IAM a wildcard may match across colons ("arn:aws:ec2:*" matches every EC2
// resource), and names may contain colons. If both applied at once, wildcards
// for the region and account would also match parts of a name, and nearly
// everything would overlap. So Overlap allows one or the other, not both.
//
// The time is at most proportional to the length of the resource times that of
// the pattern, which comes from AWS and has about 100 characters.
func Overlap(resource, pattern string, optionalAccount bool) bool {
	if resource == "*" {
		return true
	}
	a, ok := resourceTokens(resource)
	if !ok {
		return false
	}
	if overlapBySegment(a, patternTokens(pattern, anything, optionalAccount)) {
		return true
	}
	// From here, names have no colons. A wildcard of the resource can match colons only
	// if the resource has fewer colons than the pattern. Otherwise the comparison by
	// segment is sufficient, unless the pattern has a "*", which also matches colons.
	if !strings.Contains(pattern, "*") && countColons(a) >= strings.Count(pattern, ":") {
		return false
	}
	return tokensOverlap(a, patternTokens(pattern, noColon, optionalAccount))
}

func countColons(tokens []token) int {
	n := 0
	for _, t := range tokens {
		if t.class == literal && t.char == ':' {
			n++
		}
	}
	return n
}

// overlapBySegment compares the first five parts one by one, and then the rest
// as a whole, in which colons have no special meaning. If the pattern b has
// fewer than five colons, its rest begins after the last one.
func overlapBySegment(a, b []token) bool {
	cut := func(tokens []token) (segment, rest []token, ok bool) {
		for i, t := range tokens {
			if t.class == literal && t.char == ':' {
				return tokens[:i], tokens[i+1:], true
			}
		}
		return nil, nil, false
	}
	for range 5 {
		y, restB, hasMore := cut(b)
		if !hasMore {
			break
		}
		x, restA, ok := cut(a)
		if !ok || !tokensOverlap(x, y) {
			return false
		}
		a, b = restA, restB
	}
	return tokensOverlap(a, b)
}

// resourceTokens splits a resource into tokens. It returns false if every text
// that the resource matches is too long for an ARN.
func resourceTokens(resource string) ([]token, bool) {
	var tokens []token
	minimum := 0
	star := func() {
		if len(tokens) == 0 || !tokens[len(tokens)-1].repeats {
			tokens = append(tokens, token{class: anything, repeats: true})
		}
	}
	for i := 0; i < len(resource); {
		c, size := utf8.DecodeRuneInString(resource[i:])
		if c == '*' {
			star()
			i += size
			continue
		}
		if c == '$' && i+1 < len(resource) && resource[i+1] == '{' {
			if end := strings.IndexByte(resource[i:], '}'); end > 0 {
				// ${*}, ${?} and ${$} are literal characters.
				if character := resource[i+2 : i+end]; len(character) == 1 && strings.Contains("*?$", character) {
					tokens = append(tokens, token{char: rune(character[0])})
					minimum++
				} else {
					star()
				}
				i += end + 1
				continue
			}
		}
		if minimum++; minimum > maxARNLength {
			return nil, false
		}
		if c == '?' {
			tokens = append(tokens, token{class: anything})
		} else {
			tokens = append(tokens, token{char: c})
		}
		i += size
	}
	return tokens, true
}

// patternTokens splits an ARN pattern into tokens; variableClass is the class
// for variables that are not in variablesWithoutSlash.
func patternTokens(pattern string, variableClass class, optionalAccount bool) []token {
	tokens := make([]token, 0, len(pattern))
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		if rest[0] == '*' {
			tokens = append(tokens, token{class: anything, repeats: true})
			i++
			continue
		}
		// One pattern of AWS lacks the "$" of its variable.
		if rest[0] == '{' || strings.HasPrefix(rest, "${") {
			if end := strings.IndexByte(rest, '}'); end > 0 {
				c := variableClass
				if slices.Contains(variablesWithoutSlash, strings.Trim(rest[:end], "${")) {
					c = noSlash
				}
				if !optionalAccount || rest[:end] != "${Account" {
					tokens = append(tokens, token{class: c})
				}
				tokens = append(tokens, token{class: c, repeats: true})
				i += end + 1
				continue
			}
		}
		c, size := utf8.DecodeRuneInString(rest)
		tokens = append(tokens, token{char: c})
		i += size
	}
	return tokens
}

// tokensOverlap reports whether some text matches both lists of tokens.
func tokensOverlap(a, b []token) bool {
	// reached[j] is true if some text matches both a[:i] and b[:j].
	reached, next := make([]bool, len(b)+1), make([]bool, len(b)+1)
	reached[0] = true
	for i := 0; ; i++ {
		anyReached := false
		for j := 0; j <= len(b); j++ {
			if !reached[j] {
				continue
			}
			anyReached = true
			if i == len(a) {
				if j == len(b) {
					return true
				}
				if b[j].repeats {
					reached[j+1] = true
				}
				continue
			}
			if a[i].repeats {
				next[j] = true // the repeated token a[i] ends here
			}
			if j == len(b) {
				continue
			}
			if b[j].repeats {
				reached[j+1] = true // the repeated token b[j] ends here
			}
			// Both match one more character. A token that repeats may match
			// more characters after it.
			if canShare(a[i], b[j]) {
				switch {
				case a[i].repeats && b[j].repeats: // handled above: one of them ends
				case a[i].repeats:
					reached[j+1] = true
				case b[j].repeats:
					next[j] = true
				default:
					next[j+1] = true
				}
			}
		}
		if !anyReached || i == len(a) {
			return false
		}
		reached, next = next, reached
		clear(next)
	}
}

func canShare(a, b token) bool {
	switch {
	case a.class == literal && b.class == literal:
		return a.char == b.char
	case a.class == literal:
		return inClass(a.char, b.class)
	case b.class == literal:
		return inClass(b.char, a.class)
	}
	return true // letters are in every class
}

func inClass(char rune, c class) bool {
	switch c {
	case noColon:
		return char != ':'
	case noSlash:
		return char != ':' && char != '/'
	}
	return true
}
