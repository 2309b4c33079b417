// Tests that diff, plan and explain report the same story of a permission: the
// story in the catalogue for the policy and the release. A story says since which release
// CAPA grants the action, which parts of CAPA use it, and why.

package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/race"
	"capaboot/policies/catalog"
	"capaboot/policies/diff"
	"capaboot/policies/report"
	"capaboot/policies/stories"
)

// catalogueStories returns the stories in the catalogue for an action in a
// policy. If trust is true, name is the name of a role, and the policy is its
// trust policy. It leaves out stories of releases after newest; if newest is
// "", it leaves out none.
func catalogueStories(t *testing.T, name string, trust bool, action, newest string) (all []string) {
	t.Helper()
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	last := catalogue.Newest()
	if newest != "" {
		if last, err = catalogue.Resolve(newest); err != nil {
			t.Fatal(err)
		}
	}
	name = strings.TrimSuffix(name, ".cluster-api-provider-aws.sigs.k8s.io")
	add := func(statements []catalog.StatementTemplate) {
		for _, s := range statements {
			for _, g := range s.Actions {
				if !strings.EqualFold(g.Name, action) || g.Since.Compare(last) > 0 {
					continue
				}
				all = append(all, fmt.Sprintf("%s %q %s", g.Since, g.UsedBy, g.Why))
				// A service that a statement trusts only later has its own story.
				for _, service := range s.Services {
					if service.Since.Compare(g.Since) > 0 && service.Since.Compare(last) <= 0 {
						all = append(all, fmt.Sprintf("%s %q %s", service.Since, service.UsedBy, service.Why))
					}
				}
			}
		}
	}
	for _, p := range catalogue.Policies {
		if !trust && p.Name == name {
			add(p.Statements)
		}
	}
	for _, r := range catalogue.Roles {
		if trust && strings.TrimSuffix(r.Name, ".cluster-api-provider-aws.sigs.k8s.io") == name {
			add(r.Trust)
		}
	}
	return all
}

// checkStory fails the test unless the catalogue has the given story (since,
// usedBy and why) for the action in the policy, up to the release newest. When
// no story is given, the catalogue must not have one either. checkStory reports
// whether a story is given. name is for messages.
func checkStory(t *testing.T, name, policy string, trust bool, action, newest string, since string, usedBy []string, why string) bool {
	t.Helper()
	want := catalogueStories(t, policy, trust, action, newest)
	switch got := fmt.Sprintf("%s %q %s", since, usedBy, why); {
	case since == "" && len(usedBy) == 0 && why == "":
		if len(want) > 0 {
			t.Errorf("%s: %s of %s has no story, want %q", name, action, policy, want)
		}
		return false
	case !slices.Contains(want, got):
		t.Errorf("%s: %s of %s has the story %q, want %q", name, action, policy, got, want)
	}
	return true
}

// checkDifferences checks the stories in the comparison of two releases, and returns
// their number. label is for messages.
func checkDifferences(t *testing.T, label string, result diff.Result, before, after string) (checked int) {
	t.Helper()
	for _, p := range result.Principals {
		for _, side := range []struct {
			grants  []diff.Grant
			release string
		}{{p.Gained, after}, {p.Lost, before}} {
			for _, g := range side.grants {
				name := g.Policy
				if g.Trust {
					name = p.Name
				}
				for _, a := range g.Actions {
					if checkStory(t, label, name, g.Trust, a.Action, side.release, a.Since, a.UsedBy, a.Why) {
						checked++
					}
				}
			}
		}
	}
	return checked
}

func TestPolicyDiffHasTheStoryOfThePolicy(t *testing.T) {
	race.Skip(t, "one goroutine works at a time")
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte(`{"Resources": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	checked := 0
	compare := func(a, b, before, after string) {
		stdout, stderr, code := run(t, nil, nil, "policy", "diff", a, b, "-o", "json")
		if code != 0 {
			t.Fatal(stderr)
		}
		var got report.Diff
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		checked += checkDifferences(t, a+" to "+b, got.Result, before, after)
	}
	first := catalogue.Releases[0].Release.String()
	for i, r := range catalogue.Releases {
		name := r.Release.String()
		compare(empty, "release:"+name, first, name)
		if i > 0 {
			before := catalogue.Releases[i-1].Release.String()
			compare("release:"+before, "release:"+name, before, name)
			compare("release:"+name, "release:"+before, name, before)
		}
	}
	compare("release:v1.5.0", "release:v2.0.0", "v1.5.0", "v2.0.0")
	// A template does not contain its release.
	template, _, _ := run(t, nil, nil, "bootstrap", "iam", "print-cloudformation-template", "--capa-version", "v2.0.0")
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	compare(empty, file, first, "v2.0.0")
	if checked < 300*len(catalogue.Releases) {
		t.Errorf("%d stories were found", checked)
	}
}

func TestPlanHasTheStoryOfThePolicy(t *testing.T) {
	for _, release := range []string{"v1.5.0", "v2.0.0", "v2.13.0"} {
		stdout, stderr, code := run(t, nil, nil, "bootstrap", "iam", "plan", "--offline", "--capa-version", release, "-o", "json")
		if code != 0 {
			t.Fatal(stderr)
		}
		var got report.Plan
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		if checked := checkDifferences(t, release, got.Permissions, release, release); checked < 250 {
			t.Errorf("%s: %d stories were found", release, checked)
		}
	}
}

func TestPolicyExplainHasTheStoryOfThePolicy(t *testing.T) {
	race.Skip(t, "one goroutine works at a time")
	catalogue, err := stories.Load()
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range catalogue.All() {
		if !slices.Contains(actions, e.Action) {
			actions = append(actions, e.Action)
		}
	}
	for _, release := range []string{"v1.0.0", "v1.5.0", "v2.0.0", "v2.8.4", "v2.13.0"} {
		stdout, stderr, code := run(t, nil, nil, append([]string{"policy", "explain", "--policy", "release:" + release, "-o", "json"}, actions...)...)
		if code != 0 {
			t.Fatal(stderr)
		}
		var got report.Explanation
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, answer := range got.Answers {
			for _, g := range answer.Actions[0].Grants {
				name := g.Policy
				if g.Trust {
					name = g.Name
				}
				if checkStory(t, release, name, g.Trust, answer.Asked, release, g.Since, g.UsedBy, g.Why) {
					checked++
				}
			}
		}
		if checked < 250 {
			t.Errorf("%s: %d stories were found", release, checked)
		}
	}
}

// TestNoStoryBeforeTheReleaseThatHasIt adds statements with actions that CAPA's
// policies have for other reasons, or only in later releases. Such a statement
// must have no story.
func TestNoStoryBeforeTheReleaseThatHasIt(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte(`apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  namePrefix: dev-
  nameSuffix: .example
  clusterAPIControllers:
    trustStatements:
    - {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: ["sts:TagSession"]}
  nodes:
    extraStatements:
    - {Effect: Allow, Action: ["ec2:RunInstances"], Resource: ["*"]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte(`{"Resources": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for release, since := range map[string]string{"v2.8.4": "", "v2.12.1": "v2.12.1"} {
		for _, args := range [][]string{
			{"policy", "explain", "sts:TagSession", "--config", config, "--capa-version", release},
			{"policy", "explain", "sts:TagSession", "--config", config, "--policy", "release:" + release},
			{"policy", "explain", "sts:TagSession", "--capa-version", release, "--policy", config},
			{"policy", "diff", empty, "--config", config, "--capa-version", release},
			{"policy", "diff", empty, config, "--capa-version", release},
			{"policy", "diff", "release:" + release, empty, "--config", config},
			{"bootstrap", "iam", "plan", "--offline", "--config", config, "--capa-version", release},
		} {
			stdout, stderr, code := run(t, nil, nil, append(args, "-o", "json")...)
			if code != 0 {
				t.Fatalf("%v: %s", args, stderr)
			}
			var got any
			if err := json.Unmarshal([]byte(stdout), &got); err != nil {
				t.Fatal(err)
			}
			found := storyReleases(got, "sts:TagSession", "", since == "")
			if len(found) == 0 {
				t.Errorf("%v has no grant of sts:TagSession", args)
			}
			for _, sinceRelease := range found {
				if sinceRelease != since {
					t.Errorf("%v: sts:TagSession has the release %q", args, sinceRelease)
				}
			}
			for _, sinceRelease := range storyReleases(got, "ec2:RunInstances", "cluster-api-provider-aws-sigs-k8s-io", true) {
				if sinceRelease != "" {
					t.Errorf("%v: an extra statement has the release %q of CAPA", args, sinceRelease)
				}
			}
		}
	}
}

// storyReleases finds the grants of an action in decoded JSON. If policy is not
// "", it finds only the grants of that policy. For each grant it returns the
// release in the story. If withoutStory is true, the release is "" for a grant
// without a story; otherwise such a grant is left out.
func storyReleases(value any, action, policy string, withoutStory bool) (all []string) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			all = append(all, storyReleases(item, action, policy, withoutStory)...)
		}
	case map[string]any:
		name, _ := v["policy"].(string)
		found := v["pattern"] == action
		story := v
		for _, a := range asList(v["actions"]) {
			if entry, ok := a.(map[string]any); ok && entry["action"] == action && v["effect"] != nil {
				found, story = true, entry
			}
		}
		if since, _ := story["since"].(string); found && (policy == "" || name == policy) && (since != "" || withoutStory) {
			all = append(all, since)
		}
		for _, inner := range v {
			all = append(all, storyReleases(inner, action, policy, withoutStory)...)
		}
	}
	return all
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}
