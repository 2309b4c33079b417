// This file fits texts of 80 columns to a narrower terminal.

package terminal

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"capaboot/internal/lazy"
)

// Narrowest is the minimum width to which texts are fitted, in columns.
const Narrowest = 40

// examplesHeading is the line of a help text after which there are only
// commands; see internal/examples.
const examplesHeading = "EXAMPLES:"

// Fit breaks the lines of a text that are longer than width columns, between
// words. First it joins lines that were one line before they were broken at 80
// columns. In a text of two columns that is too wide, it moves the second
// column below the first. It does not break a word that is longer than a line,
// so that ARNs can be copied. A width of 0 means no limit.
func Fit(text string, width int) string { return fit(text, width, Columns) }

// FitHelp is like Fit, but for a help text, whose lines were broken by hand.
func FitHelp(text string, width int) string {
	const byHand = 72 // people break a line if the next word would exceed this column
	return fit(text, width, byHand)
}

func fit(text string, width, oldWidth int) string {
	if width == 0 {
		return text
	}
	return fitToWidth(text, max(width, Narrowest), oldWidth)
}

// fitToWidth fits a text to a width. oldWidth is the width at which the text was
// broken: two lines can be one broken line only if the first word of the second line
// would exceed this width on the first line.
func fitToWidth(text string, width, oldWidth int) string {
	if visiblyFits(text, width) {
		return text
	}
	lines := strings.Split(text, "\n")
	var fitted []string
	for i := 0; i < len(lines); {
		if lines[i] == examplesHeading {
			fitted = append(fitted, fitCommands(lines[i:], width)...)
			break
		}
		if n := numbersIn(lines[i:]); n > 0 {
			if visiblyFits(strings.Join(lines[i:i+n], "\n"), width) {
				fitted = append(fitted, lines[i:i+n]...)
			} else {
				fitted = append(fitted, stackNumbers(lines[i:i+n], width)...)
			}
			i += n
			continue
		}
		if n, begin, wide := columnsIn(lines[i:], width); n > 0 {
			if wide {
				fitted = append(fitted, stackColumns(lines[i:i+n], begin, width)...)
			} else {
				fitted = append(fitted, fitLines(lines[i:i+n], width)...)
			}
			i += n
			continue
		}
		whole, rest, n := paragraph(lines[i:], oldWidth)
		if visiblyFits(strings.Join(lines[i:i+n], "\n"), width) {
			whole = strings.Join(lines[i:i+n], "\n")
		} else {
			whole = breakLine(whole, min(rest, width/2), width)
		}
		fitted = append(fitted, whole)
		i += n
	}
	return strings.Join(fitted, "\n")
}

// paragraph joins the first lines of a text that were one line before they were
// broken. It returns that line, the indent of its continuation lines, and the
// number of lines.
func paragraph(lines []string, oldWidth int) (whole string, rest, n int) {
	const shortest = 55 // columns; a shorter line was not wrapped
	whole, rest, n = lines[0], indentOf(lines[0])+2, 1
	for ; n < len(lines); n++ {
		last, next := lines[n-1], lines[n]
		word, _, _ := strings.Cut(strings.TrimLeft(next, " "), " ")
		full := visibleWidth(last) + 1 + visibleWidth(word)
		switch {
		case word == "" || isListed(word) || oldWidth == Columns && isPart(word) || startsWithAction(next) || strings.HasPrefix(strings.TrimLeft(next, " "), "see http") || hasGap(last) || hasGap(next) || strings.HasSuffix(last, "\\"):
			return whole, rest, n
		case indentOf(next) == indentOf(last) && full > oldWidth && visibleWidth(last) >= shortest && visibleWidth(last) <= Columns: // one paragraph
			if n == 1 {
				rest = indentOf(next)
			}
		case n == 1 && indentOf(next) > indentOf(last) && indentOf(next) <= indentOf(last)+6 && full > Columns && isWrapped(last): // see Wrap
			rest = indentOf(next)
		default:
			return whole, rest, n
		}
		whole += " " + strings.TrimLeft(next, " ")
	}
	return whole, rest, n
}

// isWrapped reports whether a line can come from [Wrap]. Wrap returns a line of more
// than 80 columns only if a word is too long. At most a sign and a label precede the
// word.
func isWrapped(line string) bool {
	return visibleWidth(line) <= Columns || len(strings.Fields(line)) <= 3
}

// isListed reports whether a word begins a list item, a command, or the result of a
// check ("ok").
func isListed(word string) bool {
	return word == "ok" || word == "!!" || word == "??" || strings.Contains("- + ~ ? * $ #", word) || strings.HasSuffix(strings.TrimLeft(word, "0123456789"), ".") && len(word) <= 3
}

// isPart reports whether a word begins a part of a report, such as "fix:".
// "v2.13.0:" is a word in a sentence, and "elasticloadbalancing:" is longer than
// the name of any part.
func isPart(word string) bool {
	const longest = len("conditions:")
	letters, ok := strings.CutSuffix(word, ":")
	return ok && len(word) <= longest && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == ""
}

// startsWithAction reports whether a line begins with an AWS action and its access
// level: "ec2:RunInstances [Write]".
func startsWithAction(line string) bool {
	action, rest, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	return strings.HasPrefix(rest, "[") && strings.Contains(strings.TrimSuffix(action, ":"), ":")
}

// columnGap matches the gap between two columns of a table.
var columnGap = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`\S {2,}\S`) }}

func hasGap(line string) bool {
	return strings.Contains(strings.TrimSpace(line), "  ") && columnGap.Get().MatchString(line)
}

// secondColumn returns where the second of two columns begins; 0 for any other
// line.
func secondColumn(line string) int {
	if !strings.Contains(line, "  ") || strings.Contains(line, "\x1b") {
		return 0
	}
	if all := columnGap.Get().FindAllStringIndex(line, 2); len(all) == 1 {
		return all[0][1] - 1
	}
	return 0
}

// fillsColumn reports whether the first of two columns is as wide as it can be: only
// one space separates it from the second, which begins at begin.
func fillsColumn(line string, begin int) bool {
	return len(line) > begin && !strings.Contains(line, "\x1b") && line[begin-1] == ' ' && line[begin] != ' ' && line[begin-2] != ' ' && !hasGap(line)
}

// columnsIn returns how many lines at the beginning of a text have two columns, and
// where the second column begins. Continuation lines of the second column count too.
// wide means that the number of lines that do not fit is at least half the number of
// rows.
func columnsIn(lines []string, width int) (n, begin int, wide bool) {
	begin = secondColumn(lines[0])
	for _, line := range lines[1:] {
		if begin > 0 || indentOf(line) < indentOf(lines[0]) || strings.TrimSpace(line) == "" {
			break
		}
		if indentOf(line) > indentOf(lines[0]) {
			continue
		}
		if begin = secondColumn(line); begin == 0 || !fillsColumn(lines[0], begin) {
			break
		}
	}
	if begin == 0 || secondColumn(lines[0]) == 0 && !fillsColumn(lines[0], begin) {
		return 0, 0, false
	}
	tooWide, rows := 0, 0
	for ; n < len(lines); n++ {
		row := (secondColumn(lines[n]) == begin || fillsColumn(lines[n], begin)) && indentOf(lines[n]) == indentOf(lines[0])
		if !row && (n == 0 || strings.TrimSpace(lines[n]) == "" || indentOf(lines[n]) != begin) {
			break
		}
		if row {
			rows++
		}
		if visibleWidth(lines[n]) > width {
			tooWide++
		}
	}
	return n, begin, tooWide > 0 && tooWide*2 >= rows
}

// fitCommands breaks shell commands so that they still run when they are
// pasted: a command continues after a backslash, a comment after another "#".
func fitCommands(lines []string, width int) []string {
	all := slices.Clone(lines)
	for i, line := range all {
		indent := indentOf(line)
		switch {
		case visibleWidth(line) <= width:
		case strings.HasPrefix(line[indent:], "# "):
			again := "\n" + strings.Repeat(" ", indent) + "# "
			all[i] = strings.ReplaceAll(breakLine(line, indent, width-2), "\n"+strings.Repeat(" ", indent), again)
		default:
			all[i] = strings.ReplaceAll(breakLine(line, indent+2, width-2), "\n", " \\\n")
		}
	}
	return all
}

func fitLines(lines []string, width int) []string {
	all := slices.Clone(lines)
	for i, line := range all {
		if visibleWidth(line) > width {
			all[i] = breakLine(line, min(indentOf(line)+2, width/2), width)
		}
	}
	return all
}

// shortFlag matches a flag that also has a short name: "-y, --yes".
var shortFlag = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^ *-\w, --`) }}

// stackColumns puts the second column of each line, which starts at begin, below
// the first.
func stackColumns(lines []string, begin, width int) []string {
	indent := indentOf(lines[0])
	if shortFlag.Get().MatchString(lines[0]) {
		indent += len("-y, ") // flags without a short name begin there
	}
	below := strings.Repeat(" ", min(indent+4, width/2))
	var all []string
	for _, line := range lines {
		if indentOf(line) == begin {
			all[len(all)-1] += " " + strings.TrimSpace(line)
			continue
		}
		all = append(all, strings.TrimRight(line[:begin], " "), below+line[begin:])
	}
	for i, line := range all {
		if visibleWidth(line) > width {
			all[i] = breakLine(line, min(indentOf(line), width/2), width)
		}
	}
	return all
}

// breakLine breaks one line into lines of at most width columns. rest is the
// indentation of the lines after the first.
func breakLine(line string, rest, width int) string {
	var b strings.Builder
	indent := indentOf(line)
	column := min(indent, width/2)
	b.WriteString(strings.Repeat(" ", column))
	begins, gap := true, ""
	for line = line[indent:]; line != ""; {
		end := strings.IndexByte(line, ' ')
		if end < 0 {
			end = len(line)
		}
		word := line[:end]
		if !begins && column+len(gap)+visibleWidth(word) > width {
			b.WriteString("\n" + strings.Repeat(" ", rest))
			column, gap = rest, ""
		}
		b.WriteString(gap + word)
		column += len(gap) + visibleWidth(word)
		begins = false
		line = line[end:]
		after := strings.TrimLeft(line, " ")
		gap, line = line[:len(line)-len(after)], after
	}
	return b.String() + gap
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// colour matches the escape sequences that colour a text.
var colour = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") }}

func visibleWidth(line string) int {
	if strings.Contains(line, "\x1b[") {
		line = colour.Get().ReplaceAllString(line, "")
	}
	return utf8.RuneCountInString(line)
}

func visiblyFits(text string, width int) bool {
	for line := range strings.Lines(text) {
		if visibleWidth(strings.TrimRight(line, " \n")) > width {
			return false
		}
	}
	return true
}
