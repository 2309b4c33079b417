// What a run did before a question is reported when the answer is no; and a question
// names the change sets that go with a stack.

package cfnstack_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

// TestANoSaysWhatWasDoneBefore continues a rollback with a yes, and then has a no
// for the plan.
func TestANoSaysWhatWasDoneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Put(name, "UPDATE_ROLLBACK_FAILED", template(t, "A", "B"), nil)
		f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
			return q.Kind == cfnstack.QuestionContinueRollback, nil
		}
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A")})
		declined, ok := errors.AsType[*cfnstack.Declined](err)
		if !ok || !slices.Equal(declined.Deeds, []cfnstack.Deed{cfnstack.DeedContinuedRollback}) {
			t.Errorf("the error is %#v", err)
		}
		wantText(t, err, "not confirmed: nothing more was changed, but before the question this command continued the rollback of the last update")
		wantEqual(t, "status", f.Status(name), "UPDATE_ROLLBACK_COMPLETE")
	})
}

// TestADeletionNamesItsChangeSets, which go with the stack, and looks at them
// again after the answer.
func TestADeletionNamesItsChangeSets(t *testing.T) {
	t.Run("they are named", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := set(t)
			if err := f.PlanNow(name, "other-team", template(t, "A")); err != nil {
				t.Fatal(err)
			}
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
			wantText(t, err, "not confirmed: nothing was changed")
			if len(f.questions) != 1 || !slices.Equal(f.questions[0].ChangeSets, []string{"other-team"}) {
				t.Errorf("the questions are %+v", f.questions)
			}
		})
	})
	t.Run("one appears before the answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := set(t)
			f.deploy(t, template(t, "A"))
			f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
				f.questions = append(f.questions, q)
				if len(f.questions) > 1 {
					return false, nil
				}
				return true, f.PlanNow(name, "other-team", template(t, "A", "B"))
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
			f := set(t)
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

// TestAServerThatForgetsACreationThatFailed: CloudFormation deletes it, and
// no one else did.
func TestAServerThatForgetsACreationThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.ForgetDeleted, f.HideFinal = true, true
		f.Fail(cfndouble.Create, "A", "no room")
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A")})
		if _, ok := errors.AsType[*cfnstack.Failure](err); !ok {
			t.Errorf("the error is %#v", err)
		}
		wantText(t, err, "no room")
	})
}

// TestAnInterruptionSaysAtOnceWhatMayRemain, while the request for a change set
// has no answer yet.
func TestAnInterruptionSaysAtOnceWhatMayRemain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		ctx, interrupt := context.WithCancel(t.Context())
		var said, interrupted time.Time
		f.Observe = func(p cfnstack.Progress) {
			if p.Stage == cfnstack.StageDiscarding {
				if !said.IsZero() {
					t.Error("it is said twice")
				}
				said = time.Now()
			}
		}
		f.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Slow, Delay: 10 * time.Second, Times: 1})
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "CreateChangeSet" {
				interrupted = time.Now()
				interrupt()
			}
		})
		_, err := f.Plan(ctx, cfnstack.Request{StackName: name, Template: template(t, "A")})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if !said.Equal(interrupted) {
			t.Errorf("it is said %v after the interruption", said.Sub(interrupted))
		}
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

// TestADeletionOfSomebodyElse does not keep what was to stay, and that is reported.
func TestADeletionOfSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.yes = true
		f.deploy(t, template(t, "A", "B"))
		f.Duration = 5 * time.Second
		f.DeleteNow(name)
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
		wantText(t, err, "was deleted by someone else before it could be set to keep A: check whether they still exist")
		// Without a resource to keep, the deletion is as requested.
		f.deploy(t, template(t, "A", "B"))
		f.DeleteNow(name)
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}

// TestADeletionSaysWhenItIsNotKnownWhatStays: a template that cannot be read may keep
// any of the resources.
func TestADeletionSaysWhenItIsNotKnownWhatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A", "B"))
		f.Break(cfndouble.Fault{Operation: "GetTemplate", Kind: cfndouble.Denied, Times: 100})
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "not confirmed")
		if len(f.questions) != 1 || f.questions[0].RetainedErr == nil || len(f.questions[0].Resources) != 2 {
			t.Errorf("the questions are %+v", f.questions)
		}
		f.yes = true
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.RetainedErr == nil {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}
