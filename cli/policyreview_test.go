// Tests of the formats of "policy review": golden files, the schemas of JSON and SARIF, widths, limits, and hostile texts.

package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"capaboot/credentials"
	"capaboot/policies/authz"
	"capaboot/policies/document"
	"capaboot/policies/review"
)

var update = flag.Bool("update", false, "write the golden files in testdata/ anew")

// reviewRun runs "policy review" as version v1.2.3.
func reviewRun(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, talk bytes.Buffer
	code = Run(t.Context(), Process{
		Args: append([]string{"capaboot", "policy", "review"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk,
		Build:       Build{Version: "v1.2.3", Commit: "c", Date: "2026-01-01T00:00:00Z"},
		Environment: credentials.Environment{Lookup: func(string) (string, bool) { return "", false }, Home: t.TempDir()},
	})
	return out.String(), talk.String(), code
}

// fixedReview is a review that more rules do not change.
func fixedReview(format string) []string {
	args := []string{"testdata/review/template.yaml", "--capa-version", "v2.11.1", "--suppressions", "testdata/review/suppressions.yaml", "-o", format}
	for _, rule := range []string{"action-wildcard", "any-resource", "unknown-action", "duplicate-action", "inline-policy"} {
		args = append(args, "--rule", rule)
	}
	return args
}

func TestReviewFormats(t *testing.T) {
	for format, name := range map[string]string{"text": "review.txt", "json": "review.json", "markdown": "review.md", "sarif": "review.sarif"} {
		t.Run(format, func(t *testing.T) {
			got, stderr, code := reviewRun(t, fixedReview(format)...)
			if code != exitDone || stderr != "" {
				t.Fatalf("exit code %d, stderr %s", code, stderr)
			}
			path := filepath.Join("testdata", "review", name)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs (go test ./cli -run TestReviewFormats -update writes it anew); got:\n%s", path, got)
			}
		})
	}
}

// hostile is what a document may have in every place: what steers a terminal,
// ends cells, spans and tags, and calls people.
const hostile = "a\x1b[31m|`b``\u009b2J\u202e\x7f</details><img src=x>@team https://x.example www.x.example\r\n# [x](y) \\"

// hostileReport is a report with everything in it, and hostile in every text.
func hostileReport() *review.Report {
	f := review.Finding{Rule: "pass-role", Severity: review.Critical, Principals: []string{hostile}, Policy: hostile, Statement: "Statement[0] (" + hostile + ")",
		Actions: []string{"iam:PassRole", hostile}, Resources: []string{"*", hostile}, Message: "the role can " + hostile, Remedy: "remove " + hostile,
		Reference: "https://docs.aws.amazon.com/x", Location: review.Location{File: hostile + ".json", Line: 3, Column: 7},
		Path: []review.PathStep{
			{Policy: hostile, Statement: "Statement[0]", Action: "iam:PassRole", Conditions: []string{hostile}, Location: review.Location{File: "a b.json", Line: 3, Column: 7}},
			{Policy: hostile, Statement: "Statement[1]", Action: "ec2:RunInstances", Resources: []string{hostile}},
		}}
	whole := review.Finding{Rule: "quota", Severity: review.Info, Actions: []string{}, Resources: []string{}, Message: hostile, Remedy: hostile, Reference: hostile}
	return &review.Report{
		Findings:   []review.Finding{f, f, whole},
		Suppressed: []review.Suppressed{{Finding: f, Reason: hostile, Expires: "2027-01-31"}},
		Notes:      []string{hostile},
		Principals: []review.PrincipalSummary{{Kind: document.RoleKind, Name: hostile, LogicalID: hostile, File: hostile, Boundary: hostile,
			AssumedBy: []review.Assumer{{Principals: []string{hostile}, Except: true, Deny: true, Conditions: []string{hostile, hostile}}},
			Policies:  []review.PolicySummary{{Name: hostile, Inline: true, Statements: 1, Characters: 3}, {Name: hostile, Unknown: true}},
			Quotas:    []review.Quota{{Name: "trust policy", Unit: "characters", Used: 9000, Limit: 2048, Raised: 8192}, {Name: "managed policy", Of: hostile, Unit: "characters", Used: 7000, Limit: 6144}},
			Grants:    []review.ServiceGrants{{Service: hostile, Levels: []review.LevelCount{{Level: authz.PermissionsManagement, Actions: 2, Everywhere: 1}}}}}},
	}
}

func hostileReview() *reviewed {
	v := newReviewed(hostileReport(), review.Rules()[:3])
	v.Of, v.Release, v.accepts = hostile, "v2.11.1", true
	return v
}

func TestReviewOfHostileTexts(t *testing.T) {
	for _, format := range []string{"text", "json", "markdown", "sarif"} {
		checkReview(t, hostileReview(), format)
	}
}

func formattedReview(t *testing.T, v *reviewed, format string) string {
	t.Helper()
	text, err := v.format(format, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkReview checks what holds for every review: nothing steers a terminal,
// and Markdown stays in its cells, calls nobody and fits a comment.
func checkReview(t *testing.T, v *reviewed, format string) {
	t.Helper()
	text := formattedReview(t, v, format)
	for _, c := range text {
		if c != '\n' && !unicode.IsPrint(c) {
			t.Errorf("%s has the character %U:\n%s", format, c, text)
			break
		}
	}
	switch format {
	case "json", "sarif":
		if !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON: %s", format, text)
		}
	case "markdown":
		checkMarkdown(t, text)
	}
}

func checkMarkdown(t *testing.T, text string) {
	t.Helper()
	if len(text) > maxComment {
		t.Errorf("the comment has %d bytes", len(text))
	}
	outside := strings.Join(withoutCode(text), "")
	if open, closed := strings.Count(outside, "<details>"), strings.Count(outside, "</details>"); open != closed {
		t.Errorf("%d details open, %d close", open, closed)
	}
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(line, "|") - strings.Count(line, "\\|")
		if columns > 0 && n != columns {
			t.Errorf("a row of %d columns in a table of %d: %s", n-1, columns-1, line)
		}
		columns = n
	}
	for _, magic := range []string{"@team", "<img", "https://x", "www."} {
		if strings.Contains(outside, magic) {
			t.Errorf("%q is not escaped: %s", magic, text)
		}
	}
}

// withoutCode returns the parts of a text that are in no code span, as
// CommonMark tells them: a span ends with as many backticks as it began with.
func withoutCode(text string) []string {
	var parts []string
	for line := range strings.Lines(text) {
		for line != "" {
			i := strings.IndexByte(line, '`')
			if i > 0 && line[i-1] == '\\' {
				parts, line = append(parts, line[:i+1]), line[i+1:]
				continue
			}
			if i < 0 {
				parts = append(parts, line)
				break
			}
			parts = append(parts, line[:i])
			line = line[i:]
			n := len(line) - len(strings.TrimLeft(line, "`"))
			rest, end := line[n:], -1
			for j := 0; j < len(rest); {
				if rest[j] != '`' {
					j++
					continue
				}
				m := len(rest[j:]) - len(strings.TrimLeft(rest[j:], "`"))
				if m == n {
					end = j + m
					break
				}
				j += m
			}
			if end < 0 {
				parts = append(parts, rest) // backticks alone
				break
			}
			line = rest[end:]
		}
	}
	return parts
}

func FuzzReview(f *testing.F) {
	f.Add(hostile, hostile, 3)
	f.Add("\\`", "`|", 1)
	f.Add("", "", 2000)
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		report := hostileReport()
		for i := range report.Findings {
			f := &report.Findings[i]
			f.Policy, f.Statement, f.Message, f.Remedy, f.Actions = a, b, b, a, []string{a, b}
		}
		for range min(max(n, 0), 3000) {
			report.Findings = append(report.Findings, report.Findings[0])
		}
		v := newReviewed(report, review.Rules())
		for _, format := range []string{"text", "json", "markdown", "sarif"} {
			checkReview(t, v, format)
		}
	})
}

// A line is wider than 80 columns only when it has one word and its indent.
func TestReviewFitsATerminal(t *testing.T) {
	for _, args := range [][]string{{}, {"testdata/review/template.yaml"}, {"release:v2.0.0"}} {
		text, stderr, code := reviewRun(t, args...)
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr)
		}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > columns && len(words) > 1 && words[0] != "see" {
				t.Errorf("%v: a line of %d columns: %s", args, len(line), line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%v: colours in a pipe", args)
		}
	}
}

func TestReviewColours(t *testing.T) {
	v := hostileReview()
	if text := v.text(true); !strings.Contains(text, "\n\x1b[1;31mcritical\x1b[0m: pass-role\n") {
		t.Errorf("no colours:\n%s", text)
	}
	if text := v.text(false); !strings.Contains(text, "\ncritical: pass-role\n") {
		t.Errorf("not plain:\n%s", text)
	}
}

// manyFindings are more than fit a comment.
func manyFindings(n int) *reviewed {
	report := &review.Report{}
	for i := range n {
		severity := review.High
		if i >= n/2 {
			severity = review.Low
		}
		report.Findings = append(report.Findings, review.Finding{Rule: "any-resource", Severity: severity, Policy: fmt.Sprintf("policy-%d", i),
			Statement: "Statement[0]", Actions: []string{"ec2:RunInstances"}, Resources: []string{"*"}, Message: "allowed on every resource: ec2:RunInstances", Remedy: "name the resources", Reference: "https://docs.aws.amazon.com/x"})
	}
	for range 3 * mostPrincipals {
		report.Principals = append(report.Principals, review.PrincipalSummary{Kind: document.PolicyKind, Name: "p", Policies: []review.PolicySummary{}, Quotas: []review.Quota{}, Grants: []review.ServiceGrants{}})
	}
	return newReviewed(report, review.Rules())
}

// What does not fit a comment is counted: shown and left out are all.
func TestReviewFitsAComment(t *testing.T) {
	for _, n := range []int{0, 1, 200, 1000, 20000} {
		v := manyFindings(n)
		text := v.markdown()
		checkMarkdown(t, text)
		shown := strings.Count(text, "`policy-")
		left := 0
		_, sentence, _ := strings.Cut(text, "**Left out, to fit a comment: ")
		sentence, _, _ = strings.Cut(sentence, ".**")
		for part := range strings.SplitSeq(sentence, "; ") {
			number, what, _ := strings.Cut(part, " ")
			if k, err := strconv.Atoi(number); err == nil && strings.Contains(what, "finding") {
				left += k
			}
		}
		if shown+left != n {
			t.Errorf("of %d findings %d are shown and %d are said to be left out", n, shown, left)
		}
		if n >= 1000 && (left == 0 || len(text) < maxComment/2) {
			t.Errorf("%d findings make a comment of %d bytes, with %d left out", n, len(text), left)
		}
	}
}

// schema compiles a JSON Schema.
func schema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func validate(t *testing.T, what string, s *jsonschema.Schema, text string) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// The schemas allow no field that they do not name, so that a new one must be
// documented.
func TestReviewFollowsItsSchemas(t *testing.T) {
	for format, path := range map[string]string{"json": "../docs/schemas/policy-review.schema.json", "sarif": "testdata/sarif/sarif-2.1.0-rtm.5.json"} {
		compiled := schema(t, path)
		for name, args := range map[string][]string{"the default": {"-o", format}, "the template": fixedReview(format), "hidden": {"--severity", "critical", "-o", format}} {
			text, stderr, code := reviewRun(t, args...)
			if code != exitDone {
				t.Fatalf("%s: exit code %d, %s", name, code, stderr)
			}
			validate(t, format+" of "+name, compiled, text)
		}
		validate(t, format+" of hostile texts", compiled, formattedReview(t, hostileReview(), format))
		validate(t, format+" of nothing", compiled, formattedReview(t, newReviewed(&review.Report{}, review.Rules()), format))
		if err := compiled.Validate(map[string]any{"version": "2.1.0", "runs": "none"}); err == nil {
			t.Errorf("%s takes anything", path)
		}
	}
}

func TestSARIFAddresses(t *testing.T) {
	for path, want := range map[string]sarifArtifactLocation{
		"a.json":              {URI: "a.json", URIBaseID: sourceRoot},
		"./a/../b/c d#é%.yml": {URI: "b/c%20d%23%C3%A9%25.yml", URIBaseID: sourceRoot},
		"C:a.json":            {URI: "./C:a.json", URIBaseID: sourceRoot},
		"/work/x/a.json":      {URI: "x/a.json", URIBaseID: sourceRoot},
		"/works/a b.json":     {URI: "file:///works/a%20b.json"},
		"../a.json":           {URI: "file:///a.json"},
	} {
		if got := artifact("/work", path); got != want {
			t.Errorf("%q: got %+v, want %+v", path, got, want)
		}
	}
}

func TestSARIFLevels(t *testing.T) {
	for severity, want := range map[review.Severity][2]string{
		review.Critical: {"error", "9.5"}, review.High: {"error", "8.0"}, review.Medium: {"warning", "5.5"}, review.Low: {"note", "3.0"}, review.Info: {"note", "1.0"},
	} {
		v := newReviewed(&review.Report{Findings: []review.Finding{{Rule: "x", Severity: severity, Message: "m", Remedy: "r", Reference: "https://x"}}}, nil)
		run := v.sarif("").Runs[0]
		got := [2]string{run.Results[0].Level, run.Tool.Driver.Rules[0].Properties["security-severity"].(string)}
		if got != want {
			t.Errorf("%s: got %v, want %v", severity, got, want)
		}
	}
}

// A finding keeps its fingerprint when its lines move, and statements before
// it come and go; another finding has another.
func TestSARIFFingerprints(t *testing.T) {
	f := hostileReport().Findings[0]
	f.Statement, f.File = "Statement[0] (Write)", "/work/a.json"
	same := f
	same.Line, same.Column, same.Statement, same.Message, same.File = 9, 9, "Statement[4] (Write)", "in other words", "a.json"
	same.Actions = slices.Clone(f.Actions)
	slices.Reverse(same.Actions)
	if fingerprint("/work", f) != fingerprint("/work", same) {
		t.Error("the fingerprint changes with the place")
	}
	for name, change := range map[string]func(*review.Finding){
		"rule": func(f *review.Finding) { f.Rule = "other" }, "policy": func(f *review.Finding) { f.Policy = "other" },
		"statement": func(f *review.Finding) { f.Statement = "Statement[0] (Read)" }, "file": func(f *review.Finding) { f.File = "b.json" },
		"actions": func(f *review.Finding) { f.Actions = []string{"iam:PassRole"} },
	} {
		other := f
		change(&other)
		if fingerprint("/work", f) == fingerprint("/work", other) {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
	seen := map[string]bool{}
	for _, result := range hostileReview().sarif("/work").Runs[0].Results {
		print := result.PartialFingerprints[fingerprintName]
		if seen[print] {
			t.Errorf("two results have the fingerprint %s", print)
		}
		seen[print] = true
	}
}

// The suppressed ones are in the log, as suppressed; the others are said not
// to be.
func TestSARIFSuppressions(t *testing.T) {
	results := hostileReview().sarif("").Runs[0].Results
	for i, result := range results {
		want := i == len(results)-1
		if result.Suppressions == nil || (len(*result.Suppressions) > 0) != want {
			t.Errorf("result %d: suppressions %+v", i, result.Suppressions)
		}
	}
}

// What --severity hides counts for --fail-on.
func TestReviewFailsOnWhatIsHidden(t *testing.T) {
	for _, format := range []string{"text", "json", "markdown", "sarif"} {
		for failOn, want := range map[string]int{"medium": exitFound, "high": exitDone} {
			args := []string{"testdata/review/template.yaml", "--rule", "any-resource", "--severity", "critical", "--fail-on", failOn, "-o", format}
			stdout, stderr, code := reviewRun(t, args...)
			if code != want || stderr != "" || strings.Contains(stdout, "TerminateInstances") {
				t.Errorf("%v: exit code %d, want %d; %s%s", args, code, want, stdout, stderr)
			}
		}
	}
}

// What cannot be read, and what is misspelled or empty, exits with 2 and
// prints nothing that could be taken for a review.
func TestReviewOfBadInput(t *testing.T) {
	folder := t.TempDir()
	good := "testdata/review/template.yaml"
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"a missing file", []string{filepath.Join(folder, "nope.json")}, "no such file"},
		{"a missing file after a good one", []string{good, filepath.Join(folder, "nope.json")}, "no such file"},
		{"no JSON", []string{file("bad.json", "Version")}, "bad.json:1:1: "},
		{"no policy", []string{file("list.json", "[1]")}, "list.json:1:1: "},
		{"a wrong type", []string{file("type.json", `{"Statement": {"Effect": "Allow", "Action": 5, "Resource": "*"}}`)}, "type.json:1:"},
		{"a folder with a bad file", []string{filepath.Dir(file("mixed/bad.json", "{")), good}, "mixed/bad.json:1:"},
		{"an empty folder", []string{filepath.Dir(file("empty/x.txt", ""))}, "no policy documents"},
		{"nothing of IAM", []string{file("t.yaml", "Resources: {B: {Type: 'AWS::S3::Bucket'}}")}, "nothing to review"},
		{"empty standard input", []string{"-"}, "standard input"},
		{"an empty name", []string{""}, "empty"},
		{"a name twice", []string{good, good}, "named twice"},
		{"an unknown release", []string{"release:v9.9.9"}, "unknown CAPA release"},
		{"an unknown rule", []string{good, "--rule", "any-resorce"}, `did you mean "any-resource"?`},
		{"an empty rule", []string{good, "--rule", ""}, "--rule"},
		{"an unknown rule among known ones", []string{good, "--rule", "quota", "--rule", "nope"}, "--rule"},
		{"an unknown severity", []string{good, "--severity", "hihg"}, `did you mean "high"?`},
		{"an empty severity to fail on", []string{good, "--fail-on", ""}, "--fail-on"},
		{"a severity in capitals", []string{good, "--fail-on", "HIGH"}, "--fail-on"},
		{"missing suppressions", []string{good, "--suppressions", filepath.Join(folder, "nope.yaml")}, "--suppressions: "},
		{"suppressions without a reason", []string{good, "--suppressions", file("s.yaml", "- rule: quota\n")}, "s.yaml:1:3: "},
		{"suppressions of an unknown rule", []string{good, "--suppressions", file("r.yaml", "- rule: nope\n  reason: r\n")}, "r.yaml:1:"},
		{"everything from standard input", []string{"-", "--suppressions", "-"}, "cannot both be standard input"},
		{"an unknown format", []string{good, "-o", "xml"}, "--output"},
		{"the rules as SARIF", []string{"--list-rules", "-o", "sarif"}, "--list-rules"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, code := reviewRun(t, test.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, want %q; stdout %q, stderr:\n%s", code, test.want, stdout, stderr)
			}
		})
	}
}

// Whatever is chosen to be shown, findings that are left are counted.
func TestReviewCountsWhatItHides(t *testing.T) {
	text, _, _ := reviewRun(t, "testdata/review/template.yaml", "--severity", "critical")
	if strings.Contains(text, "no findings") || !strings.Contains(text, "below critical not shown") {
		t.Errorf("hidden findings are not counted:\n%s", text)
	}
}

// Of what is generated the settings are known, and no positions: its text is
// nowhere to be seen. Its place is the file of the configuration.
func TestReviewOfAConfiguration(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "no-eks.yaml")
	configuration := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec: {eks: {disable: true}}\n"
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	type log struct {
		Runs []struct {
			Results []struct{ Locations []sarifLocation }
		}
	}
	for _, test := range []struct {
		args     []string
		settings bool
		file     string
	}{
		{[]string{"--config", path}, true, "no-eks.yaml"},
		{[]string{path}, true, "no-eks.yaml"},
		{[]string{folder}, false, "no-eks.yaml"},
		{[]string{"release:v2.11.1", "--config", path}, true, ""},
		{[]string{"release:v2.11.1", "release:v2.11.0", "--config", path}, false, ""},
		{nil, true, ""},
	} {
		text, stderr, code := reviewRun(t, append(test.args, "--rule", "fit")...)
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", test.args, code, stderr)
		}
		if known := !strings.Contains(text, "it makes them only with"); known != test.settings {
			t.Errorf("%v: settings known: %t\n%s", test.args, known, text)
		}
		text, _, _ = reviewRun(t, append(test.args, "--rule", "fit", "--rule", "any-resource", "-o", "sarif")...)
		var decoded log
		if err := json.Unmarshal([]byte(text), &decoded); err != nil || len(decoded.Runs[0].Results) == 0 {
			t.Fatalf("%v: %v\n%s", test.args, err, text)
		}
		for _, result := range decoded.Runs[0].Results {
			at := result.Locations[0].PhysicalLocation
			if at == nil && test.file == "" {
				continue
			}
			if at == nil && len(result.Locations[0].LogicalLocations) > 0 && strings.HasPrefix(result.Locations[0].LogicalLocations[0].FullyQualifiedName, "Amazon") {
				continue // of AWS: not in the file
			}
			if at == nil || filepath.Base(at.ArtifactLocation.URI) != test.file || at.Region != nil {
				t.Errorf("%v: a finding is at %+v", test.args, at)
			}
		}
	}
}

// Colours are for terminals alone.
func TestReviewColoursAreForTerminals(t *testing.T) {
	for _, variables := range []map[string]string{{"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}} {
		text, _, _ := run(t, variables, nil, "policy", "review")
		if text == "" || strings.Contains(text, "\x1b") {
			t.Errorf("%v: no text, or colours in a pipe", variables)
		}
	}
}

// What is deployed is reviewed as what is generated, by either name. The
// policies that AWS manages are read from the account, and may be older there.
func TestReviewOfWhatIsDeployed(t *testing.T) {
	t.Parallel()
	c, _ := motoCloud(t)
	c.do(t, exitDone, "deploy")
	findings := func(args ...string) (list []string) {
		t.Helper()
		stdout, stderr, code := run(t, c.environment, nil, append([]string{"policy", "review", "-o", "json"}, args...)...)
		var decoded struct{ Findings []review.Finding }
		if err := json.Unmarshal([]byte(stdout), &decoded); code != exitDone || err != nil {
			t.Fatalf("%v: exit code %d, %v, %s", args, code, err, stderr)
		}
		for _, f := range decoded.Findings {
			if !strings.HasPrefix(f.Policy, "Amazon") {
				list = append(list, fmt.Sprint(f.Rule, f.Severity, f.Statement, f.Actions))
			}
		}
		slices.Sort(list)
		return list
	}
	want := findings()
	if len(want) < 10 {
		t.Fatalf("%d findings on the default configuration", len(want))
	}
	for _, args := range [][]string{{"deployed"}, {"--deployed"}} {
		if diff := cmp.Diff(want, findings(args...)); diff != "" {
			t.Errorf("%v: the findings differ (-generated +deployed):\n%s", args, diff)
		}
	}
}
