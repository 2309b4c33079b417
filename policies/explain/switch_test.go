// Tests of features that a configuration enables: they allow every call that
// the feature needs, and no action without a use.

package explain_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

const account = "111122223333"

// featureCases has, for each feature, how it is enabled and a resource of each
// type that its calls use.
var featureCases = map[string]struct {
	values    string // the other fields of the feature in the configuration, as YAML
	resources map[string]string
	context   map[string]string
	// others has ungranted actions that are not in ungranted.tsv, with the last
	// release that does not grant them, or "" for every release.
	others map[string]string
}{
	"dedicated-hosts":           {resources: map[string]string{"dedicated-host": "ec2:eu-west-1:" + account + ":dedicated-host/h-1"}},
	"suspend-processes":         {resources: map[string]string{"autoScalingGroup": "autoscaling:eu-west-1:" + account + ":autoScalingGroup:1:autoScalingGroupName/pool"}},
	"network-interface-cleanup": {resources: map[string]string{"network-interface": "ec2:eu-west-1:" + account + ":network-interface/eni-1"}},
	"classic-elb":               {resources: map[string]string{"loadbalancer": "elasticloadbalancing:eu-west-1:" + account + ":loadbalancer/api"}},
	"elastic-ip-pool": {resources: map[string]string{"elastic-ip": "ec2:eu-west-1:" + account + ":elastic-ip/eipalloc-1",
		"instance": "ec2:eu-west-1:" + account + ":instance/i-1", "network-interface": "ec2:eu-west-1:" + account + ":network-interface/eni-1"}},
	"ebs-encryption-cmk": {values: "keys: ['arn:aws:kms:eu-west-1:" + account + ":key/1']", resources: map[string]string{"key": "kms:eu-west-1:" + account + ":key/1"},
		context: map[string]string{"kms:ViaService": "ec2.eu-west-1.amazonaws.com", "kms:GrantIsForAWSResource": "true", "kms:ResourceAliases": "alias/other"},
		others:  map[string]string{"kms:CreateGrant": "", "kms:DescribeKey": ""}}, // see features.tsv: CAPA grants these actions only for keys with its alias
	"lifecycle-hooks": {values: "roles: [hook]", resources: map[string]string{"role": "iam::" + account + ":role/hook"},
		context: map[string]string{"iam:PassedToService": "autoscaling.amazonaws.com"}},
	"eks-identity-provider": {resources: map[string]string{"identityproviderconfig": "eks:eu-west-1:" + account + ":identityproviderconfig/c/oidc/p/1", "cluster": "eks:eu-west-1:" + account + ":cluster/c"},
		others: map[string]string{"eks:AssociateIdentityProviderConfig": "v1.0.0", "eks:ListIdentityProviderConfigs": "v1.0.0"}},
	"eks-additional-policies": {resources: map[string]string{"policy": "iam::" + account + ":policy/mine"}},
	"managed-node-group-iam-role": {resources: map[string]string{"policy": "iam::aws:policy/AmazonEKSWorkerNodePolicy",
		"role": "iam::" + account + ":role/-nodegroup-iam-service-role_cluster-pool"}},
	"fargate": {resources: map[string]string{"policy": "iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy", "role": "iam::" + account + ":role/cluster-profile_fargate",
		"fargateprofile": "eks:eu-west-1:" + account + ":fargateprofile/c/p/1"},
		context: map[string]string{"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy", "iam:AWSServiceName": "eks-fargate.amazonaws.com"}},
	"rosa-network": {values: "stacks: [network]", resources: map[string]string{"stack": "cloudformation:eu-west-1:" + account + ":stack/network/1",
		"route-table": "ec2:eu-west-1:" + account + ":route-table/rtb-1", "security-group": "ec2:eu-west-1:" + account + ":security-group/sg-1"},
		context: map[string]string{"aws:CalledVia": "cloudformation.amazonaws.com"}},
	"rosa-role-config": {values: "prefixes: [acme]", resources: map[string]string{"policy": "iam::" + account + ":policy/acme-operator", "role": "iam::" + account + ":role/acme-installer",
		"oidc-provider": "iam::" + account + ":oidc-provider/oidc.example.com/1"}},
}

// resourceTypeOf has the resource type that a feature uses, for actions that
// support several.
var resourceTypeOf = map[string]string{"eks-identity-provider eks:UntagResource": "identityproviderconfig", "fargate eks:UntagResource": "fargateprofile"}

func resourcesFor(feature, name string) []string {
	if name == "iam:CreateServiceLinkedRole" {
		return []string{"arn:aws:iam::" + account + ":role/aws-service-role/eks-fargate.amazonaws.com/AWSServiceRoleForAmazonEKSForFargate"}
	}
	action, _ := authz.Lookup(name)
	var all []string
	for _, r := range action.Resources {
		resource, ok := featureCases[feature].resources[r.Type.Name]
		if wanted := resourceTypeOf[feature+" "+name]; ok && (wanted == "" || wanted == r.Type.Name) {
			all = append(all, "arn:aws:"+resource)
		}
	}
	return all
}

// ungrantedActions returns the actions that a feature needs and the release
// does not grant, according to testdata/ungranted.tsv and featureCases.
func ungrantedActions(t *testing.T, feature string, release catalog.Release) (actions []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/ungranted.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, "\t")
		if f[0] != "feature" && slices.Contains(strings.Fields(f[0]), feature) && releaseOf(t, f[1]).Compare(release) <= 0 {
			actions = append(actions, strings.Fields(f[2])...)
		}
	}
	for action, last := range featureCases[feature].others {
		if last == "" || release.Compare(releaseOf(t, last)) <= 0 {
			actions = append(actions, action)
		}
	}
	return actions
}

// deniedCalls returns the given actions that the controllers are not allowed to
// call for the feature.
func deniedCalls(t *testing.T, set *document.Set, feature string, actions ...string) (all []string) {
	t.Helper()
	principal := set.Principals[slices.IndexFunc(set.Principals, func(h *document.Holder) bool { return h.LogicalID == catalog.ControllersRole })]
	for _, action := range actions {
		s := simulate.Simulation{OnlyGiven: true}
		s.SetHolder(principal, set)
		if _, err := s.AddAction(action); err != nil {
			t.Fatal(err)
		}
		for _, resource := range resourcesFor(feature, action) {
			if err := s.AddResource(resource); err != nil {
				t.Fatal(err)
			}
		}
		for key, value := range featureCases[feature].context {
			s.AddContext(key, value)
		}
		outcomes, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, simulate.Unmet(outcomes, simulate.ExpectAllowed)...)
	}
	return all
}

func configurationWith(features ...string) string {
	var b strings.Builder
	b.WriteString(defaultConfiguration + "spec:\n  clusterAPIControllers:\n    features:\n")
	for _, feature := range features {
		fmt.Fprintf(&b, "    - {name: %s", feature)
		if values := featureCases[feature].values; values != "" {
			b.WriteString(", " + values)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// changedReleases returns the releases whose policies, with all features
// enabled, differ from those of the release before.
func changedReleases(t *testing.T, all string) (releases []catalog.Release) {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	before := ""
	for _, dated := range catalogue.Releases {
		loaded, err := iam.Load("iam.yaml", []byte(all), iam.Options{Catalogue: catalogue, Release: dated.Release})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(loaded.Template.Tree())
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != before {
			releases = append(releases, dated.Release)
		}
		before = string(text)
	}
	return releases
}

func TestFeaturesGrantExactlyTheirCalls(t *testing.T) {
	t.Parallel()
	names, err := catalog.SwitchNames()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range changedReleases(t, configurationWith(names...)) {
		withoutFeatures, _ := generate(t, release, defaultConfiguration)
		for _, name := range names {
			set, _ := generate(t, release, configurationWith(name))
			actions := ungrantedActions(t, name, release)
			policy := featuresPolicy(set)
			if _, isSwitch := catalogue.SwitchSince(name, release); !isSwitch {
				if policy != nil {
					t.Errorf("%s lacks %s, and the policy has %d statements", release, name, len(policy.Statements))
				}
				continue
			}
			if len(actions) == 0 || policy == nil {
				t.Fatalf("%s: no row or no policy for %s", release, name)
			}
			if remaining := deniedCalls(t, set, name, actions...); len(remaining) > 0 {
				t.Errorf("%s with %s: %s are denied", release, name, remaining)
			}
			if got := deniedCalls(t, withoutFeatures, name, actions...); len(got) < len(actions) {
				t.Errorf("%s without %s: only %s of %s are denied", release, name, got, actions)
			}
			removeEach(t, policy, func(action string) {
				if got := deniedCalls(t, set, name, action); len(got) == 0 {
					t.Errorf("%s: %s in the statements of %s is not needed", release, action, name)
				} else if !slices.Contains(actions, action) {
					t.Errorf("%s: no row of %s needs %s", release, name, action)
				}
			})
		}
	}
	for _, name := range names {
		if _, ok := featureCases[name]; !ok {
			t.Errorf("%s is not tested", name)
		}
	}
}

func featuresPolicy(set *document.Set) *document.Document {
	for _, h := range set.Principals {
		for _, p := range h.Policies {
			if p.LogicalID == catalog.FeaturesPolicy {
				return p.Document
			}
		}
	}
	return nil
}

// removeEach removes one action of the policy at a time and calls check with
// it. It restores the action afterwards.
func removeEach(t *testing.T, policy *document.Document, check func(action string)) {
	t.Helper()
	for i := range policy.Statements {
		s := &policy.Statements[i]
		original := s.Actions
		for j, action := range original {
			s.Actions = slices.Delete(slices.Clone(original), j, j+1)
			if len(s.Actions) == 0 {
				s.Actions = []string{"none:None"}
			}
			check(action)
		}
		s.Actions = original
	}
}

// Without enabled features, the ungranted calls name the features that would
// grant them. With all features enabled, no ungranted call names a feature.
func TestUngrantedNamesTheFeatureToSwitchOn(t *testing.T) {
	t.Parallel()
	names, err := catalog.SwitchNames()
	if err != nil {
		t.Fatal(err)
	}
	for text, lacks := range map[string]string{"v2.13.0": "", "v2.5.2": "dedicated-hosts elastic-ip-pool lifecycle-hooks network-interface-cleanup rosa-network rosa-role-config"} {
		release := releaseOf(t, text)
		found := ungrantedOf(t, release, defaultConfiguration)
		var suggested []string
		for _, gap := range slices.Concat(found.Calls, found.Needs) {
			for _, name := range gap.SwitchOn {
				if !slices.Contains(suggested, name) {
					suggested = append(suggested, name)
				}
			}
		}
		slices.Sort(suggested)
		want := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(strings.Fields(lacks), name) })
		if !slices.Equal(suggested, want) {
			t.Errorf("%s names %s, want %s", text, suggested, want)
		}
		remaining := ungrantedOf(t, release, configurationWith(names...))
		for _, gap := range slices.Concat(remaining.Calls, remaining.Needs) {
			if len(gap.SwitchOn) > 0 {
				t.Errorf("%s: all features are enabled, but %s would grant %s", text, gap.SwitchOn, gap.Actions)
			}
		}
	}
}
