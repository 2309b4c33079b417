// Package help writes the output of --help: what a command is for, when to use
// it, its flags in groups, and examples. The text fits 80 columns.
//
// No code of the package runs until help is requested, so that it does not slow
// down other runs.
package help

import (
	"fmt"
	"strings"

	"capaboot/internal/commandline"
	"capaboot/internal/examples"
	"capaboot/internal/terminal"
)

// maxNameWidth is the maximum width of the first column. The description of a
// wider entry begins on the next line.
const maxNameWidth = 36

// Text returns the help of a command. words are the command's full name, without
// the program.
func Text(root *commandline.Command, words []string) []byte {
	command := root
	for _, word := range words {
		if subcommand := command.Find(word); subcommand != nil {
			command = subcommand
		}
	}
	var b strings.Builder
	b.WriteString(terminal.Wrap(capitalize(command.Usage)+".", "", ""))
	if command.Description != "" {
		b.WriteString("\n" + command.Description + "\n")
	}
	b.WriteString("\nUSAGE:\n" + terminal.Wrap(Usage(command), "  ", "    "))
	if aliases := command.Names[1:]; len(aliases) > 0 {
		b.WriteString(terminal.Wrap(strings.Join(aliases, ", "), "  also: ", "        "))
	}
	if len(command.Commands) > 0 {
		b.WriteString("\nCOMMANDS:\n")
		writeCommands(&b, command.Commands)
	}
	width := columnWidth(flagRows(command.Flags))
	for _, section := range Sections(command.Flags) {
		b.WriteString("\n" + strings.ToUpper(section.Title) + ":\n")
		writeRows(&b, flagRows(section.Flags), width)
	}
	writeExamples(&b, root, command)
	return []byte(b.String())
}

// Usage returns the usage line of a command.
func Usage(command *commandline.Command) string {
	text := command.Path
	if len(command.Commands) > 0 {
		return text + " COMMAND"
	}
	text += " [FLAGS]"
	if command.Arguments != "" {
		text += " " + command.Arguments
	}
	return text
}

// FlagNames returns the names of a flag as the user types them: "-o, --output
// FORMAT".
func FlagNames(flag commandline.Flag) string {
	var short, long []string
	for _, name := range flag.Dashed() {
		if strings.HasPrefix(name, "--") {
			long = append(long, name)
		} else {
			short = append(short, name)
		}
	}
	text := strings.Join(append(short, long...), ", ")
	if flag.Value != "" {
		text += " " + flag.Value
	}
	return text
}

// DescribeFlag returns the description of a flag, with its default and whether it
// may be repeated.
func DescribeFlag(flag commandline.Flag) string {
	text := flag.Usage
	if flag.Default != "" && flag.Value != "" {
		text += fmt.Sprintf(" (default: %s)", strings.Trim(flag.Default, `"`))
	}
	if flag.Repeats {
		text += " (may be repeated)"
	}
	return text
}

// row is a row of a list with two columns.
type row struct{ name, text string }

func flagRows(flags []commandline.Flag) (rows []row) {
	for _, flag := range flags {
		name := FlagNames(flag)
		if strings.HasPrefix(name, "--") {
			name = "    " + name // align with the long names of flags that have a short name
		}
		rows = append(rows, row{name, DescribeFlag(flag)})
	}
	return rows
}

func writeCommands(b *strings.Builder, commands []*commandline.Command) {
	var rows []row
	for _, command := range commands {
		name, others := shortestName(command)
		text := command.Usage
		if len(others) > 0 {
			text += "; also: " + strings.Join(others, ", ")
		}
		rows = append(rows, row{name, text})
	}
	writeRows(b, rows, columnWidth(rows))
}

// shortestName returns the shortest name of a command, which help shows first,
// and its other names.
func shortestName(command *commandline.Command) (name string, others []string) {
	name = command.Name()
	for _, other := range command.Names {
		if len(other) < len(name) {
			name = other
		}
	}
	for _, other := range command.Names {
		if other != name {
			others = append(others, other)
		}
	}
	return name, others
}

func columnWidth(rows []row) (width int) {
	for _, r := range rows {
		if len(r.name) <= maxNameWidth {
			width = max(width, len(r.name))
		}
	}
	return width
}

func writeRows(b *strings.Builder, rows []row, width int) {
	indent := strings.Repeat(" ", 2+width+2)
	for _, r := range rows {
		first := fmt.Sprintf("  %-*s  ", width, r.name)
		if len(r.name) > width {
			b.WriteString("  " + r.name + "\n")
			first = indent
		}
		b.WriteString(terminal.Wrap(r.text, first, indent))
	}
}

// Examples returns the examples of a command. root is the program.
func Examples(root, command *commandline.Command) []examples.Example {
	name := strings.TrimPrefix(strings.TrimPrefix(command.Path, root.Path), " ")
	if name == "" {
		name = "."
	}
	return examples.ForCommand(name)
}

// writeExamples writes the examples below the heading EXAMPLES. By this heading,
// [terminal.FitHelp] recognises them on a narrow terminal.
func writeExamples(b *strings.Builder, root, command *commandline.Command) {
	for i, example := range Examples(root, command) {
		switch {
		case i == 0:
			b.WriteString("\nEXAMPLES:\n")
		case example.Task != "":
			b.WriteByte('\n')
		}
		if example.Task != "" {
			b.WriteString(terminal.Wrap(example.Task, "  # ", "  # "))
		}
		for _, row := range WrapCommand(example.WithProgram(root.Name()), terminal.Columns-2) {
			b.WriteString("  " + row + "\n")
		}
	}
}

// WrapCommand breaks a long command line with backslashes, as a shell accepts
// it, and indents the lines after the first by two. It separates a flag from
// its value only if both together do not fit.
func WrapCommand(line string, columns int) []string {
	const indent, more = "  ", " \\"
	var parts []string
	for _, word := range strings.Split(line, " ") {
		if last := len(parts) - 1; last >= 0 && strings.HasPrefix(parts[last], "-") && !strings.Contains(parts[last], " ") && !strings.HasPrefix(word, "-") &&
			len(indent)+len(parts[last])+1+len(word)+len(more) <= columns {
			parts[last] += " " + word
			continue
		}
		parts = append(parts, word)
	}
	var rows []string
	row := parts[0]
	for _, part := range parts[1:] {
		if len(row)+1+len(part)+len(more) > columns {
			rows = append(rows, row+more)
			row = indent + part
			continue
		}
		row += " " + part
	}
	return append(rows, row)
}

func capitalize(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
