// This file fits tables of numbers to a narrow terminal.

package terminal

import (
	"regexp"
	"strings"

	"capaboot/internal/lazy"
)

// number matches a cell of a table of numbers, such as "7 (7)" or "-".
var number = lazy.Value[*regexp.Regexp]{Make: func() *regexp.Regexp { return regexp.MustCompile(`^(-|[0-9]+( \([0-9]+\))?)$`) }}

// cells returns the cells of a line, which have at least two spaces between them,
// without colours.
func cells(line string) []string {
	if strings.Contains(line, "\x1b[") {
		line = colour.Get().ReplaceAllString(line, "")
	}
	var all []string
	for cell := range strings.SplitSeq(strings.TrimSpace(line), "  ") {
		if cell = strings.TrimSpace(cell); cell != "" {
			all = append(all, cell)
		}
	}
	return all
}

// numbersIn returns how many lines at the beginning of a text are a table of numbers: a
// line with titles, then lines with a name, and a number for each title after the
// first.
func numbersIn(lines []string) (n int) {
	if strings.Count(lines[0], "  ") < 2 {
		return 0
	}
	titles := cells(lines[0])
	for n = 1; n < len(lines); n++ {
		row := cells(lines[n])
		if len(titles) < 3 || len(row) != len(titles) {
			break
		}
		for _, cell := range row[1:] {
			if !number.Get().MatchString(cell) {
				return 0
			}
		}
	}
	if n == 1 {
		return 0
	}
	return n
}

// stackNumbers puts the numbers of each row below its name, each after its title.
// It leaves out "-".
func stackNumbers(lines []string, width int) []string {
	titles := cells(lines[0])
	all := []string{strings.Repeat(" ", indentOf(lines[0])) + titles[0]}
	for _, line := range lines[1:] {
		indent := indentOf(line)
		row := cells(line)
		all = append(all, line[:indent]+row[0])
		var numbers []string
		for i, cell := range row[1:] {
			if cell != "-" {
				numbers = append(numbers, titles[i+1]+joinedSpace+strings.ReplaceAll(cell, " ", joinedSpace))
			}
		}
		text := breakLine(strings.Repeat(" ", indent+2)+strings.Join(numbers, ", "), indent+2, width)
		all = append(all, strings.ReplaceAll(text, joinedSpace, " "))
	}
	return all
}
