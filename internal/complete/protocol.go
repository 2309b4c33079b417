// The requests of the shells and the responses. The scripts in scripts/ send
// the requests; a test runs the scripts in bash, zsh and fish.

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

// Command is the hidden command with which a script requests completion.
const Command = "__complete"

// kubectlPrefix begins the name of the program that kubectl calls to complete
// "kubectl capa". Source: kubectl's documentation of plugins, "Enabling kubectl
// plugin completion": kubectl_complete-PLUGIN gets the words as arguments, and
// responds as the library Cobra does.
const kubectlPrefix = "kubectl_complete-"

// IsRequest reports whether the program was called for completion.
func IsRequest(file string, args []string) bool {
	return strings.HasPrefix(file, kubectlPrefix) || len(args) > 0 && args[0] == Command
}

// The directives in the last line of a response, with the numbers of Cobra.
const (
	noSpace = 2
	noFiles = 4
)

// maxRequest is the maximum size of a request in bytes. A larger request is an
// error.
const maxRequest = 1 << 20

// Timeout limits a completion. Candidates from files that take longer to read
// are left out.
const Timeout = 2 * time.Second

// Respond returns the response to a request: a line for each candidate, and a
// last line with a directive. file is the base name of the program. kubectl
// sends the request in args; for the scripts, args has [Command] and the shell,
// and stdin has the request.
func (a *Completer) Respond(ctx context.Context, file string, args []string, stdin io.Reader) (string, error) {
	if strings.HasPrefix(file, kubectlPrefix) {
		return a.linesResponse(ctx, args), nil
	}
	_, text, err := input.Read(ctx, input.Stdin, stdin, maxRequest)
	if err != nil {
		return "", err
	}
	request, shell := string(text), ""
	if len(args) > 1 {
		shell = args[1]
	}
	switch shell {
	case "bash":
		parts := strings.SplitN(request, "\x00", 4) // the line, the offset of the cursor, COMP_WORDBREAKS
		if len(parts) < 3 {
			return "", fmt.Errorf("want the line, the offset of the cursor and COMP_WORDBREAKS on standard input")
		}
		return a.bashResponse(ctx, parts[0], parts[1], parts[2]), nil
	case "zsh", "fish":
		words := strings.Split(strings.TrimSuffix(request, "\x00"), "\x00")
		if last := len(words) - 1; shell == "fish" { // fish passes the current token with its quotes
			token := split(words[last])
			words[last] = token.last()
		}
		return a.linesResponse(ctx, words), nil
	case "powershell":
		return a.linesResponse(ctx, strings.Split(strings.TrimRight(request, "\r\n"), "\n")), nil
	}
	return "", fmt.Errorf("%s: missing or unknown shell %q: want bash, zsh, fish or powershell; only the scripts of \"completion\" use this command", Command, shell)
}

// linesResponse returns the response for shells that replace whole words: each
// line has a candidate and, after a tab, its description if there is one. The
// last of words is at the cursor.
func (a *Completer) linesResponse(ctx context.Context, words []string) string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := len(words) - 1
	for i := range words {
		words[i] = strings.TrimSuffix(words[i], "\r")
	}
	completion := a.Complete(ctx, words[:last], words[last])
	var b strings.Builder
	for _, candidate := range completion.Candidates {
		if !isPrintable(candidate.Word) {
			continue
		}
		b.WriteString(candidate.Word)
		if candidate.Text != "" {
			b.WriteString("\t" + escape.Text(shorten(candidate.Text)))
		}
		b.WriteByte('\n')
	}
	return b.String() + completion.directive()
}

// directive returns the last line of a response.
func (a *Completion) directive() string {
	number := noFiles
	if a.Files {
		number = 0
	}
	if a.Incomplete {
		number |= noSpace
	}
	return ":" + strconv.Itoa(number) + "\n"
}

// isPrintable reports whether a word can be shown and typed: it must not have
// line breaks, control characters or other hidden characters.
func isPrintable(word string) bool { return escape.Text(word) == word }

// shorten returns the first line of a text, cut to at most 70 characters.
func shorten(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	const longest = 70
	if runes := []rune(text); len(runes) > longest {
		return strings.TrimSpace(string(runes[:longest-3])) + "..."
	}
	return text
}

// bashResponse returns the response for bash. Its readline replaces only the
// text after the open quote, or after the last character in COMP_WORDBREAKS
// (breaks). Each line has the new text for that part. cursor is the offset of
// the cursor in line, as a decimal number.
func (a *Completer) bashResponse(ctx context.Context, line, cursor, breaks string) string {
	if offset, err := strconv.Atoi(cursor); err == nil && offset >= 0 && offset < len(line) {
		line = line[:offset]
	}
	typed := split(line)
	words := typed.words
	for len(words) > 1 && isAssignment(words[0]) { // AWS_PROFILE=prod capaboot ...
		words = words[1:]
	}
	if words = words[1:]; len(words) == 0 { // without the program
		return (&Completion{}).directive()
	}
	last := len(words) - 1
	completion := a.Complete(ctx, words[:last], words[last])
	keptPart := typed.keptPart(breaks)
	var b strings.Builder
	for _, candidate := range completion.Candidates {
		rest, ok := strings.CutPrefix(candidate.Word, keptPart)
		if !ok || !isPrintable(candidate.Word) {
			continue
		}
		if quoted, ok := typed.quote.escape(rest); ok {
			b.WriteString(quoted + "\n")
		}
	}
	return b.String() + completion.directive()
}

// isAssignment reports whether a word sets a variable for the command after it.
func isAssignment(word string) bool {
	name, _, ok := strings.Cut(word, "=")
	return ok && name != "" && strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
