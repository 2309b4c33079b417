// Wildcards: what a pattern matches, what it covers of another one, and
// whether two have anything in common.
//
// "*" stands for any text, also an empty one, and "?" for any one character.
// Patterns are UTF-8, as everything is that [ReadSet] takes.
// Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Action".

package document

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Match reports whether a text is one that the pattern stands for. foldCase
// ignores the case of ASCII letters, as IAM does for actions. Policy variables
// (${aws:username}) are text here: put their values in before.
//
// It takes time in proportion to the length of the text for patterns without
// "?", and of both lengths multiplied at worst.
func Match(pattern, text string, foldCase bool) bool {
	if foldCase {
		if !beginsFit(pattern, text) {
			return false
		}
		pattern, text = lower(pattern), lower(text)
	}
	first, rest, star := strings.Cut(pattern, "*")
	n, ok := prefix(first, text)
	if !ok {
		return false
	}
	text = text[n:]
	if !star {
		return text == ""
	}
	// The last piece must be at the end; every other one is best taken as
	// early as it comes.
	last := strings.LastIndexByte(rest, '*')
	tail := rest[last+1:]
	n, ok = suffix(tail, text)
	if !ok {
		return false
	}
	text = text[:len(text)-n]
	if last < 0 {
		return true
	}
	for piece := range strings.SplitSeq(rest[:last], "*") {
		end := find(piece, text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return true
}

// prefix reports whether the text begins with a piece that has no star, and
// how many bytes of the text that is.
func prefix(piece, text string) (int, bool) {
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

// suffix reports whether the text ends with a piece that has no star.
func suffix(piece, text string) (int, bool) {
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

// find returns where the first place of a piece without star ends, or -1.
func find(piece, text string) int {
	question := strings.IndexByte(piece, '?')
	if question < 0 {
		if i := strings.Index(text, piece); i >= 0 {
			return i + len(piece)
		}
		return -1
	}
	for start := 0; start <= len(text); {
		// Jump to where the part before the "?" stands.
		i := strings.Index(text[start:], piece[:question])
		if i < 0 {
			return -1
		}
		start += i
		if n, ok := prefix(piece, text[start:]); ok {
			return start + n
		}
		_, size := utf8.DecodeRuneInString(text[start:])
		start += max(size, 1)
	}
	return -1
}

// beginsFit is a quick no for most patterns: a text must begin with what stands
// before the first wildcard, in any case of ASCII letters.
func beginsFit(pattern, text string) bool {
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

// lower turns ASCII letters to lower case.
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

// maxCompared bounds the work on two patterns: the product of their lengths.
const maxCompared = 1 << 24

// token is a part of a pattern: one character, "?", "*", or a text that is unknown yet, such as ${aws:username} or ${Ref:X}.
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
	// looseOne is a "?" of a row that has a star: "?*", "*?" and "*?*" all
	// are one or more characters.
	looseOne
	anyText // *
	unknownText
)

// usualLength is of most patterns: their tokens need no memory of the heap.
const usualLength = 128

// tokens takes a pattern apart, into a buffer if that is long enough. A row of
// wildcards becomes its "?"s and then one "*", if it has any.
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
			if end := Closing(pattern[i:]); end > 0 {
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

// Closing returns where the ${ that text begins with is closed, or 0.
func Closing(text string) int {
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

// Covers reports whether everything that pattern b matches is matched by a. It
// is exact for "*" and "?". A text that is unknown yet, such as
// ${aws:username} or ${Ref:X}, is covered by itself and by "*" only. For
// patterns too long to compare it says no.
func Covers(a, b string, foldCase bool) bool {
	if foldCase {
		a, b = lower(a), lower(b)
	}
	if a == b || a == "*" {
		return true
	}
	if !endsFit(a, b) || !hasWildcard(a) {
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
		return strings.HasPrefix(b, begin) // a wildcard in the place of a letter matches more
	}
	var buffers [2][usualLength]token
	x, y := tokens(buffers[0][:0], a), tokens(buffers[1][:0], b)
	// reached are the places in x at which the part of y that was read so far
	// can have arrived.
	reached, next := make([]bool, len(x)+1), make([]bool, len(x)+1)
	reached[0] = true
	for _, t := range y {
		skipStars(x, reached)
		clear(next)
		alive := false
		for i, on := range reached {
			if !on || i == len(x) {
				continue
			}
			single := t.kind == character || t.kind == anyOne || t.kind == looseOne
			to := -1
			switch x[i].kind {
			case character:
				if t.kind == character && t.char == x[i].char {
					to = i + 1
				}
			case anyOne:
				if single {
					to = i + 1
				}
			case looseOne:
				// A text of unknown length may be empty; the star of the row
				// takes it.
				to = i
				if single {
					to = i + 1
				}
			case anyText:
				to = i
			case unknownText:
				if t.kind == unknownText && t.unknown == x[i].unknown {
					to = i + 1
				}
			}
			if to >= 0 {
				next[to], alive = true, true
			}
		}
		if !alive {
			return false
		}
		reached, next = next, reached
	}
	skipStars(x, reached)
	return reached[len(x)]
}

// coversPieces is Covers for a pattern whose only wildcards are stars, and another
// without variables. The pieces between the stars stand in b in this order: a wildcard
// of b is not text, and only a star matches it.
func coversPieces(a, b string) bool {
	piece, a, _ := strings.Cut(a, "*")
	b, ok := strings.CutPrefix(b, piece)
	for ok {
		var more bool
		if piece, a, more = strings.Cut(a, "*"); !more {
			return strings.HasSuffix(b, piece)
		}
		_, b, ok = strings.Cut(b, piece)
	}
	return false
}

// endsFit is a quick no for most patterns: what a begins and ends with, up to
// the first and from the last of its wildcards, b must begin and end with too.
func endsFit(a, b string) bool {
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

func hasWildcard(pattern string) bool {
	return strings.IndexByte(pattern, '*') >= 0 || strings.IndexByte(pattern, '?') >= 0
}

// skipStars continues from every star, which may stand for nothing.
func skipStars(x []token, reached []bool) {
	for i := range x {
		if reached[i] && x[i].kind == anyText {
			reached[i+1] = true
		}
	}
}

// Intersects reports whether there is a text that both patterns match. It is
// exact for "*" and "?"; a text that is unknown yet may be any. For patterns
// too long to compare it says yes.
func Intersects(a, b string, foldCase bool) bool {
	if foldCase {
		a, b = lower(a), lower(b)
	}
	if a == b || len(a) > maxCompared/max(len(b), 1) {
		return true
	}
	var buffers [2][usualLength]token
	x, y := tokens(buffers[0][:0], a), tokens(buffers[1][:0], b)
	star := func(t token) bool { return t.kind == anyText || t.kind == unknownText }
	// meet[j] says whether what is left of x, from the place i on, and of y,
	// from j on, have a text in common.
	meet, below := make([]bool, len(y)+1), make([]bool, len(y)+1)
	for i := len(x); i >= 0; i-- {
		meet, below = below, meet
		for j := len(y); j >= 0; j-- {
			switch {
			case i == len(x) && j == len(y):
				meet[j] = true
			case i == len(x):
				meet[j] = star(y[j]) && meet[j+1]
			case j == len(y):
				meet[j] = star(x[i]) && below[j]
			case star(x[i]):
				meet[j] = below[j] || meet[j+1]
			case star(y[j]):
				meet[j] = meet[j+1] || below[j]
			default:
				meet[j] = (x[i].kind != character || y[j].kind != character || x[i].char == y[j].char) && below[j+1]
			}
		}
	}
	return meet[0]
}
