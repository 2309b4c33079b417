// Tests of leftovers: a run removes its change sets or names them, and the next
// run removes them.

package cfnstack_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func (f *fixture) leftovers() []cfnstack.Leftover {
	var all []cfnstack.Leftover
	for _, p := range f.progress {
		if p.Stage == cfnstack.StageLeft {
			all = append(all, *p.Leftover)
		}
	}
	return all
}

func (f *fixture) countPending() int {
	n := 0
	for _, c := range f.AllChangeSets() {
		if c.Pending {
			n++
		}
	}
	return n
}

func (f *fixture) wantNoLeftovers(t *testing.T) {
	t.Helper()
	time.Sleep(time.Minute)
	wantEqual(t, "change sets", f.countPending(), 0)
	if status := f.Status(name); status == "REVIEW_IN_PROGRESS" {
		t.Errorf("the empty stack remains")
	}
}

// TestChangeSetInFlightIsRemoved ends a run while the request to create its
// change set is in flight, for a new stack and for an existing one. The change
// set is removed if it appears in time; otherwise it is reported as a leftover
// that may exist.
func TestChangeSetInFlightIsRemoved(t *testing.T) {
	for fault, appears := range map[cfndouble.Fault]bool{
		{Kind: cfndouble.Slow, Delay: 8 * time.Second}:  true,
		{Kind: cfndouble.Lost}:                          true,
		{Kind: cfndouble.Late, Delay: 6 * time.Second}:  true,
		{Kind: cfndouble.Empty}:                         true,
		{Kind: cfndouble.Truncated}:                     true,
		{Kind: cfndouble.Reset}:                         false,
		{Kind: cfndouble.Late, Delay: 25 * time.Second}: false,
	} {
		for _, exists := range []bool{false, true} {
			for _, timeout := range []bool{false, true} {
				t.Run(string(fault.Kind)+fault.Delay.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						f := newFixture(t)
						if exists {
							f.deploy(t, template(t, "A"))
						}
						f.progress = nil
						fault.Operation = "CreateChangeSet"
						f.Break(fault)
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")}
						if timeout {
							request.Timeout = 1500 * time.Millisecond
						} else {
							time.AfterFunc(1500*time.Millisecond, cancel)
						}
						if _, err := f.Plan(ctx, request); err == nil {
							t.Fatal("the plan succeeded")
						}
						leftovers := f.leftovers()
						if appears {
							if len(leftovers) > 0 {
								t.Errorf("left: %+v", leftovers)
							}
							f.wantNoLeftovers(t)
							return
						}
						if len(leftovers) != 1 || !leftovers[0].Uncertain || leftovers[0].ChangeSet == "" || leftovers[0].Stack == exists {
							t.Errorf("left: %+v", leftovers)
						}
					})
				})
			}
		}
	}
}

// TestRefusedChangeSetLeavesNothing: a change set that was refused does not
// exist, so no leftover is reported.
func TestRefusedChangeSetLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Denied})
		f.Break(cfndouble.Fault{Operation: "DeleteChangeSet", Kind: cfndouble.Denied})
		_, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		wantText(t, err, "CreateChangeSet")
		wantEqual(t, "leftovers", len(f.leftovers()), 0)
		wantEqual(t, "requests to delete", f.Count("DeleteChangeSet"), 0)
	})
}

// TestFailedRemovalIsReported: when a request of the removal fails, the
// leftover is reported. The next run removes the leftover, and reports the
// removal.
func TestFailedRemovalIsReported(t *testing.T) {
	for _, operation := range []string{"DeleteChangeSet", "ListChangeSets", "DeleteStack", "DescribeStacks"} {
		for _, kind := range []cfndouble.FaultKind{cfndouble.Denied, cfndouble.Expired, cfndouble.Unavailable} {
			t.Run(operation+" "+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFixture(t)
					request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A")}
					plan, err := f.Plan(t.Context(), request)
					if err != nil {
						t.Fatal(err)
					}
					f.Break(cfndouble.Fault{Operation: operation, Kind: kind})
					plan.Discard(t.Context())
					leftovers := f.leftovers()
					if len(leftovers) != 1 || leftovers[0].StackID == "" || !leftovers[0].Stack || leftovers[0].Uncertain || leftovers[0].Reason() == "" {
						t.Fatalf("left: %+v", leftovers)
					}
					wantEqual(t, "names the change set", leftovers[0].ChangeSet != "", operation == "DeleteChangeSet")
					wantEqual(t, "change sets", f.countPending(), map[bool]int{true: 1}[operation == "DeleteChangeSet"])
					f.RemoveFaults()

					plan, err = f.Plan(t.Context(), request)
					if err != nil {
						t.Fatal(err)
					}
					plan.Discard(t.Context())
					if f.countStage(cfnstack.StageSwept) == 0 {
						t.Error("the removal of the leftover is not reported")
					}
					f.wantNoLeftovers(t)
				})
			})
		}
	}
}

// TestCredentialsExpireWhilePlanning: with expired credentials nothing can be
// removed, and the leftover is reported.
func TestCredentialsExpireWhilePlanning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.progress = nil
		for _, operation := range []string{"DescribeChangeSet", "DeleteChangeSet"} {
			f.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Expired})
		}
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		if err == nil {
			t.Fatal("deployed")
		}
		leftovers := f.leftovers()
		if len(leftovers) != 1 || leftovers[0].ChangeSet == "" || leftovers[0].Stack {
			t.Errorf("left: %+v", leftovers)
		}
	})
}

// TestUsedStackIsNotDeleted: between two attempts to delete the empty stack,
// another person deploys to it. The second attempt must not be sent.
func TestUsedStackIsNotDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if err != nil {
			t.Fatal(err)
		}
		f.Break(cfndouble.Fault{Operation: "DeleteStack", Kind: cfndouble.Unavailable, NotCarriedOut: true, Times: 1})
		attempts := 0
		f.OnRequest(func(r cfndouble.Request) {
			if attempts == 1 && r.Operation != "DeleteStack" { // the first request after the failed attempt
				attempts++
				f.StartUpdate(name, template(t, "A"))
			}
			if r.Operation == "DeleteStack" {
				attempts++
			}
		})
		plan.Discard(t.Context())
		wantEqual(t, "requests to delete the stack", f.Count("DeleteStack"), 1)
		wantEqual(t, "leftovers", len(f.leftovers()), 0)
		f.Finish()
		if status := f.Status(name); status != "UPDATE_COMPLETE" {
			t.Errorf("the stack is %s", status)
		}
	})
}

// TestForeignChangeSetsStay: a change set is removed only if its name has the
// form of the names that this program creates.
func TestForeignChangeSetsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		if err := f.AddChangeSet(name, "release-7", template(t, "A", "C")); err != nil {
			t.Fatal(err)
		}
		if err := f.AddChangeSet(name, "capaboot-upgrade", template(t, "A", "D")); err != nil {
			t.Fatal(err)
		}
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")})
		if err != nil {
			t.Fatal(err)
		}
		plan.Discard(t.Context())
		wantEqual(t, "change sets", f.countPending(), 2)
		wantEqual(t, "swept", f.countStage(cfnstack.StageSwept), 0)
		wantEqual(t, "reports of change sets that a deployment deletes", f.countStage(cfnstack.StageOthers), 1)
		f.deploy(t, template(t, "A"))
		wantEqual(t, "reports, with a plan without changes", f.countStage(cfnstack.StageOthers), 1)
		wantEqual(t, "change sets", f.countPending(), 2)
		f.deploy(t, template(t, "A", "B"))
		wantEqual(t, "reports", f.countStage(cfnstack.StageOthers), 2)
		wantEqual(t, "change sets after a deployment", f.countPending(), 0)
	})
}

// TestDeclinedDeletionRemovesLeftovers: a declined deletion still removes the
// leftovers of earlier runs.
func TestDeclinedDeletionRemovesLeftovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		if _, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")}); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "change sets before", f.countPending(), 1)
		if _, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name}); err == nil {
			t.Fatal("deleted without confirmation")
		}
		wantEqual(t, "change sets", f.countPending(), 0)
		wantEqual(t, "swept", f.countStage(cfnstack.StageSwept), 1)
		wantEqual(t, "status", f.Status(name), "CREATE_COMPLETE")
	})
}

// TestDeniedSweepIsReported: when listing the leftovers is denied, the run
// continues and reports it.
func TestDeniedSweepIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.Break(cfndouble.Fault{Operation: "ListChangeSets", Kind: cfndouble.Denied})
		f.deploy(t, template(t, "A", "B"))
		wantEqual(t, "reports", f.countStage(cfnstack.StageSweepFailed), 1)
	})
}
