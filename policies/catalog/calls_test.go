// Tests of the calls and features: each release has its calls, AWS has each
// action, and the tables are consistent.

package catalog

import (
	"slices"
	"testing"

	"capaboot/policies/authz"
)

func TestActionsExist(t *testing.T) {
	calls, err := APICalls()
	if err != nil {
		t.Fatal(err)
	}
	if len(calls) < 190 {
		t.Errorf("%d calls are too few", len(calls))
	}
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, call := range calls {
		names = append(names, call.Action)
	}
	for _, p := range c.Policies {
		for _, s := range p.Statements {
			for _, g := range s.Actions {
				names = append(names, g.Name)
			}
		}
	}
	for _, name := range names {
		if len(authz.Match(name)) == 0 {
			closest, _ := authz.Closest(name)
			t.Errorf("%s is not an action of the reference (closest: %q)", name, closest)
		}
	}
}

// This test fails if a release is added to releases.yaml without a review of
// its calls, or if a span names a release that does not exist.
func TestCallsOfEveryRelease(t *testing.T) {
	calls, callCounts, err := parseCalls(callsTSV)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[Release]bool{{}: true}
	for _, dated := range c.Releases {
		known[dated.Release] = true
		count := 0
		for _, call := range calls {
			if call.MadeIn(dated.Release) {
				count++
			}
		}
		switch number, listed := callCounts[dated.Release]; {
		case !listed:
			t.Errorf("calls.tsv has no row for the release %s: read the source of its controllers (CONTRIBUTING.md)", dated.Release)
		case number != count:
			t.Errorf("%s: calls.tsv counts %d calls, but has %d rows of calls", dated.Release, number, count)
		}
	}
	for release := range callCounts {
		if !known[release] {
			t.Errorf("calls.tsv has a row for %s, which is not a release", release)
		}
	}
	for _, call := range calls {
		for _, span := range call.Releases {
			if !known[span.First] || !known[span.Last] {
				t.Errorf("%s: %s names a release that does not exist", call.Action, span)
			}
		}
		if last := call.Releases[len(call.Releases)-1].Last; (len(call.CalledFrom) == 0) != (last != Release{}) {
			t.Errorf("%s is called from %v, in %v", call.Action, call.CalledFrom, call.Releases)
		}
	}
}

// A few facts of CAPA's history. They detect a table whose columns have
// shifted.
func TestReleasesOfCalls(t *testing.T) {
	calls, err := APICalls()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action, release string
		want            bool
	}{
		{"ec2:AllocateHosts", "v1.0.0", false},
		{"ec2:AllocateHosts", "v2.10.0", true},
		{"elasticloadbalancing:CreateListener", "v2.0.3", false},
		{"elasticloadbalancing:CreateListener", "v2.1.0", true},
		{"ec2:GetConsoleOutput", "v1.2.0", true},
		{"ec2:GetConsoleOutput", "v1.3.0", false},
		{"ec2:DescribePublicIpv4Pools", "v2.5.1", true},
		{"ec2:DescribePublicIpv4Pools", "v2.5.2", false},
		{"ec2:DescribePublicIpv4Pools", "v2.6.0", true},
		{"ec2:DeleteNetworkInterface", "v2.11.1", false},
		{"ec2:DeleteNetworkInterface", "v2.12.1", true},
		{"cloudformation:CreateStack", "v2.9.1", false},
		{"cloudformation:CreateStack", "v2.13.0", true},
	} {
		release, err := parseRelease(test.release)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(calls, func(c APICall) bool { return c.Action == test.action })
		if i < 0 || calls[i].MadeIn(release) != test.want {
			t.Errorf("%s in %s: want %t", test.action, test.release, test.want)
		}
	}
}

// The actions in features, limits and needs must exist in AWS. Needs must name
// features and gates that exist. Each call of the newest release must have a
// feature.
func TestFeatureTablesAreConsistent(t *testing.T) {
	features, err := Features()
	if err != nil {
		t.Fatal(err)
	}
	limits, err := loadLimits.Get()
	if err != nil {
		t.Fatal(err)
	}
	needs, err := Needs()
	if err != nil {
		t.Fatal(err)
	}
	calls, err := APICalls()
	if err != nil {
		t.Fatal(err)
	}
	if len(features) < 79 || len(limits) < 200 || len(needs) < 8 {
		t.Fatalf("%d features, %d limits, %d needs: too few", len(features), len(limits), len(needs))
	}
	called, used, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, call := range calls {
		called[call.Action] = true
	}
	check := func(what string, actions ...string) {
		for _, action := range actions {
			if _, ok := authz.Lookup(action); !ok {
				t.Errorf("%s: %s is not an action of the reference", what, action)
			}
		}
	}
	for _, f := range features {
		names[f.Name] = true
		for _, u := range f.Uses {
			check(f.Name, u.Actions...)
			for _, action := range u.Actions {
				used[action] = true
				if !u.Implicit && !called[action] {
					t.Errorf("%s calls %s, which is not in calls.tsv", f.Name, action)
				}
			}
			if slices.Contains(u.Sources(), "") {
				t.Errorf("%s: %q has no source", f.Name, u.When())
			}
		}
	}
	for _, call := range calls {
		if len(call.CalledFrom) > 0 && !used[call.Action] {
			t.Errorf("no feature has the call %s", call.Action)
		}
	}
	for action := range limits {
		check("limits.tsv", action)
	}
	open := Settings{Flags: map[string]bool{"eks.disable": true}}
	for _, need := range needs {
		check("needs.tsv", need.Actions...)
		for _, name := range need.Features {
			if !names[name] {
				t.Errorf("needs.tsv: unknown feature %s", name)
			}
		}
		if _, err := open.Open(need.Gate); err != nil {
			t.Errorf("needs.tsv: %v", err)
		}
	}
}

func TestGates(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		release Release
		action  string
		want    []Gate
	}{
		{Release{}, "ec2:associatevpccidrblock", []Gate{"always", "eks.disable is false"}},
		{Release{2, 5, 0}, "ec2:associatevpccidrblock", []Gate{"eks.disable is false"}},
		{Release{}, "s3:putobject", []Gate{"s3Buckets.enable"}},
		{Release{1, 0, 0}, "s3:putobject", nil},
		{Release{}, "elasticloadbalancing:attachloadbalancertosubnets", nil}, // granted only to the control plane
	} {
		if got := c.Gates(test.release)[test.action]; !slices.Equal(got, test.want) {
			t.Errorf("%s in %s: %q, want %q", test.action, test.release, got, test.want)
		}
	}
}

func TestTablesRefuseInvalidRows(t *testing.T) {
	for _, text := range []string{"call\tec2:X\n", "call\tec2:X\tv1.0.0-\t\n", "call\tec2:X\tv1.0.0\t-\n", "call\tec2:X\tv2.0.0-v1.0.0\t-\n", "call\tec2:X\tsoon-\t-\n",
		"call\tec2:X\tv1.0.0-\t-\ncall\tec2:A\tv1.0.0-\t-\n", "release\tv1.0.0\tmany\n", "release\tsoon\t1\n", "call\n"} {
		if calls, _, err := parseCalls(text); err == nil {
			t.Errorf("parseCalls(%q) is %+v", text, calls)
		}
	}
	for _, text := range []string{"f\tcreate\t-\twhen\tec2:X\n", "f\tsometimes\t-\twhen\tec2:X\ts\n", "f\tcreate\tperhaps\twhen\tec2:X\ts\n", "f\tcreate\t-\t{nothing}\tec2:X\ts\n"} {
		if features, err := parseFeatures(text); err == nil {
			t.Errorf("parseFeatures(%q) is %+v", text, features)
		}
	}
	for _, text := range []string{"ec2:X\thow\n", "ec2:X\t\ts\n", "ec2:X\t{nothing}\ts\n"} {
		if limits, err := parseLimits(text); err == nil {
			t.Errorf("parseLimits(%q) is %+v", text, limits)
		}
	}
	for _, text := range []string{"implied\tf\n", "perhaps\tf\tv1.0.0\talways\tec2:X\t*\t-\tn\n", "implied\tf\tsoon\talways\tec2:X\t*\t-\tn\n", "implied\tf\tv1.0.0\talways\tec2:X\t*\tStringLike a\tn\n"} {
		if needs, err := parseNeeds(text); err == nil {
			t.Errorf("parseNeeds(%q) is %+v", text, needs)
		}
	}
}

func TestSwitchesRefuseInvalidRows(t *testing.T) {
	for _, text := range []string{"f\t-\t-\talways\n", "f\tkeys\t-\talways\t-\n", "f\t-\t-\talways\tkeys\n", "f\t-\ta\talways\t-\n", "b\t-\t-\talways\t-\na\t-\t-\talways\t-\n", "f\t-\t\talways\t-\n"} {
		if switches, err := parseSwitches(text); err == nil {
			t.Errorf("parseSwitches(%q) is %+v", text, switches)
		}
	}
}

func TestSwitches(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action  string
		release Release
		want    []string
	}{
		{"EC2:allocatehosts", Release{2, 10, 0}, []string{"dedicated-hosts"}},
		{"ec2:AllocateHosts", Release{2, 9, 3}, nil},
		{"ec2:AssociateAddress", Release{2, 5, 1}, []string{"elastic-ip-pool"}},
		{"ec2:AssociateAddress", Release{2, 5, 2}, nil},
		{"ec2:AssociateAddress", Release{2, 6, 0}, []string{"elastic-ip-pool"}},
		{"iam:UpdateAssumeRolePolicy", Release{2, 0, 0}, []string{"managed-node-group-iam-role", "fargate"}},
		{"ec2:RunInstances", Release{2, 13, 0}, nil},
	} {
		if got := c.SwitchesFor(test.action, test.release); !slices.Equal(got, test.want) {
			t.Errorf("%s at %s: %q, want %q", test.action, test.release, got, test.want)
		}
	}
	for name, want := range map[string]string{"dedicated-hosts": "clusterAPIControllers.features: [dedicated-hosts]", "fargate": "clusterAPIControllers.features: [fargate]",
		"ebs-encryption-cmk": "clusterAPIControllers.features: [{name: ebs-encryption-cmk, keys: [...]}]"} {
		if s, ok := SwitchNamed(name); !ok || s.Example() != want {
			t.Errorf("%s: %v, want %s", name, s, want)
		}
	}
}
