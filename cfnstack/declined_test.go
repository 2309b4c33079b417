// Tests of what a declined or interrupted run reports: what it changed before,
// what may remain, and the change sets that are deleted with a stack.

package cfnstack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

// TestDeclinedReportsEarlierChanges: when the caller agrees to continue a
// rollback and then declines the plan, the error says that the rollback was
// continued.
func TestDeclinedReportsEarlierChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Put(name, "UPDATE_ROLLBACK_FAILED", template(t, "A", "B"), nil)
		f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
			return q.Kind == cfnstack.QuestionContinueRollback, nil
		}
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		declined, ok := errors.AsType[*cfnstack.Declined](err)
		if !ok || !slices.Equal(declined.EarlierChanges, []cfnstack.EarlierChange{cfnstack.EarlierContinuedRollback}) {
			t.Errorf("the error is %#v", err)
		}
		wantText(t, err, "not confirmed: before the question, this command continued the rollback of the last update; nothing else was changed")
		wantEqual(t, "status", f.Status(name), "UPDATE_ROLLBACK_COMPLETE")
	})
}

// TestDeletionNamesChangeSets: a deletion names the change sets that are
// deleted with the stack, and reads them again after the confirmation.
func TestDeletionNamesChangeSets(t *testing.T) {
	t.Run("they are listed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			if err := f.AddChangeSet(name, "other-team", template(t, "A")); err != nil {
				t.Fatal(err)
			}
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
			wantText(t, err, "not confirmed: nothing was changed")
			if len(f.questions) != 1 || !slices.Equal(f.questions[0].ChangeSets, []string{"other-team"}) {
				t.Errorf("the questions are %+v", f.questions)
			}
		})
	})
	t.Run("one is created during the question", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.deploy(t, template(t, "A"))
			f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
				f.questions = append(f.questions, q)
				if len(f.questions) > 1 {
					return false, nil
				}
				return true, f.AddChangeSet(name, "other-team", template(t, "A", "B"))
			}
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
			wantText(t, err, "not confirmed")
			if len(f.questions) != 2 || !slices.Equal(f.questions[1].ChangeSets, []string{"other-team"}) {
				t.Errorf("the questions are %+v", f.questions)
			}
		})
	})
	t.Run("they cannot be listed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.deploy(t, template(t, "A"))
			f.Break(cfndouble.Fault{Operation: "ListChangeSets", Kind: cfndouble.Denied, Times: 100})
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
			wantText(t, err, "not confirmed")
			if len(f.questions) != 1 || f.questions[0].ChangeSetsErr == nil {
				t.Errorf("the questions are %+v", f.questions)
			}
		})
	})
}

// TestServerForgetsFailedCreation: when the server no longer knows a stack
// whose creation failed, the error is about the failed creation: CloudFormation
// itself has deleted the stack.
func TestServerForgetsFailedCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.ForgetDeleted, f.HideFinal = true, true
		f.Fail(cfndouble.PhaseCreate, "A", "no room")
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if _, ok := errors.AsType[*cfnstack.Failure](err); !ok {
			t.Errorf("the error is %#v", err)
		}
		wantText(t, err, "no room")
	})
}

// TestInterruptionReportsLeftoverAtOnce: a run that is interrupted while it waits
// for the response to CreateChangeSet reports at once, and only once, that the
// change set will be removed.
func TestInterruptionReportsLeftoverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		ctx, interrupt := context.WithCancel(t.Context())
		var reported, interrupted time.Time
		f.Observe = func(p cfnstack.Progress) {
			if p.Stage == cfnstack.StageDiscarding {
				if !reported.IsZero() {
					t.Error("it is reported twice")
				}
				reported = time.Now()
			}
		}
		f.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Slow, Delay: 10 * time.Second, Times: 1})
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "CreateChangeSet" {
				interrupted = time.Now()
				interrupt()
			}
		})
		_, err := f.Plan(ctx, cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if !reported.Equal(interrupted) {
			t.Errorf("it is reported %v after the interruption", reported.Sub(interrupted))
		}
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

// TestDeletionByAnotherRun: a deletion that another run started may delete
// resources to retain, and that is reported.
func TestDeletionByAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A", "B"))
		f.Duration = 5 * time.Second
		f.StartDeletion(name)
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
		wantText(t, err, "was deleted by someone else before this command could retain A; check whether the resources still exist")
		// The error does not name resources that the other deletion retained.
		f.deploy(t, strings.Replace(template(t, "A", "B"), `"B":{`, `"B":{"DeletionPolicy":"Retain",`, 1))
		f.StartDeletion(name)
		_, err = f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A", "B"}})
		wantText(t, err, "before this command could retain A; check")
		f.RemoveUnowned()
		// Without resources to retain, the other deletion does what was
		// requested.
		f.deploy(t, template(t, "A", "B"))
		f.StartDeletion(name)
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}

// TestDeletionWithUnreadableTemplate: when the template cannot be read, the
// question and the result say that any resource may be retained.
func TestDeletionWithUnreadableTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		f.Break(cfndouble.Fault{Operation: "GetTemplate", Kind: cfndouble.Denied, Times: 100})
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "not confirmed")
		if len(f.questions) != 1 || f.questions[0].RetainedErr == nil || len(f.questions[0].Resources) != 2 {
			t.Errorf("the questions are %+v", f.questions)
		}
		f.confirms = true
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.RetainedErr == nil {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}

// The error names only a few resources, because the question has listed all.
func TestDeclinedErrorNamesFewResources(t *testing.T) {
	var many []cfnstack.Resource
	for _, id := range []string{"A", "B", "C", "D", "E", "F"} {
		many = append(many, cfnstack.Resource{LogicalID: id})
	}
	for n, want := range map[int]string{2: "(A, B)", 6: "(A, B, C and 3 more)"} {
		err := &cfnstack.Declined{Question: cfnstack.Question{Kind: cfnstack.QuestionRecreate, StackName: "capa", Status: "DELETE_FAILED", Resources: many[:n]}}
		if got := err.Error(); got != "deleting and recreating stack capa, which is DELETE_FAILED "+want+": not confirmed: nothing was changed" {
			t.Errorf("%d resources: %s", n, got)
		}
	}
}

// The error names the risks of both kinds of plan.
func TestDeclinedErrorNamesRisks(t *testing.T) {
	for kind, want := range map[cfnstack.QuestionKind]string{
		cfnstack.QuestionApply:        "updating stack capa (role a would trust account b): not confirmed: nothing was changed",
		cfnstack.QuestionApplyChanged: "applying the new plan of stack capa (someone else changed the stack after the first plan) (role a would trust account b): not confirmed: nothing was changed",
	} {
		err := &cfnstack.Declined{Question: cfnstack.Question{Kind: kind, StackName: "capa", Risks: []string{"role a would trust account b"}}}
		if got := err.Error(); got != want {
			t.Errorf("got %q", got)
		}
	}
}
