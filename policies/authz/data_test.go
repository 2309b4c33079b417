// Tests of the embedded data: all of it can be decoded, is consistent, and agrees
// with facts from AWS's pages.

package authz

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func allServices(t testing.TB) []*Service {
	t.Helper()
	var services []*Service
	for _, prefix := range Prefixes() {
		s, ok := ForPrefix(prefix)
		if !ok {
			t.Fatalf("service %s is listed but not found", prefix)
		}
		services = append(services, s)
	}
	return services
}

func TestEmbeddedData(t *testing.T) {
	services := allServices(t)
	if len(services) < 400 {
		t.Fatalf("%d services are far too few", len(services))
	}
	if !slices.IsSorted(Prefixes()) {
		t.Error("services are not sorted")
	}
	actions := map[string]bool{}
	for _, s := range services {
		for i := range s.Actions {
			actions[s.Actions[i].String()] = true
		}
	}
	if len(actions) < 20_000 {
		t.Errorf("%d actions are far too few", len(actions))
	}
	used, dependencies := map[Level]int{}, 0
	for _, s := range services {
		dependencies += checkService(t, s, actions, used)
	}
	for _, l := range Levels() {
		if used[l] < 100 {
			t.Errorf("only %d actions have the level %s", used[l], l)
		}
	}
	if len(used) != len(Levels()) || dependencies < 2000 {
		t.Errorf("levels are %v, and there are %d dependencies", used, dependencies)
	}
}

// checkService checks the data of one service. It counts the levels of its
// actions in used, and returns the number of their dependent actions.
func checkService(t *testing.T, s *Service, actions map[string]bool, used map[Level]int) (dependencies int) {
	t.Helper()
	keys := map[string]bool{}
	for i, k := range s.ConditionKeys {
		keys[k.Name] = true
		if k.Type == 0 || int(k.Type) >= len(keyTypeNames) || !strings.Contains(k.Name, ":") {
			t.Errorf("%s: condition key %q has type %s", s.Prefix, k.Name, k.Type)
		}
		if i > 0 && compareFold(s.ConditionKeys[i-1].Name, k.Name) > 0 {
			t.Errorf("%s: condition key %s is not sorted", s.Prefix, k.Name)
		}
	}
	checkKeys := func(owner string, list []string) {
		for _, k := range list {
			if !keys[k] {
				t.Errorf("%s: %s has the condition key %q, which the service lacks", s.Prefix, owner, k)
			}
		}
	}
	for _, r := range s.ResourceTypes {
		checkKeys(r.Name, r.ConditionKeys)
		if len(r.ARNPatterns) == 0 {
			t.Errorf("%s: resource type %s has no ARN pattern", s.Prefix, r.Name)
		}
		for _, p := range r.ARNPatterns {
			if !strings.HasPrefix(p, "arn:${Partition}:") || strings.Count(p, ":") < 5 || !ARNPatternAllows("arn:*", p) {
				t.Errorf("%s: resource type %s has the ARN pattern %q", s.Prefix, r.Name, p)
			}
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		used[a.Level]++
		if a.Service != s.Prefix || a.Name == "" || len(a.String()) > maxActionLength {
			t.Errorf("%s: action %q has the service %q, or a name of the wrong length", s.Prefix, a.Name, a.Service)
		}
		if i > 0 && compareFold(s.Actions[i-1].Name, a.Name) >= 0 {
			t.Errorf("%s: action %s is not sorted", s.Prefix, a.Name)
		}
		if got, ok := Lookup(strings.ToUpper(a.String())); !ok || got != a {
			t.Errorf("%s is not found", a)
		}
		checkKeys(a.Name, a.ConditionKeys)
		for _, r := range a.Resources {
			checkKeys(a.Name+" "+r.Type.Name, r.ConditionKeys)
			if got, ok := s.ResourceType(r.Type.Name); !ok || got != r.Type {
				t.Errorf("%s has the resource type %s, which the service lacks", a, r.Type.Name)
			}
		}
		for _, d := range a.DependentActions {
			dependencies++
			if !actions[d] {
				t.Errorf("%s depends on %s, which is not an action", a, d)
			}
		}
		if a.Description() == "" {
			t.Errorf("%s has no description", a)
		}
	}
	return dependencies
}

// TestFacts compares the data with pages of the Service Authorization
// Reference.
func TestFacts(t *testing.T) {
	describe := func(a *Action) string {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s; ", a, a.Level)
		for _, r := range a.Resources {
			b.WriteString(r.Type.Name)
			if r.Required {
				b.WriteByte('*')
			}
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "; %s; %s", strings.Join(a.ConditionKeys, " "), strings.Join(a.DependentActions, " "))
		return strings.ReplaceAll(strings.ReplaceAll(b.String(), " ; ", "; "), ";; ", "; ; ")
	}
	for _, want := range []string{
		"iam:PassRole Write; role*; iam:AssociatedResourceArn iam:PassedToService; ",
		"iam:CreateServiceLinkedRole Write; role*; iam:AWSServiceName; ",
		"iam:AttachRolePolicy Permissions management; role*; iam:PermissionsBoundary iam:PolicyARN iam:RoleTemplateARN; ",
		"ec2:DescribeVpcs List; ; ec2:Region; ",
		"ec2:CreateVpc Write; ipam-pool ipv6pool-ec2 vpc*; ec2:Region; ec2:CreateTags",
		"ec2:AttachVolume Write; instance* volume*; ec2:Region; ",
		"autoscaling:DescribeAutoScalingGroups List; ; ; ",
		"eks:ListClusters List; ; ; ",
		"eks:DescribeCluster Read; cluster*; ; ",
		"kms:ListAliases List; ; ; ",
		"sts:GetCallerIdentity Read; ; ; ",
	} {
		name, _, _ := strings.Cut(want, " ")
		a, ok := Lookup(name)
		if !ok {
			t.Errorf("%s is unknown", name)
			continue
		}
		if got := describe(a); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}

	run, ok := Lookup("EC2:runinstances")
	if !ok {
		t.Fatal("ec2:RunInstances is unknown")
	}
	var required []string
	for _, r := range run.Resources {
		if r.Required {
			required = append(required, r.Type.Name)
		}
	}
	if diff := cmp.Diff([]string{"image", "instance", "network-interface", "security-group", "subnet"}, required); diff != "" {
		t.Errorf("required by ec2:RunInstances (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ec2:CreateTags", "iam:PassRole", "ssm:GetParameters"}, run.DependentActions); diff != "" {
		t.Errorf("dependent actions of ec2:RunInstances (-want +got)\n%s", diff)
	}
	if r := run.Resource("instance"); r == nil || r.Type.ARNPatterns[0] != "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}" {
		t.Errorf("the instance of ec2:RunInstances is %+v", r)
	}
	if run.Level != Write || run.Description() != "Grants permission to launch one or more instances" || loadIndex.Get().find("ec2").name != "Amazon EC2" {
		t.Errorf("got %s, %q and %q", run.Level, run.Description(), loadIndex.Get().find("ec2").name)
	}
	if tags, ok := Lookup("ec2:CreateTags"); !ok || tags.Level != Tagging || tags.Resource("vpc") == nil || tags.Resource("vpc").Required {
		t.Errorf("ec2:CreateTags is %+v", tags)
	}
}

func TestPublished(t *testing.T) {
	day, err := time.Parse("January 2006", Published())
	if err != nil || day.Year() < 2026 {
		t.Errorf("the data is from %q (%v)", Published(), err)
	}
}

func TestLookupOfUnknownActions(t *testing.T) {
	for _, name := range []string{"", "ec2", "ec2:", ":RunInstances", "ec2:RunInstance", "ec2:RunInstances ", "nope:RunInstances", "ec2:RunInstances:x", "ec2:*"} {
		if a, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) is %s", name, a)
		}
	}
	if s, ok := ForPrefix("EC2"); !ok || s.Prefix != "ec2" {
		t.Error("ForPrefix does not ignore case")
	}
}

func TestParseIndexRefusesInvalidLines(t *testing.T) {
	for _, text := range []string{"nonsense\n", "dictionary\t1\n", "dictionary\t-1\t0\n", "service\ta\tA\t1\t1\t1\t99999999\t0\n", "service\ta\tA\t1\t1\t1\tx\t0\n"} {
		if _, err := parseIndex(text, "blob"); err == nil {
			t.Errorf("parseIndex(%q) gives no error", text)
		}
	}
}

// FuzzDecode checks that decoding arbitrary bytes results in an error or a
// valid service. The embedded data is not hostile, but invalid data must not
// make the program hang.
func FuzzDecode(f *testing.F) {
	x := loadIndex.Get()
	for _, prefix := range []string{"a2c", "sts", "eks"} {
		err := decompress(x.find(prefix).facts, x.factsDictionary, func(facts []byte) error {
			f.Add(slices.Clone(facts))
			return nil
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 3})
	f.Fuzz(func(t *testing.T, facts []byte) {
		var s Service
		if decodeFacts(facts, &s) != nil {
			return
		}
		for i := range s.Actions {
			for _, r := range s.Actions[i].Resources {
				_ = r.Type.Name
			}
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseIndex(indexText, blob); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(blob)+len(indexText)+len(globalText)+len(packagesTSV)), "bytes-embedded")
}

func BenchmarkService(b *testing.B) {
	x := loadIndex.Get()
	for _, prefix := range []string{"ec2", "iam", "sts"} {
		b.Run(prefix, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := x.decode(x.find(prefix)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range x.entries {
				if _, err := x.decode(&x.entries[i]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// The list of packages has the package and version of the data on actions.
func TestPackages(t *testing.T) {
	for line := range strings.Lines(Packages()) {
		if f := strings.Split(line, "\t"); len(f) == 4 && f[0] == "actions" {
			if !strings.HasPrefix(f[1], "@") || strings.Count(f[2], ".") != 2 {
				t.Errorf("the package of actions is %q", line)
			}
			return
		}
	}
	t.Errorf("no package of actions in %q", Packages())
}
