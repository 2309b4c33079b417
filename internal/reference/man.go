// Man pages: for the program, each group, each command and each alias. The
// macros are those of man(7), which mandoc and groff have.

package reference

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"capaboot/internal/commandline"
	"capaboot/internal/help"
	"capaboot/internal/terminal"
)

// Man returns the man pages by file name ("capaboot-policy-diff.1"): one for
// the program, each group and each command. The page of an alias refers to the
// command's.
func Man(root *commandline.Command) map[string][]byte {
	pages := map[string][]byte{}
	var add func(command *commandline.Command)
	add = func(command *commandline.Command) {
		name := pageName(command)
		pages[name+".1"] = manPage(root, command)
		for _, alias := range command.Names[1:] {
			pages[strings.TrimSuffix(name, command.Name())+alias+".1"] = []byte(".so man1/" + name + ".1\n")
		}
		for _, one := range command.Commands {
			add(one)
		}
	}
	add(root)
	return pages
}

// The formatter indents the text of a section by sectionIndent columns (man(7)
// of groff and mandoc). The page indents examples by exampleIndent more, and
// breaks them, because the formatter does not.
const sectionIndent, exampleIndent = 7, 4

func pageName(command *commandline.Command) string { return strings.ReplaceAll(command.Path, " ", "-") }

func manPage(root, command *commandline.Command) []byte {
	var b strings.Builder
	// No date, because it would change with every build.
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"%s\" \"%s\"\n", strings.ToUpper(escapeRoff(pageName(command))), escapeRoff(root.Path), "User Commands")
	b.WriteString(".nh\n.ad l\n") // no hyphenation, so that names can be copied
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escapeRoff(pageName(command)), escapeRoff(command.Usage))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", escapeRoff(help.Usage(command)))
	if command.Description != "" {
		b.WriteString(".SH DESCRIPTION\n")
		for i, paragraph := range strings.Split(command.Description, "\n\n") {
			if i > 0 {
				b.WriteString(".PP\n")
			}
			writeParagraph(&b, paragraph)
		}
	}
	if len(command.Commands) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, leaf := range command.Leaves() {
			writeItem(&b, strings.TrimPrefix(leaf.Path, command.Path+" "), leaf.Usage)
		}
	}
	if len(command.Flags) > 0 {
		b.WriteString(".SH OPTIONS\n")
	}
	for _, section := range help.Sections(command.Flags) {
		fmt.Fprintf(&b, ".SS %s\n", escapeRoff(section.Title))
		for _, flag := range section.Flags {
			writeItem(&b, help.FlagNames(flag), help.DescribeFlag(flag))
		}
	}
	if all := help.Examples(root, command); len(all) > 0 {
		b.WriteString(".SH EXAMPLES\n")
		for i, one := range all {
			if i > 0 && one.Task != "" {
				b.WriteString(".PP\n")
			}
			if one.Task != "" {
				fmt.Fprintf(&b, "%s:\n", escapeRoff(one.Task))
			}
			fmt.Fprintf(&b, ".RS %d\n.nf\n", exampleIndent)
			for _, row := range help.WrapCommand(one.Line, terminal.Columns-sectionIndent-exampleIndent) {
				b.WriteString(escapeRoff(row) + "\n")
			}
			b.WriteString(".fi\n.RE\n")
		}
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, code := range []struct{ code, means string }{
		{"0", "done"}, {"1", "failed"}, {"2", "wrong usage, or an invalid configuration; nothing was done"},
		{"3", "done, but the result is not what --exit-code, --expect, --fail-on or --fail-on-new requires; or \"policy explain -\" found no denied request"}, {"130", "interrupted"}, {"141", "the program that reads the output closed the pipe"},
	} {
		writeItem(&b, code.code, code.means)
	}
	b.WriteString(".SH SEE ALSO\n")
	var others []string
	for _, one := range append([]*commandline.Command{root}, root.Leaves()...) {
		if one != command {
			others = append(others, fmt.Sprintf(".BR %s (1)", escapeRoff(pageName(one))))
		}
	}
	slices.Sort(others)
	b.WriteString(strings.Join(others, ",\n") + "\n")
	return []byte(b.String())
}

// writeParagraph keeps the line breaks of indented lines, and lets the
// formatter fill the others. Indented lines that are too wide for a page become
// a list, which the formatter fills.
func writeParagraph(b *strings.Builder, text string) {
	var block []string
	end := func(more bool) {
		switch {
		case len(block) == 0:
		case slices.ContainsFunc(block, func(line string) bool { return sectionIndent+utf8.RuneCountInString(line) > terminal.Columns }):
			writeList(b, block)
			if more {
				b.WriteString(".PP\n")
			}
		default:
			b.WriteString(".nf\n" + escapeRoff(strings.Join(block, "\n")) + "\n.fi\n")
		}
		block = nil
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			block = append(block, line)
			continue
		}
		end(true)
		b.WriteString(escapeRoff(line) + "\n")
	}
	end(false)
}

// writeList writes the items of a list: a number or a name, and a text that
// continues on lines with a larger indent.
func writeList(b *strings.Builder, block []string) {
	indent := leadingSpaces(block[0])
	for _, line := range block {
		if leadingSpaces(line) > indent {
			b.WriteString(escapeRoff(strings.TrimSpace(line)) + "\n")
			continue
		}
		name, text, isNamed := strings.Cut(strings.TrimSpace(line), "  ")
		if !isNamed {
			name, text, _ = strings.Cut(name, " ") // an item of a numbered list: "1. text"
		}
		writeItem(b, name, strings.TrimSpace(text))
	}
}

func leadingSpaces(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func writeItem(b *strings.Builder, name, text string) {
	fmt.Fprintf(b, ".TP\n.B %s\n%s\n", escapeRoff(name), escapeRoff(text))
}

// escapeRoff escapes a text so that the formatter shows it unchanged: dashes
// can be copied, and no line begins with a roff request.
func escapeRoff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
