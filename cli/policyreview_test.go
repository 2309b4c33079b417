// Tests of "policy review": golden files, the schemas of JSON and SARIF, line
// widths, input and exit codes.

package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"capaboot/credentials"
	"capaboot/internal/buildinfo"
	"capaboot/internal/conform"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata/")

// runReviewCommand runs "policy review" as version v1.2.3.
func runReviewCommand(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, stderrBuffer bytes.Buffer
	code = Run(t.Context(), Process{
		Args: append([]string{"capaboot", "policy", "review"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &stderrBuffer,
		Build:       buildinfo.Build{Version: "v1.2.3", Commit: "c", Date: "2026-01-01T00:00:00Z"},
		Environment: credentials.Environment{Lookup: func(string) (string, bool) { return "", false }, Home: t.TempDir()},
	})
	return out.String(), stderrBuffer.String(), code
}

// fixedReviewArgs returns the arguments of a review whose findings do not change
// when rules are added.
func fixedReviewArgs(format string) []string {
	args := []string{"testdata/review/template.yaml", "--capa-version", "v2.11.1", "--suppressions", "testdata/review/suppressions.yaml", "-o", format}
	for _, rule := range []string{"action-wildcard", "any-resource", "unknown-action", "duplicate-action", "inline-policy"} {
		args = append(args, "--rule", rule)
	}
	return args
}

func TestReviewFormats(t *testing.T) {
	for format, name := range map[string]string{"text": "review.txt", "json": "review.json", "markdown": "review.md", "sarif": "review.sarif"} {
		t.Run(format, func(t *testing.T) {
			got, stderr, code := runReviewCommand(t, fixedReviewArgs(format)...)
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
				t.Errorf("%s differs (go test ./cli -run TestReviewFormats -update rewrites it); got:\n%s", path, got)
			}
		})
	}
}

// Only a line with a single word, or with the address of an AWS page ("see"),
// may be wider than 80 columns.
func TestReviewFitsATerminal(t *testing.T) {
	for _, args := range [][]string{{}, {"testdata/review/template.yaml"}, {"release:v2.0.0"}} {
		text, stderr, code := runReviewCommand(t, args...)
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, stderr)
		}
		for line := range strings.Lines(text) {
			words := strings.Fields(line)
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 && len(words) > 1 && words[0] != "see" {
				t.Errorf("%v: a line of %d columns: %s", args, len(line), line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%v: colours in a pipe", args)
		}
	}
}

// The schemas reject fields that they do not name, so that a new field must be
// documented.
func TestReviewFollowsItsSchemas(t *testing.T) {
	for format, schema := range map[string]string{"json": "policy-review", "sarif": "../../policies/report/testdata/sarif/sarif-2.1.0-rtm.5.json"} {
		for name, args := range map[string][]string{"the default": {"-o", format}, "the template": fixedReviewArgs(format), "hidden": {"--severity", "critical", "-o", format}} {
			text, stderr, code := runReviewCommand(t, args...)
			if code != exitDone {
				t.Fatalf("%s: exit code %d, %s", name, code, stderr)
			}
			if err := conform.Check(schema, text); err != nil {
				t.Errorf("%s of %s: %v", format, name, err)
			}
		}
	}
}

// --fail-on also counts findings that --severity hides.
func TestReviewFailsOnHiddenFindings(t *testing.T) {
	for _, format := range []string{"text", "json", "markdown", "sarif"} {
		for failOn, want := range map[string]int{"medium": exitUnexpected, "high": exitDone} {
			args := []string{"testdata/review/template.yaml", "--rule", "any-resource", "--severity", "critical", "--fail-on", failOn, "-o", format}
			stdout, stderr, code := runReviewCommand(t, args...)
			if code != want || (stderr != "") != (want == exitUnexpected) || strings.Contains(stdout, "TerminateInstances") {
				t.Errorf("%v: exit code %d, want %d; %s%s", args, code, want, stdout, stderr)
			}
		}
	}
}

// Unreadable input and invalid arguments exit with 2, and print nothing that
// could be taken for a review.
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
		{"not JSON", []string{file("bad.json", "Version")}, "bad.json:1:1: "},
		{"not a policy", []string{file("list.json", "[1]")}, "list.json:1:1: "},
		{"a wrong type", []string{file("type.json", `{"Statement": {"Effect": "Allow", "Action": 5, "Resource": "*"}}`)}, "type.json:1:"},
		{"a folder with a bad file", []string{filepath.Dir(file("mixed/bad.json", "{")), good}, "mixed/bad.json:1:"},
		{"an empty folder", []string{filepath.Dir(file("empty/x.txt", ""))}, "no policy documents"},
		{"no IAM resources", []string{file("t.yaml", "Resources: {B: {Type: 'AWS::S3::Bucket'}}")}, "nothing to review"},
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
		{"everything from standard input", []string{"-", "--suppressions", "-"}, "stdin can only be read once"},
		{"unknown controllers", []string{good, "--controllers", "uplouder"}, `invalid value "uplouder" for --controllers: testdata/review/template.yaml has no principal or policy of this name, did you mean "uploader"?`},
		{"an unknown format", []string{good, "-o", "xml"}, "--output"},
		{"the rules as SARIF", []string{"--list-rules", "-o", "sarif"}, "--list-rules"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, code := runReviewCommand(t, test.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("exit code %d, want %q; stdout %q, stderr:\n%s", code, test.want, stdout, stderr)
			}
		})
	}
}

func TestReviewCountsHiddenFindings(t *testing.T) {
	text, _, _ := runReviewCommand(t, "testdata/review/template.yaml", "--severity", "critical")
	if strings.Contains(text, "no findings") || !strings.Contains(text, "below critical not shown") {
		t.Errorf("hidden findings are not counted:\n%s", text)
	}
}

// For a generated template, the settings of the configuration are known, but
// there are no positions, because no file has the template's text. Findings
// point to line 1 of the configuration.
func TestReviewOfAConfiguration(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "no-eks.yaml")
	configuration := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec: {eks: {disable: true}}\n"
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	type log struct {
		Runs []struct {
			Results []struct {
				Locations []struct {
					PhysicalLocation *struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine int }
					}
					LogicalLocations []struct{ FullyQualifiedName string }
				}
			}
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
		text, stderr, code := runReviewCommand(t, append(test.args, "--rule", "fit")...)
		if code != exitDone {
			t.Fatalf("%v: exit code %d, %s", test.args, code, stderr)
		}
		// If the settings are unknown, findings name the setting that calls depend on.
		// The pattern leaves out ROSA: no setting says whether there are ROSA clusters.
		if known := !regexp.MustCompile(`the\s+setting\s+"[a-z]+[A-Z.]`).MatchString(text); known != test.settings {
			t.Errorf("%v: settings known: %t\n%s", test.args, known, text)
		}
		text, _, _ = runReviewCommand(t, append(test.args, "--rule", "fit", "--rule", "any-resource", "-o", "sarif")...)
		var decoded log
		if err := json.Unmarshal([]byte(text), &decoded); err != nil || len(decoded.Runs[0].Results) == 0 {
			t.Fatalf("%v: %v\n%s", test.args, err, text)
		}
		for _, result := range decoded.Runs[0].Results {
			location := result.Locations[0].PhysicalLocation
			if location == nil || location.ArtifactLocation.URI == "" || test.file != "" && filepath.Base(location.ArtifactLocation.URI) != test.file || location.Region == nil || location.Region.StartLine != 1 {
				t.Errorf("%v: a finding is at %+v", test.args, location)
			}
		}
	}
}

func TestReviewHasColoursOnlyOnTerminals(t *testing.T) {
	for _, variables := range []map[string]string{{"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}} {
		text, _, _ := run(t, variables, nil, "policy", "review")
		if text == "" || strings.Contains(text, "\x1b") {
			t.Errorf("%v: no text, or colours in a pipe", variables)
		}
	}
}

// A review of the deployed stack has the same findings as a review of the
// configuration. The test leaves out AWS managed policies, because the managed
// policies in the account may be older.
func TestReviewOfTheDeployedStack(t *testing.T) {
	t.Parallel()
	c, config := motoCloud(t)
	c.do(t, exitDone, "deploy")
	findings := func(args ...string) (list []string) {
		t.Helper()
		stdout, stderr, code := run(t, c.environment, nil, append([]string{"policy", "review", "-o", "json"}, args...)...)
		var decoded struct {
			Findings []struct {
				Rule, Severity, Policy, Statement string
				Actions                           []string
			}
		}
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

	// An escalation chain that was made by hand: the nodes may assume the
	// controllers' role.
	account := awsiam.NewFromConfig(config)
	if chains := findings("--deployed", "--rule", "escalation-chain"); len(chains) > 0 {
		t.Errorf("chains before: %v", chains)
	}
	const nodes, controllers = "nodes.cluster-api-provider-aws.sigs.k8s.io", "controllers.cluster-api-provider-aws.sigs.k8s.io"
	if _, err := account.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String(nodes), PolicyName: aws.String("by-hand"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::123456789012:role/` + controllers + `"}]}`)}); err != nil {
		t.Fatal(err)
	}
	if _, err := account.UpdateAssumeRolePolicy(t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: aws.String(controllers),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]}`)}); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := run(t, c.environment, nil, "policy", "review", "--deployed", "--rule", "escalation-chain", "--fail-on", "medium")
	if code != exitUnexpected {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	wantText(t, stdout, "medium: escalation-chain\n", "held by "+nodes+"\n", "1. role "+nodes+": sts:AssumeRole on\n",
		"2. role "+controllers+": sts:AssumeRole, by\n", "trust policy of "+controllers)
}
