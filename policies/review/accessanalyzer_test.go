// Tests the table of IAM Access Analyzer's checks: every row must match the
// rules, and docs/access-analyzer.md must match the table.

package review

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// accessAnalyzerCheck is a row of accessanalyzer.tsv. The field how is "rule",
// "reading" or "outside". The field what has, for "rule", the IDs of the rules
// that cover the check; for "reading", a part of the error when capaboot reads
// the policy; for "outside", the reason why the check does not apply. The field
// note is "-" if there is none.
type accessAnalyzerCheck struct{ kind, name, code, how, what, note string }

func readChecks(t *testing.T) []accessAnalyzerCheck {
	t.Helper()
	text, err := os.ReadFile("accessanalyzer.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []accessAnalyzerCheck
	for _, row := range rows(string(text), 6) {
		all = append(all, accessAnalyzerCheck{row[0], row[1], row[2], row[3], row[4], row[5]})
	}
	return all
}

// readInputs returns the inputs of testdata/accessanalyzer by name
// ("INVALID_ACTION/bad"). In an input file, {{N}} stands for N letters.
func readInputs(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/accessanalyzer/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no inputs", err)
	}
	repeat := regexp.MustCompile(`\{\{\d+\}\}`)
	all := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\n-- ")[1:] {
			name, input, _ := strings.Cut(part, " --\n")
			if all[name] != "" {
				t.Errorf("%s: %s appears twice", path, name)
			}
			all[name] = repeat.ReplaceAllStringFunc(input, func(text string) string {
				n, _ := strconv.Atoi(strings.Trim(text, "{}"))
				return strings.Repeat("x", n)
			})
		}
	}
	return all
}

// TestAccessAnalyzer checks every row of accessanalyzer.tsv. In a row with how
// = "rule", the rules must report the bad input and not the good one. With
// "reading", reading the bad input must fail with the row's error, and reading
// the good one must succeed. With "outside", the row must have no inputs.
func TestAccessAnalyzer(t *testing.T) {
	inputs := readInputs(t)
	for _, c := range readChecks(t) {
		t.Run(c.code, func(t *testing.T) {
			bad, good := inputs[c.code+"/bad"], inputs[c.code+"/good"]
			delete(inputs, c.code+"/bad")
			delete(inputs, c.code+"/good")
			if hasInputs := bad != "" && good != ""; hasInputs == (c.how == "outside") {
				t.Fatalf("row with how = %q: has inputs: %t", c.how, hasInputs)
			}
			switch c.how {
			case "rule":
				ids := strings.Split(c.what, ", ")
				found, clean := rulesFor(t, bad), rulesFor(t, good)
				for _, id := range ids {
					if err := checkRule(id); err != nil {
						t.Error(err)
					}
					if !slices.Contains(found, id) {
						t.Errorf("%s does not report the bad input, only %s", id, strings.Join(found, ", "))
					}
					if slices.Contains(clean, id) {
						t.Errorf("%s reports the good input", id)
					}
				}
			case "reading":
				if _, err := document.ReadSet("bad.json", []byte(bad)); err == nil || !strings.Contains(err.Error(), c.what) {
					t.Errorf("reading the bad input gives %v, want %q", err, c.what)
				}
				if _, err := document.ReadSet("good.json", []byte(good)); err != nil {
					t.Errorf("reading the good input: %v", err)
				}
			case "outside":
			default:
				t.Errorf("unknown value of how: %q", c.how)
			}
		})
	}
	for name := range inputs {
		t.Errorf("no row for the input %s", name)
	}
}

// rulesFor reviews a policy document and returns the sorted IDs of the rules
// that have findings.
func rulesFor(t *testing.T, input string) []string {
	t.Helper()
	set, err := document.ReadSet("input.json", []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	report, err := Review(set, Options{Today: today})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range report.Findings {
		ids = append(ids, f.Rule)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// TestAccessAnalyzerPage compares docs/access-analyzer.md with the table, or
// writes the page with -update.
func TestAccessAnalyzerPage(t *testing.T) {
	compareGolden(t, "../../docs/access-analyzer.md", checksPage(readChecks(t)))
}

const checksIntro = `# IAM Access Analyzer's policy checks

<!-- Generated from policies/review/accessanalyzer.tsv: go test ./policies/review -run TestAccessAnalyzerPage -update -->

IAM Access Analyzer validates policies with a list of checks
([IAM policy validation check reference](%s)).
capaboot covers most of these checks without an AWS account. For each check, this page shows one of the following:

- the rule of ` + "`capaboot policy review`" + ` that covers the check;
- the error with which capaboot refuses the policy when it reads the policy;
- the reason why the check does not apply.

For each check with a rule or an error, a test reads a policy that the check reports, and a similar policy that the check does
not report.

%s

`

func checksPage(checks []accessAnalyzerCheck) string {
	const page = userGuide + "access-analyzer-reference-policy-checks.html"
	counts := map[string]int{}
	var used []string
	for _, c := range checks {
		counts[c.how]++
		if c.how == "rule" {
			used = append(used, strings.Split(c.what, ", ")...)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, checksIntro, page, fmt.Sprintf("Of %d checks, %d are covered by a rule, %d are covered by an error when capaboot reads the policy, and %d do not apply.",
		len(checks), counts["rule"], counts["reading"], counts["outside"]))
	kind := ""
	for _, c := range checks {
		if c.kind != kind {
			kind = c.kind
			fmt.Fprintf(&b, "## %ss\n\n| check | issue code | in capaboot |\n| --- | --- | --- |\n", kind)
		}
		anchor := strings.ToLower(strings.ReplaceAll(kind+" "+c.code, " ", "-"))
		anchor = strings.ReplaceAll(anchor, "_", "-")
		fmt.Fprintf(&b, "| [%s](%s#access-analyzer-reference-policy-checks-%s) | `%s` | %s |\n", c.name, page, anchor, c.code, c.result())
		if i := slices.Index(checks, c); i+1 == len(checks) || checks[i+1].kind != kind {
			b.WriteString("\n")
		}
	}
	slices.Sort(used)
	b.WriteString("## The rules\n\n| rule | group | severity | what is wrong |\n| --- | --- | --- | --- |\n")
	for _, id := range slices.Compact(used) {
		if rule, ok := ruleByID(id); ok {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", id, rule.Group, rule.Severity, rule.Risk)
		}
	}
	return b.String()
}

// result returns the text of the check in the column "in capaboot" of the page.
func (c accessAnalyzerCheck) result() string {
	text := c.what
	switch c.how {
	case "rule":
		text = "`" + strings.ReplaceAll(c.what, ", ", "`, `") + "`"
	case "reading":
		text = "an error when capaboot reads the policy: `" + c.what + "`"
	case "outside":
		text = "does not apply: " + c.what
	}
	if c.note != "-" {
		text += "; " + c.note
	}
	return text
}
