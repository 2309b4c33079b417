// Tests of hostile inputs: a simulation ends, or refuses them.

package simulate

import (
	"errors"
	"testing"

	"capaboot/internal/meter"
	"capaboot/policies/document"
)

// TestHostileSimulationsEnd asks of a statement with more texts than all requests
// together may be held against.
func TestHostileSimulationsEnd(t *testing.T) {
	actions := make([]string, 200_000)
	for i := range actions {
		actions[i] = "s3:Get*x"
	}
	doc := &document.Document{Version: "2012-10-17", Statements: []document.Statement{{Effect: document.Allow, Actions: actions, Resources: []string{"*"}}}}
	for _, one := range []struct {
		requests int
		refused  bool
	}{{1, false}, {1000, true}} {
		s := &Simulation{Policies: Policies{Identity: []document.Policy{{Name: "p", Document: doc}}}, actions: []string{"s3:GetObject"}}
		for range one.requests {
			s.resources = append(s.resources, "arn:aws:s3:::b/x")
		}
		outcomes, err := s.Run()
		if _, ok := errors.AsType[*meter.TooMuch](err); ok != one.refused || ok && outcomes != nil {
			t.Errorf("%d requests: %d outcomes, error: %v", one.requests, len(outcomes), err)
		}
	}
}
