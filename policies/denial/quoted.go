// Detects source code, tests and pages that quote a denial instead of reporting
// one.

package denial

import (
	"bytes"
	"regexp"

	"capaboot/internal/lazy"
)

// quotePatterns match what code and pages put around a quoted denial.
type quotePatterns struct{ call, exception, matcher, thrown, operand, assigned, declaration, field, comment, remark, example, prose *regexp.Regexp }

var quotes = lazy.Value[*quotePatterns]{Make: func() *quotePatterns {
	return &quotePatterns{
		// Before the quotation mark: a function call with the text as an
		// argument, possibly after other arguments or in a field of a struct.
		call: regexp.MustCompile(`(?:\b(?:new|raise|throw|return|assert|require|expect|echo|if|elif|case|grep[^"'\n]*)\b[ \t]*(?:[A-Za-z_.]+\()?|[A-Za-z_]*\.[A-Za-z_]+\(|\b[a-z][A-Za-z_]*\(|` +
			`\b(?:MatchError|MatchRegexp|ContainSubstring|ContainElement|Equal|HavePrefix|HaveSuffix|Errorf|Error|Sprintf|It|Describe|Context|Expect)\()` +
			"(?:[^\"`()\\n]*,[ \\t]*|[\"`][^\"`()\\n]*[\"`],[ \\t]*)?$"),
		// An exception that a language prints looks like a call too.
		exception: regexp.MustCompile(`\b[A-Z]\w*(?:Error|Exception)\($`),
		matcher:   regexp.MustCompile(`\b(?:Match|Be|Have|Expect)\w*\($`),
		thrown:    regexp.MustCompile(`\b(?:new|raise|throw|return)[ \t]+[\w.]+\($`),
		// An operator, an element of a list, or a field of a struct.
		operand:     regexp.MustCompile("(?:(?:==|!=|:=|=~|\\+)[ \\t]*|\\]\\w+\\{[ \\t]*(?:[\"`][^{}\\n]*,[ \\t]+)?|[A-Za-z]\\{[^{}\\n]*\\w:[ \\t]+)$"),
		assigned:    regexp.MustCompile(`[\w\])][ \t]+=[ \t]+$`),
		declaration: regexp.MustCompile(`\b(?:const|var|let|final|static|String|local|export|val|def|auto)\b`),
		// The name of an expected value in a test.
		field: regexp.MustCompile(`(?i)(?:\b|_)(?:want|expect|example|fixture)\w*["']?[ \t]*[:=]+[ \t]*$`),
		// Lines that are certainly comments, and lines that may be.
		comment: regexp.MustCompile(`^[+-]?[ \t]*(?://|/\*|<!--)`),
		remark:  regexp.MustCompile(`^[+-]?[ \t]*(?:#|\*|--)[ \t]`),
		// A page that explains what a denial looks like, or when it occurs.
		example: regexp.MustCompile(`(?i)\b(?:for example|e\.g\.|such as)[ :,(][^.]*$`),
		prose:   regexp.MustCompile(`(?i)\b(?:looks? like|if you (?:see|get|receive|encounter)|when you (?:see|get)|you (?:might|may|can|will) (?:see|get|receive)|errors? like)\b[^.]*$`),
	}
}}

func isQuoted(text []byte, piece fragment) bool {
	line := text[max(0, piece.start-2000):piece.start] // a line of a log can be megabytes long
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	q, hasDetails := quotes.Get(), !lacksDetails(piece)
	if q.comment.Match(line) || q.example.Match(line) || !hasDetails && (q.remark.Match(line) || q.prose.Match(line)) {
		return true
	}
	open := openQuote(line)
	if open < 0 {
		return q.field.Match(line)
	}
	before := line[:open]
	switch {
	case q.field.Match(before), q.operand.Match(before), !hasDetails && line[open] == '`':
		return true
	case q.assigned.Match(before):
		return !hasDetails || q.declaration.Match(before)
	case q.exception.Match(before) && !q.matcher.Match(before):
		return q.thrown.Match(before)
	}
	return q.call.Match(before)
}

// lacksDetails reports whether a denial contains neither the principal nor
// anything about the request.
func lacksDetails(piece fragment) bool {
	return piece.denial.Action == "" && piece.denial.Principal == "" && piece.denial.Resource == "" && !piece.denial.Encoded && piece.denial.Operation == ""
}

// openQuote returns the offset of the quotation mark of a string literal that
// is still open at the end of a line, or -1.
func openQuote(line []byte) int {
	open, mark := -1, byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && open >= 0 && mark != '`':
			i++
		case open >= 0 && c == mark:
			open = -1
		case open < 0 && (c == '"' || c == '`' || c == '\'' && !letterBefore(line, i)):
			open, mark = i, c
		}
	}
	return open
}

// letterBefore reports whether the apostrophe at an offset follows a letter, as
// one within a word does.
func letterBefore(line []byte, i int) bool {
	if i == 0 {
		return false
	}
	c := line[i-1] | 0x20
	return c >= 'a' && c <= 'z'
}
