// Tests of the evaluator with tables of the rules that IAM documents.

package simulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// readTable returns the rows of a file in testdata by line number.
func readTable(t testing.TB, name string, columns int) map[int][]string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := map[int][]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		row := strings.Split(lines.Text(), "\t")
		if len(row) != columns {
			t.Fatalf("%s:%d: %d columns, want %d", name, n, len(row), columns)
		}
		rows[n] = row
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return rows
}

func readPolicy(t testing.TB, name, text string) *document.Policy {
	t.Helper()
	if !strings.HasPrefix(text, "{\"Version") {
		text = `{"Version": "2012-10-17", "Statement": ` + text + "}"
	}
	doc, err := document.Read(name+".json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &document.Policy{Name: name, Document: doc}
}

// Each condition is tested in an Allow, and in a Deny next to an Allow of
// everything: an unknown condition must not allow the request in either case.
func TestConditions(t *testing.T) {
	rows := readTable(t, "conditions.tsv", 6)
	for n, row := range rows {
		values, err := json.Marshal(strings.Split(row[2], "|"))
		if err != nil {
			t.Fatal(err)
		}
		condition := fmt.Sprintf(`"Action": "*", "Resource": "*", "Condition": {%q: {%q: %s}}`, row[0], row[1], values)
		context := map[string][]string{}
		given, others, _ := strings.Cut(row[3], " & ")
		if given != "-" {
			context[strings.ToLower(row[1])] = strings.Split(given, "|")
		}
		if key, value, ok := strings.Cut(others, "="); ok {
			context[key] = []string{value}
		}
		want := map[string][2]Decision{"yes": {Allowed, ExplicitDeny}, "no": {ImplicitDeny, Allowed}, "unknown": {ImplicitDeny, ExplicitDeny}}[row[4]]
		for i, statements := range []string{
			`[{"Effect": "Allow", ` + condition + `}]`,
			`[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", ` + condition + `}]`,
		} {
			policy := readPolicy(t, "p", statements)
			got := Evaluate(Policies{Identity: []document.Policy{*policy}}, Request{Action: "s3:ListBucket", Resource: "*", Context: context})
			if got.Decision != want[i] {
				t.Errorf("conditions.tsv:%d (%s): %s %s, request has %s: %s, want %s", n, row[5], statements, row[2], row[3], got.Decision, want[i])
			}
			if row[4] == "unknown" && len(got.Notes) == 0 {
				t.Errorf("conditions.tsv:%d (%s): unknown without a note", n, row[5])
			}
		}
	}
	if len(rows) < 200 {
		t.Errorf("%d rows, want at least 200", len(rows))
	}
}

func TestPolicies(t *testing.T) {
	for n, row := range readTable(t, "policies.tsv", 9) {
		var p Policies
		if row[0] != "-" {
			p.Identity = []document.Policy{*readPolicy(t, "identity", row[0])}
		}
		if row[1] != "-" {
			p.Boundary = readPolicy(t, "boundary", row[1])
		}
		if row[2] != "-" {
			p.Resource, p.ResourceAlone = readPolicy(t, "resource", row[2]), row[0] == "-"
		}
		request := Request{Action: row[4], Resource: row[5], Context: map[string][]string{}}
		if row[3] != "-" {
			var ok bool
			if request.Principal, ok = ParsePrincipal(row[3]); !ok {
				t.Fatalf("policies.tsv:%d: %q is not a principal", n, row[3])
			}
		}
		for pair := range strings.SplitSeq(row[6], ";") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				request.Context[strings.ToLower(key)] = []string{value}
			}
		}
		got := Evaluate(p, request)
		if got.Decision != Decision(row[7]) {
			t.Errorf("policies.tsv:%d (%s): %s, want %s; %+v", n, row[8], got.Decision, row[7], got)
		}
		checkResult(t, got)
		if strings.HasPrefix(row[8], "unknown") && len(got.Notes) == 0 {
			t.Errorf("policies.tsv:%d (%s): unknown without a note", n, row[8])
		}
	}
}

// checkResult checks that the effect of the statements fits the decision.
func checkResult(t *testing.T, r Result) {
	t.Helper()
	if (r.Decision == ImplicitDeny) != (len(r.Statements) == 0) {
		t.Errorf("%s by %d statements", r.Decision, len(r.Statements))
	}
	for _, s := range r.Statements {
		if (s.Effect == document.Deny) != (r.Decision == ExplicitDeny) {
			t.Errorf("%s by a statement with %s", r.Decision, s.Effect)
		}
	}
}

// An unknown value never allows a request, in any element of a statement.
func TestUnknownValuesNeverAllow(t *testing.T) {
	const open = `{"Ref": "Parameter"}`
	for element, body := range map[string]string{
		"Action":        `"Action": OPEN, "Resource": "*"`,
		"NotAction":     `"NotAction": OPEN, "Resource": "*"`,
		"Resource":      `"Action": "*", "Resource": OPEN`,
		"NotResource":   `"Action": "*", "NotResource": OPEN`,
		"StringEquals":  `"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": OPEN}}`,
		"StringNotLike": `"Action": "*", "Resource": "*", "Condition": {"StringNotLike": {"aws:RequestedRegion": OPEN}}`,
		"ArnLike":       `"Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": OPEN}}`,
		"Bool":          `"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": OPEN}}`,
		"IpAddress":     `"Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": OPEN}}`,
		"Null":          `"Action": "*", "Resource": "*", "Condition": {"Null": {"aws:SourceIp": OPEN}}`,
	} {
		body = strings.ReplaceAll(body, "OPEN", open)
		template := `{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [STATEMENTS]}}}}}`
		for statements, want := range map[string]Decision{
			`{"Effect": "Allow", ` + body + `}`:                                                     ImplicitDeny,
			`{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", ` + body + `}`: ExplicitDeny,
		} {
			set, err := document.ReadSet("t.json", []byte(strings.ReplaceAll(template, "STATEMENTS", statements)))
			if err != nil {
				t.Fatal(err)
			}
			got := Evaluate(Policies{Identity: set.Principals[0].Policies}, Request{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111122223333:q",
				Context: map[string][]string{"aws:requestedregion": {"eu-west-1"}, "aws:sourcearn": {"arn:aws:sns:a:b:c"}, "aws:securetransport": {"true"}, "aws:sourceip": {"192.0.2.1"}}})
			if got.Decision != want || len(got.Notes) == 0 {
				t.Errorf("%s: %s with notes %q, want %s and a note; %s", element, got.Decision, got.Notes, want, statements)
			}
		}
	}
}

func TestUnknownPolicies(t *testing.T) {
	all := []document.Policy{*readPolicy(t, "all", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}]`)}
	request := Request{Action: "sqs:SendMessage", Resource: "*"}
	if got := Evaluate(Policies{Identity: all, UnknownBoundary: true}, request); got.Decision != ImplicitDeny || got.Reason == "" {
		t.Errorf("unknown boundary: %+v", got)
	}
	for _, identity := range [][]document.Policy{nil, all} {
		if got := Evaluate(Policies{Identity: identity, UnknownIdentity: []string{"Other"}}, request); len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "Other") {
			t.Errorf("unknown policy: %+v", got)
		}
	}
}

// If the resource of a request has a wildcard, a note reports a Deny on some of
// the resources that the wildcard matches.
func TestWildcardRequest(t *testing.T) {
	p := Policies{Identity: []document.Policy{*readPolicy(t, "p", `[{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::b/secret"}]`)}}
	for resource, notes := range map[string]int{"*": 1, "arn:aws:s3:::b/*": 1, "arn:aws:s3:::c/*": 0, "arn:aws:s3:::b/x": 0} {
		if got := Evaluate(p, Request{Action: "s3:GetObject", Resource: resource}); got.Decision != Allowed || len(got.Notes) != notes {
			t.Errorf("%s: %+v, want %d notes", resource, got, notes)
		}
	}
}

// The evaluation of hostile policies must end: the test's deadline stops an
// evaluation that takes too long.
func TestHostilePoliciesEnd(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 2048)
	for name, pattern := range map[string]string{
		"stars":            strings.Repeat("a*", 1<<20) + "b",
		"stars, questions": strings.Repeat("a?*", 1<<19) + "b",
		"questions":        strings.Repeat("*"+strings.Repeat("?a", 500)+"b", 1<<10),
		"variables":        strings.Repeat("${aws:username}", 1<<17),
		"open variables":   strings.Repeat("${", 1<<20),
	} {
		// The reader refuses such texts, but the evaluator must not depend on
		// that.
		for place, statement := range map[string]document.Statement{
			"resource":  {Resources: []string{pattern}},
			"condition": {Resources: []string{"*"}, Conditions: []document.Condition{{Operator: "StringLike", Key: "aws:username", Values: []string{pattern}}}},
			"action":    {Actions: []string{pattern}, Resources: []string{"*"}},
		} {
			statement.Effect = document.Allow
			if statement.Actions == nil {
				statement.Actions = []string{"*"}
			}
			doc := &document.Document{Version: "2012-10-17", Statements: []document.Statement{statement}}
			got := Evaluate(Policies{Identity: []document.Policy{{Name: "p", Document: doc}}},
				Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + text, Context: map[string][]string{"aws:username": {text}}})
			if got.Decision != ImplicitDeny {
				t.Errorf("%s in %s: %s", name, place, got.Decision)
			}
		}
	}
	many := &document.Document{}
	for range 9_999 {
		many.Statements = append(many.Statements, document.Statement{Effect: document.Allow, Actions: []string{"s3:*?*t"}, Resources: []string{"arn:*?*?*?b"}})
	}
	many.Statements = append(many.Statements, document.Statement{Effect: document.Deny, Actions: []string{"*"}, Resources: []string{"*"}, Line: 9})
	got := Evaluate(Policies{Identity: []document.Policy{{Name: "p", Document: many}}}, Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::" + text})
	if got.Decision != ExplicitDeny || got.Statements[0].Line != 9 {
		t.Errorf("10,000 statements: %s by %d", got.Decision, len(got.Statements))
	}
}

// For any policy: an additional Deny never allows a request, an additional
// Allow never removes a denial, and a Deny of everything denies.
func FuzzEvaluate(f *testing.F) {
	f.Add(`[{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:username}/*"}]`, `[{"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}]`, "s3:GetObject", "arn:aws:s3:::a/b", "aws:username", "a")
	f.Add(`[{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": ["a*", "?"]}}}]`, `[{"Effect": "Deny", "Action": "*", "NotResource": "a*?*b", "Condition": {"NumericLessThan": {"s3:max-keys": "10"}}}]`, "ec2:X", "*", "aws:tagkeys", "ab")
	f.Add(`[{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-01-01"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]`, `[]`, "ec2:X", "*", "aws:currenttime", "1")
	f.Fuzz(func(t *testing.T, one, two, action, resource, key, value string) {
		if len(one)+len(two)+len(action)+len(resource)+len(value) > 1<<12 {
			return
		}
		request := Request{Action: action, Resource: resource, Context: map[string][]string{strings.ToLower(key): {value}}}
		var policies []document.Policy
		decide := func() Result {
			r := Evaluate(Policies{Identity: policies}, request)
			checkResult(t, r)
			return r
		}
		for _, text := range []string{one, two} {
			doc, err := document.Read("f.json", []byte(`{"Version": "2012-10-17", "Statement": `+text+`}`))
			if err != nil {
				return
			}
			before := decide()
			policies = append(policies, document.Policy{Name: "f", Document: doc})
			after := decide()
			allows, denies := false, false
			for _, s := range doc.Statements {
				allows, denies = allows || s.Effect == document.Allow, denies || s.Effect == document.Deny
			}
			if before.Decision == ExplicitDeny && after.Decision != ExplicitDeny {
				t.Errorf("%s changes an explicit deny into %s", text, after.Decision)
			}
			if !allows && before.Decision != Allowed && after.Decision == Allowed {
				t.Errorf("%s allows without an Allow", text)
			}
			if !denies && after.Decision == ExplicitDeny && before.Decision != ExplicitDeny {
				t.Errorf("%s denies without a Deny", text)
			}
		}
		policies = append(policies, *readPolicy(t, "deny", `[{"Effect": "Deny", "Action": "*", "Resource": "*"}]`))
		if got := decide(); got.Decision != ExplicitDeny {
			t.Errorf("a Deny of everything: %s", got.Decision)
		}
	})
}
