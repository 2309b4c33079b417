// Tests of how long the lookups take, and of how many run concurrently.

package preflight

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"

	"capaboot/iam/verify"
)

// stackOf returns a function for Input.StackOf. The function finds the stack in
// one region only. It returns notRead for every region.
func stackOf(stackRegion, stack string, notRead *verify.NotRead) func(context.Context, string, string) (string, *verify.NotRead) {
	return func(_ context.Context, region, _ string) (string, *verify.NotRead) {
		if region == stackRegion {
			return stack, notRead
		}
		return "", notRead
	}
}

// takeAllNames adds resources with all names of the template to the account,
// outside of any stack.
func takeAllNames(in Input, a *iamDouble) {
	for _, f := range in.Template.Expected(in.Partition, in.Account, nil) {
		a.add(f.Type, f.Name, in.Template.ARN(f.LogicalID, f.Name, in.Partition, in.Account))
	}
}

// TestChecksTakeLittleTime checks that with 100 ms per call, the checks before
// a deployment take a second at most, and all checks three seconds at most.
func TestChecksTakeLittleTime(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		taken bool
		only  []Name
		most  time.Duration
	}{
		{"the first deployment", false, CheapChecks(), 700 * time.Millisecond},
		{"every name taken", true, CheapChecks(), time.Second},
		{"all checks", false, nil, 3 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			in, a := input(t), &iamDouble{latency: 100 * time.Millisecond}
			configure(t, &in, withUser+trustStatement(`{AWS: "`+accountPrefix+`user/ann"}`))
			in.Only = test.only
			in.StackOf = func(context.Context, string, string) (string, *verify.NotRead) {
				time.Sleep(100 * time.Millisecond)
				return "", nil
			}
			if test.taken {
				takeAllNames(in, a)
			}
			start := time.Now()
			if _, err := Run(t.Context(), a.api(), in); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took > test.most {
				t.Errorf("%s: %d calls took %v, want %v at most", test.name, a.total(), took, test.most)
			}
			if a.maxRunning > maxConcurrent || a.maxRunning < 4 {
				t.Errorf("%s: %d calls at once, want up to %d", test.name, a.maxRunning, maxConcurrent)
			}
		})
	}
}

// TestNoResponseInTime checks that without a response from IAM, only the checks
// that need IAM are not possible, and the run ends in time.
func TestNoResponseInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in, a := input(t), &iamDouble{latency: time.Hour}
		in.Time = 10 * time.Second
		in.StackOf = stackOf("", "", nil)
		start := time.Now()
		report, err := Run(t.Context(), a.api(), in)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != in.Time {
			t.Errorf("it took %v", took)
		}
		if got, want := report.NotPossible(), []Name{Names, AttachedPolicies, Permissions, Quotas}; !slices.Equal(got, want) || len(report.Failed()) > 0 {
			t.Errorf("not possible: %v, want %v; failed: %v", got, want, report.Failed())
		}
		for _, c := range report.Checks {
			for _, f := range c.Findings {
				if f.Result == NotPossible && (len(f.NotRead) != 1 || !strings.Contains(f.NotRead[0].Reason, "no response within 10 seconds")) {
					t.Errorf("%s: %+v", c.Name, f)
				}
			}
		}
	})
}

// TestNoResponse checks that after three lookups without a response, only those
// in progress still reach IAM. An access denied error is a response, a
// throttling error is not.
func TestNoResponse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err   error
		least int
		most  int
	}{
		{errors.New("connection reset"), maxUnanswered, maxUnanswered + maxConcurrent},
		{&smithy.GenericAPIError{Code: "Throttling"}, maxUnanswered, maxUnanswered + maxConcurrent},
		{&smithy.GenericAPIError{Code: "AccessDenied"}, 10, 100},
	} {
		in, a := input(t), &iamDouble{failing: map[string]error{}}
		configure(t, &in, "  eks: {managedMachinePool: {disable: false}, fargate: {disable: false}}\n"+withUser)
		for _, operation := range []string{"GetRole", "GetUser", "GetGroup", "GetInstanceProfile", "ListPolicies", "GetPolicy"} {
			a.failing[operation] = test.err
		}
		c := runCheck(t, a.api(), in, Names)
		if c.Result != NotPossible || a.total() > test.most || a.total() < test.least {
			t.Errorf("%v: %d calls, %s, %d findings", test.err, a.total(), c.Result, len(c.Findings))
		}
	}
}

// TestRegionsWithoutResponse checks that a region without a response gets one
// request, and the other regions of the partition get all of their requests.
func TestRegionsWithoutResponse(t *testing.T) {
	t.Parallel()
	in, a := input(t), &iamDouble{}
	takeAllNames(in, a)
	in.AllRegions = true
	requested := make(chan string, 10_000)
	in.StackOf = func(_ context.Context, region, _ string) (string, *verify.NotRead) {
		requested <- region
		if region == "eu-west-2" {
			return "", &verify.NotRead{Part: "the stack", Reason: "no response"}
		}
		return "", nil
	}
	c := runCheck(t, a.api(), in, Names)
	close(requested)
	calls := map[string]int{}
	for region := range requested {
		calls[region]++
	}
	if calls["eu-west-2"] != 1 || calls["us-east-1"] != len(in.Template.Resources) || calls["cn-north-1"] != 0 {
		t.Errorf("requested: %v", calls)
	}
	for _, f := range c.Findings {
		if f.Kind != KindNameOutside || len(f.NotRead) != 1 || len(f.UnreadRegions) != 1 || f.UnreadRegions[0].Name != "eu-west-2" {
			t.Errorf("%+v", f)
		}
	}
}

// TestEveryRegionSearched checks that Everywhere is set only if all regions
// were to be searched and every region responded.
func TestEveryRegionSearched(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		all, silent, want bool
	}{{true, false, true}, {true, true, false}, {false, false, false}} {
		in, a := input(t), &iamDouble{}
		takeAllNames(in, a)
		in.AllRegions = test.all
		in.StackOf = func(_ context.Context, region, _ string) (string, *verify.NotRead) {
			if test.silent && region == "eu-west-2" {
				return "", &verify.NotRead{Part: "the stack", Reason: "no response"}
			}
			return "", nil
		}
		for _, f := range runCheck(t, a.api(), in, Names).Findings {
			if f.Kind == KindNameOutside && f.Everywhere != test.want {
				t.Errorf("%+v: %+v", test, f)
			}
		}
	}
}
