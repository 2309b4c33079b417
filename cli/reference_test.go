// Checks that docs/commands.md and the man pages match the commands. "go test
// ./cli -run TestReference -update" writes them.

package cli

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/commandline"
	"capaboot/internal/examples"
	"capaboot/internal/help"
	"capaboot/internal/reference"
)

func TestReference(t *testing.T) {
	root := commandline.Describe((&runner{}).app("capaboot"))
	files := map[string][]byte{"../docs/commands.md": reference.Markdown(root)}
	for name, text := range reference.Man(root) {
		files["../docs/man/"+name] = text
	}
	existing, err := filepath.Glob("../docs/man/*")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		for _, path := range existing {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		for path, text := range files {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for _, path := range existing {
		if files[filepath.ToSlash(path)] == nil {
			t.Errorf("%s: there is no command for it; run make generate", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; run make generate", err)
		} else if diff := cmp.Diff(string(files[path]), string(got)); diff != "" {
			t.Errorf("%s is not current; run make generate:\n%s", path, diff)
		}
	}
}

// TestManPagesFit80Columns measures the lines that the formatter does not fill.
func TestManPagesFit80Columns(t *testing.T) {
	const section = 7 // the indent of the text of a section
	readable := strings.NewReplacer(`\e`, `\`, `\-`, "-", `\(aq`, "'", `\(ga`, "`", `\(ha`, "^", `\(ti`, "~", `\&`, "")
	measured := 0
	for name, page := range reference.Man(commandline.Describe((&runner{}).app("capaboot"))) {
		indent, literal := section, false
		for line := range strings.SplitSeq(string(page), "\n") {
			switch request, argument, _ := strings.Cut(line, " "); request {
			case ".RS":
				more, err := strconv.Atoi(argument)
				if err != nil {
					t.Fatalf("%s: %s", name, line)
				}
				indent += more
			case ".RE":
				indent = section
			case ".nf", ".fi":
				literal = request == ".nf"
			default:
				if literal {
					measured++
					if width := indent + utf8.RuneCountInString(readable.Replace(line)); width > 80 {
						t.Errorf("%s: a line of %d columns: %s", name, width, line)
					}
				}
			}
		}
	}
	if measured < 60 {
		t.Errorf("only %d lines measured", measured)
	}
}

// Every help text has at least two examples and fits 80 columns, every flag is
// in a group, and every example belongs to a command whose help shows it.
func TestHelp(t *testing.T) {
	commands := map[string]bool{}
	var visit func(command *commandline.Command)
	visit = func(command *commandline.Command) {
		words := strings.Fields(command.Path)[1:]
		name := strings.Join(words, " ")
		if name == "" {
			name = "."
		}
		commands[name] = true
		stdout, _, code := run(t, nil, nil, append(words, "--help")...)
		all := examples.ForCommand(name)
		if len(all) < 2 || code != exitDone {
			t.Errorf("%s has %d examples, want at least 2; exit code %d", command.Path, len(all), code)
		}
		for line := range strings.Lines(stdout) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 && len(strings.Fields(line)) > 1 {
				t.Errorf("%s --help is wider than 80 columns: %s", command.Path, line)
			}
		}
		if strings.Contains(stdout, "\nFLAGS:\n") {
			t.Errorf("%s has flags without a group; add them to internal/help/groups.go:\n%s", command.Path, stdout)
		}
		for _, example := range all {
			// An example that is wider than 80 columns continues on the next
			// line.
			if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(stdout, "\\\n", "")), " "), strings.Join(strings.Fields(example.Line), " ")) {
				t.Errorf("%s --help does not show %s:\n%s", command.Path, example.Line, stdout)
			}
		}
		for _, subcommand := range command.Commands {
			visit(subcommand)
		}
	}
	root := commandline.Describe((&runner{}).app("capaboot"))
	visit(root)
	flags := root.Flags
	for _, leaf := range root.Leaves() {
		flags = append(flags, leaf.Flags...)
	}
	for _, name := range help.GroupedFlags() {
		if !slices.ContainsFunc(flags, func(flag commandline.Flag) bool { return flag.Name() == name }) {
			t.Errorf("internal/help/groups.go has --%s, which no command has", name)
		}
	}
	for _, example := range examples.All() {
		if !commands[example.Command] {
			t.Errorf("an example for %q, which does not exist", example.Command)
		}
	}
}
