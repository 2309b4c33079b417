// Tests a review as SARIF against the requirements of GitHub code scanning.
//
// Sources: GitHub, "SARIF support for code scanning" (the supported properties,
// which of them are required, and their values) and "SARIF results exceed one
// or more limits".

package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"capaboot/policies/document"
	"capaboot/policies/review"
)

// checkUpload reports what code scanning would reject or not show, and returns
// the results in the log.
func checkUpload(t *testing.T, name string, text []byte) (results []any) {
	t.Helper()
	var log map[string]any
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	fail := func(format string, args ...any) { t.Helper(); t.Errorf("%s: %s", name, fmt.Sprintf(format, args...)) }
	if log["version"] != "2.1.0" || !strings.Contains(property[string](log, "$schema"), "sarif-schema-2.1.0") {
		fail("version %v, schema %v", log["version"], log["$schema"])
	}
	runs := property[[]any](log, "runs")
	if len(runs) == 0 || len(runs) > 20 {
		fail("%d runs", len(runs))
	}
	for _, item := range runs {
		run := item.(map[string]any)
		if property[string](run, "tool", "driver", "name") == "" {
			fail("no name of the tool")
		}
		if _, ok := property[map[string]any](run, "tool", "driver")["rules"].([]any); !ok {
			fail("no array of rules")
		}
		rules, found := property[[]any](run, "tool", "driver", "rules"), property[[]any](run, "results")
		if run["results"] == nil || len(found) > 25_000 || len(rules) > 25_000 {
			fail("%d results, %d rules", len(found), len(rules))
		}
		for _, rule := range rules {
			checkUploadedRule(rule.(map[string]any), fail)
		}
		identities := map[string]bool{}
		for _, item := range found {
			result := item.(map[string]any)
			checkUploadedResult(result, rules, fail)
			identity := property[string](result, "partialFingerprints", "primaryLocationLineHash")
			if identity == "" || identities[identity] {
				fail("fingerprint %q of %v is empty or not unique", identity, result["ruleId"])
			}
			identities[identity] = true
		}
		results = append(results, found...)
	}
	return results
}

var uploadLevels = []string{"note", "warning", "error"}

func checkUploadedRule(rule map[string]any, fail func(string, ...any)) {
	id := property[string](rule, "id")
	for _, path := range [][]string{{"id"}, {"shortDescription", "text"}, {"fullDescription", "text"}, {"help", "text"}, {"help", "markdown"}} {
		if property[string](rule, path...) == "" {
			fail("rule %q has no %v", id, path)
		}
	}
	for _, field := range []string{"shortDescription", "fullDescription"} {
		if utf8.RuneCountInString(property[string](rule, field, "text")) > 1024 {
			fail("%s of rule %q is too long", field, id)
		}
	}
	if n, err := strconv.ParseFloat(property[string](rule, "properties", "security-severity"), 64); err != nil || n <= 0 || n > 10 {
		fail("rule %q: security-severity %v", id, rule["properties"])
	}
	for field, values := range map[string][]string{"precision": {"very-high", "high", "medium", "low"}, "problem.severity": {"error", "warning", "recommendation"}} {
		if value := property[string](rule, "properties", field); !slices.Contains(values, value) {
			fail("rule %q: %s is %q", id, field, value)
		}
	}
	if level := property[string](rule, "defaultConfiguration", "level"); !slices.Contains(uploadLevels, level) {
		fail("rule %q: level %q", id, level)
	}
	tags := property[[]any](rule, "properties", "tags")
	security := false // GitHub uses security-severity only for rules with this tag
	for _, tag := range tags {
		security = security || tag == "security"
	}
	if !security || len(tags) > 10 {
		fail("rule %q: tags %v", id, tags)
	}
}

func checkUploadedResult(result map[string]any, rules []any, fail func(string, ...any)) {
	id := property[string](result, "ruleId")
	if level := property[string](result, "level"); !slices.Contains(uploadLevels, level) {
		fail("a result of %q has the level %q", id, level)
	}
	if i, ok := property[any](result, "ruleIndex").(float64); !ok || i < 0 || int(i) >= len(rules) || property[string](rules[int(i)].(map[string]any), "id") != id {
		fail("ruleIndex %v is not %q", i, id)
	}
	if property[string](result, "message", "text") == "" {
		fail("a result of %q has no message", id)
	}
	places := property[[]any](result, "locations")
	if len(places) != 1 {
		fail("a result of %q has %d locations; the first is shown", id, len(places))
	}
	related := property[[]any](result, "relatedLocations")
	if len(related) > 100 {
		fail("a result of %q has %d related locations", id, len(related))
	}
	ids := map[float64]bool{}
	for _, place := range related {
		number, ok := property[any](place.(map[string]any), "id").(float64)
		if !ok || number < 0 || ids[number] || property[string](place.(map[string]any), "message", "text") == "" {
			fail("a result of %q has the related location %v", id, place)
		}
		ids[number] = true
	}
	places = append(places, related...)
	for _, flow := range property[[]any](result, "codeFlows") {
		for _, thread := range property[[]any](flow.(map[string]any), "threadFlows") {
			for _, step := range property[[]any](thread.(map[string]any), "locations") {
				places = append(places, step.(map[string]any)["location"])
			}
		}
	}
	for _, place := range places {
		physical := property[map[string]any](place.(map[string]any), "physicalLocation")
		if property[string](physical, "artifactLocation", "uri") == "" {
			fail("a result of %q has no file: %v", id, place)
		}
		var region [4]float64
		for i, field := range []string{"startLine", "startColumn", "endLine", "endColumn"} {
			region[i] = property[float64](physical, "region", field)
		}
		if region[0] < 1 || region[1] < 1 || region[2] < region[0] || region[2] == region[0] && region[3] <= region[1] {
			fail("a result of %q has the region %v", id, region)
		}
	}
}

// property returns the value at a path of properties, or the zero value.
func property[T any](object map[string]any, path ...string) T {
	for _, key := range path[:len(path)-1] {
		object, _ = object[key].(map[string]any)
	}
	found, _ := object[path[len(path)-1]].(T)
	return found
}

// supportedProperties lists the properties that code scanning reads. For each
// optional property that a review does not write, it has the reason.
var supportedProperties = []struct {
	path   string // [] means the first element of a list
	reason string
}{
	{"$schema", ""}, {"version", ""}, {"runs[].tool.driver", ""}, {"runs[].results[]", ""},
	{"runs[].tool.extensions[]", "there are none"},
	{"runs[].invocations[].workingDirectory.uri", "it would disclose a folder of the user; the URIs of files are relative, and the upload knows the checkout"},
	{"runs[].automationDetails.id", "the upload has a category"},
	{"runs[].tool.driver.name", ""}, {"runs[].tool.driver.version", ""}, {"runs[].tool.driver.rules[]", ""},
	{"runs[].tool.driver.semanticVersion", "a build may have no semantic version"},
	{"runs[].tool.driver.rules[].id", ""}, {"runs[].tool.driver.rules[].name", "it would be the same as the id"},
	{"runs[].tool.driver.rules[].shortDescription.text", ""}, {"runs[].tool.driver.rules[].fullDescription.text", ""},
	{"runs[].tool.driver.rules[].defaultConfiguration.level", ""}, {"runs[].tool.driver.rules[].help.text", ""},
	{"runs[].tool.driver.rules[].help.markdown", ""}, {"runs[].tool.driver.rules[].properties.tags[]", ""},
	{"runs[].tool.driver.rules[].properties.precision", ""}, {"runs[].tool.driver.rules[].properties.problem/severity", ""},
	{"runs[].tool.driver.rules[].properties.security-severity", ""},
	{"runs[].results[].ruleId", ""}, {"runs[].results[].ruleIndex", ""}, {"runs[].results[].rule", "ruleIndex says it"},
	{"runs[].results[].level", ""}, {"runs[].results[].message.text", ""}, {"runs[].results[].partialFingerprints.primaryLocationLineHash", ""},
	{"runs[].results[].locations[].physicalLocation.artifactLocation.uri", ""}, {"runs[].results[].locations[].physicalLocation.region.startLine", ""},
	{"runs[].results[].locations[].physicalLocation.region.startColumn", ""}, {"runs[].results[].locations[].physicalLocation.region.endLine", ""},
	{"runs[].results[].locations[].physicalLocation.region.endColumn", ""},
	{"runs[].results[].codeFlows[].threadFlows[].locations[].location.physicalLocation.artifactLocation.uri", ""},
	{"runs[].results[].relatedLocations[].id", ""}, {"runs[].results[].relatedLocations[].message.text", ""},
	{"runs[].results[].relatedLocations[].physicalLocation.region.endColumn", ""},
}

func TestUploadsHaveEverySupportedProperty(t *testing.T) {
	t.Parallel()
	v := hostileReview()
	v.metadata.Version = "v1.2.3"
	text, err := v.Format("sarif", false)
	if err != nil {
		t.Fatal(err)
	}
	var log any
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	for _, property := range supportedProperties {
		found := log
		for _, part := range strings.Split(property.path, ".") {
			name, isList := strings.CutSuffix(part, "[]")
			object, _ := found.(map[string]any)
			found = object[strings.ReplaceAll(name, "/", ".")]
			if isList {
				list, _ := found.([]any)
				if found = nil; len(list) > 0 {
					found = list[0]
				}
			}
		}
		if ok, want := found != nil && found != "", property.reason == ""; ok != want {
			t.Errorf("%s is written: %t, want %t", property.path, ok, want)
		}
	}
}

func TestUploadsAreAccepted(t *testing.T) {
	t.Parallel()
	oversized := &review.Report{Findings: make([]review.Finding, maxResults+5)}
	for i := range oversized.Findings {
		oversized.Findings[i] = review.Finding{Rule: "any-resource", Severity: review.Low, Policy: strconv.Itoa(i), Message: review.PlainSentence("m"), Remedy: "r", Reference: "https://x"}
	}
	long := &review.Report{Findings: []review.Finding{{Rule: "unlisted", Severity: review.Low, Message: review.PlainSentence(strings.Repeat("é", 3000)), Remedy: "r", Reference: "https://x", Path: make([]review.PathStep, 300)}}}
	for name, v := range map[string]*Review{
		"hostile texts": hostileReview(), "nothing": NewReview(&review.Report{}, About{Rules: review.Rules()}),
		"long texts":     NewReview(long, About{}),
		"standard input": NewReview(&review.Report{Findings: []review.Finding{{Rule: "x", Severity: review.Low, Message: review.PlainSentence("m"), Remedy: "r", Reference: "https://x", Location: review.Location{File: "standard input", Line: 3, Column: 2}}}}, About{Streams: map[string]bool{"standard input": true}}),
	} {
		text, err := v.Format("sarif", false)
		if err != nil {
			t.Fatal(err)
		}
		checkUpload(t, name, text)
	}
	run := NewReview(oversized, About{}).sarif().Runs[0]
	if notes := run.Invocations[0].Notifications; len(run.Results) != maxResults || len(notes) != 1 || !strings.HasPrefix(notes[0].Message.Text, "5 findings left out") {
		t.Errorf("%d results, %+v", len(run.Results), notes)
	}
}

// A finding in an AWS managed policy is located at the line that attaches the
// policy.
func TestUploadLocatesManagedPolicies(t *testing.T) {
	t.Parallel()
	const text = `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/PowerUserAccess
        - arn:aws:iam::aws:policy/AdministratorAccess
  Group:
    Type: AWS::IAM::Group
    Properties: {ManagedPolicyArns: [!If [X, arn:aws:iam::aws:policy/IAMFullAccess, !Ref AWS::NoValue]]}
`
	set, err := document.ReadSet("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	found, err := review.Review(set, review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := NewReview(found, About{Rules: review.Rules()}).Format("sarif", false)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]float64{"AdministratorAccess": 10, "PowerUserAccess": 9, "IAMFullAccess": 13}
	seen := map[string]bool{}
	for _, item := range checkUpload(t, "policies of AWS", out) {
		result := item.(map[string]any)
		policy := property[string](result, "properties", "policy")
		physical := property[map[string]any](property[[]any](result, "locations")[0].(map[string]any), "physicalLocation")
		if want := lines[policy]; want != 0 {
			seen[policy] = true
			if got := property[float64](physical, "region", "startLine"); got != want || property[string](physical, "artifactLocation", "uri") != "t.yaml" {
				t.Errorf("%s of %s is at %v, want line %v of t.yaml", result["ruleId"], policy, physical, want)
			}
		}
	}
	if len(seen) != len(lines) {
		t.Errorf("only %v have findings", seen)
	}
}
