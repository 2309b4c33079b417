// Tests of the evaluator, against tables of the rules that IAM documents.

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

// table returns the rows of a file of testdata, by line.
func table(t testing.TB, name string, columns int) map[int][]string {
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

func read(t testing.TB, name, text string) *document.Policy {
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

// A condition is tried in an Allow and in a Deny beside an Allow of all: what is
// not known must not allow in either.
func TestConditions(t *testing.T) {
	rows := table(t, "conditions.tsv", 6)
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
			policy := read(t, "p", statements)
			got := Evaluate(Policies{Identity: []document.Policy{*policy}}, Request{Action: "s3:ListBucket", Resource: "*", Context: context})
			if got.Decision != want[i] {
				t.Errorf("conditions.tsv:%d (%s): %s %s, request has %s: %s, want %s", n, row[5], statements, row[2], row[3], got.Decision, want[i])
			}
			if row[4] == "unknown" && len(got.Notes) == 0 {
				t.Errorf("conditions.tsv:%d (%s): not known, and no note says so", n, row[5])
			}
		}
	}
	if len(rows) < 200 {
		t.Errorf("%d rows, want 200", len(rows))
	}
}
