package explain

import (
	"errors"
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
