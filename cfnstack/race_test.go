// Tests of deployments with concurrent changes: before the plan, after it,
// during a question, and while the deployment waits.

package cfnstack_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func TestRunningOperationIsFollowedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.Duration = seconds(40)
		f.StartUpdate(name, template(t, "A", "B"))
		f.progress = nil
		outcome := f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
		wantEqual(t, "changes", len(outcome.ChangeSet.Changes), 1)
		wantEqual(t, "followed", f.countStage(cfnstack.StageFollowing), 1)

		f.StartDeletion(name)
		wantEqual(t, "result", f.deploy(t, template(t, "A")).Result, cfnstack.ResultCreated)
	})
}

// A stack whose status lags behind its events is read less and less often, and
// the wait for it is reported once.
func TestStatusOlderThanTheEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		describe := f.API.DescribeStacks
		var isStale atomic.Bool
		isStale.Store(true)
		f.API.DescribeStacks = func(ctx context.Context, in *cloudformation.DescribeStacksInput, options ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
			out, err := describe(ctx, in, options...)
			if err == nil && isStale.Load() {
				out.Stacks[0].StackStatus = "UPDATE_IN_PROGRESS"
			}
			return out, err
		}
		f.progress = nil
		before := f.Count("DescribeStacks")
		_, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: seconds(60)})
		if _, ok := errors.AsType[*cfnstack.Interrupted](err); !ok {
			t.Errorf("got %v", err)
		}
		wantText(t, err, "is still UPDATE_IN_PROGRESS")
		wantEqual(t, "reported", f.countStage(cfnstack.StageFollowing), 1)
		if requests := f.Count("DescribeStacks") - before; requests > 12 {
			t.Errorf("%d requests in 60 s", requests)
		}
		time.AfterFunc(seconds(3), func() { isStale.Store(false) })
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if err != nil || !plan.NoChanges {
			t.Errorf("after a while: %+v, %v", plan, err)
		}
	})
}

func TestTwoRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		other := &fixture{Double: f.Double}
		other.API = cfnstack.APIOf(f.Client())
		other.Observe = func(p cfnstack.Progress) { other.progress = append(other.progress, p) }
		results := make(chan cfnstack.Result, 2)
		for _, m := range []*fixture{f, other} {
			go func() {
				outcome, err := m.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
				if err != nil {
					t.Error(err)
					results <- ""
					return
				}
				results <- outcome.Result
			}()
			time.Sleep(300 * time.Millisecond)
		}
		got := []cfnstack.Result{<-results, <-results}
		slices.Sort(got)
		if got[0] != cfnstack.ResultCreated || got[1] != cfnstack.ResultUnchanged {
			t.Errorf("results: %q", got)
		}
		wantEqual(t, "executed", len(f.Mutations()), 1)
	})
}

func TestOutdatedPlanIsNotExecuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		interfered := false
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "ExecuteChangeSet" && !interfered {
				interfered = true
				f.StartUpdate(name, template(t, "A", "X"))
			}
		})
		before := f.Mutations()
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		// The new plan removes X, which the first one did not.
		wantText(t, err, "someone else changed the stack after the first plan", "(X)")
		wantList(t, "asked", f.questionKinds(), "apply changed plan")
		wantList(t, "mutations", f.Mutations(), before...)
		wantEqual(t, "plans shown", f.countStage(cfnstack.StagePlanned), 3)
		f.confirms = true
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultUpdated)
	})
}

func TestDeletedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.Duration = seconds(20)
		go func() {
			time.Sleep(15 * time.Second)
			f.StartDeletion(name)
		}()
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "stack capa was deleted while this command waited for it")
		if _, ok := errors.AsType[*cfnstack.Deleted](err); !ok {
			t.Errorf("%T", err)
		}
	})
}

func TestStackChangesDuringQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Put(name, "DELETE_FAILED", template(t, "A"), map[string]string{"A": "no"})
		f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
			f.StartDeletion(name) // another run is faster
			return true, nil
		}
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
		wantEqual(t, "our deletions", f.Count("DeleteStack"), 0)
	})
}
