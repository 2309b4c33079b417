// Package reference writes docs/commands.md and the man pages. Only a test uses the
// package: it compares the pages with the committed files.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/internal/commandline"
	"capaboot/internal/help"
)

// Markdown returns the page with all commands.
func Markdown(root *commandline.Command) []byte {
	var b strings.Builder
	b.WriteString("# Commands\n\nGenerated from `--help` by `make generate`.\n\n")
	for _, command := range root.Leaves() {
		path := strings.TrimPrefix(command.Path, root.Path+" ")
		fmt.Fprintf(&b, "- [`%s`](#%s): %s\n", path, anchor(path), escape(command.Usage))
	}
	fmt.Fprintf(&b, "\nEvery command also has these flags:\n\n")
	writeFlags(&b, root.Flags)
	for _, command := range root.Leaves() {
		path := strings.TrimPrefix(command.Path, root.Path+" ")
		fmt.Fprintf(&b, "\n## %s\n\n%s.", path, escape(capitalize(command.Usage)))
		if also := command.Names[1:]; len(also) > 0 {
			fmt.Fprintf(&b, " Also called `%s`.", strings.Join(also, "`, `"))
		}
		fmt.Fprintf(&b, "\n\n```text\n%s\n```\n", help.Usage(command))
		if command.Description != "" {
			fmt.Fprintf(&b, "\n```text\n%s\n```\n", command.Description)
		}
		if all := help.Examples(root, command); len(all) > 0 {
			b.WriteString("\nExamples:\n\n```sh\n")
			for i, one := range all {
				if one.Task != "" {
					if i > 0 {
						b.WriteByte('\n')
					}
					b.WriteString("# " + one.Task + "\n")
				}
				b.WriteString(one.Line + "\n")
			}
			b.WriteString("```\n")
		}
		flags := slices.DeleteFunc(slices.Clone(command.Flags), func(flag commandline.Flag) bool { return flag.Name() == "help" })
		if len(flags) > 0 {
			b.WriteString("\n")
			writeFlags(&b, flags)
		}
	}
	return []byte(b.String())
}

func writeFlags(b *strings.Builder, flags []commandline.Flag) {
	b.WriteString("| flag | |\n| --- | --- |\n")
	sections := help.Sections(flags)
	for _, section := range sections {
		if len(sections) > 1 {
			fmt.Fprintf(b, "| **%s** | |\n", section.Title)
		}
		for _, flag := range section.Flags {
			fmt.Fprintf(b, "| `%s` | %s |\n", strings.ReplaceAll(help.FlagNames(flag), "|", `\|`), escape(help.DescribeFlag(flag)))
		}
	}
}

func anchor(heading string) string { return strings.ReplaceAll(strings.ToLower(heading), " ", "-") }

// escape escapes a text so that Markdown shows it unchanged.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "<", `\<`, "_", `\_`, "`", "\\`").Replace(text)
}

func capitalize(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
