// Tests of drift detection: the states of a detection and of resources,
// concurrent detections, pages, and denied calls.

package cfnstack_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

func TestDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.PageSize, f.DetectionTime = 1, 30*time.Second
		id := f.Put(name, "CREATE_COMPLETE", template(t, "A", "B", "C"), nil)
		got, err := f.DetectDrift(t.Context(), id)
		if err != nil || got.Status != "IN_SYNC" || got.Failed || len(got.Resources) != 3 {
			t.Fatalf("in sync: %+v, %v", got, err)
		}
		f.MarkDrifted(name, "A", "/Policies", "/Tags/0")
		f.MarkDrifted(name, "B")
		if got, err = f.DetectDrift(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		var statuses []string
		for _, resource := range got.Resources {
			statuses = append(statuses, resource.LogicalID+" "+resource.Status+" "+strings.Join(resource.Properties, " "))
		}
		if diff := cmp.Diff([]string{"A MODIFIED /Policies /Tags/0", "B DELETED ", "C IN_SYNC "}, statuses); diff != "" || got.Status != "DRIFTED" {
			t.Errorf("%s, resources (-want +got):\n%s", got.Status, diff)
		}
		f.FailDetection(name, "C")
		if got, err = f.DetectDrift(t.Context(), id); err != nil || !got.Failed || !strings.Contains(got.Reason, "[C]") || len(got.Resources) != 3 {
			t.Errorf("a detection that fails for one resource: %+v, %v", got, err)
		}
		if mutations := f.Mutations(); len(mutations) > 0 {
			t.Errorf("drift detection changed something: %v", mutations)
		}
	})
}

func TestConcurrentDetection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.DetectionTime = time.Minute
		id := f.Put(name, "CREATE_COMPLETE", template(t, "A"), nil)
		go func() { _, _ = f.DetectDrift(t.Context(), id) }()
		time.Sleep(time.Second)
		if got, err := f.DetectDrift(t.Context(), id); err != nil || got.Status != "IN_SYNC" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestFailedDriftDetection(t *testing.T) {
	for _, operation := range []string{"DetectStackDrift", "DescribeStackDriftDetectionStatus", "DescribeStackResourceDrifts"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			id := f.Put(name, "CREATE_COMPLETE", template(t, "A"), nil)
			f.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Denied})
			if got, err := f.DetectDrift(t.Context(), id); err == nil {
				t.Errorf("%s is denied: %+v", operation, got)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		id := f.Put(name, "UPDATE_FAILED", template(t, "A"), nil)
		if got, err := f.DetectDrift(t.Context(), id); err == nil || !strings.Contains(err.Error(), "UPDATE_FAILED") {
			t.Errorf("a status without drift detection: %+v, %v", got, err)
		}
	})
}

// TestRevertDrift: a drift-aware change set shows which drift it would revert;
// other change sets do not.
func TestRevertDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Put(name, "CREATE_COMPLETE", template(t, "A", "B"), nil)
		f.MarkDrifted(name, "A", "/AssumeRolePolicyDocument")
		request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A", "B")}
		plan, err := f.Plan(t.Context(), request)
		if err != nil || !plan.NoChanges {
			t.Errorf("a plan without RevertDrift: %+v, %v", plan, err)
		}
		request.RevertDrift = true
		plan, err = f.Plan(t.Context(), request)
		if err != nil || len(plan.Changes) != 1 || plan.Changes[0].LogicalID != "A" || plan.Changes[0].Properties[0].Name != "AssumeRolePolicyDocument" {
			t.Fatalf("a plan with RevertDrift: %+v, %v", plan, err)
		}
		request.StackName = "another"
		if plan, err = f.Plan(t.Context(), request); err != nil || !plan.Create {
			t.Errorf("a stack that does not exist has no drift: %+v, %v", plan, err)
		}
	})
}
