// Tests of deletions: the question, the retained resources, and what blocks a
// deletion.

package cfnstack_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func TestDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.PageSize = 2
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultAbsent {
			t.Fatalf("%+v, %v", outcome, err)
		}
		f.deploy(t, template(t, "A", "B", "C", "D", "E"))
		before := f.Mutations()
		_, err = f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "deleting stack capa: not confirmed: nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
		f.confirms, f.progress = true, nil
		events := len(f.EventIDs(name))
		outcome, err = f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantEqual(t, "names", len(f.AccountResources()), 0)
		wantList(t, "events", f.reportedEventIDs(), f.EventIDs(name)[events:]...)
	})
}

func TestDeleteFollowsRunningDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.StartDeletion(name)
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantEqual(t, "questions", len(f.questions), 0)
	})
}

func TestDeleteProtectedStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A"))
		f.SetProtection(name, true)
		before := f.Mutations()
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "has termination protection")
		wantEqual(t, "questions", len(f.questions), 0)
		wantList(t, "mutations", f.Mutations(), before...)
	})
}

func TestDeleteIsBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A", "B", "C"))
		f.Fail(cfndouble.PhaseDelete, "B", `Resource handler returned message: "Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409, Request ID: x)" (RequestToken: y, HandlerErrorCode: InvalidRequest)`)
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		wantText(t, err, "deleting stack capa: AWS::IAM::Role B (b.capa) is DELETE_FAILED", "must detach all policies first", "the stack is DELETE_FAILED")
		failure, _ := errors.AsType[*cfnstack.Failure](err)
		if failure.Reason.Kind != cfnstack.KindInUse || failure.Cause == nil || failure.Cause.LogicalID != "B" {
			t.Errorf("%+v", failure)
		}
		// After the failed deletion, CloudFormation accepts a list of resources
		// to retain.
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"B"}})
		if err != nil || outcome.Result != cfnstack.ResultDeleted || len(outcome.Retained) != 1 {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/b.capa")
	})
}

// TestRetainAgainAfterFailedDeletion: the same command works again after a
// deletion that retained a resource and then failed.
func TestRetainAgainAfterFailedDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A", "B"))
		f.Fail(cfndouble.PhaseDelete, "B", "Cannot delete entity, must detach all policies first.")
		request := cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}}
		_, err := f.Delete(t.Context(), request)
		wantText(t, err, "the stack is DELETE_FAILED")
		f.Heal("B")
		outcome, err := f.Delete(t.Context(), request)
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Fatalf("%+v, %v", outcome, err)
		}
		wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/a.capa")
	})
}

func TestRetainInHealthyStack(t *testing.T) {
	for what, text := range map[string]string{
		"JSON": template(t, "A", "B", "C"),
		"YAML": "# roles\nResources:\n  A:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: a.capa}\n  B:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: b.capa\n" +
			"      Description: !Sub '${AWS::Region} role'\n  C:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: c.capa}\n",
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.deploy(t, text)
				before := f.Mutations()
				request := cfnstack.DeleteRequest{StackName: name, Retain: []string{"A", "B"}}
				_, err := f.Delete(t.Context(), request)
				wantText(t, err, "not confirmed: nothing was changed")
				wantList(t, "mutations", f.Mutations(), before...)
				q := f.questions[0]
				if len(q.Resources) != 1 || q.Resources[0].LogicalID != "C" || len(q.Retained) != 2 {
					t.Errorf("question: %+v", q)
				}
				f.confirms = true
				if _, err := f.Delete(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/a.capa", "AWS::IAM::Role/b.capa")
			})
		})
	}
}

func TestImpossibleRetainDeletesNothing(t *testing.T) {
	t.Run("a name the stack does not have", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.confirms = true
			f.deploy(t, template(t, "RoleNodes", "RoleControl"))
			before := f.Mutations()
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"RoleNode"}})
			wantText(t, err, `no resource "RoleNode" to retain`, `did you mean "RoleNodes"?`)
			wantList(t, "mutations", f.Mutations(), before...)
		})
	})
	t.Run("the update with the DeletionPolicy fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.confirms = true
			f.deploy(t, template(t, "A", "B"))
			f.Fail(cfndouble.PhaseUpdate, "A", "Rate exceeded")
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
			wantText(t, err, "retaining resources of stack capa", "Rate exceeded")
			wantEqual(t, "status", f.Status(name), "UPDATE_ROLLBACK_COMPLETE")
			wantEqual(t, "deletions", f.Count("DeleteStack"), 0)
		})
	})
	t.Run("a state in which nothing can be retained", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.confirms = true
			f.Put(name, "ROLLBACK_FAILED", template(t, "A", "B"), map[string]string{"A": "no"})
			_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
			wantText(t, err, "ROLLBACK_FAILED", "cannot retain A")
			wantEqual(t, "mutations", len(f.Mutations()), 0)
		})
	})
}

func TestStackChangesDuringDeleteQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A"))
		questionCount := 0
		confirm := f.Confirm
		f.Confirm = func(ctx context.Context, q cfnstack.Question) (bool, error) {
			if questionCount++; questionCount == 1 {
				f.StartUpdate(name, template(t, "A", "New"))
			}
			return confirm(ctx, q)
		}
		if _, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name}); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "questions", questionCount, 2)
		var ids []string
		for _, r := range f.questions[1].Resources {
			ids = append(ids, r.LogicalID)
		}
		wantEqual(t, "second question", strings.Join(ids, " "), "A New")
	})
}

func TestRetainChangesNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A", "B"))
		before := f.Mutations()
		// The stack differs from its template, so the update would change B too.
		f.SetProperty(name, "B", "Description", "by hand")
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
		wantText(t, err, "the change set would also change B", "nothing was changed")
		wantList(t, "mutations", f.Mutations(), before...)
	})
}

// TestDeletionPolicyInTemplate deletes a stack whose resources have a
// DeletionPolicy, such as one that adopted resources: the question lists them
// as retained.
func TestDeletionPolicyInTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.AddResource("AWS::IAM::Role", "a.capa")
		if _, err := f.Manager.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A:a.capa", "B:b.capa"), ImportExisting: true}); err != nil {
			t.Fatal(err)
		}
		before := f.Mutations()
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
		if err != nil {
			t.Fatal(err)
		}
		q := f.questions[0]
		wantEqual(t, "resources to delete", len(q.Resources), 0)
		wantEqual(t, "resources to retain", len(q.Retained), 2)
		wantEqual(t, "updated first", len(q.Updates), 0)
		wantEqual(t, "retained", len(outcome.Retained), 2)
		wantList(t, "mutations", f.Mutations(), append(before, "DeleteStack")...)
		wantList(t, "names", f.AccountResources(), "AWS::IAM::Role/a.capa", "AWS::IAM::Role/b.capa")
	})
}

// TestRetainReportsUpdate: the question says that retaining resources of a
// healthy stack updates it first.
func TestRetainReportsUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}})
		wantText(t, err, "not confirmed: nothing was changed")
		if q := f.questions[0]; len(q.Updates) != 1 || q.Updates[0].LogicalID != "A" {
			t.Errorf("question: %+v", q)
		}
		f.confirms = true
		if _, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name, Retain: []string{"A"}}); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "reported updates", f.countStage(cfnstack.StageKeeping), 1)
	})
}

// TestServerForgetsDeletedStack: a deletion succeeds even if the server no
// longer knows the stack once it is deleted.
func TestServerForgetsDeletedStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.confirms = true
		f.deploy(t, template(t, "A"))
		f.ForgetDeleted = true
		outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
		if err != nil || outcome.Result != cfnstack.ResultDeleted {
			t.Fatalf("%+v, %v", outcome, err)
		}
	})
}
