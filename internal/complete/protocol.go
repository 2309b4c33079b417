// The question of a shell and the answer to it. The scripts in scripts/ ask; a
// test runs each in its shell.

package complete

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"capaboot/internal/escape"
	"capaboot/internal/input"
)

// Command is the argument by which a script asks. No help lists it.
const Command = "__complete"

// kubectlPrefix begins the name of the program that kubectl asks what may follow
// "kubectl capa". Source: kubectl's documentation of plugins, "Enabling kubectl
// plugin completion": kubectl_complete-PLUGIN gets the words as arguments, and
// answers as the library Cobra does.
const kubectlPrefix = "kubectl_complete-"

// Asked reports whether a run is a question, by the name of its file and its
// arguments.
func Asked(file string, args []string) bool {
	return strings.HasPrefix(file, kubectlPrefix) || len(args) > 0 && args[0] == Command
}

// What the number in the last line of an answer says; Cobra's numbers.
const (
	noSpace = 2
	noFiles = 4
)

// maxQuestion is how long a question may be, in bytes.
const maxQuestion = 1 << 20

// Timeout is how long a person waits for what may be at the cursor; files of
// profiles on a slow disk may take longer, and are left out then.
const Timeout = 2 * time.Second

// Reply answers a question, which is in the arguments of the run or on standard
// input. The answer has a line for each candidate and a last one with a number;
// what is around them is the shell's.
func (a *Asker) Reply(ctx context.Context, file string, args []string, stdin io.Reader) (string, error) {
	if strings.HasPrefix(file, kubectlPrefix) {
		return a.lines(ctx, args), nil
	}
	_, text, err := input.Read(ctx, input.Stdin, stdin, maxQuestion)
	if err != nil {
		return "", err
	}
	question := string(text)
	kind := ""
	if len(args) > 1 {
		kind = args[1]
	}
	switch kind {
	case "bash":
		parts := strings.SplitN(question, "\x00", 4) // the line, where the cursor is in it, COMP_WORDBREAKS
		if len(parts) < 3 {
			return "", fmt.Errorf("want the line, the place of the cursor and COMP_WORDBREAKS on standard input")
		}
		return a.bash(ctx, parts[0], parts[1], parts[2]), nil
	case "zsh", "fish":
		words := strings.Split(strings.TrimSuffix(question, "\x00"), "\x00")
		if last := len(words) - 1; kind == "fish" { // its current token is as it was typed
			token := split(words[last])
			words[last] = token.last()
		}
		return a.lines(ctx, words), nil
	case "powershell":
		return a.lines(ctx, strings.Split(strings.TrimRight(question, "\r\n"), "\n")), nil
	}
	return "", fmt.Errorf("%s takes a shell and the words on standard input; the scripts of \"completion\" call it", Command)
}

// lines is the answer for shells that take whole words: a candidate, a tab and
// what it is in each line.
func (a *Asker) lines(ctx context.Context, words []string) string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := len(words) - 1
	for i := range words {
		words[i] = strings.TrimSuffix(words[i], "\r")
	}
	answer := a.Answer(ctx, words[:last], words[last])
	var b strings.Builder
	for _, one := range answer.Candidates {
		if !printable(one.Word) {
			continue
		}
		b.WriteString(one.Word)
		if one.Text != "" {
			b.WriteString("\t" + escape.Text(short(one.Text)))
		}
		b.WriteByte('\n')
	}
	return b.String() + answer.number()
}

func (a *Answer) number() string {
	number := noFiles
	if a.Files {
		number = 0
	}
	if a.Open {
		number |= noSpace
	}
	return ":" + strconv.Itoa(number) + "\n"
}

// printable is whether a word can be shown and typed: no line break, nothing that
// moves a cursor.
func printable(word string) bool { return escape.Text(word) == word }

// short is a text that fits next to a word.
func short(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	const longest = 70
	if runes := []rune(text); len(runes) > longest {
		return strings.TrimSpace(string(runes[:longest-3])) + "..."
	}
	return text
}

// bash is the answer for bash, whose readline replaces only what is behind
// the last of COMP_WORDBREAKS, or behind the quote that is open: each line is what
// goes there.
func (a *Asker) bash(ctx context.Context, line, cursor, breaks string) string {
	if at, err := strconv.Atoi(cursor); err == nil && at >= 0 && at < len(line) {
		line = line[:at]
	}
	typed := split(line)
	words := typed.words
	for len(words) > 1 && isAssignment(words[0]) { // AWS_PROFILE=prod capaboot ...
		words = words[1:]
	}
	if words = words[1:]; len(words) == 0 { // the program
		return (&Answer{}).number()
	}
	last := len(words) - 1
	answer := a.Answer(ctx, words[:last], words[last])
	kept := typed.kept(breaks)
	var b strings.Builder
	for _, one := range answer.Candidates {
		rest, ok := strings.CutPrefix(one.Word, kept)
		if !ok || !printable(one.Word) {
			continue
		}
		if quoted, ok := typed.quote.around(rest); ok {
			b.WriteString(quoted + "\n")
		}
	}
	return b.String() + answer.number()
}

// isAssignment is whether a word sets a variable for the command after it.
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
