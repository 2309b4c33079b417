// Tests of failed deployments: the cause in the error, and the state for the
// next deployment.

package cfnstack_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func TestOneResourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		reason := `Resource handler returned message: "User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/c.capa because no identity-based policy allows the iam:CreateRole action (Service: Iam, Status Code: 403, Request ID: x)" (RequestToken: y, HandlerErrorCode: AccessDenied)`
		f.Fail(cfndouble.PhaseCreate, "C", reason)
		f.Durations["A"], f.Durations["B"], f.Durations["C"], f.Durations["D"] = seconds(1), seconds(2), seconds(3), seconds(9)
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B", "C", "D")})
		wantText(t, err, "creating stack capa", "AWS::IAM::Role C", "is not authorized to perform: iam:CreateRole", "the stack is DELETE_COMPLETE")
		failure, ok := errors.AsType[*cfnstack.Failure](err)
		if !ok || failure.Cause.LogicalID != "C" || len(failure.Others) != 0 || failure.Reason.Kind != cfnstack.KindPermission || failure.Reason.Action != "iam:CreateRole" {
			t.Fatalf("failure: %+v", failure)
		}
		wantEqual(t, "left", len(f.AccountResources()), 0)
		wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
		f.Heal("C")
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B", "C", "D")).Result, cfnstack.ResultCreated)
	})
}

func TestKeepFailedThenRecreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Fail(cfndouble.PhaseCreate, "B", "Rate exceeded")
		f.Durations["B"] = seconds(5)
		request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B"), KeepFailed: true}
		_, err := f.Deploy(t.Context(), request)
		wantText(t, err, "B is CREATE_FAILED: Rate exceeded", "the stack is CREATE_FAILED")
		f.Heal("B")
		before := f.Mutations()
		_, err = f.Deploy(t.Context(), request)
		wantText(t, err, "deleting and recreating stack capa, which is CREATE_FAILED (A): not confirmed: nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
		f.confirms = true
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
	})
}

func TestUpdateFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		f.Durations["B"] = seconds(9)
		f.Fail(cfndouble.PhaseUpdate, "A", "Cannot exceed quota for PolicySize: 6144 (Service: Iam, Status Code: 409)")
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=1", "B=1", "C")})
		wantText(t, err, "updating stack capa", "AWS::IAM::Role A", "PolicySize: 6144", "the stack is UPDATE_ROLLBACK_COMPLETE")
		wantKind(t, err, cfnstack.KindPolicySize)
		failure, _ := errors.AsType[*cfnstack.Failure](err)
		if len(failure.Others) != 0 {
			t.Errorf("cancelled siblings are named: %+v", failure.Others)
		}

		f.Fail(cfndouble.PhaseRollback, "A", "Rate exceeded")
		_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=1", "B=1")})
		wantText(t, err, "PolicySize", "the stack is UPDATE_ROLLBACK_FAILED")
		f.Heal("A")
		f.confirms = true
		wantEqual(t, "result", f.deploy(t, template(t, "A=1", "B=1")).Result, cfnstack.ResultUpdated)
	})
}

func TestNameExists(t *testing.T) {
	for _, isEarly := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.EarlyValidation = isEarly
			f.AddResource("AWS::IAM::Role", "b.capa")
			request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")}
			_, err := f.Deploy(t.Context(), request)
			wantText(t, err, "AWS::IAM::Role B", "already exists")
			failure, _ := errors.AsType[*cfnstack.Failure](err)
			if failure.Reason.Kind != cfnstack.KindNameExists || failure.Reason.Name != "b.capa" {
				t.Errorf("reason: %+v", failure.Reason)
			}
			time.Sleep(time.Minute)
			wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
			wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/b.capa")

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

func TestFailedAdoptionKeepsExistingResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.AddResource("AWS::IAM::Role", "b.capa")
		f.Fail(cfndouble.PhaseCreate, "C", "Rate exceeded")
		f.Durations["C"] = seconds(5)
		request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B", "C"), ImportExisting: true}
		_, err := f.Deploy(t.Context(), request)
		wantText(t, err, "Rate exceeded", "the stack is ROLLBACK_COMPLETE")
		wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/b.capa")
		f.Heal("C")
		if _, err := f.Deploy(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFailedResourceRemovalIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A", "B"))
		f.Fail(cfndouble.PhaseDelete, "B", "Cannot delete entity, must detach all policies first.")
		outcome := f.deploy(t, template(t, "A"))
		if len(outcome.Left) != 1 || outcome.Left[0].LogicalID != "B" {
			t.Errorf("left: %+v", outcome.Left)
		}
	})
}

func TestRejectedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: `{"Resources": {}}`})
		wantText(t, err, "planning stack capa: Template format error")
		wantKind(t, err, cfnstack.KindTemplate)
		f.ChangeSetTime = time.Hour
		_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: time.Minute})
		wantText(t, err, "timed out after 1m: planning stack capa")
		time.Sleep(time.Minute)
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
		f.ChangeSetTime = time.Second
		f.Break(cfndouble.Fault{Kind: cfndouble.Expired, Skip: 2})
		_, err = f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		wantText(t, err, "planning stack capa", "is expired")
		wantKind(t, err, cfnstack.KindCredentials)
	})
}

// TestFollowingAFailedCreation: when a creation fails, CloudFormation deletes
// the stack. A second run that follows the creation does not take this for a
// deletion by someone else, and then creates the stack itself.
func TestFollowingAFailedCreation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Fail(cfndouble.PhaseCreate, "B", "b.capa already exists")
		if _, err := f.Manager.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B"), Detach: true}); err != nil {
			t.Fatal(err)
		}
		_, err := f.Manager.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "creating stack capa: AWS::IAM::Role B", "b.capa already exists")
		f.Heal("B")
		wantEqual(t, "result", f.deploy(t, template(t, "A", "B")).Result, cfnstack.ResultCreated)
	})
}

// TestCauseIsEarliestFailure: the earliest failure is the cause, even when its
// event arrives last.
func TestCauseIsEarliestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Duration = seconds(10)
		f.Fail(cfndouble.PhaseCreate, "B", "Rate exceeded")
		go func() {
			time.Sleep(15 * time.Second)
			f.AddLateEvent(name, "First", "CREATE_FAILED", "Access denied", seconds(8))
		}()
		_, err := f.Manager.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		wantText(t, err, "AWS::IAM::Role First", "Access denied", "B failed too")
	})
}
