package explain

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// TestHostileQuestionsEnd asks for every action of a policy with many patterns.
func TestHostileQuestionsEnd(t *testing.T) {
	set, err := document.ReadSet("p.json", []byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [`+
		strings.Repeat(`"s3:Get*x", `, 20_000)+`"s3:GetObject"], "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	for asked, refused := range map[string]bool{"s3:GetObject": false, "*": true} {
		e, err := New(set, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		e.meter = meter.New(5_000_000)
		answer, err := e.Explain(asked)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != refused || ok && answer.Actions != nil {
			t.Errorf("%s: %d actions, error: %v", asked, len(answer.Actions), err)
		}
	}
}

// TestHostileAnswersEnd asks for a service of which each action has the same
// statement with many conditions: it is the answer that is long.
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
	for asked, refused := range map[string]bool{"s3:GetObject": false, "s3": true} {
		e, err := New(set, catalogue)
		if err != nil {
			t.Fatal(err)
		}
		e.meter = meter.New(5_000_000)
		_, err = e.Explain(asked)
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != refused {
			t.Errorf("%s: error: %v", asked, err)
		}
	}
}
