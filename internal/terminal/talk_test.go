// Tests of messages: escapes, hidden secrets, and the hints of errors.

package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTalkEscapesControlCharacters(t *testing.T) {
	var out bytes.Buffer
	Talk{W: &out, Name: "capaboot"}.Error(errors.New("field \x1b[31mred\x07 \xff\nnext"))
	want := "capaboot: error: field \\u001b[31mred\\u0007 \\xff\ncapaboot: error: next\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestTalkHidesSecrets(t *testing.T) {
	secret := strings.Repeat("Ab3/", 10)
	const hidden = `"(40 characters, not shown because they may be a secret)"`
	for _, test := range []struct{ name, text, want string }{
		{"in quotes", `unknown flag "--` + secret + `"`, `unknown flag "--` + hidden[1:]},
		{"a path", `"/home/ann/policies/controllers"`, `"/home/ann/policies/controllers"`},
		{"a hash", `"` + strings.Repeat("ab30", 16) + `"`, `"` + strings.Repeat("ab30", 16) + `"`},
	} {
		var out bytes.Buffer
		Talk{W: &out, Name: "x"}.Warn("%s", test.text)
		if want := "x: warning: " + test.want + "\n"; out.String() != want {
			t.Errorf("%s: got %q, want %q", test.name, out.String(), want)
		}
	}
}

type hintedError struct{ hint string }

func (hintedError) Error() string  { return "e" }
func (h hintedError) Hint() string { return h.hint }

func TestHintsOf(t *testing.T) {
	err := errors.Join(fmt.Errorf("while: %w", hintedError{"a"}), hintedError{"a"}, hintedError{}, errors.New("x"), errors.Join(hintedError{"b"}))
	if got := HintsOf(err); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("hints %q", got)
	}
	if got := len(Flatten(err)); got != 5 {
		t.Errorf("%d errors", got)
	}
	if got := Flatten(fmt.Errorf("all: %w", err)); len(got) != 1 {
		t.Errorf("an error with its own text is %q", got)
	}
}

// On a narrow terminal, every line begins with the name of the program.
func TestTalkOnANarrowTerminal(t *testing.T) {
	var out bytes.Buffer
	Talk{W: &out, Name: "capaboot", Width: func() int { return 40 }}.Warn("the template has %d bytes, which is more than CloudFormation accepts", 60000)
	const want = "capaboot: warning: the template has\ncapaboot:   60000 bytes, which is more\ncapaboot:   than CloudFormation accepts\n"
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// TestTalkKeepsCommandsWhole checks that a command that users copy is on one line,
// even if the line is longer than the terminal.
func TestTalkKeepsCommandsWhole(t *testing.T) {
	for text, want := range map[string]string{
		"to see what a deployment would change: capaboot bootstrap iam plan --config iam.yaml; or pass --offline": "c: hint: to see what a deployment would\nc:   change:\nc:   c bootstrap iam plan --config iam.yaml;\nc:   or pass --offline\n",
		`first run "capaboot bootstrap iam check --all-regions", then import "a b c d e f g h i j k l"`:           "c: hint: first run\nc:   \"c bootstrap iam check --all-regions\",\nc:   then import \"a b c d e f g h i j k\nc:   l\"\n",
		"check the token (capaboot controller print-credentials --verify), then restart":                          "c: hint: check the token\nc:   (c controller print-credentials --verify),\nc:   then restart\n",
		"attach the policy (to print it: capaboot bootstrap iam print-operator-policy), or use another one":       "c: hint: attach the policy (to print it:\nc:   c bootstrap iam print-operator-policy),\nc:   or use another one\n",
		"leave the flag out: c passes the capabilities that are required":                                         "c: hint: leave the flag out: c passes\nc:   the capabilities that are required\n",
		"the region is: awsome or another one of the regions of the account":                                      "c: hint: the region is: awsome or\nc:   another one of the regions of the\nc:   account\n",
	} {
		var out bytes.Buffer
		Talk{W: &out, Name: "c", Width: func() int { return 40 }}.Hint("%s", text)
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	}
}

// The short names of the commands on the stack are followed by the flags of the
// run; "plan-cloudformation-stack" and other commands are not.
func TestCommandsRepeatTheFlagsOfTheRun(t *testing.T) {
	talk := Talk{Name: "clusterawsadm", StackFlags: " --config 'my iam.yaml' --region eu-west-1", DeletionFlags: " --region eu-west-1"}
	for text, want := range map[string]string{
		`run "capaboot bootstrap iam check --all-regions", then: capaboot bootstrap iam deploy`: `run "clusterawsadm bootstrap iam check --config 'my iam.yaml' --region eu-west-1 --all-regions", then: clusterawsadm bootstrap iam deploy --config 'my iam.yaml' --region eu-west-1`,
		"capaboot bootstrap iam print-operator-policy --for check prints the policy":            "clusterawsadm bootstrap iam print-operator-policy --config 'my iam.yaml' --region eu-west-1 --for check prints the policy",
		"to delete the stack: capaboot bootstrap iam delete --yes":                              "to delete the stack: clusterawsadm bootstrap iam delete --region eu-west-1 --yes",
		"capaboot bootstrap iam plan-cloudformation-stack":                                      "clusterawsadm bootstrap iam plan-cloudformation-stack",
		"capaboot bootstrap iam print-config":                                                   "clusterawsadm bootstrap iam print-config",
		"capaboot policy review":                                                                "clusterawsadm policy review",
	} {
		if got := talk.Commands(text); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := (Talk{Name: "capaboot"}).Commands("capaboot bootstrap iam deploy"); got != "capaboot bootstrap iam deploy" {
		t.Errorf("without flags: %s", got)
	}
}

// TestFittedJoinsBrokenLines: a text that was broken at 80 columns is broken once for a
// narrower terminal.
func TestFittedJoinsBrokenLines(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 45, 50, 70} {
		var b strings.Builder
		talk := Talk{W: &b, Name: "capaboot", Width: func() int { return width }}
		for line := range strings.Lines(talk.Fitted(Wrap("note: "+strings.Repeat("word ", 60), "", "  "))) {
			talk.Say("%s", strings.TrimSuffix(line, "\n"))
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		for _, line := range lines[:len(lines)-1] {
			if len(line) > width || len(line) < width-6 {
				t.Errorf("%d columns: %q has %d", width, line, len(line))
			}
		}
	}
}
