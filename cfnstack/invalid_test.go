// Tests of invalid responses: the program draws no conclusions from them.

package cfnstack_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"capaboot/cfnstack"
	"capaboot/internal/awsclient"
	"capaboot/internal/cfndouble"
	"capaboot/internal/deadline"
)

// invalidResponses are the responses of a proxy or another server in place of
// AWS.
var invalidResponses = []cfndouble.FaultKind{cfndouble.Empty, cfndouble.Declaration, cfndouble.Portal, cfndouble.Redirect, cfndouble.Garbage, cfndouble.Foreign}

// TestInvalidResponses makes every response of an operation invalid, one
// operation after another. The run ends with an error about the response or
// with a timeout, and changes nothing.
func TestInvalidResponses(t *testing.T) {
	deploy := func(f *fixture, detach bool) error {
		_, err := f.Deploy(f.t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(f.t, "A", "B"), Detach: detach})
		return err
	}
	remove := func(f *fixture, detach bool) error {
		_, err := f.Delete(f.t.Context(), cfnstack.DeleteRequest{StackName: name, Detach: detach, Timeout: time.Minute})
		return err
	}
	for operation, act := range map[string]func(*fixture, bool) error{
		"DescribeStacks": deploy, "GetTemplate": deploy, "CreateChangeSet": deploy, "DescribeChangeSet": deploy, "ExecuteChangeSet": deploy,
		"ListStackResources": remove, "DeleteStack": remove,
	} {
		for _, kind := range invalidResponses {
			for _, detach := range []bool{false, true} {
				t.Run(operation+" "+string(kind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						f := newFixture(t)
						f.t = t
						f.deploy(t, template(t, "A"))
						f.confirms = true
						before := len(f.Mutations())
						f.Break(cfndouble.Fault{Operation: operation, Kind: kind, NotCarriedOut: true})
						err := act(f, detach)
						if _, ok := errors.AsType[*awsclient.InvalidResponse](err); !ok && !errors.Is(err, deadline.ErrTimeout) {
							t.Errorf("the error is %v", err)
						}
						wantEqual(t, "mutations", len(f.Mutations()), before)
						if f.countStage(cfnstack.StageStarted) > 1 {
							t.Error("an operation is reported as started")
						}
					})
				})
			}
		}
	}
}

// TestFewAttemptsAtAnotherServer: a server that responds to everything but is
// not CloudFormation ends a command after three responses. Four error pages of
// a gateway (status 502) or a proxy (status 408) do not end the command, and
// neither do invalid responses if another fault interrupts their sequence.
func TestFewAttemptsAtAnotherServer(t *testing.T) {
	plan := func(f *fixture) error {
		_, err := f.Plan(f.t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(f.t, "A", "B")})
		return err
	}
	remove := func(f *fixture) error {
		_, err := f.Delete(f.t.Context(), cfnstack.DeleteRequest{StackName: name})
		return err
	}
	for _, kind := range invalidResponses {
		for command, act := range map[string]func(*fixture) error{"plan": plan, "delete": remove} {
			t.Run(command+" "+string(kind), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFixture(t)
					f.t = t
					f.Break(cfndouble.Fault{Kind: kind})
					start := time.Now()
					err := act(f)
					wantText(t, err, "unexpected response from CloudFormation")
					if took := time.Since(start); took > 5*time.Second || f.Count("DescribeStacks") != 3 {
						t.Errorf("%d requests in %s", f.Count("DescribeStacks"), took)
					}
				})
			})
		}
	}
	t.Run("a page with status 500", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.t = t
			f.Break(cfndouble.Fault{Operation: "DescribeStacks", Kind: cfndouble.HTML, Status: 500})
			wantText(t, plan(f), "HTML instead of XML, with status 500")
			if n := f.Count("DescribeStacks"); n != 3 {
				t.Errorf("%d requests", n)
			}
		})
	})
	for test, faults := range map[string][]cfndouble.Fault{
		"a gateway":           {{Operation: "DescribeStacks", Kind: cfndouble.HTML, Status: 502, Times: 4}},
		"a proxy":             {{Operation: "DescribeStacks", Kind: cfndouble.HTML, Status: 408, Times: 4}},
		"a page now and then": {{Operation: "DescribeStacks", Kind: cfndouble.Portal, Times: 2}, {Operation: "DescribeStacks", Kind: cfndouble.Unavailable, Times: 1}, {Operation: "DescribeStacks", Kind: cfndouble.Portal, Times: 2}},
	} {
		t.Run(test, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.t = t
				for _, fault := range faults {
					f.Break(fault)
				}
				if err := plan(f); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestInvalidPageHidesNoRemoval: a removal on the second page of a change set
// needs confirmation even when the first responses for that page are invalid.
func TestInvalidPageHidesNoRemoval(t *testing.T) {
	faults := []cfndouble.Fault{
		{Kind: cfndouble.Lacking, Element: "Result"},
		{Kind: cfndouble.Lacking, Element: "Status"},
		{Kind: cfndouble.Altered, Element: "ChangeSetId", Message: "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/other/1"},
		{Kind: cfndouble.Altered, Element: "Status", Message: "CREATE_IN_PROGRESS"},
		{Kind: cfndouble.Lacking, Element: "Action"},
	}
	for _, kind := range invalidResponses {
		faults = append(faults, cfndouble.Fault{Kind: kind})
	}
	for _, fault := range faults {
		t.Run(string(fault.Kind)+" "+fault.Element, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				f.deploy(t, template(t, "A", "B", "C"))
				f.PageSize, f.ChangeSetTime = 1, 0
				fault.Operation, fault.Skip, fault.Times = "DescribeChangeSet", 1, 2
				f.Break(fault)
				_, err := f.Deploy(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=new", "B=new")})
				if _, ok := errors.AsType[*cfnstack.Declined](err); !ok {
					t.Fatalf("the error is %v", err)
				}
				wantEqual(t, "questions", len(f.questions), 1)
				changes := f.questions[0].Changes
				if !slices.ContainsFunc(changes, func(c cfnstack.Change) bool { return c.LogicalID == "C" }) {
					t.Errorf("the question is about %+v", changes)
				}
				if !slices.Contains(f.Resources(name), "C") {
					t.Errorf("the stack has %v", f.Resources(name))
				}
			})
		})
	}
}

// TestInconsistentPages: when the pages of a change set never agree, the plan
// fails.
func TestInconsistentPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		f.PageSize, f.ChangeSetTime = 1, 0
		f.OnRequest(func(r cfndouble.Request) {
			if r.Operation == "DescribeChangeSet" && r.Form["NextToken"] != "" {
				f.RemoveFaults()
				f.Break(cfndouble.Fault{Operation: "DescribeChangeSet", Kind: cfndouble.Altered, Element: "StackId", Message: "arn:aws:cloudformation:eu-west-1:123456789012:stack/other/1", Times: 1})
			}
		})
		_, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=new", "B=new")})
		wantText(t, err, "the pages of the change set contradict each other")
	})
}

func TestWarningsOfAWS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.PageSize = 1
		f.Warnings = map[string]string{"A": "Quota for roles would be exceeded", "": "something else"}
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if err != nil {
			t.Fatal(err)
		}
		if len(plan.Warnings) != 2 || plan.Unvalidated != "" {
			t.Fatalf("warnings %+v, %q", plan.Warnings, plan.Unvalidated)
		}
		want := cfnstack.Warning{Validation: "SERVICE_QUOTA_VALIDATION", Status: "FAILED", Mode: "WARN", LogicalID: "A", Path: "/Resources/A", Reason: "Quota for roles would be exceeded"}
		wantEqual(t, "the warning", plan.Warnings[1], want)
	})
}

// TestUnreadableWarnings: when the warnings cannot be read, the plan continues
// and says so.
func TestUnreadableWarnings(t *testing.T) {
	for _, fault := range []cfndouble.Fault{
		{Kind: cfndouble.Denied}, {Kind: cfndouble.Unavailable}, {Kind: cfndouble.Empty},
		{Kind: cfndouble.Refused, Code: "InvalidAction", Message: "Could not find operation DescribeEvents"},
	} {
		t.Run(string(fault.Kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				fault.Operation = "DescribeEvents"
				f.Break(fault)
				plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
				if err != nil {
					t.Fatal(err)
				}
				if plan.Unvalidated == "" || len(plan.Changes) != 1 {
					t.Errorf("plan: %+v", plan)
				}
			})
		})
	}
}

// TestTimeoutsNameTheOperation: the error of a timeout names the operation,
// even if the time ran out during a secondary request such as ListChangeSets.
func TestTimeoutsNameTheOperation(t *testing.T) {
	for operation, want := range map[string]string{
		"ListChangeSets": "timed out after 3s: listing the change sets of stack " + name + "; last problem: ",
		"DescribeEvents": "timed out after 3s: planning stack " + name + "; last problem: ",
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.deploy(t, template(t, "A"))
			f.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Unavailable, Times: 100})
			_, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=new"), Timeout: 3 * time.Second})
			wantText(t, err, want)
		})
	}
}

// TestResourcesHaveLogicalIDs: a page with a resource without a logical ID is
// requested again.
func TestResourcesHaveLogicalIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A", "B"))
		f.Break(cfndouble.Fault{Operation: "ListStackResources", Kind: cfndouble.Lacking, Element: "LogicalResourceId", Times: 2})
		stack, err := f.Describe(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, resource := range stack.Resources {
			if resource.LogicalID == "" {
				t.Errorf("a resource without a logical ID: %+v", resource)
			}
		}
		wantEqual(t, "resources", len(stack.Resources), 2)
	})
}

// TestEndlessLists: a list whose pages do not end is refused before it takes
// much memory or time.
func TestEndlessLists(t *testing.T) {
	for _, test := range []struct{ items, most int }{{1, 202}, {100, 202}, {5000, 6}} {
		pages := 0
		m := &cfnstack.Manager{API: cfnstack.API{
			DescribeStacks: func(context.Context, *cloudformation.DescribeStacksInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeStacksOutput, error) {
				return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{{StackName: aws.String(name), StackId: aws.String("id"), StackStatus: "CREATE_COMPLETE"}}}, nil
			},
			ListStackResources: func(context.Context, *cloudformation.ListStackResourcesInput, ...func(*cloudformation.Options)) (*cloudformation.ListStackResourcesOutput, error) {
				pages++
				out := &cloudformation.ListStackResourcesOutput{NextToken: aws.String(strconv.Itoa(pages))}
				for range test.items {
					out.StackResourceSummaries = append(out.StackResourceSummaries, types.StackResourceSummary{LogicalResourceId: aws.String("R"), ResourceType: aws.String("T"), ResourceStatus: "CREATE_COMPLETE"})
				}
				return out, nil
			},
		}}
		_, err := m.Describe(t.Context(), name)
		wantText(t, err, "listing the resources of stack capa: pagination does not end")
		if pages > test.most {
			t.Errorf("%d pages of %d resources, want at most %d", pages, test.items, test.most)
		}
	}
}

// TestRepeatedPage: a list in which a page names itself as the next one is
// refused at the second page.
func TestRepeatedPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		changeSetPages, eventPages := 0, 0
		f.API.ListChangeSets = func(context.Context, *cloudformation.ListChangeSetsInput, ...func(*cloudformation.Options)) (*cloudformation.ListChangeSetsOutput, error) {
			changeSetPages++
			return &cloudformation.ListChangeSetsOutput{NextToken: aws.String("again")}, nil
		}
		f.API.DescribeEvents = func(context.Context, *cloudformation.DescribeEventsInput, ...func(*cloudformation.Options)) (*cloudformation.DescribeEventsOutput, error) {
			eventPages++
			return &cloudformation.DescribeEventsOutput{NextToken: aws.String("again")}, nil
		}
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "Unvalidated", plan.Unvalidated, "pagination of the events of the change set does not end")
		wantEqual(t, "pages of events", eventPages, 2)
		f.confirms = true
		f.deploy(t, template(t, "A"))
		f.confirms, f.questions, changeSetPages = false, nil, 0
		if _, err = f.Delete(t.Context(), cfnstack.DeleteRequest{StackName: name}); len(f.questions) != 1 {
			t.Fatalf("questions %v (%v)", f.questions, err)
		}
		wantText(t, f.questions[0].ChangeSetsErr, "listing the change sets of stack capa: pagination does not end")
		// Delete reads two pages when it removes old change sets, and two when it lists the
		// change sets for the confirmation.
		wantEqual(t, "pages of change sets", changeSetPages, 4)
	})
}
