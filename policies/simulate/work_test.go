// Tests of hostile inputs: a simulation must finish or refuse them.

package simulate

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// TestHostileSimulationsEnd checks that requests are refused if their
// statements have so many texts that the requests together exceed the limit.
func TestHostileSimulationsEnd(t *testing.T) {
	t.Parallel()
	simulation := func(requests int, statement document.Statement) *Simulation {
		statement.Effect = document.Allow
		doc := &document.Document{Version: "2012-10-17", Statements: []document.Statement{statement}}
		s := &Simulation{Policies: Policies{Identity: []document.Policy{{Name: "p", Document: doc}}}, actions: []string{"s3:GetObject"}}
		for range requests {
			s.resources = append(s.resources, "arn:aws:s3:::b/x")
		}
		return s
	}
	check := func(name string, outcomes []Outcome, err error, refused bool) {
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != refused || ok && outcomes != nil {
			t.Errorf("%s: %d outcomes, error: %v", name, len(outcomes), err)
		}
	}
	actions := document.Statement{Actions: slices.Repeat([]string{"s3:Get*x"}, 200_000), Resources: []string{"*"}}
	outcomes, err := simulation(1, actions).Run()
	check("1 request", outcomes, err, false)
	// A hundredth of the limit keeps the test short.
	outcomes, err = simulation(1000, actions).RunWithin(meter.New(meter.Limit / 100))
	check("1000 requests", outcomes, err, true)
	// Run has a limit too. No action matches, so the resources are only
	// counted.
	long := strings.Repeat("x", 32_000)
	outcomes, err = simulation(1000, document.Statement{Actions: []string{"sqs:*"}, Resources: slices.Repeat([]string{long}, 200)}).Run()
	check("1000 requests of long texts", outcomes, err, true)
}

// TestConditionsAndNotesAreMetered checks that evaluating conditions and
// writing notes counts beyond the weight of the policies.
func TestConditionsAndNotesAreMetered(t *testing.T) {
	conditions := make([]document.Condition, 10_000)
	for i := range conditions {
		conditions[i] = document.Condition{Operator: "StringEquals", Key: "aws:RequestTag/x", Values: []string{"a"}}
	}
	one := document.Statement{Effect: document.Allow, Actions: []string{"s3:*"}, Resources: []string{"*"}}
	conditional, refused := one, one
	conditional.Conditions = conditions
	refused.Principals = []document.Principal{{Kind: "AWS", ID: "*"}}
	for name, statements := range map[string][]document.Statement{"conditions": {conditional}, "notes": slices.Repeat([]document.Statement{refused}, 5_000)} {
		doc := &document.Document{Version: "2012-10-17", Statements: statements}
		request := Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x"}
		p := Policies{Identity: []document.Policy{{Name: "p", Document: doc}}}
		m := meter.New(meter.Limit)
		evaluateWithin(p, request, m)
		if least := 100_000; m.Spent()-p.weight() < least {
			t.Errorf("%s: spent %d besides the weight, want at least %d", name, m.Spent()-p.weight(), least)
		}
	}
}
