// Tests of the candidates at the cursor, of the protocols for bash and kubectl, and
// of the scripts. shells_linux_test.go tests the shells.

package complete_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"capaboot/credentials"
	"capaboot/internal/commandline"
	"capaboot/internal/complete"
)

// root has a group, commands with and without arguments, and flags of each kind:
// with a value, without a value, with allowed values, and repeatable.
var root = &commandline.Command{
	Names: []string{"capaboot"}, Path: "capaboot",
	Flags: []commandline.Flag{{Names: []string{"v"}, Value: "LEVEL"}, {Names: []string{"help", "h"}}},
	Commands: []*commandline.Command{
		{Names: []string{"policy"}, Usage: "look", Commands: []*commandline.Command{
			{Names: []string{"diff", "compare"}, Arguments: "A [B]", Flags: []commandline.Flag{
				{Names: []string{"output", "o"}, Value: "FORMAT", Allowed: []string{"text", "json"}},
				{Names: []string{"capa-version"}, Value: "RELEASE"}, {Names: []string{"rule"}, Value: "RULE", Repeats: true},
				{Names: []string{"profile"}, Value: "PROFILE"}, {Names: []string{"config"}, Value: "FILE"}, {Names: []string{"mfa-code"}, Value: "DIGITS"},
				{Names: []string{"exit-code"}}, {Names: []string{"help", "h"}},
			}},
			{Names: []string{"explain"}, Arguments: "[ACTION|SERVICE...|-]", Flags: []commandline.Flag{{Names: []string{"help", "h"}}}},
		}},
		{Names: []string{"version"}, Flags: []commandline.Flag{{Names: []string{"help", "h"}}}},
	},
}

func newCompleter(t *testing.T) *complete.Completer {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	const file = "[profile prod]\nregion = eu-west-1\n[profile FALSEsecretEXAMPLE+7MDENG/bPxRfiCYEXAMPLE]\nregion = eu-west-1\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return &complete.Completer{Root: root, Environment: credentials.Environment{Home: home, Lookup: func(string) (string, bool) { return "", false }}}
}

func TestComplete(t *testing.T) {
	a := newCompleter(t)
	for _, test := range []struct {
		typed      string // the last word is at the cursor
		want       string // some of the expected candidates; "" if none is expected
		unwanted   string
		files      bool // Completion.Files
		incomplete bool // Completion.Incomplete
	}{
		{typed: "", want: "policy version"},
		{typed: "p", want: "policy", unwanted: "version"},
		{typed: "policy ", want: "diff compare explain", unwanted: "version"},
		{typed: "help policy ", want: "diff explain"},
		{typed: "policy diff -", want: "--output -o --capa-version --exit-code -v", files: true},
		{typed: "policy diff --", want: "--output --capa-version --help", unwanted: "-o"},
		{typed: "policy diff --exit-code --rule fit --", want: "--output --rule", unwanted: "--exit-code"},
		{typed: "policy diff --output j", want: "json", unwanted: "text"},
		{typed: "policy diff --output=j", want: "--output=json"},
		{typed: "policy diff -oj", want: "-ojson"},
		{typed: "policy diff -o=j", want: "-o=json"},
		{typed: "--output=json policy ", want: "diff explain"},
		{typed: "--output json policy ", want: "diff explain"},
		{typed: "-ojson policy ", want: "diff explain"},
		{typed: "policy diff --capa-version v2.8", want: "v2.8.4 v2.8.1", unwanted: "v2.9.0 main"},
		{typed: "policy diff --capa-version ", want: "v2.11.1 main"},
		{typed: "policy diff --rule ", want: "hygiene any-resource"},
		{typed: "policy diff --profile ", want: "prod"},
		{typed: "policy diff --config ", files: true},
		{typed: "policy diff --config=", files: true},
		{typed: "policy diff --mfa-code ", want: ""},
		{typed: "policy diff --mfa-code 123456", want: ""},
		{typed: "policy diff ", want: "release: deployed", files: true},
		{typed: "policy diff rel", want: "release:", files: true, incomplete: true},
		{typed: "policy diff release:v2.8", want: "release:v2.8.4"},
		{typed: "policy diff release:v2.8.4 deployed ", want: ""},
		{typed: "policy diff -- --", want: "", files: true},
		{typed: "policy explain ec2", want: "ec2:", incomplete: true},
		{typed: "policy explain ec2:RunI", want: "ec2:RunInstances", unwanted: "ec2:RunScheduledInstances"},
		{typed: "policy explain EC2:RunI", want: "EC2:RunInstances"},
		{typed: "policy explain nope:", want: ""},
		{typed: "version ", want: ""},
		{typed: "nope ", want: "policy"}, // the unknown command is an error only when it runs
	} {
		words := strings.Split(test.typed, " ")
		last := len(words) - 1
		completion := a.Complete(t.Context(), words[:last], words[last])
		var got []string
		for _, candidate := range completion.Candidates {
			got = append(got, candidate.Word)
		}
		for _, word := range strings.Fields(test.want) {
			if !slices.Contains(got, word) {
				t.Errorf("%q: no %s in %q", test.typed, word, got)
			}
		}
		for _, word := range strings.Fields(test.unwanted) {
			if slices.Contains(got, word) {
				t.Errorf("%q: %s in %q", test.typed, word, got)
			}
		}
		if test.want == "" && got != nil {
			t.Errorf("%q: %q", test.typed, got)
		}
		if completion.Files != test.files || completion.Incomplete != test.incomplete {
			t.Errorf("%q: files %v, incomplete %v", test.typed, completion.Files, completion.Incomplete)
		}
		if text := strings.Join(got, " "); strings.Contains(text, "FALSE") || strings.Contains(text, "123456") {
			t.Errorf("%q shows a secret: %q", test.typed, got)
		}
	}
}

const breaks = " \t\n\"'@><=;|&(:" // the default of COMP_WORDBREAKS in bash

func TestBashReplacesTextAfterTheLastBreak(t *testing.T) {
	a := newCompleter(t)
	for _, test := range []struct{ line, breaks, want string }{
		{"capaboot pol", breaks, "policy\n:4\n"},
		{"capaboot policy diff release:v2.8.4", breaks, "v2.8.4\n:4\n"},
		{"capaboot policy diff release:v2.8.4", " \t\n", "release:v2.8.4\n:4\n"},
		{"capaboot policy diff \"release:v2.8.4", breaks, "release:v2.8.4\n:4\n"},
		{"capaboot policy diff 'release:v2.8.4", breaks, "release:v2.8.4\n:4\n"},
		{"capaboot policy diff \"release\":v2.8.4", breaks, "v2.8.4\n:4\n"},
		{"capaboot policy diff --output=js", breaks, "json\n:4\n"},
		{"capaboot policy diff --output=\"js", breaks, "json\n:4\n"},
		{"capaboot policy diff --output='js", breaks, "json\n:4\n"},
		{"capaboot policy diff --profile pr", breaks, "prod\n:4\n"},
		{"A=1 B=\"2 3\" capaboot pol", breaks, "policy\n:4\n"},
		{"capaboot policy diff --mfa-code 'a b' --output js", breaks, "json\n:4\n"},
		{"capaboot policy diff x\\ y --output js", breaks, "json\n:4\n"},
		{"capaboot policy diff \"a\\\"b\" --output js", breaks, "json\n:4\n"},
		{"capaboot", breaks, ":4\n"},
		{"", breaks, ":4\n"},
	} {
		for _, after := range []string{"", "version 'x"} {
			request := strings.Join([]string{test.line + after, strconv.Itoa(len(test.line)), test.breaks, ""}, "\x00")
			got, err := a.Respond(t.Context(), "capaboot", []string{complete.Command, "bash"}, strings.NewReader(request))
			if err != nil || got != test.want {
				t.Errorf("%s: %q, %v, want %q", test.line, got, err, test.want)
			}
		}
	}
}

// A malformed request results in an error, or in a valid response.
func TestMalformedRequests(t *testing.T) {
	a := newCompleter(t)
	for _, shell := range append(complete.Shells(), "", "tcsh") {
		for _, request := range []string{"", "\x00", "\x00\x00", "\x00\x00\x00\x00", "x\x00-1\x00", "x\x00999\x00:", "'\x001\x00:", "\\\x001\x00:", "\n", "\xff\x002\x00"} {
			got, err := a.Respond(t.Context(), "capaboot", []string{complete.Command, shell}, strings.NewReader(request))
			if err == nil && !strings.HasPrefix(got[strings.LastIndexByte(got[:len(got)-1], '\n')+1:], ":") {
				t.Errorf("%s, %q: %q", shell, request, got)
			}
		}
	}
}

// kubectl passes the words as arguments, and reads a response in the format of
// Cobra.
func TestKubectlRequest(t *testing.T) {
	a := newCompleter(t)
	for _, args := range [][]string{{"policy", "diff", "--output", "j"}, {"policy", "diff", "-o", "j"}} {
		if !complete.IsRequest("kubectl_complete-capa", args) {
			t.Fatal("this is not a request for completion")
		}
		if got, err := a.Respond(t.Context(), "kubectl_complete-capa", args, nil); err != nil || got != "json\n:4\n" {
			t.Errorf("%q: %q, %v", args, got, err)
		}
	}
	if got, err := a.Respond(t.Context(), "kubectl_complete-capa", nil, nil); err != nil || !strings.HasPrefix(got, "policy\tlook\n") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestScripts(t *testing.T) {
	for _, shell := range complete.Shells() {
		script, err := complete.Script([]string{shell}, "kubectl-capa")
		text := string(script)
		if err != nil || strings.Contains(text, "NAME") || strings.Contains(text, "FUNCTION") || !strings.Contains(text, "kubectl-capa __complete "+shell) && shell != "powershell" {
			t.Errorf("%s: %v\n%s", shell, err, text)
		}
	}
	for _, name := range []string{"", "-x", "a b", "a;b", "$(id)", "a'b", "é"} {
		if _, err := complete.Script([]string{"bash"}, name); err == nil {
			t.Errorf("a script for %q", name)
		}
	}
	if _, err := complete.Script([]string{"tcsh"}, "capaboot"); err == nil {
		t.Error("a script for an unknown shell")
	}
}

// PowerShell is not a Debian package, so only the structure of its script is
// checked: matching brackets and quotes, and the right call.
func TestPowerShellScriptByStructure(t *testing.T) {
	script, err := complete.Script([]string{"powershell"}, "capaboot")
	if err != nil {
		t.Fatal(err)
	}
	text := string(script)
	var open []rune
	var quoted rune
	pairs := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		escaped := false
		for _, c := range line {
			switch {
			case escaped:
				escaped = false
			case c == '`':
				escaped = true
			case quoted != 0:
				if c == quoted {
					quoted = 0
				}
			case c == '\'' || c == '"':
				quoted = c
			case strings.ContainsRune("([{", c):
				open = append(open, c)
			case strings.ContainsRune(")]}", c):
				if len(open) == 0 || open[len(open)-1] != pairs[c] {
					t.Fatalf("%q closes a bracket that is not open", line)
				}
				open = open[:len(open)-1]
			}
		}
		if quoted != 0 {
			t.Fatalf("an open quote in %q", line)
		}
	}
	if len(open) > 0 {
		t.Errorf("not closed: %q", open)
	}
	for _, part := range []string{"Register-ArgumentCompleter -Native -CommandName 'capaboot' -ScriptBlock {", "param($wordToComplete, $commandAst, $cursorPosition)", "__complete powershell", "[System.Management.Automation.CompletionResult]::new("} {
		if !strings.Contains(text, part) {
			t.Errorf("no %s", part)
		}
	}
}
