// Tests of deployments: every state a stack may be in, what is asked, what is
// changed, and what is left behind.

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

func TestFirstDeploymentThenNoChangesThenAnUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		outcome := f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultCreated)
		wantEqual(t, "status", outcome.Stack.Status, "CREATE_COMPLETE")
		wantEqual(t, "resources", len(outcome.Stack.Resources), 3)
		wantEqual(t, "account", outcome.Stack.Place(), cfnstack.Place{Partition: "aws", Region: "eu-west-1", Account: "123456789012"})
		wantEqual(t, "changes", len(outcome.ChangeSet.Changes), 3)

		before := f.Mutations()
		outcome = f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultNone)
		wantList(t, "mutations", f.Mutations(), before...)
		if !slices.Equal(f.ChangeSets(), []string(nil)) && len(f.ChangeSets()) > 1 {
			t.Errorf("change sets are left: %q", f.ChangeSets())
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

func TestPlanLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		plan, err := f.Plan(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A")})
		if err != nil {
			t.Fatal(err)
		}
		if !plan.Create || len(plan.Changes) != 1 || plan.Changes[0].LogicalID != "A" {
			t.Errorf("plan: %+v", plan)
		}
		wantEqual(t, "status", f.Status(name), "REVIEW_IN_PROGRESS")
		// The context may have ended.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		plan.Discard(ctx)
		time.Sleep(time.Minute)
		wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestPlanLeavesTheStackThatAnotherRunPlansFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		request := cfnstack.Request{StackName: name, Template: template(t, "A")}
		one, err := f.Plan(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		other, err := f.Plan(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		one.Discard(t.Context())
		wantEqual(t, "status", f.Status(name), "REVIEW_IN_PROGRESS")
		wantEqual(t, "change sets", len(f.ChangeSets()), 1)
		other.Discard(t.Context())
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestPlanReadsAllPagesAndServersWithoutValues(t *testing.T) {
	for _, values := range []string{"", "ignore", "reject"} {
		synctest.Test(t, func(t *testing.T) {
			f := set(t)
			f.PageSize, f.PropertyValues = 2, values
			f.deploy(t, template(t, "A", "B", "C", "D", "E"))
			plan, err := f.Plan(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A=1", "B=2", "C=3", "D=4", "E=5")})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "changes", len(plan.Changes), 5)
			wantEqual(t, "value given", plan.Changes[4].Properties[0].After != nil, values == "")
		})
	}
}

func TestTagsAloneAreAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A"))
		f.Tag(name, map[string]string{"old": "1", "same": "2"})
		plan, err := f.Plan(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), Tags: map[string]string{"new": "3", "same": "2"}})
		if err != nil {
			t.Fatal(err)
		}
		if plan.NoChanges {
			t.Error("no changes")
		}
		tags := plan.TagChanges()
		if len(tags) != 2 || tags[0].Key != "new" || tags[0].Before != nil || *tags[0].After != "3" || tags[1].Key != "old" || tags[1].After != nil {
			t.Errorf("tags: %+v", tags)
		}
	})
}

func TestRemovalAndReplacementNeedAYes(t *testing.T) {
	for what, next := range map[string][]string{"removal": {"A"}, "replacement": {"A", "B:other"}} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := set(t)
				f.deploy(t, template(t, "A", "B"))
				before := f.Mutations()
				_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, next...)})
				wantText(t, err, "stack capa: removing or replacing resources (B): not confirmed: nothing was changed")
				if _, ok := errors.AsType[*cfnstack.Declined](err); !ok {
					t.Errorf("%T", err)
				}
				wantList(t, "mutations", f.Mutations(), before...)
				wantList(t, "asked", f.asked(), "apply")
				wantEqual(t, "template", f.Template(name), template(t, "A", "B"))
				wantEqual(t, "change sets", len(f.ChangeSets()), 1) // the one that was executed

				f.yes = true
				outcome := f.deploy(t, template(t, next...))
				wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
			})
		})
	}
}

func TestThirdResourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		reason := `Resource handler returned message: "User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/c.capa because no identity-based policy allows the iam:CreateRole action (Service: Iam, Status Code: 403, Request ID: x)" (RequestToken: y, HandlerErrorCode: AccessDenied)`
		f.Fail(cfndouble.Create, "C", reason)
		f.Durations["A"], f.Durations["B"], f.Durations["C"], f.Durations["D"] = seconds(1), seconds(2), seconds(3), seconds(9)
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B", "C", "D")})
		wantText(t, err, "creating stack capa", "AWS::IAM::Role C", "is not authorized to perform: iam:CreateRole", "the stack is DELETE_COMPLETE")
		failure, ok := errors.AsType[*cfnstack.Failure](err)
		if !ok || failure.Cause.LogicalID != "C" || len(failure.Others) != 0 || failure.Reason.Kind != cfnstack.KindPermission || failure.Reason.Action != "iam:CreateRole" {
			t.Fatalf("failure: %+v", failure)
		}
		wantEqual(t, "left", len(f.Names()), 0)
		wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
		f.Heal("C")
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B", "C", "D")).Result, cfnstack.ResultCreated)
	})
}

func TestKeepFailedThenDeleteAndCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Fail(cfndouble.Create, "B", "Rate exceeded")
		f.Durations["B"] = seconds(5)
		request := cfnstack.Request{StackName: name, Template: template(t, "A", "B"), KeepFailed: true}
		_, err := f.Deploy(t.Context(), request)
		wantText(t, err, "B is CREATE_FAILED: Rate exceeded", "the stack is CREATE_FAILED")
		failure, _ := errors.AsType[*cfnstack.Failure](err)
		if len(failure.Resources) != 1 || failure.Resources[0].LogicalID != "A" {
			t.Errorf("left: %+v", failure.Resources)
		}
		f.Heal("B")
		before := f.Mutations()
		_, err = f.Deploy(t.Context(), request)
		wantText(t, err, "stack capa is CREATE_FAILED: deleting and recreating it (A): not confirmed: nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
		f.yes = true
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
	})
}

func TestStatesBeforeADeployment(t *testing.T) {
	for status, test := range map[string]struct {
		asks   string
		text   []string
		result cfnstack.Result
	}{
		"ROLLBACK_COMPLETE":        {result: cfnstack.ResultCreated},
		"REVIEW_IN_PROGRESS":       {result: cfnstack.ResultCreated},
		"UPDATE_ROLLBACK_COMPLETE": {result: cfnstack.ResultUpdated},
		"IMPORT_COMPLETE":          {result: cfnstack.ResultUpdated},
		"IMPORT_ROLLBACK_COMPLETE": {result: cfnstack.ResultUpdated},
		"UPDATE_ROLLBACK_FAILED":   {asks: "continue rollback", text: []string{"UPDATE_ROLLBACK_FAILED", "not confirmed", "(B)"}, result: cfnstack.ResultUpdated},
		"ROLLBACK_FAILED":          {asks: "delete and create", text: []string{"ROLLBACK_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"CREATE_FAILED":            {asks: "delete and create", text: []string{"CREATE_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"DELETE_FAILED":            {asks: "delete and create", text: []string{"DELETE_FAILED", "(A, B)"}, result: cfnstack.ResultCreated},
		"IMPORT_ROLLBACK_FAILED":   {text: []string{"IMPORT_ROLLBACK_FAILED and cannot be changed"}},
	} {
		t.Run(status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := set(t)
				f.Put(name, status, template(t, "A", "B"), map[string]string{"B": "Cannot delete entity, must detach all policies first."})
				request := cfnstack.Request{StackName: name, Template: template(t, "A=new", "B")}

				plan, err := f.Plan(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				plan.Discard(t.Context())
				time.Sleep(time.Minute)
				if status == "REVIEW_IN_PROGRESS" {
					// An empty stack that a plan left, of this program or another.
					wantEqual(t, "status after a plan", f.Status(name), "DELETE_COMPLETE")
					wantEqual(t, "swept", f.stages(cfnstack.StageSwept), 1)
					f.Put(name, status, template(t, "A", "B"), nil)
				} else {
					wantEqual(t, "status after a plan", f.Status(name), status)
					wantEqual(t, "mutations of a plan", len(f.Mutations()), 0)
				}

				if test.text != nil {
					_, err := f.Deploy(t.Context(), request)
					wantText(t, err, test.text...)
					wantEqual(t, "mutations without a yes", len(f.Mutations()), 0)
				}
				if test.asks != "" {
					wantList(t, "asked", f.asked(), test.asks)
					q := f.questions[0]
					if i := slices.IndexFunc(q.Resources, func(r cfnstack.Resource) bool { return r.LogicalID == "B" }); i < 0 || q.Resources[i].Reason == "" {
						t.Errorf("the question does not say why: %+v", q.Resources)
					}
				}
				if test.result == "" {
					return
				}
				f.yes = true
				outcome, err := f.Deploy(t.Context(), request)
				if err != nil {
					t.Fatal(err)
				}
				wantEqual(t, "result", outcome.Result, test.result)
			})
		})
	}
}

func TestAnOperationUnderWayIsFollowedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A"))
		f.Duration = seconds(40)
		f.Interfere(name, template(t, "A", "B"))
		f.progress = nil
		outcome := f.deploy(t, template(t, "A", "B", "C"))
		wantEqual(t, "result", outcome.Result, cfnstack.ResultUpdated)
		wantEqual(t, "changes", len(outcome.ChangeSet.Changes), 1)
		wantEqual(t, "followed", f.stages(cfnstack.StageFollowing), 1)

		f.DeleteNow(name)
		wantEqual(t, "result", f.deploy(t, template(t, "A")).Result, cfnstack.ResultCreated)
	})
}

func TestTwoRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		other := &fixture{Double: f.Double}
		other.API = f.Client()
		other.Observe = func(p cfnstack.Progress) { other.progress = append(other.progress, p) }
		results := make(chan cfnstack.Result, 2)
		for _, m := range []*fixture{f, other} {
			go func() {
				outcome, err := m.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B")})
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
		if got[0] != cfnstack.ResultCreated || got[1] != cfnstack.ResultNone {
			t.Errorf("results: %q", got)
		}
		wantEqual(t, "executed", len(f.Mutations()), 1)
	})
}

func TestAPlanThatIsOldIsNotExecuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A"))
		interfered := false
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "ExecuteChangeSet" && !interfered {
				interfered = true
				f.Interfere(name, template(t, "A", "X"))
			}
		})
		before := f.Mutations()
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B")})
		// The new plan removes X, which the first one did not.
		wantText(t, err, "changed by somebody else after the plan was shown", "(X)")
		wantList(t, "asked", f.asked(), "apply changed plan")
		wantList(t, "mutations", f.Mutations(), before...)
		wantEqual(t, "plans shown", f.stages(cfnstack.StagePlanned), 3)
		f.yes = true
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultUpdated)
	})
}

func TestDeletedWhileWeWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A"))
		f.Duration = seconds(20)
		go func() {
			time.Sleep(15 * time.Second)
			f.DeleteNow(name)
		}()
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "stack capa was deleted while this command waited for it")
		if _, ok := errors.AsType[*cfnstack.Deleted](err); !ok {
			t.Errorf("%T", err)
		}
	})
}

func TestUpdateFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A", "B"))
		f.Durations["B"] = seconds(9)
		f.Fail(cfndouble.Update, "A", "Cannot exceed quota for PolicySize: 6144 (Service: Iam, Status Code: 409)")
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A=1", "B=1", "C")})
		wantText(t, err, "updating stack capa", "AWS::IAM::Role A", "PolicySize: 6144", "the stack is UPDATE_ROLLBACK_COMPLETE")
		wantKind(t, err, cfnstack.KindPolicySize)
		failure, _ := errors.AsType[*cfnstack.Failure](err)
		if len(failure.Others) != 0 {
			t.Errorf("cancelled siblings are named: %+v", failure.Others)
		}

		f.Fail(cfndouble.Rollback, "A", "Rate exceeded")
		_, err = f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A=1", "B=1")})
		wantText(t, err, "PolicySize", "the stack is UPDATE_ROLLBACK_FAILED")
		f.Heal("A")
		f.yes = true
		wantEqual(t, "result", f.deploy(t, template(t, "A=1", "B=1")).Result, cfnstack.ResultUpdated)
	})
}

func TestNameExists(t *testing.T) {
	for _, early := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := set(t)
			f.EarlyValidation = early
			f.Exists("AWS::IAM::Role", "b.capa")
			request := cfnstack.Request{StackName: name, Template: template(t, "A", "B")}
			_, err := f.Deploy(t.Context(), request)
			wantText(t, err, "AWS::IAM::Role B", "already exists")
			failure, _ := errors.AsType[*cfnstack.Failure](err)
			if failure.Reason.Kind != cfnstack.KindNameExists || failure.Reason.Name != "b.capa" {
				t.Errorf("reason: %+v", failure.Reason)
			}
			time.Sleep(time.Minute)
			wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
			wantList(t, "names", f.Names(), "AWS::IAM::Role/b.capa")

			request.ImportExisting = true
			outcome, err := f.Deploy(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if c := outcome.ChangeSet.Changes[1]; c.Action != "Import" || c.PhysicalID != "b.capa" {
				t.Errorf("change: %+v", c)
			}
		})
	}
}

func TestAFailedAdoptionLeavesWhatWasThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Exists("AWS::IAM::Role", "b.capa")
		f.Fail(cfndouble.Create, "C", "Rate exceeded")
		f.Durations["C"] = seconds(5)
		request := cfnstack.Request{StackName: name, Template: template(t, "A", "B", "C"), ImportExisting: true}
		_, err := f.Deploy(t.Context(), request)
		wantText(t, err, "Rate exceeded", "the stack is ROLLBACK_COMPLETE")
		wantList(t, "names", f.Names(), "AWS::IAM::Role/b.capa")
		f.Heal("C")
		if _, err := f.Deploy(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTerminationProtectionAndDetach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		outcome, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), Detach: true})
		if err != nil || outcome.Result != cfnstack.ResultStarted || outcome.StackID == "" {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantEqual(t, "status", f.Status(name), "CREATE_IN_PROGRESS")
		_, err = f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), TerminationProtection: true})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "protected", f.Protected(name), true)
		if err := f.SetTerminationProtection(t.Context(), name, false); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "protected", f.Protected(name), false)
	})
}

func TestWhatCouldNotBeRemovedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.yes = true
		f.deploy(t, template(t, "A", "B"))
		f.Fail(cfndouble.Delete, "B", "Cannot delete entity, must detach all policies first.")
		outcome := f.deploy(t, template(t, "A"))
		if len(outcome.Left) != 1 || outcome.Left[0].LogicalID != "B" {
			t.Errorf("left: %+v", outcome.Left)
		}
	})
}

func TestTerminationProtectionWithoutWaitingForTheFirstDeployment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), Detach: true, TerminationProtection: true})
		wantText(t, err, "termination protection cannot be switched on without waiting")
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestWhatCloudFormationRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: `{"Resources": {}}`})
		wantText(t, err, "planning stack capa: Template format error")
		wantKind(t, err, cfnstack.KindTemplate)
		_, err = f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: strings.Repeat(" ", 51_201)})
		wantText(t, err, "51201 bytes", "51200")
		f.ChangeSetTime = time.Hour
		_, err = f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), Timeout: time.Minute})
		wantText(t, err, "timed out after 1m: planning stack capa")
		time.Sleep(time.Minute)
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
		f.ChangeSetTime = time.Second
		f.Break(cfndouble.Fault{Kind: cfndouble.Expired, Skip: 2})
		_, err = f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A")})
		wantText(t, err, "planning stack capa", "is expired")
		wantKind(t, err, cfnstack.KindCredentials)
	})
}

func TestAnAnswerHoldsForTheStateThatWasAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Put(name, "DELETE_FAILED", template(t, "A"), map[string]string{"A": "no"})
		f.Confirm = func(_ context.Context, q cfnstack.Question) (bool, error) {
			f.DeleteNow(name) // somebody else is faster
			return true, nil
		}
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
		wantEqual(t, "deletions by us", f.Count("DeleteStack"), 0)
	})
}

func TestAFailedStackThatIsProtected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.yes = true
		f.Put(name, "ROLLBACK_COMPLETE", template(t, "A"), nil)
		if err := f.SetTerminationProtection(t.Context(), name, true); err != nil {
			t.Fatal(err)
		}
		_, err := f.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A")})
		wantText(t, err, "has termination protection")
		wantEqual(t, "deletions", f.Count("DeleteStack"), 0)
	})
}

// TestAFirstDeploymentThatFailsIsFollowedByASecondRun: CloudFormation deletes
// the stack, and not somebody else.
func TestAFirstDeploymentThatFailsIsFollowedByASecondRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Fail(cfndouble.Create, "B", "b.capa already exists")
		if _, err := f.Manager.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B"), Detach: true}); err != nil {
			t.Fatal(err)
		}
		_, err := f.Manager.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "creating stack capa: AWS::IAM::Role B", "b.capa already exists")
		f.Heal("B")
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
	})
}

// TestNoAnswer ends questions by cancelling and by the time-out.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.deploy(t, template(t, "A", "B"))
		before, sets := f.Mutations(), len(f.ChangeSets())
		f.Confirm = func(ctx context.Context, _ cfnstack.Question) (bool, error) {
			<-ctx.Done()
			return true, ctx.Err() // a yes that comes too late is none
		}
		_, err := f.Manager.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A"), Timeout: time.Minute})
		wantText(t, err, "timed out after 1m: stack capa: no answer to the question: nothing was changed")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = f.Delete(ctx, cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "no answer to the question", "nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
		wantEqual(t, "change sets", len(f.ChangeSets()), sets)
	})
}

// TestTheCauseIsTheFirstInTime although its event turns up last.
func TestTheCauseIsTheFirstInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := set(t)
		f.Duration = seconds(10)
		f.Fail(cfndouble.Create, "B", "Rate exceeded")
		go func() {
			time.Sleep(15 * time.Second)
			f.Late(name, "First", "CREATE_FAILED", "Access denied", seconds(8))
		}()
		_, err := f.Manager.Deploy(t.Context(), cfnstack.Request{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "AWS::IAM::Role First", "Access denied", "B failed too")
	})
}
