// Tests of deployments: every initial state of a stack, the questions, the
// changes, and the leftovers.

package cfnstack_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
)

func TestCreateNoChangesUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		outcome := f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultCreated)
		wantEqual(t, "status", outcome.Stack.Status, "CREATE_COMPLETE")
		wantEqual(t, "resources", len(outcome.Stack.Resources), 3)
		wantEqual(t, "changes", len(outcome.ChangeSet.Changes), 3)

		before := f.Mutations()
		outcome = f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultUnchanged)
		wantList(t, "mutations", f.Mutations(), before...)
		if len(f.ChangeSets()) > 1 { // the executed change set may remain
			t.Errorf("change sets remain: %q", f.ChangeSets())
		}

		outcome = f.deploy(t, template(t, "A=new", "B", "C", "D"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
		changes := outcome.ChangeSet.Changes
		if len(changes) != 2 || changes[0].Action != "Modify" || changes[1].Action != "Add" {
			t.Fatalf("changes: %+v", changes)
		}
		p := changes[0].Properties[0]
		if p.Name != "Description" || *p.After != "new" || p.Recreation != "Never" || changes[0].Destroys() {
			t.Errorf("property: %+v", p)
		}
		wantEqual(t, "questions", len(f.questions), 0)
		if outcome.ChangeSet.Deployed != template(t, "A", "B", "C") {
			t.Errorf("deployed: %s", outcome.ChangeSet.Deployed)
		}
	})
}

func TestRemovalAndReplacementNeedConfirmation(t *testing.T) {
	for what, next := range map[string][]string{"removal": {"A"}, "replacement": {"A", "B:other"}} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.deploy(t, template(t, "A", "B"))
				before := f.Mutations()
				_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, next...)})
				wantText(t, err, "removing or replacing resources of stack capa (B): not confirmed: nothing was changed")
				if _, ok := errors.AsType[*cfnstack.Declined](err); !ok {
					t.Errorf("%T", err)
				}
				wantList(t, "mutations", f.Mutations(), before...)
				wantList(t, "asked", f.questionKinds(), "apply")
				wantEqual(t, "template", f.Template(name), template(t, "A", "B"))
				wantEqual(t, "change sets", len(f.ChangeSets()), 1) // the executed change set

				f.confirms = true
				outcome := f.deploy(t, template(t, next...))
				wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
			})
		})
	}
}

// TestRisksNeedConfirmation: a change that removes nothing needs a confirmation if the
// caller says that it has risks.
func TestRisksNeedConfirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.Risks = func(*cfnstack.ChangeSet) []string { return []string{"r1", "r2"} }
		request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")}
		_, err := f.Deploy(t.Context(), request)
		wantText(t, err, "updating stack "+name+" (r1, r2): not confirmed: nothing was changed")
		if len(f.questions) != 1 || f.questions[0].Kind != cfnstack.QuestionApply || !slices.Equal(f.questions[0].Risks, []string{"r1", "r2"}) {
			t.Errorf("the questions are %+v", f.questions)
		}
		f.confirms = true
		if _, err := f.Deploy(t.Context(), request); err != nil {
			t.Error(err)
		}
	})
}

func TestInitialStates(t *testing.T) {
	for status, test := range map[string]struct {
		wantQuestion string
		text         []string
		result       cfnstack.Result
	}{
		"ROLLBACK_COMPLETE":        {result: cfnstack.ResultCreated},
		"REVIEW_IN_PROGRESS":       {result: cfnstack.ResultCreated},
		"UPDATE_ROLLBACK_COMPLETE": {result: cfnstack.ResultUpdated},
		"IMPORT_COMPLETE":          {result: cfnstack.ResultUpdated},
		"IMPORT_ROLLBACK_COMPLETE": {result: cfnstack.ResultUpdated},
		"UPDATE_ROLLBACK_FAILED":   {wantQuestion: "continue rollback", text: []string{"continuing the rollback of stack capa", "not confirmed", "(B)"}, result: cfnstack.ResultUpdated},
		"ROLLBACK_FAILED":          {wantQuestion: "delete and create", text: []string{"ROLLBACK_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"CREATE_FAILED":            {wantQuestion: "delete and create", text: []string{"CREATE_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"DELETE_FAILED":            {wantQuestion: "delete and create", text: []string{"DELETE_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"IMPORT_ROLLBACK_FAILED":   {text: []string{"IMPORT_ROLLBACK_FAILED and cannot be changed"}},
	} {
		t.Run(status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.Put(name, status, template(t, "A", "B"), map[string]string{"B": "Cannot delete entity, must detach all policies first."})
				request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A=new", "B")}

				plan, err := f.Plan(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				plan.Discard(t.Context())
				time.Sleep(time.Minute)
				if status == "REVIEW_IN_PROGRESS" {
					// Discarding the plan also deletes the empty stack that an
					// earlier change set left, whichever program created that
					// change set.
					wantEqual(t, "status after a plan", f.Status(name), "DELETE_COMPLETE")
					wantEqual(t, "swept", f.countStage(cfnstack.StageSwept), 1)
					f.Put(name, status, template(t, "A", "B"), nil)
				} else {
					wantEqual(t, "status after a plan", f.Status(name), status)
					wantEqual(t, "mutations of a plan", len(f.Mutations()), 0)
				}

				if test.text != nil {
					_, err := f.Deploy(t.Context(), request)
					wantText(t, err, test.text...)
					wantEqual(t, "mutations without confirmation", len(f.Mutations()), 0)
				}
				if test.wantQuestion != "" {
					wantList(t, "asked", f.questionKinds(), test.wantQuestion)
					q := f.questions[0]
					if i := slices.IndexFunc(q.Resources, func(r cfnstack.Resource) bool { return r.LogicalID == "B" }); i < 0 || q.Resources[i].Reason == "" {
						t.Errorf("the question does not give the reason: %+v", q.Resources)
					}
				}
				if test.result == "" {
					return
				}
				f.confirms = true
				outcome, err := f.Deploy(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "result", outcome.Result, test.result)
			})
		})
	}
}

func TestTerminationProtectionAndDetach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		outcome, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Detach: true})
		if err != nil || outcome.Result != cfnstack.ResultStarted || outcome.StackID == "" {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantEqual(t, "status", f.Status(name), "CREATE_IN_PROGRESS")
		_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), TerminationProtection: true})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "protected", f.Protected(name), true)
	})
}

func TestDetachedCreationWithTerminationProtection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Detach: true, TerminationProtection: true})
		wantText(t, err, "termination protection is enabled only after the creation")
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestProtectedFailedStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.Put(name, "ROLLBACK_COMPLETE", template(t, "A"), nil)
		f.SetProtection(name, true)
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		wantText(t, err, "has termination protection")
		wantEqual(t, "deletions", f.Count("DeleteStack"), 0)
	})
}

// TestUnansweredQuestion: when a cancellation or a timeout ends a question,
// nothing is changed, even if a confirmation arrives later.
func TestUnansweredQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		before, sets := f.Mutations(), len(f.ChangeSets())
		f.Confirm = func(ctx context.Context, _ cfnstack.Question) (bool, error) {
			<-ctx.Done()
			return true, ctx.Err() // a confirmation after the end does not count
		}
		_, err := f.Manager.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: time.Minute})
		wantText(t, err, "timed out after 1m: no answer to the question about stack capa; nothing was changed")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = f.Delete(ctx, cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "no answer to the question", "nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
		wantEqual(t, "change sets", len(f.ChangeSets()), sets)
	})
}
