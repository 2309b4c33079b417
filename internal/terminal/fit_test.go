// Tests of texts on narrow terminals.

package terminal

import (
	"strings"
	"testing"
)

func words(n int) string { return strings.TrimSpace(strings.Repeat("abcd ", n)) }

func TestTableWithin(t *testing.T) {
	var table Table
	table.Row("NAME", "KIND", "REGION")
	table.Row("a-name-of-a-profile", "static", "-")
	table.Row("b", "role", "eu-west-1")
	if got := table.Within(80); got != table.String() || got != table.Within(0) {
		t.Errorf("80 columns:\n%s", got)
	}
	if got, want := table.Within(30), "a-name-of-a-profile\n  kind: static\nb\n  kind: role\n  region: eu-west-1\n"; got != want {
		t.Errorf("30 columns:\n%s", got)
	}
}

func TestFit(t *testing.T) {
	const arn = "arn:aws:iam::123456789012:role/control-plane.cluster-api-provider-aws.sigs.k8s.io"
	for _, test := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"no terminal", strings.Repeat("a ", 60), 0, strings.Repeat("a ", 60)},
		{"it fits", "a\n  b\n", 40, "a\n  b\n"},
		{"a line that is longer", "  " + strings.Repeat("abcd ", 9) + "e", 40, "  abcd abcd abcd abcd abcd abcd abcd\n    abcd abcd e"},
		{"lines stay apart", "  " + strings.Repeat("abcd ", 9) + "e\n  f\n", 40, "  abcd abcd abcd abcd abcd abcd abcd\n    abcd abcd e\n  f\n"},
		{"an ARN", "on " + arn + " and more", 40, "on\n  " + arn + "\n  and more"},
		{"a table", "NAME   TYPE                 WHERE IT STANDS\nb      c                    d\n", 40, "NAME   TYPE                 WHERE IT\n  STANDS\nb      c                    d\n"},
		{"colours", "\x1b[31m" + strings.Repeat("abc ", 10) + "\x1b[0m", 40, "\x1b[31m" + strings.TrimSpace(strings.Repeat("abc ", 10)) + " \x1b[0m"},
		{"an indent that is wide", strings.Repeat(" ", 30) + "abcdefghijkl mnopqrst", 40, strings.Repeat(" ", 20) + "abcdefghijkl\n" + strings.Repeat(" ", 20) + "mnopqrst"},
		{"a paragraph with line breaks", "  " + words(15) + "\n  " + words(15) + "\n  abend\n", 40,
			"  abcd abcd abcd abcd abcd abcd abcd\n  abcd abcd abcd abcd abcd abcd abcd\n  abcd abcd abcd abcd abcd abcd abcd\n  abcd abcd abcd abcd abcd abcd abcd\n  abcd abcd abend\n"},
		{"a line that is not full", words(15) + "\n1 to change\n", 60, words(12) + "\n  " + words(3) + "\n1 to change\n"},
		{"a line that Wrap did not break", words(17) + "\n1 to change\n", 60, words(12) + "\n  " + words(5) + "\n1 to change\n"},
		{"a version with a colon", Wrap(words(15)+" v2.13.0: "+words(3), "~ ", "  "), 60, "~ " + words(11) + "\n  " + words(4) + " v2.13.0: " + words(3) + "\n"},
		{"a paragraph of Wrap", Wrap(words(30), "- ", "  "), 60, "- " + words(11) + "\n  " + words(11) + "\n  " + words(8) + "\n"},
		{"a short line before another", "  abcd abcd:\n  " + words(9) + "\n", 40, "  abcd abcd:\n  abcd abcd abcd abcd abcd abcd abcd\n    abcd abcd\n"},
		{"parts of a report", "  fix: " + words(14) + "\n  see https://x\n  on: *\n", 60, "  fix: " + words(10) + "\n    " + words(4) + "\n  see https://x\n  on: *\n"},
		{"results of checks", "  ok " + words(14) + "\n  ok " + words(3) + "\n  !! " + words(14) + "\n  ?? " + words(2) + "\n", 60,
			"  ok " + words(11) + "\n    " + words(3) + "\n  ok " + words(3) + "\n  !! " + words(11) + "\n    " + words(3) + "\n  ?? " + words(2) + "\n"},
		{"a long word with a colon", "  note: " + words(14) + "\n    elasticloadbalancing: abcd\n", 60, "  note: " + words(10) + "\n    " + words(4) + " elasticloadbalancing: abcd\n"},
		{"a list of long items", "  eks:DisassociateAccessPolicyOfX [Write]\n  eks:ListAssociatedAccessPoliciesOfX [List]\n", 40,
			"  eks:DisassociateAccessPolicyOfX\n    [Write]\n  eks:ListAssociatedAccessPoliciesOfX\n    [List]\n"},
		{"an action after a long line", "    in policy " + strings.Repeat("p", 50) + ", Statement[0]\n      ec2:RunInstances [Write]\n", 70,
			"    in policy " + strings.Repeat("p", 50) + ",\n      Statement[0]\n      ec2:RunInstances [Write]\n"},
		{"a paragraph that fits", "  " + words(12) + "\n  " + words(12) + "\n  " + words(14) + "\n" + words(20), 78, "  " + words(12) + "\n  " + words(12) + "\n  " + words(14) + "\n" + words(15) + "\n  " + words(5)},
		{"a command that continues", "  kubectl get secret -n capa-system capa-manager-bootstrap-credentials abcdefg \\\n  -o yaml\n", 40,
			"  kubectl get secret -n capa-system\n    capa-manager-bootstrap-credentials\n    abcdefg \\\n  -o yaml\n"},
		{"examples", "EXAMPLES:\n   # " + words(9) + "\n   x=$(a --bb c\n   " + words(5) + " -o yaml | abcdefgh - >abcdefghijk\n", 40,
			"EXAMPLES:\n   # " + words(6) + "\n   # " + words(3) + "\n   x=$(a --bb c\n   " + words(5) + " -o yaml | \\\n     abcdefgh - >abcdefghijk\n"},
		{"two columns", "  --a A           abcd abcd abcd abcd abcd\n  --bb            abcd\n                  abcd\n  --ccc CC        abcd abcd abcd abcd abcd abcd\n", 40,
			"  --a A\n      abcd abcd abcd abcd abcd\n  --bb\n      abcd abcd\n  --ccc CC\n      abcd abcd abcd abcd abcd abcd\n"},
		{"two columns, one of them full", "  abc           " + words(6) + "\n  abcdef abcdef " + words(4) + "\n  abcd          " + words(6) + "\n", 40,
			"  abc\n      " + words(6) + "\n  abcdef abcdef\n      " + words(4) + "\n  abcd\n      " + words(6) + "\n"},
		{"two columns, the first of them full", "  abcdef abcdef " + words(6) + "\n                abcd\n  abc           " + words(6) + "\n", 40,
			"  abcdef abcdef\n      " + words(6) + " abcd\n  abc\n      " + words(6) + "\n"},
		{"a table of numbers", "  grants  permissions     write  read  tagging\n    iam             -  13 (12)  1000        -\n    s3              1         -     -        -\n", 40,
			"  grants\n    iam\n      write 13 (12), read 1000\n    s3\n      permissions 1\n"},
		{"a table of other values", "  name    kind            region  abcdefghi\n  iam     abcd            13 (12)  1000\n", 40,
			"  name    kind            region\n    abcdefghi\n  iam     abcd            13 (12)  1000\n"},
		{"two columns that mostly fit", "  a:  b\n  c:  x\n  d:  " + words(8) + "\n  e:  f\n", 40, "  a:  b\n  c:  x\n  d:  abcd abcd abcd abcd abcd abcd abcd\n    abcd\n  e:  f\n"},
		{"a question", strings.Repeat("abcd ", 8) + "yes: ", 40, "abcd abcd abcd abcd abcd abcd abcd abcd\n  yes: "},
		{"narrower than the narrowest", strings.Repeat("abcd ", 8) + "x", 10, "abcd abcd abcd abcd abcd abcd abcd abcd\n  x"},
	} {
		if got := Fit(test.text, test.width); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}

// TestFitHelp checks that the lines of a help text, which are broken by hand, are
// joined, and that [Fit] does not join such lines.
func TestFitHelp(t *testing.T) {
	text := "  " + words(14) + "\n  abend\n"
	if got, want := FitHelp(text, 50), "  "+words(9)+"\n  "+words(5)+" abend\n"; got != want {
		t.Errorf("help:\n%s\nwant\n%s", got, want)
	}
	if got, want := FitHelp("  "+words(14)+"\n  abcd: abcd\n", 50), "  "+words(9)+"\n  "+words(5)+" abcd: abcd\n"; got != want {
		t.Errorf("a word with a colon:\n%s\nwant\n%s", got, want)
	}
	if got, want := FitHelp("  -y, --yes      "+words(9)+"\n", 50), "  -y, --yes\n          "+words(8)+"\n          abcd\n"; got != want {
		t.Errorf("a flag with a short name:\n%s\nwant\n%s", got, want)
	}
	if got, want := Fit(text, 50), "  "+words(9)+"\n    "+words(5)+"\n  abend\n"; got != want {
		t.Errorf("a report:\n%s\nwant\n%s", got, want)
	}
}
