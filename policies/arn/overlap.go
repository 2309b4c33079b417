// Overlap: whether a resource that a policy names can be one of a resource type.

package arn

import (
	"slices"
	"strings"
)

// maxARN is the length of the longest ARN. Source: IAM API Reference, the
// parameter type arnType.
const maxARN = 2048

// class says which characters a token stands for.
type class uint8

const (
	literal  class = iota
	anything       // any character
	noColon        // any character but the colon
	noSlash        // any character but the colon and the slash
)

// token is one character, or one of a class; with many, any number of them,
// none included.
type token struct {
	class class
	char  byte
	many  bool
}

// narrow are the variables of ARN patterns that cannot have a slash. The
// others stand for any text that is not empty: many hold paths, some colons.
//
// Sources: AWS General Reference, "Amazon Resource Names (ARNs)", for the
// first three; Amazon S3 User Guide, "General purpose bucket naming rules":
// letters, digits, periods and hyphens.
var narrow = []string{"Partition", "Region", "Account", "BucketName"}

// Overlap reports whether some resource has an ARN that both the resource of a
// policy statement and the ARN pattern of a resource type match. resource may
// have wildcards, and policy variables (or other parts between "${" and "}"),
// which stand for anything; pattern has variables as the Service Authorization
// Reference has them: "arn:${Partition}:s3:::${BucketName}/${ObjectName}". With
// optionalAccount, the account of the pattern may be missing. Letter case counts.
//
// In IAM a wildcard may reach over colons ("arn:aws:ec2:*" is about every EC2
// resource), and names may have colons. With both at once, wildcards in the
// place of region and account would reach into a name, and nearly everything
// would match: so it is enough if either is so.
//
// The time is at most proportional to the length of the resource times that of
// the pattern, which AWS has made (some 100).
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
	// Where names have no colons, every colon of the resource is one of the
	// pattern: with as many, the comparison by segment was the whole answer, and
	// only if the resource has fewer can a wildcard stand for some.
	if !strings.Contains(pattern, "*") && colons(a) >= strings.Count(pattern, ":") {
		return false
	}
	return overlap(a, patternTokens(pattern, noColon, optionalAccount))
}

func colons(tokens []token) int {
	n := 0
	for _, t := range tokens {
		if t.class == literal && t.char == ':' {
			n++
		}
	}
	return n
}

// overlapBySegment compares the first five parts between colons one by one,
// and the rest, in which colons are nothing special, as a whole. Of a pattern b
// with fewer colons the rest begins after the last of them.
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
		y, restB, more := cut(b)
		if !more {
			break
		}
		x, restA, ok := cut(a)
		if !ok || !overlap(x, y) {
			return false
		}
		a, b = restA, restB
	}
	return overlap(a, b)
}

// resourceTokens reports false for a text that no ARN is long enough for.
func resourceTokens(resource string) ([]token, bool) {
	var tokens []token
	least := 0
	star := func() {
		if len(tokens) == 0 || !tokens[len(tokens)-1].many {
			tokens = append(tokens, token{class: anything, many: true})
		}
	}
	for i := 0; i < len(resource); i++ {
		c := resource[i]
		if c == '*' {
			star()
			continue
		}
		if c == '$' && i+1 < len(resource) && resource[i+1] == '{' {
			if end := strings.IndexByte(resource[i:], '}'); end > 0 {
				// ${*}, ${?} and ${$} are the characters themselves.
				if inside := resource[i+2 : i+end]; len(inside) == 1 && strings.Contains("*?$", inside) {
					tokens = append(tokens, token{char: inside[0]})
					least++
				} else {
					star()
				}
				i += end
				continue
			}
		}
		if least++; least > maxARN {
			return nil, false
		}
		if c == '?' {
			tokens = append(tokens, token{class: anything})
		} else {
			tokens = append(tokens, token{char: c})
		}
	}
	return tokens, true
}

// patternTokens reads an ARN pattern; wide is what a variable that is not
// narrow stands for.
func patternTokens(pattern string, wide class, optionalAccount bool) []token {
	tokens := make([]token, 0, len(pattern))
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		if rest[0] == '*' {
			tokens = append(tokens, token{class: anything, many: true})
			continue
		}
		// One pattern has its variable without the "$".
		if rest[0] == '{' || strings.HasPrefix(rest, "${") {
			if end := strings.IndexByte(rest, '}'); end > 0 {
				c := wide
				if slices.Contains(narrow, strings.Trim(rest[:end], "${")) {
					c = noSlash
				}
				if !optionalAccount || rest[:end] != "${Account" {
					tokens = append(tokens, token{class: c})
				}
				tokens = append(tokens, token{class: c, many: true})
				i += end
				continue
			}
		}
		tokens = append(tokens, token{char: rest[0]})
	}
	return tokens
}

// overlap reports whether some text matches both.
func overlap(a, b []token) bool {
	// reached[j]: what is before a[i] and before b[j] can match the same text.
	reached, next := make([]bool, len(b)+1), make([]bool, len(b)+1)
	reached[0] = true
	for i := 0; ; i++ {
		alive := false
		for j := 0; j <= len(b); j++ {
			if !reached[j] {
				continue
			}
			alive = true
			if i == len(a) {
				if j == len(b) {
					return true
				}
				if b[j].many {
					reached[j+1] = true
				}
				continue
			}
			if a[i].many {
				next[j] = true // nothing more for a's run
			}
			if j == len(b) {
				continue
			}
			if b[j].many {
				reached[j+1] = true // nothing more for b's run
			}
			// One character for both; a run stays where it is.
			if share(a[i], b[j]) {
				switch {
				case a[i].many && b[j].many: // either ends, above
				case a[i].many:
					reached[j+1] = true
				case b[j].many:
					next[j] = true
				default:
					next[j+1] = true
				}
			}
		}
		if !alive || i == len(a) {
			return false
		}
		reached, next = next, reached
		clear(next)
	}
}

// share reports whether one character fits both tokens.
func share(a, b token) bool {
	switch {
	case a.class == literal && b.class == literal:
		return a.char == b.char
	case a.class == literal:
		return fits(a.char, b.class)
	case b.class == literal:
		return fits(b.char, a.class)
	}
	return true // letters are in every class
}

func fits(char byte, c class) bool {
	switch c {
	case noColon:
		return char != ':'
	case noSlash:
		return char != ':' && char != '/'
	}
	return true
}
