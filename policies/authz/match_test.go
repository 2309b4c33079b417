// Tests of wildcards in actions, of corrections and of access levels.

package authz

import (
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern string
		want    []string
	}{
		{"ec2:RunInstances", []string{"ec2:RunInstances"}},
		{"EC2:runinstances", []string{"ec2:RunInstances"}},
		{"ec2:RunInst*", []string{"ec2:RunInstances"}},
		{"ec2:run*", []string{"ec2:RunInstances", "ec2:RunScheduledInstances"}},
		{"ec2:Run??????ces", []string{"ec2:RunInstances"}},
		{"ec2:Run?????ces", nil},
		{"e?2:RunInstances", nil}, // IAM refuses it
		{"*:RunInstances", nil},
		{"ec2: RunInstances", nil},
		{"sts:*RoleWith*", []string{"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}},
		{"ec2:**RunInst**", []string{"ec2:RunInstances"}},
		{"ec2*RunInstances", nil},
		{"ec2:RunInstances*x", nil},
		{"nope:*", nil},
		{"ec2", nil},
		{"", nil},
		{":", nil},
		{"ec2:", nil},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			var got []string
			for _, a := range Match(test.pattern) {
				got = append(got, a.String())
				if !a.Matches(test.pattern) {
					t.Errorf("%s.Matches(%q) is false", a, test.pattern)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// A pattern on the command line may have a wildcard in the service. An action in a
// policy may not, except in "*:*".
func TestFind(t *testing.T) {
	for _, pattern := range []string{"e?2:RunInstances", "*:RunInstances", "ec2*RunInstances", "ec2:RunInstances"} {
		found := Find(pattern)
		if len(found) != 1 || found[0].String() != "ec2:RunInstances" {
			t.Errorf("%s: %v", pattern, found)
		}
		if a, _ := Lookup("ec2:RunInstances"); a.Matches(pattern) != (pattern == "ec2:RunInstances") {
			t.Errorf("%s in a policy: Matches is wrong", pattern)
		}
	}
}

func TestMatchEverything(t *testing.T) {
	total, s3 := 0, 0
	for _, s := range allServices(t) {
		total += len(s.Actions)
		if strings.HasPrefix(s.Prefix, "s3") {
			s3 += len(s.Actions)
		}
	}
	for _, pattern := range []string{"*", "*:*", "**", "?*:*"} {
		if got := len(Match(pattern)); (got == 0) != (pattern == "**" || pattern == "?*:*") {
			t.Errorf("%q in a policy matches %d actions", pattern, got)
		}
		if got := len(Find(pattern)); got != total {
			t.Errorf("%q matches %d actions, want all %d", pattern, got, total)
		}
	}
	if got := len(Find("s3*:*")); got != s3 || s3 == 0 {
		t.Errorf("s3*:* matches %d actions, want %d", got, s3)
	}
}

func TestHostilePatternsAreBounded(t *testing.T) {
	for _, pattern := range []string{
		strings.Repeat("a*", 1<<20) + "b", strings.Repeat("*", 2<<20), strings.Repeat("*?", 1<<20),
		"ec2:" + strings.Repeat("*a", 1<<20), strings.Repeat("a", 2<<20), strings.Repeat("*a*", 40) + "b",
	} {
		if got := len(Match(pattern)); got > 0 && strings.Trim(pattern, "*") != "" {
			t.Errorf("%.10q... matches %d actions", pattern, got)
		}
		Closest(pattern)
	}
}

func TestClosest(t *testing.T) {
	for _, test := range []struct{ action, want string }{
		{"ec2:RunInstance", "ec2:RunInstances"},
		{"ec2:DescribeVPC", "ec2:DescribeVpcs"},
		{"ecr:GetAuthorisationToken", "ecr:GetAuthorizationToken"},
		{"ec3:RunInstances", "ec2:RunInstances"},
		{"elb:CreateLoadBalancer", "elasticloadbalancing:CreateLoadBalancer"},
		{"asg:CreateAutoscalingGroup", "autoscaling:CreateAutoScalingGroup"},
		{"ec2:Zzzzzzzzzzzz", ""},
		{"ec2:Descibe*", "ec2:Describe*"},
		{"ec2:DescribeVps*", "ec2:DescribeVpc*"},
		{"ec2:*Instancez", "ec2:*Instances"},
		{"ec2:Descibe*Vpcz", "ec2:DescribeVpcs"},
		{"ecc2:*", "ec2:*"},
		{"ec3:Describe*", "ec2:Describe*"},
		{"ec2:Zzzzz*", ""},
		{"ec2:Describe*Zzzzzzz", ""},
		{"qqqqqqqqqq:RunInstances", ""},
		{"nothing", ""},
		{"", ""},
	} {
		got, ok := Closest(test.action)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("Closest(%q) is %q, %t; want %q", test.action, got, ok, test.want)
		}
	}
	for _, e := range aliases {
		if Known(e[0]) || !Known(e[1]) {
			t.Errorf("alias %q of %q: the first must not be a service, the second must be one", e[0], e[1])
		}
	}
}

func TestLevels(t *testing.T) {
	if !slices.IsSorted(Levels()) || !(List < Read && Read < Tagging && Tagging < Write && Write < PermissionsManagement) {
		t.Error("levels are not sorted")
	}
	for _, l := range Levels() {
		if got, ok := ParseLevel(strings.ToUpper(l.String())); !ok || got != l {
			t.Errorf("%s is read as %s", l, got)
		}
	}
	if l, ok := ParseLevel("permissions-management"); !ok || l != PermissionsManagement {
		t.Errorf("permissions-management is %s", l)
	}
	for _, text := range []string{"", "writ", "permissions_management", "Level(0)"} {
		if l, ok := ParseLevel(text); ok {
			t.Errorf("%q is read as %s", text, l)
		}
	}
	var l Level
	if err := l.UnmarshalText([]byte("Read")); err != nil || l != Read || l.UnmarshalText([]byte("x")) == nil {
		t.Errorf("got %s", l)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, pattern := range []string{"ec2:Describe*", "*:Describe*", "*"} {
		b.Run(pattern, func(b *testing.B) {
			for b.Loop() {
				if len(Find(pattern)) == 0 {
					b.Fatal("nothing matches")
				}
			}
		})
	}
}
