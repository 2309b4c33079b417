// Helpers: a double of CloudFormation, a Manager that records progress and
// questions, and templates.

package cfnstack_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

const name = "capa"

// fixture is a double of CloudFormation with a Manager.
type fixture struct {
	t *testing.T
	*cfndouble.Double
	cfnstack.Manager
	confirms  bool
	questions []cfnstack.Question
	progress  []cfnstack.Progress
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Double: cfndouble.New()}
	f.API = cfnstack.APIOf(f.Client())
	f.Observe = func(p cfnstack.Progress) { f.progress = append(f.progress, p) }
	f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
		f.questions = append(f.questions, q)
		return f.confirms, nil
	}
	return f
}

func (f *fixture) reportedEventIDs() []string {
	var ids []string
	for _, p := range f.progress {
		if p.Stage == cfnstack.StageEvent {
			ids = append(ids, p.Event.ID)
		}
	}
	return ids
}

func (f *fixture) countStage(stage cfnstack.Stage) int {
	n := 0
	for _, p := range f.progress {
		if p.Stage == stage {
			n++
		}
	}
	return n
}

func (f *fixture) questionKinds() []string {
	var kinds []string
	for _, q := range f.questions {
		kinds = append(kinds, string(q.Kind))
	}
	return kinds
}

// template returns a template with the roles "A", "B", …; "A=x" has the
// description x, and "A:b" the name b.
func template(t testing.TB, roles ...string) string {
	t.Helper()
	resources := map[string]any{}
	for _, role := range roles {
		role, description, _ := strings.Cut(role, "=")
		id, roleName, hasName := strings.Cut(role, ":")
		if !hasName {
			roleName = strings.ToLower(id) + ".capa"
		}
		resources[id] = map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": roleName, "Description": description}}
	}
	text, err := json.Marshal(map[string]any{"Resources": resources})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (f *fixture) deploy(t *testing.T, text string) *cfnstack.Outcome {
	t.Helper()
	outcome, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: text})
	if err != nil {
		t.Fatalf("deploying: %v", err)
	}
	return outcome
}

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	text := err.Error()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the error\n%s\nlacks %q", text, part)
		}
	}
}

func wantKind(t *testing.T, err error, kind cfnstack.Kind) {
	t.Helper()
	if failure, ok := errors.AsType[*cfnstack.Failure](err); !ok || failure.Reason.Kind != kind {
		t.Errorf("%#v is not a failure of the kind %q", err, kind)
	}
}

func wantEqual[T comparable](t *testing.T, name string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v, want %v", name, got, want)
	}
}

func wantList(t *testing.T, name string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
