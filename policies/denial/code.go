// Source code, tests and pages that quote a denial, and so do not report one.

package denial

import (
	"bytes"
	"regexp"

	"capaboot/internal/lazy"
)

// marks are the expressions for what code and pages put around a denial.
type marks struct{ call, exception, matcher, thrown, operand, assigned, declares, field, comment, remark, example, prose *regexp.Regexp }

var quoting = lazy.Value[*marks]{Make: func() *marks {
	return &marks{
		// What is before the quotation mark: a function to which code gives the
		// text, perhaps after other arguments or as a field of a struct.
		call: regexp.MustCompile(`(?:\b(?:new|raise|throw|return|assert|require|expect|echo|if|elif|case|grep[^"'\n]*)\b[ \t]*(?:[A-Za-z_.]+\()?|[A-Za-z_]*\.[A-Za-z_]+\(|\b[a-z][A-Za-z_]*\(|` +
			`\b(?:MatchError|MatchRegexp|ContainSubstring|ContainElement|Equal|HavePrefix|HaveSuffix|Errorf|Error|Sprintf|It|Describe|Context|Expect)\()` +
			"(?:[^\"`()\\n]*,[ \\t]*|[\"`][^\"`()\\n]*[\"`],[ \\t]*)?$"),
		// Languages print an exception so.
		exception: regexp.MustCompile(`\b[A-Z]\w*(?:Error|Exception)\($`),
		matcher:   regexp.MustCompile(`\b(?:Match|Be|Have|Expect)\w*\($`),
		thrown:    regexp.MustCompile(`\b(?:new|raise|throw|return)[ \t]+[\w.]+\($`),
		// Or an operator, an element of a list, a field of a struct.
		operand:  regexp.MustCompile("(?:(?:==|!=|:=|=~|\\+)[ \\t]*|\\]\\w+\\{[ \\t]*(?:[\"`][^{}\\n]*,[ \\t]+)?|[A-Za-z]\\{[^{}\\n]*\\w:[ \\t]+)$"),
		assigned: regexp.MustCompile(`[\w\])][ \t]+=[ \t]+$`),
		declares: regexp.MustCompile(`\b(?:const|var|let|final|static|String|local|export|val|def|auto)\b`),
		// Or the name of what a test expects.
		field: regexp.MustCompile(`(?i)(?:\b|_)(?:want|expect|example|fixture)\w*["']?[ \t]*[:=]+[ \t]*$`),
		// A comment, for certain and perhaps.
		comment: regexp.MustCompile(`^[+-]?[ \t]*(?://|/\*|<!--)`),
		remark:  regexp.MustCompile(`^[+-]?[ \t]*(?:#|\*|--)[ \t]`),
		// A page says how a denial looks, or when it comes.
		example: regexp.MustCompile(`(?i)\b(?:for example|e\.g\.|such as)[ :,(][^.]*$`),
		prose:   regexp.MustCompile(`(?i)\b(?:looks? like|if you (?:see|get|receive|encounter)|when you (?:see|get)|you (?:might|may|can|will) (?:see|get|receive)|errors? like)\b[^.]*$`),
	}
}}

// inCode reports whether a piece is quoted by source code, by a test or by a page.
func inCode(text []byte, piece found) bool {
	line := text[bytes.LastIndexByte(text[:piece.start], '\n')+1 : piece.start]
	if len(line) > 2000 {
		line = line[len(line)-2000:]
	}
	q, says := quoting.Get(), !bare(piece)
	if q.comment.Match(line) || q.example.Match(line) || !says && (q.remark.Match(line) || q.prose.Match(line)) {
		return true
	}
	open := opening(line)
	if open < 0 {
		return q.field.Match(line)
	}
	before := line[:open]
	switch {
	case q.field.Match(before), q.operand.Match(before), !says && line[open] == '`':
		return true
	case q.assigned.Match(before):
		return !says || q.declares.Match(before)
	case q.exception.Match(before) && !q.matcher.Match(before):
		return q.thrown.Match(before)
	}
	return q.call.Match(before)
}

// bare is for a denial that says neither the denied principal nor with which request.
func bare(piece found) bool {
	return piece.denial.Action == "" && piece.denial.Principal == "" && piece.denial.Resource == "" && !piece.denial.Encoded && piece.denial.Operation == ""
}

// opening is the offset of the quotation mark that opens the literal in which a line
// ends, -1 for none.
func opening(line []byte) int {
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

// letterBefore is for an apostrophe within a word.
func letterBefore(line []byte, i int) bool {
	if i == 0 {
		return false
	}
	c := line[i-1] | 0x20
	return c >= 'a' && c <= 'z'
}
