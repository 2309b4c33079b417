// Tests of requests that may have been carried out although the first attempt
// had no response.

package cfnstack_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

// TestUnreadableExecution: when the change set cannot be read after a lost
// response, the execution is reported as unconfirmed.
func TestUnreadableExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		attempts := 0
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation != "ExecuteChangeSet" {
				return
			}
			if attempts++; attempts == 1 {
				f.Break(cfndouble.Fault{Operation: "ExecuteChangeSet", Kind: cfndouble.Lost, Times: 1})
				return
			}
			f.Break(cfndouble.Fault{Operation: "ExecuteChangeSet", Kind: cfndouble.Refused, Code: "InvalidChangeSetStatus", Message: "The change set is being executed", Times: 1})
			f.Break(cfndouble.Fault{Operation: "DescribeChangeSet", Kind: cfndouble.Denied})
		})
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		if _, ok := errors.AsType[*cfnstack.Unconfirmed](err); !ok {
			t.Errorf("the error is %T %v", err, err)
		}
		wantEqual(t, "planned again", f.countStage(cfnstack.StageReplanning), 0)
	})
}

// TestRejectionIsNotUnconfirmed: the service did not carry out a request that
// it throttled, or whose signature it rejected. So a deletion that ends with
// such errors has not started, and the run does not look for a change set.
func TestRejectionIsNotUnconfirmed(t *testing.T) {
	stale := cfndouble.Fault{Kind: cfndouble.Refused, Code: "RequestTimeTooSkewed", Message: "the clock is wrong", Times: 1}
	for what, faults := range map[string][]cfndouble.Fault{
		"throttled":       {{Kind: cfndouble.Throttled}},
		"stale signature": {stale, {Kind: cfndouble.Denied}},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.confirms = true
				f.deploy(t, template(t, "A"))
				for _, operation := range []string{"DeleteStack", "CreateChangeSet"} {
					for _, fault := range faults {
						fault.Operation = operation
						f.Break(fault)
					}
				}
				_, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
				if _, ok := errors.AsType[*cfnstack.Failure](err); !ok {
					t.Errorf("the error of the deletion is %T %v", err, err)
				}
				_, err = f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
				if _, ok := errors.AsType[*cfnstack.Failure](err); !ok {
					t.Errorf("the error of the plan is %T %v", err, err)
				}
				wantEqual(t, "leftovers", len(f.leftovers()), 0)
			})
		})
	}
}

// TestStackReplacedWhilePlanning: when the stack is replaced during planning,
// the run plans again, even if the response with the stack's ID was lost.
func TestStackReplacedWhilePlanning(t *testing.T) {
	for _, isLost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.deploy(t, template(t, "A"))
			attempts := 0
			f.OnRequest(func(r cfndouble.Request) {
				if r.Operation != "CreateChangeSet" {
					return
				}
				if attempts++; attempts == 2 && isLost {
					f.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Refused, Code: "AlreadyExistsException", Message: "ChangeSet already exists", Times: 1})
				}
				if attempts > 1 {
					return
				}
				if isLost {
					f.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Lost, Times: 1})
				}
				f.StartDeletion(name)
				time.Sleep(10 * time.Second)
				f.Put(name, "CREATE_COMPLETE", template(t, "C"), nil)
			})
			plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "the deployed template", plan.Deployed, template(t, "C"))
			plan.Discard(t.Context())
		})
	}
}
