// Wildcards: what a pattern matches, whether it covers another pattern, and
// whether two patterns have a match in common.
//
// "*" matches any text, including the empty one, and "?" any single character.
// Patterns are UTF-8, like everything that [ReadSet] accepts. Source: IAM User
// Guide, "IAM JSON policy elements: Resource" and "Action".

package document

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Match reports whether the pattern matches a text. foldCase ignores the case
// of ASCII letters, as IAM does for actions. Match treats policy variables
// (${aws:username}) as text: replace them with their values first.
//
// Without "?" in the pattern, the time is linear in the length of the text.
// With "?", it is at most the product of both lengths.
func Match(pattern, text string, foldCase bool) bool {
	if foldCase {
		if !prefixFits(pattern, text) {
			return false
		}
		pattern, text = lower(pattern), lower(text)
	}
	first, rest, star := strings.Cut(pattern, "*")
	n, ok := matchPrefix(first, text)
	if !ok {
		return false
	}
	text = text[n:]
	if !star {
		return text == ""
	}
	// The last piece must match at the end. For each piece before it, the
	// earliest match leaves the most text for the rest.
	last := strings.LastIndexByte(rest, '*')
	tail := rest[last+1:]
	n, ok = matchSuffix(tail, text)
	if !ok {
		return false
	}
	text = text[:len(text)-n]
	if last < 0 {
		return true
	}
	for piece := range strings.SplitSeq(rest[:last], "*") {
		end := endOfMatch(piece, text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// matchPrefix returns the length in bytes of the match of a piece at the start
// of the text, and whether there is one. A piece is a pattern without stars.
func matchPrefix(piece, text string) (int, bool) {
	if strings.IndexByte(piece, '?') < 0 {
		return len(piece), strings.HasPrefix(text, piece)
	}
	at := 0
	for i := 0; i < len(piece); i++ {
		if at >= len(text) {
			return 0, false
		}
		if piece[i] == '?' {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
		} else if piece[i] == text[at] {
			at++
		} else {
			return 0, false
		}
	}
	return at, true
}

// matchSuffix is [matchPrefix] at the end of the text.
func matchSuffix(piece, text string) (int, bool) {
	if strings.IndexByte(piece, '?') < 0 {
		return len(piece), strings.HasSuffix(text, piece)
	}
	at := len(text)
	for i := len(piece) - 1; i >= 0; i-- {
		if at <= 0 {
			return 0, false
		}
		if piece[i] == '?' {
			_, size := utf8.DecodeLastRuneInString(text[:at])
			at -= size
		} else if piece[i] == text[at-1] {
			at--
		} else {
			return 0, false
		}
	}
	return len(text) - at, true
}

// endOfMatch returns the offset after the first match of a piece, or -1.
func endOfMatch(piece, text string) int {
	question := strings.IndexByte(piece, '?')
	if question < 0 {
		if i := strings.Index(text, piece); i >= 0 {
			return i + len(piece)
		}
		return -1
	}
	for start := 0; start <= len(text); {
		// Skip to the next match of the part before the "?".
		i := strings.Index(text[start:], piece[:question])
		if i < 0 {
			return -1
		}
		start += i
		if n, ok := matchPrefix(piece, text[start:]); ok {
			return start + n
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		start += max(size, 1)
	}
	return -1
}

// prefixFits is a fast check that rejects most patterns: the text must begin
// with the characters before the first wildcard. It ignores case.
func prefixFits(pattern, text string) bool {
	for i := range len(pattern) {
		switch c := pattern[i]; {
		case c == '*' || c == '?':
			return true
		case i == len(text) || lowerByte(c) != lowerByte(text[i]):
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// lower converts ASCII letters to lower case.
func lower(text string) string {
	for i := range len(text) {
		if c := text[i]; c >= 'A' && c <= 'Z' {
			b := []byte(text)
			for j := i; j < len(b); j++ {
				b[j] = lowerByte(b[j])
			}
			return string(b)
		}
	}
	return text
}

// maxCompared limits the product of the lengths of two patterns that are
// compared. [Covers] and [Intersects] say what they return above the limit.
const maxCompared = 1 << 24

// token is a part of a pattern: one character, "?", "*", or a text that is
// still unknown, such as ${aws:username} or ${Ref:X}.
type token struct {
	kind tokenKind
	char rune
	// unknown is the whole ${...}.
	unknown string
}

type tokenKind uint8

const (
	character tokenKind = iota
	anyOne              // ?
	// looseOne is a "?" next to a star: "?*", "*?" and "*?*" all match one or
	// more characters.
	looseOne
	anyText // *
	unknownText
)

// typicalLength is long enough for most patterns, whose tokens then need no
// heap memory.
const typicalLength = 128

// tokens splits a pattern into tokens. It uses the buffer if the buffer is long
// enough. A sequence of wildcards becomes its "?"s, followed by one "*" if the
// sequence contains a star.
func tokens(buffer []token, pattern string) []token {
	all := slices.Grow(buffer, len(pattern))
	for i := 0; i < len(pattern); {
		switch {
		case pattern[i] == '*' || pattern[i] == '?':
			start, star := len(all), false
			for ; i < len(pattern) && (pattern[i] == '*' || pattern[i] == '?'); i++ {
				if pattern[i] == '*' {
					star = true
				} else {
					all = append(all, token{kind: anyOne})
				}
			}
			if star {
				for j := start; j < len(all); j++ {
					all[j].kind = looseOne
				}
				all = append(all, token{kind: anyText})
			}
		case strings.HasPrefix(pattern[i:], "${"):
			if end := ClosingBrace(pattern[i:]); end > 0 {
				all = append(all, token{kind: unknownText, unknown: pattern[i : i+end]})
				i += end
				continue
			}
			fallthrough
		default:
			r, size := utf8.DecodeRuneInString(pattern[i:])
			all = append(all, token{kind: character, char: r})
			i += size
		}
	}
	return all
}

// ClosingBrace returns the offset after the brace that closes the ${ at the
// start of the text, or 0.
func ClosingBrace(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// MayCover returns false if Covers without foldCase certainly does. It only looks at the
// ends of the texts, so it takes almost no time.
func MayCover(a, b string) bool {
	return a == b || a == "*" || hasWildcard(a) && literalEndsFit(a, b)
}

// Covers reports whether pattern a matches everything that pattern b matches.
// It is exact for "*" and "?". A text that is still unknown, such as
// ${aws:username} or ${Ref:X}, is covered only by itself and by "*". For
// patterns too long to compare it returns false.
func Covers(a, b string, foldCase bool) bool {
	if foldCase {
		a, b = lower(a), lower(b)
	}
	if a == b || a == "*" {
		return true
	}
	if !MayCover(a, b) {
		return false
	}
	if strings.IndexByte(a, '?') < 0 && strings.IndexByte(a, '$') < 0 && strings.IndexByte(b, '$') < 0 {
		return coversPieces(a, b)
	}
	if !hasWildcard(b) && strings.IndexByte(b, '$') < 0 && !strings.Contains(a, "${") {
		return Match(a, b, false)
	}
	if len(a) > maxCompared/max(len(b), 1) {
		return false
	}
	if begin, ok := strings.CutSuffix(a, "*"); ok && !strings.ContainsAny(begin, "*?$") {
		return strings.HasPrefix(b, begin) // a wildcard in this part of b would match more than a does
	}
	var buffers [2][typicalLength]token
	x, y := tokens(buffers[0][:0], a), tokens(buffers[1][:0], b)
	// reached[i] is true if the first i tokens of x match everything that the
	// tokens of y read so far match.
	reached, next := make([]bool, len(x)+1), make([]bool, len(x)+1)
	reached[0] = true
	for _, t := range y {
		skipStars(x, reached)
		clear(next)
		anyReached := false
		for i, isReached := range reached {
			if !isReached || i == len(x) {
				continue
			}
			single := t.kind == character || t.kind == anyOne || t.kind == looseOne
			last := -1
			switch x[i].kind {
			case character:
				if t.kind == character && t.char == x[i].char {
					last = i + 1
				}
			case anyOne:
				if single {
					last = i + 1
				}
			case looseOne:
				// The star next to the "?" matches t. An unknown text does not
				// match the "?", because it may be empty.
				last = i
				if single {
					last = i + 1
				}
			case anyText:
				last = i
			case unknownText:
				if t.kind == unknownText && t.unknown == x[i].unknown {
					last = i + 1
				}
			}
			if last >= 0 {
				next[last], anyReached = true, true
			}
		}
		if !anyReached {
			return false
		}
		reached, next = next, reached
	}
	skipStars(x, reached)
	return reached[len(x)]
}

// coversPieces is like Covers, for two patterns without variables, if a has a
// star and no "?". b must contain the pieces between the stars of a, in order.
// A wildcard in b is not a literal character: only a star of a matches it.
func coversPieces(a, b string) bool {
	literal, a, _ := strings.Cut(a, "*")
	b, ok := strings.CutPrefix(b, literal)
	for ok {
		var hasMore bool
		if literal, a, hasMore = strings.Cut(a, "*"); !hasMore {
			return strings.HasSuffix(b, literal)
		}
		_, b, ok = strings.Cut(b, literal)
	}
	return false
}

// literalEndsFit is a fast check that rejects most patterns: b must begin with
// the characters before the first wildcard or variable of a, and end with the
// characters after the last one of a.
func literalEndsFit(a, b string) bool {
	for i := range len(a) {
		if c := a[i]; c == '*' || c == '?' || c == '$' {
			break
		} else if i == len(b) || b[i] != c {
			return false
		}
	}
	for i := range len(a) {
		if c := a[len(a)-1-i]; c == '*' || c == '?' || c == '}' {
			break
		} else if i == len(b) || b[len(b)-1-i] != c {
			return false
		}
	}
	return true
}

// literalStartsDiffer reports whether two patterns differ before the first wildcard or
// unknown text of either. Comparing the whole patterns takes much longer.
func literalStartsDiffer(a, b string) bool {
	for i := range min(len(a), len(b)) {
		switch c, d := a[i], b[i]; {
		case c == '*' || c == '?' || c == '$' || d == '*' || d == '?' || d == '$':
			return false
		case c != d:
			return true
		}
	}
	return false
}

func hasWildcard(pattern string) bool {
	return strings.IndexByte(pattern, '*') >= 0 || strings.IndexByte(pattern, '?') >= 0
}

// skipStars marks the position after each star whose own position is marked,
// because a star can match the empty text.
func skipStars(x []token, reached []bool) {
	for i := range x {
		if reached[i] && x[i].kind == anyText {
			reached[i+1] = true
		}
	}
}

// Intersects reports whether some text matches both patterns. It is exact for
// "*" and "?"; a text that is still unknown may be any text. For patterns too
// long to compare it returns true.
func Intersects(a, b string, foldCase bool) bool {
	if foldCase {
		a, b = lower(a), lower(b)
	}
	if a == b || len(a) > maxCompared/max(len(b), 1) {
		return true
	}
	if literalStartsDiffer(a, b) {
		return false
	}
	var buffers [2][typicalLength]token
	x, y := tokens(buffers[0][:0], a), tokens(buffers[1][:0], b)
	star := func(t token) bool { return t.kind == anyText || t.kind == unknownText }
	// common[j] reports whether the rest of x, from position i, and the rest of
	// y, from j, match a text in common; below is the row of i+1.
	common, below := make([]bool, len(y)+1), make([]bool, len(y)+1)
	for i := len(x); i >= 0; i-- {
		common, below = below, common
		for j := len(y); j >= 0; j-- {
			switch {
			case i == len(x) && j == len(y):
				common[j] = true
			case i == len(x):
				common[j] = star(y[j]) && common[j+1]
			case j == len(y):
				common[j] = star(x[i]) && below[j]
			case star(x[i]):
				common[j] = below[j] || common[j+1]
			case star(y[j]):
				common[j] = common[j+1] || below[j]
			default:
				common[j] = (x[i].kind != character || y[j].kind != character || x[i].char == y[j].char) && below[j+1]
			}
		}
	}
	return common[0]
}
