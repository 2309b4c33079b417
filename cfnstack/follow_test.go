// Tests of following an operation: its end is seen soon and with few requests,
// every event is reported exactly once, and only a final status counts as the
// end.

package cfnstack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
	"capaboot/internal/deadline"
)

func TestFollowingIsPromptWithFewRequests(t *testing.T) {
	for _, took := range []float64{0.5, 1, 2, 3.3, 7.9, 20, 33.3, 61, 300} {
		for _, page := range []int{5, 100} {
			t.Run(fmt.Sprintf("%v s, pages of %d", took, page), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFixture(t)
					f.Duration, f.PageSize = seconds(took), page
					var started time.Time
					requests := 0
					waiting := false
					f.OnRequest(func(r cfndouble.Request) {
						if waiting {
							requests++
						}
						if r.Operation == "ExecuteChangeSet" {
							waiting, started = true, time.Now()
						}
						time.Sleep(150 * time.Millisecond) // the round trip to AWS
					})
					var doneAt time.Time
					observe := f.Observe
					f.Observe = func(p cfnstack.Progress) {
						observe(p)
						if p.Status == "CREATE_COMPLETE" && p.Event != nil && p.Event.Stack {
							doneAt, waiting = time.Now(), false
						}
					}
					f.deploy(t, template(t, "A", "B", "C", "D"))
					final := f.LastEventTime(name)
					if delay := time.Since(final); delay > 2*time.Second {
						t.Errorf("returned %s after the end", delay)
					}
					// One request per second, and more only for the pages of
					// simultaneous events.
					if waited := doneAt.Sub(started); float64(requests) > waited.Seconds()+float64(20/page) {
						t.Errorf("%d requests in %s", requests, waited)
					}
					wantList(t, "events", f.reportedEventIDs(), f.EventIDs(name)[1:]...)
				})
			})
		}
	}
}

func TestEventsOfEarlierOperationsAreNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.PageSize = 3
		for i := range 5 {
			before := len(f.EventIDs(name))
			f.progress = nil
			f.deploy(t, template(t, "A="+fmt.Sprint(i), "B", "C="+fmt.Sprint(i)))
			if i == 0 {
				before = 1 // the first event belongs to the creation of the change set
			}
			wantList(t, "events", f.reportedEventIDs(), f.EventIDs(name)[before:]...)
		}
	})
}

func TestLateEventIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Durations["A"], f.Durations["B"] = seconds(3), seconds(20)
		polls := 0
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "DescribeStackEvents" {
				if polls++; polls == 8 {
					f.AddLateEvent(name, "Late", "CREATE_IN_PROGRESS", "", 0)
				}
			}
		})
		f.deploy(t, template(t, "A", "B"))
		if !slices.Contains(f.reportedEventIDs(), "late-Late") {
			t.Errorf("the late event is lost: %q", f.reportedEventIDs())
		}
		wantEqual(t, "events", len(f.reportedEventIDs()), len(f.EventIDs(name))-1)
	})
}

func TestMissingLastEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.HideFinal = true
		wantEqual(t, "result", f.deploy(t, template(t, "A")).Result, cfnstack.ResultCreated)
		if delay := time.Since(f.LastEventTime(name)); delay > time.Minute {
			t.Errorf("%s late", delay)
		}
	})
}

func TestFaultsDoNotEndADeployment(t *testing.T) {
	for _, kind := range []cfndouble.FaultKind{cfndouble.Unavailable, cfndouble.Throttled, cfndouble.Reset, cfndouble.HTML, cfndouble.Portal, cfndouble.Slow} {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.Duration = 3 * time.Minute
				// With Slow, a response takes longer than the time limit of a
				// request.
				f.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: kind, Skip: 3, Times: 12, Delay: time.Hour})
				outcome := f.deploy(t, template(t, "A", "B"))
				wantEqual(t, "result", outcome.Result, cfnstack.ResultCreated)
				wantList(t, "events", f.reportedEventIDs(), f.EventIDs(name)[1:]...)
				wantEqual(t, "executed", len(f.Mutations()), 1)
				if f.countStage(cfnstack.StageRetrying) < 12 {
					t.Errorf("%d retries", f.countStage(cfnstack.StageRetrying))
				}
			})
		})
	}
}

func TestMutatingRequestsTakeEffectOnce(t *testing.T) {
	for _, operation := range []string{"CreateChangeSet", "ExecuteChangeSet", "DeleteStack", "DeleteChangeSet"} {
		for _, kind := range []cfndouble.FaultKind{cfndouble.Lost, cfndouble.Reset, cfndouble.Unavailable} {
			t.Run(operation+" "+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFixture(t)
					f.confirms = true
					f.Break(cfndouble.Fault{Operation: operation, Kind: kind, Times: 1})
					f.deploy(t, template(t, "A", "B"))
					f.deploy(t, template(t, "A", "B"))
					if n := f.Count("CreateChangeSet"); n > 3 {
						t.Errorf("%d change sets", n)
					}
					wantList(t, "events", f.reportedEventIDs(), f.EventIDs(name)[1:]...)
					outcome, err := f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name})
					if err != nil || outcome.Result != cfnstack.ResultDeleted {
						t.Fatalf("%+v, %v", outcome, err)
					}
					wantEqual(t, "names", len(f.AccountResources()), 0)
				})
			})
		}
	}
}

func TestTimeoutWhileStackContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Duration = time.Hour
		start := time.Now()
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: 10 * time.Minute})
		wantText(t, err, "timed out after 10m: stack capa is still CREATE_IN_PROGRESS")
		if interrupted, ok := errors.AsType[*cfnstack.Interrupted](err); !ok || !errors.Is(err, deadline.ErrTimeout) {
			t.Errorf("%+v", interrupted)
		}
		if elapsed := time.Since(start); elapsed != 10*time.Minute {
			t.Errorf("took %s", elapsed)
		}
		if !errors.Is(err, deadline.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%#v", err)
		}
		// The same command follows the running operation.
		outcome, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: 2 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "result", outcome.Result, cfnstack.ResultUnchanged)
		wantEqual(t, "executed", len(f.Mutations()), 1)
	})
}

func TestFaultsUntilTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: cfndouble.Reset, Skip: 2})
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: 20 * time.Minute})
		wantText(t, err, "timed out after 20m: stack capa is still CREATE_IN_PROGRESS; last problem: no response from CloudFormation: ")
	})
}

func TestCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Duration = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Second, cancel)
		_, err := f.Deploy(ctx, cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		interrupted, ok := errors.AsType[*cfnstack.Interrupted](err)
		if !ok || interrupted.StackID == "" || interrupted.Status != "CREATE_IN_PROGRESS" {
			t.Errorf("%+v", interrupted)
		}
		wantList(t, "mutations", f.Mutations(), "ExecuteChangeSet")
		time.Sleep(time.Hour)
		wantEqual(t, "status", f.Status(name), "CREATE_COMPLETE")
	})
}

func TestCancellingBeforeAnythingStarted(t *testing.T) {
	for _, after := range []time.Duration{0, 500 * time.Millisecond, 1400 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.ChangeSetTime = 5 * time.Second
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(after, cancel)
			_, err := f.Deploy(ctx, cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			wantEqual(t, "change sets", len(f.ChangeSets()), 0)
			if s := f.Status(name); s != "" && s != "DELETE_COMPLETE" {
				t.Errorf("the stack is %s", s)
			}
		})
	}
}

func TestExpiredCredentialsEndTheWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Durations["B"] = time.Minute
		f.Fail(cfndouble.PhaseCreate, "A", "Rate exceeded")
		f.Durations["A"] = 3 * time.Second
		f.Durations["C"] = time.Hour
		f.Break(cfndouble.Fault{Kind: cfndouble.Expired, Operation: "DescribeStackEvents", Skip: 6})
		start := time.Now()
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B", "C")})
		wantText(t, err, "the credentials expired and cannot be refreshed", "A is CREATE_FAILED: Rate exceeded")
		if !errors.Is(err, cfnstack.ErrCredentials) {
			t.Errorf("%#v", err)
		}
		if elapsed := time.Since(start); elapsed > 15*time.Second {
			t.Errorf("took %s", elapsed)
		}
	})
}

func TestRefreshedCredentialsContinueTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Duration = time.Minute
		refreshed := 0
		f.Refresh = func(context.Context) (bool, error) { refreshed++; f.RemoveFaults(); return true, nil }
		f.Break(cfndouble.Fault{Kind: cfndouble.Expired, Skip: 8})
		wantEqual(t, "result", f.deploy(t, template(t, "A")).Result, cfnstack.ResultCreated)
		wantEqual(t, "refreshed", refreshed, 1)
	})
}

// TestOutageOfCredentialSource: when the source of credentials has an outage,
// the run waits until the source responds, with or without credentials, or
// until the timeout.
func TestOutageOfCredentialSource(t *testing.T) {
	for _, test := range []struct {
		name    string
		outages int
		renewed bool
		want    error
	}{
		{"credentials are available again", 20, true, nil},
		{"there are no credentials in the end", 20, false, cfnstack.ErrCredentials},
		{"the outage never ends", 1 << 30, false, deadline.ErrTimeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.Duration = time.Minute
				requestCount, reports := 0, 0
				f.Refresh = func(context.Context) (bool, error) {
					if requestCount++; requestCount <= test.outages {
						return false, errors.New("AWS STS in eu-west-1: no response in time")
					}
					if test.renewed {
						f.RemoveFaults()
					}
					return test.renewed, nil
				}
				observe := f.Observe
				f.Observe = func(p cfnstack.Progress) {
					if p.Stage == cfnstack.StageRetrying {
						reports++
						wantText(t, errors.New(p.Problem), "the credentials expired, and cannot be refreshed for now: AWS STS in eu-west-1: no response in time")
					}
					if observe != nil {
						observe(p)
					}
				}
				f.Break(cfndouble.Fault{Kind: cfndouble.Expired, Skip: 8})
				start := time.Now()
				outcome, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Timeout: 10 * time.Minute})
				if !errors.Is(err, test.want) {
					t.Fatalf("%v, want %v", err, test.want)
				}
				if test.want == nil {
					wantEqual(t, "result", outcome.Result, cfnstack.ResultCreated)
				}
				if elapsed := time.Since(start); test.want == deadline.ErrTimeout && elapsed != 10*time.Minute {
					t.Errorf("took %s", elapsed)
				}
				if reports < 20 || requestCount > 10*60 {
					t.Errorf("reported %d times, refreshed %d times", reports, requestCount)
				}
			})
		})
	}
}

func TestFaultsBeforeTheStart(t *testing.T) {
	for kind, want := range map[cfndouble.FaultKind]cfnstack.Kind{
		cfndouble.Reset: cfnstack.KindUnreachable, cfndouble.Portal: cfnstack.KindIntercepted, cfndouble.Empty: cfnstack.KindIntercepted, cfndouble.Redirect: cfnstack.KindIntercepted, cfndouble.Internal: cfnstack.KindService, cfndouble.Expired: cfnstack.KindCredentials, cfndouble.Denied: cfnstack.KindPermission,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.Break(cfndouble.Fault{Kind: kind})
			start := time.Now()
			_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
			wantKind(t, err, want)
			if elapsed := time.Since(start); elapsed > time.Minute {
				t.Errorf("%s: took %s", kind, elapsed)
			}
		})
	}
}

func TestDeniedWhileFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Duration = time.Minute
		f.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: cfndouble.Denied, Skip: 4})
		_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		interrupted, ok := errors.AsType[*cfnstack.Interrupted](err)
		if !ok {
			t.Fatalf("%T: %v", err, err)
		}
		failure, ok := errors.AsType[*cfnstack.Failure](interrupted.Err)
		if !ok || failure.Reason.Action != "cloudformation:DescribeStackEvents" {
			t.Errorf("%+v", failure)
		}
	})
}
