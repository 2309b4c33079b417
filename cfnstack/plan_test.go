// Tests of plans: their contents, and that they leave nothing behind.

package cfnstack_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
)

func TestPlanLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A")})
		if err != nil {
			t.Fatal(err)
		}
		if !plan.Create || len(plan.Changes) != 1 || plan.Changes[0].LogicalID != "A" {
			t.Errorf("plan: %+v", plan)
		}
		wantEqual(t, "status", f.Status(name), "REVIEW_IN_PROGRESS")
		// Discard works after the context has ended.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		plan.Discard(ctx)
		time.Sleep(time.Minute)
		wantEqual(t, "status", f.Status(name), "DELETE_COMPLETE")
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestPlanKeepsStackOfAnotherPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		request := cfnstack.DeployRequest{StackName: name, Template: template(t, "A")}
		first, err := f.Plan(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		other, err := f.Plan(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		first.Discard(t.Context())
		wantEqual(t, "status", f.Status(name), "REVIEW_IN_PROGRESS")
		wantEqual(t, "change sets", len(f.ChangeSets()), 1)
		other.Discard(t.Context())
		wantEqual(t, "change sets", len(f.ChangeSets()), 0)
	})
}

func TestPlanReadsAllPages(t *testing.T) {
	for _, values := range []string{"", "ignore", "reject"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFixture(t)
			f.PageSize, f.PropertyValues = 2, values
			f.deploy(t, template(t, "A", "B", "C", "D", "E"))
			plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A=1", "B=2", "C=3", "D=4", "E=5")})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, "changes", len(plan.Changes), 5)
			wantEqual(t, "value given", plan.Changes[4].Properties[0].After != nil, values == "")
		})
	}
}

func TestTagChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.deploy(t, template(t, "A"))
		f.SetTags(name, map[string]string{"old": "1", "same": "2"})
		plan, err := f.Plan(t.Context(), cfnstack.DeployRequest{StackName: name, Template: template(t, "A"), Tags: map[string]string{"new": "3", "same": "2"}})
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
