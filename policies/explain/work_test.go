// Tests of hostile inputs: an explanation must finish, or be refused.

package explain

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/catalog"
	"capaboot/policies/denial"
	"capaboot/policies/document"
)

// TestManyPatternsAreBounded checks that, with a policy of many patterns, one
// action is explained, and the explanation of all actions is refused.
func TestManyPatternsAreBounded(t *testing.T) {
	set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [`+
		strings.Repeat(`"s3:Get*x", `, 20_000)+`"s3:GetObject"], "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	for pattern, isRefused := range map[string]bool{"s3:GetObject": false, "*": true} {
		e, err := New(set, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		e.meter = meter.New(5_000_000)
		answer, err := e.Explain(pattern)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != isRefused || ok && answer.Actions != nil {
			t.Errorf("%s: %d actions, error: %v", pattern, len(answer.Actions), err)
		}
	}
}

// TestHostileAnswersEnd checks that, with a statement with many conditions, one
// action is explained. The explanation of a service is refused, because all its
// actions have the statement and the answer would be long.
func TestHostileAnswersEnd(t *testing.T) {
	var conditions []string
	for i := range 2_000 {
		conditions = append(conditions, fmt.Sprintf(`"aws:RequestTag/%d": "%s"`, i, strings.Repeat("x", 50)))
	}
	set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {`+
		strings.Join(conditions, ",")+`}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	for pattern, isRefused := range map[string]bool{"s3:GetObject": false, "s3": true} {
		e, err := New(set, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		e.meter = meter.New(5_000_000)
		_, err = e.Explain(pattern)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != isRefused {
			t.Errorf("%s: error: %v", pattern, err)
		}
	}
}

// TestHostileDenialsEnd checks that explaining many denials is refused if many
// statements apply to each. The limit is for all denials together.
func TestHostileDenialsEnd(t *testing.T) {
	t.Parallel()
	set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [`+
		strings.TrimSuffix(strings.Repeat(`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},`, 3000), ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(set, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	e.meter = meter.New(30_000_000)
	for i := range 100 {
		result, err := e.ExplainDenial(denial.Denial{Action: "s3:GetObject", Resource: fmt.Sprintf("arn:aws:s3:::b/%d", i)})
		if _, ok := errors.AsType[*meter.TooMuch](err); ok {
			if !strings.Contains(err.Error(), "statements about the denied requests") || result.Grants != nil {
				t.Errorf("denial %d: %d grants, error: %v", i, len(result.Grants), err)
			}
			return
		}
		if len(result.Grants) != 3000 || err != nil {
			t.Fatalf("denial %d: %d grants, %v", i, len(result.Grants), err)
		}
	}
	t.Error("100 denials with 3000 statements each were not refused")
}

// The text of the denials is metered too.
func TestReadingDenialsIsMetered(t *testing.T) {
	t.Parallel()
	e := &Explainer{meter: meter.New(10 * readCost)}
	if err := e.SpendOnText(9); err != nil {
		t.Error(err)
	}
	if _, ok := errors.AsType[*meter.TooMuch](e.SpendOnText(9)); !ok {
		t.Error("reading 18 bytes did not exceed a limit of 10")
	}
}

// TestTooManyStatementsAboutOneAction checks that an action with too many
// statements is refused: many roles have a permissions boundary with many
// statements.
func TestTooManyStatementsAboutOneAction(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"Resources":{"B":{"Type":"AWS::IAM::ManagedPolicy","Properties":{"PolicyDocument":{"Version":"2012-10-17","Statement":[`)
	b.WriteString(strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},`, 400), ","))
	b.WriteString(`]}}}`)
	for i := range 300 {
		fmt.Fprintf(&b, `,"R%d":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[]},"PermissionsBoundary":{"Ref":"B"}}}`, i)
	}
	set, err := document.ReadSet("t.json", []byte(b.String()+"}}"))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(set, catalogue)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Explain("s3:GetObject"); err == nil || !strings.Contains(err.Error(), "more than 100000 statements about s3:GetObject") {
		t.Errorf("error: %v", err)
	}
}
