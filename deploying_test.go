// Tests that the stacks of the two teams in docs/deploying.md can be deployed
// side by side.

package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/catalog"
)

// TestStacksOfTwoTeamsAreSeparate reads the second team's configuration from
// docs/deploying.md. Its stack must share no resource name with the default
// stack, with and without optional resources, and the controllers of one stack
// must not be allowed to pass the roles of the other.
func TestStacksOfTwoTeamsAreSeparate(t *testing.T) {
	text, err := os.ReadFile("docs/deploying.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Several clusters in one account\n")
	block := regexp.MustCompile("(?s)\n```yaml\n(.*?)```\n").FindStringSubmatch(section)
	if block == nil {
		t.Fatal("docs/deploying.md has no example for a second team")
	}
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"v2.0.0", "v2.11.1", "main"} {
		release, err := catalogue.Resolve(name)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := iam.Load("docs/deploying.md", []byte(block[1]), iam.Options{Catalogue: catalogue, Release: release})
		if err != nil {
			t.Fatal(err)
		}
		for _, withOptions := range []bool{false, true} {
			first, second := iam.Default(), *loaded.Configuration
			if withOptions {
				for _, spec := range []*iam.Spec{&first.Spec, &second.Spec} {
					spec.BootstrapUser.Enable, spec.ControlPlane.EnableCSIPolicy, spec.EKS.EnableUserEKSConsolePolicy = true, true, true
				}
				// Only one stack can have these roles, because their names are
				// fixed.
				first.Spec.EKS.ManagedMachinePool, first.Spec.EKS.Fargate = &iam.RoleSpec{}, &iam.RoleSpec{}
			}
			if first.Spec.StackName == second.Spec.StackName {
				t.Errorf("both stacks are called %s", first.Spec.StackName)
			}
			firstIDs := map[string]string{} // by resource name
			for id, name := range namesOf(t, first, catalogue, release) {
				firstIDs[name] = id
			}
			for id, name := range namesOf(t, &second, catalogue, release) {
				if other, ok := firstIDs[name]; ok {
					t.Errorf("%s: %s of the second team and %s of the default stack are both called %q", release, id, other, name)
				}
			}
			for _, pair := range [][2]*iam.Configuration{{first, &second}, {&second, first}} {
				for id, name := range namesOf(t, pair[1], catalogue, release) {
					for _, pattern := range pair[0].Spec.ClusterAPIControllers.AllowedEC2InstanceProfiles {
						glob := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
						if strings.HasPrefix(id, "AWSIAMRole") && glob.MatchString(name) {
							t.Errorf("%s: the controllers that may pass %s may pass %s of the other stack", release, pattern, name)
						}
					}
				}
			}
		}
	}
}

// namesOf returns the names of the resources in lower case, by logical ID.
func namesOf(t *testing.T, c *iam.Configuration, catalogue *catalog.Catalogue, release catalog.Release) map[string]string {
	t.Helper()
	template, err := iam.Generate(c, catalogue, release)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for id := range template.Resources {
		if name := template.Name(id); name != "" { // CloudFormation chooses the other names
			names[id] = strings.ToLower(name)
		}
	}
	if len(names) < 9 {
		t.Fatalf("only %d names", len(names))
	}
	return names
}
