// Tests of help texts: wide entries, groups, and aliases.

package help

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/commandline"
)

func TestText(t *testing.T) {
	root := &commandline.Command{Names: []string{"tool"}, Path: "tool", Usage: "do it", Commands: []*commandline.Command{{
		Names: []string{"print-it", "p"}, Path: "tool print-it", Usage: "print it", Description: "Use it often.", Arguments: "[FILE]",
		Flags: []commandline.Flag{
			{Names: []string{"help", "h"}, Usage: "show help"},
			{Names: []string{"region"}, Value: "REGION", Usage: "the REGION", Default: "eu-west-1"},
			{Names: []string{"output", "o"}, Value: "FORMAT", Usage: "FORMAT: text, json"},
			{Names: []string{"nowhere"}, Usage: "a flag that no group has"},
			{Names: []string{"config"}, Value: "A-NAME-THAT-IS-MUCH-TOO-LONG-FOR-IT", Usage: "read it", Repeats: true},
		},
	}}}
	for _, test := range []struct {
		words []string
		want  string
	}{
		{nil, "Do it.\n\nUSAGE:\n  tool COMMAND\n\nCOMMANDS:\n  p  print it; also: print-it\n"},
		{[]string{"print-it"}, `Print it.

Use it often.

USAGE:
  tool print-it [FLAGS] [FILE]
  also: p

INPUT:
      --config A-NAME-THAT-IS-MUCH-TOO-LONG-FOR-IT
                       read it (may be repeated)

OUTPUT:
  -o, --output FORMAT  FORMAT: text, json

AWS:
      --region REGION  the REGION (default: eu-west-1)

GLOBAL:
  -h, --help           show help

FLAGS:
      --nowhere        a flag that no group has
`},
	} {
		root.Names[0] = "tool"
		if diff := cmp.Diff(test.want, withoutExamples(string(Text(root, test.words)))); diff != "" {
			t.Errorf("%v (-want +got)\n%s", test.words, diff)
		}
	}
}

// withoutExamples removes the examples. For every root command, [Text] adds the
// examples of the program, which come from package examples.
func withoutExamples(text string) string {
	for i := range text {
		if len(text) > i+11 && text[i:i+11] == "\nEXAMPLES:\n" {
			return text[:i]
		}
	}
	return text
}

func TestWrapCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"capaboot bootstrap credentials encode-as-profile --region eu-west-1 --verify -o secret >secret.yaml": {
			`capaboot bootstrap credentials encode-as-profile --region eu-west-1 --verify \`, "  -o secret >secret.yaml"},
		"capaboot policy trust irsa --audience " + strings.Repeat("a", 70): { // the flag and its value do not fit together
			`capaboot policy trust irsa --audience \`, "  " + strings.Repeat("a", 70)},
		"capaboot version": {"capaboot version"},
	} {
		if got := WrapCommand(line, 78); !slices.Equal(got, want) {
			t.Errorf("got\n%q\nwant\n%q", got, want)
		}
	}
}
