// Tests of ungranted calls and needs of each release, compared with the table
// of calls and the templates, which the tests read independently.

package explain_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
)

// everythingOn is a configuration that opens every gate of the controllers'
// policies.
const everythingOn = `apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  allowAssumeRole: true
  s3Buckets: {enable: true}
  eventBridge: {enable: true}
  eks: {iamRoleCreation: true}
  secureSecretBackends: [secrets-manager, ssm-parameter-store]
`

// generate returns what a configuration generates for a release, and its
// settings.
func generate(t *testing.T, release catalog.Release, configuration string) (*document.Set, catalog.Settings) {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := iam.Load("iam.yaml", []byte(configuration), iam.Options{Catalogue: catalogue, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	set, err := document.SetOf("template", loaded.Template.Tree())
	if err != nil {
		t.Fatal(err)
	}
	return set, loaded.Configuration.Settings()
}

func newestRelease(t *testing.T) catalog.Release {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return catalogue.Newest()
}

func releaseOf(t *testing.T, text string) (release catalog.Release) {
	t.Helper()
	if err := release.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return release
}

const defaultConfiguration = "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\n"

func ungrantedOf(t *testing.T, release catalog.Release, configuration string) explain.Ungranted {
	t.Helper()
	set, settings := generate(t, release, configuration)
	return ungrantedInSet(t, release, set, settings)
}

// explainDefault returns an explainer of the default configuration at a release.
func explainDefault(t *testing.T, release catalog.Release) *explain.Explainer {
	t.Helper()
	set, settings := generate(t, release, defaultConfiguration)
	e := explainSet(t, set)
	e.SetRelease(release, &settings)
	return e
}

func ungrantedInSet(t *testing.T, release catalog.Release, set *document.Set, settings catalog.Settings) explain.Ungranted {
	t.Helper()
	e := explainSet(t, set)
	e.SetRelease(release, &settings)
	found, err := e.Ungranted()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// grantedIn returns the actions in the controllers' policies of a template.
func grantedIn(set *document.Set) map[string]bool {
	granted := map[string]bool{}
	for _, h := range set.Principals {
		for _, p := range h.Policies {
			if !strings.HasPrefix(p.LogicalID, "AWSIAMManagedPolicyControllers") {
				continue
			}
			for _, s := range p.Document.Statements {
				for _, action := range s.Actions {
					granted[action] = true
				}
			}
		}
	}
	return granted
}

// callsOf returns the calls of a release according to the table, without
// sts:GetCallerIdentity, which needs no permission.
func callsOf(t *testing.T, release catalog.Release) []string {
	t.Helper()
	text, err := os.ReadFile("../catalog/calls.tsv")
	if err != nil {
		t.Fatal(err)
	}
	number := func(text string) (n int) {
		var major, minor, patch int
		if _, err := fmt.Sscanf(text, "v%d.%d.%d", &major, &minor, &patch); err != nil {
			t.Fatal(text, err)
		}
		return major*1e6 + minor*1e3 + patch
	}
	var calls []string
	for line := range strings.Lines(string(text)) {
		f := strings.Split(line, "\t")
		if f[0] != "call" || f[1] == "sts:GetCallerIdentity" {
			continue
		}
		for _, span := range strings.Fields(f[2]) {
			first, last, _ := strings.Cut(span, "-")
			if number(first) <= number(release.String()) && (last == "" || number(release.String()) <= number(last)) {
				calls = append(calls, f[1])
			}
		}
	}
	return calls
}

func TestUngrantedMatchesTheTables(t *testing.T) {
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	hooks := releaseOf(t, "v2.9.0") // the release that introduced lifecycle hooks
	own := map[string]int{}         // the calls of the controllers' own code
	for _, dated := range catalogue.Releases {
		release := dated.Release
		var want, elsewhere, got, gotElsewhere []string
		byDefault, settings := generate(t, release, defaultConfiguration)
		all, _ := generate(t, release, everythingOn)
		here, anywhere := grantedIn(byDefault), grantedIn(all)
		for _, call := range callsOf(t, release) {
			switch {
			case !anywhere[call]:
				want = append(want, call)
			case !here[call]:
				elsewhere = append(elsewhere, call)
			}
		}
		found := ungrantedInSet(t, release, byDefault, settings)
		for _, gap := range found.Calls {
			got = append(got, gap.Actions...)
			if !slices.Equal(gap.CalledFrom, []string{"rosa"}) {
				own[release.String()] += len(gap.Actions)
			}
			if strings.Contains(strings.Join(gap.When, "\n"), "pass tags") {
				t.Errorf("%s: %v are required by another call: %q", release, gap.Actions, gap.When)
			}
			checkStatements(t, gap)
		}
		for _, gap := range found.Needs {
			checkStatements(t, gap)
			if slices.ContainsFunc(gap.Actions, func(a string) bool { return slices.Contains(got, a) }) {
				t.Errorf("%s: %v are reported twice", release, gap.Actions)
			}
			if slices.Contains(gap.Features, "lifecycle-hooks") && release.Compare(hooks) < 0 {
				t.Errorf("%s has no lifecycle hooks, but needs %v", release, gap.Actions)
			}
		}
		for _, other := range found.Elsewhere {
			gotElsewhere = append(gotElsewhere, other.Actions...)
		}
		slices.Sort(got)
		slices.Sort(gotElsewhere)
		if !slices.Equal(got, want) {
			t.Errorf("%s: ungranted calls\n%s\nwant\n%s", release, got, want)
		}
		if !slices.Equal(gotElsewhere, elsewhere) {
			t.Errorf("%s: calls that other configurations grant\n%s\nwant\n%s", release, gotElsewhere, elsewhere)
		}
	}
	for release, want := range map[string]int{"v1.0.0": 11, "v2.1.0": 16, "v2.10.0": 10, "v2.13.0": 11} {
		if own[release] != want {
			t.Errorf("%s makes %d calls that nothing grants, want %d", release, own[release], want)
		}
	}
}

// A call is not attributed to a feature of a later release.
func TestGapsNameFeaturesOfTheRelease(t *testing.T) {
	for text, want := range map[string]bool{"v2.11.1": false, "v2.12.1": true} {
		for _, gap := range ungrantedOf(t, releaseOf(t, text), defaultConfiguration).Calls {
			if slices.Contains(gap.Actions, "iam:CreatePolicy") && slices.Contains(gap.Features, "rosa-ocm-role-config") != want {
				t.Errorf("%s: iam:CreatePolicy is for %v", text, gap.Features)
			}
		}
	}
}

// checkStatements checks that the statements of a gap allow exactly its
// actions, on resources that each action supports.
func checkStatements(t *testing.T, gap explain.Gap) {
	t.Helper()
	var allowed []string
	for _, s := range gap.Statements {
		allowed = append(allowed, s.Action...)
		for _, name := range s.Action {
			action, ok := authz.Lookup(name)
			if !ok || !slices.ContainsFunc(s.Resource, action.Allows) || len(action.Resources) > 0 && slices.Contains(s.Resource, "*") {
				t.Errorf("the statement for %s has the resources %v", name, s.Resource)
			}
		}
	}
	slices.Sort(allowed)
	if want := slices.Sorted(slices.Values(gap.Actions)); !slices.Equal(allowed, want) {
		t.Errorf("the statements allow %v, want %v", allowed, want)
	}
}

// After the suggested statements are added, nothing is missing.
func TestSuggestedStatementsSuffice(t *testing.T) {
	for _, text := range []string{"v1.0.0", "v2.1.0", "v2.13.0"} {
		var release catalog.Release
		if err := release.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		var statements strings.Builder
		found := ungrantedOf(t, release, everythingOn)
		for _, gap := range slices.Concat(found.Calls, found.Needs) {
			for _, s := range gap.Statements {
				fmt.Fprintf(&statements, "    - {Effect: Allow, Action: [%s], Resource: [%s]", quoteAll(s.Action), quoteAll(s.Resource))
				for operator, keys := range s.Condition {
					for key, value := range keys {
						fmt.Fprintf(&statements, ", Condition: {%s: {%s: %q}}", operator, key, value)
					}
				}
				statements.WriteString("}\n")
			}
		}
		if left := ungrantedOf(t, release, everythingOn+"  clusterAPIControllers:\n    extraStatements:\n"+statements.String()); len(left.Calls)+len(left.Needs)+len(left.Elsewhere) > 0 {
			t.Errorf("%s: still missing: %+v", release, left)
		}
	}
}

func quoteAll(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, fmt.Sprintf("%q", text))
	}
	return strings.Join(all, ", ")
}

// An action that CAPA grants only on other resources is reported as missing. An
// action that a custom statement grants on one resource is not, and neither is
// an action that the configuration does not need.
func TestNeeds(t *testing.T) {
	var release catalog.Release
	if err := release.UnmarshalText([]byte("v2.13.0")); err != nil {
		t.Fatal(err)
	}
	needs := func(configuration string) string {
		var all []string
		for _, gap := range ungrantedOf(t, release, configuration).Needs {
			all = append(all, gap.Kind+" "+strings.Join(gap.Actions, " "))
		}
		return strings.Join(all, "; ")
	}
	const role = "settings iam:AttachRolePolicy iam:DetachRolePolicy iam:TagRole; "
	const rest = "resources eks:DescribeIdentityProviderConfig eks:DisassociateIdentityProviderConfig eks:UntagResource; resources iam:GetPolicy; resources eks:UntagResource; resources iam:CreateServiceLinkedRole; "
	const hooks, rosa = "implied iam:PassRole; ", "doubtful ec2:DeleteRoute ec2:AuthorizeSecurityGroupEgress"
	const keys = "implied kms:Decrypt kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo; "
	for _, test := range []struct{ name, configuration, want string }{
		{"by default", defaultConfiguration, keys + rest + role + hooks + rosa},
		{"with roles that the controllers create", defaultConfiguration + "spec: {eks: {iamRoleCreation: true}}", keys + rest + hooks + rosa},
		{"without EKS", defaultConfiguration + "spec: {eks: {disable: true}}", keys + hooks + rosa},
		{"a custom statement for one key", defaultConfiguration + `spec: {clusterAPIControllers: {extraStatements: [{Effect: Allow, Action: ["kms:*"], Resource: ["arn:aws:kms:eu-west-1:111122223333:key/one"]}]}}`, rest + role + hooks + rosa},
		{"a role passed to another service", defaultConfiguration + `spec: {clusterAPIControllers: {extraStatements: [{Effect: Allow, Action: ["iam:PassRole"], Resource: ["*"], Condition: {StringEquals: {iam:PassedToService: lambda.amazonaws.com}}}]}}`, keys + rest + role + hooks + rosa},
		{"a role passed for the hook", defaultConfiguration + `spec: {clusterAPIControllers: {extraStatements: [{Effect: Allow, Action: ["iam:PassRole"], Resource: ["arn:aws:iam::111122223333:role/hook"], Condition: {StringEquals: {iam:PassedToService: autoscaling.amazonaws.com}}}]}}`, keys + rest + role + rosa},
	} {
		if got := needs(test.configuration); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestFeature(t *testing.T) {
	e := newExplainer(t, template)
	feature, err := e.Feature("Dedicated-Hosts")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, u := range feature.Uses {
		if u.When == "" || len(u.Sources) == 0 {
			t.Errorf("a use without a manifest or source: %+v", u)
		}
		for _, needed := range u.Actions {
			found = append(found, fmt.Sprintf("%s %s granted %t made %t implicit %t", u.Life, needed.Action, needed.Granted, needed.CalledInRelease, u.Implicit))
		}
	}
	want := []string{"create ec2:AllocateHosts granted false made true implicit false", "create ec2:DescribeSubnets granted true made true implicit false",
		"delete ec2:ReleaseHosts granted false made true implicit false", "create ec2:CreateTags granted true made true implicit true", "never ec2:DescribeHosts granted true made true implicit false"}
	for _, text := range want {
		if !slices.Contains(found, text) {
			t.Errorf("there is no %q in %q", text, found)
		}
	}
	_, err = e.Feature("dedicated-host")
	var unknown *explain.UnknownFeature
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), `did you mean "dedicated-hosts"?`) {
		t.Errorf("a feature that does not exist: %v", err)
	}
	if near := (&explain.UnknownFeature{Asked: "eks addon"}).Near(); !slices.Contains(near, "eks-addons") || slices.Contains(near, "spot") {
		t.Errorf("near: %q", near)
	}
}

// The controllers of a release before the feature make none of its calls. An
// action that is not granted at all is not marked as granted on other
// resources.
func TestFeatureBeforeItsRelease(t *testing.T) {
	e := explainDefault(t, releaseOf(t, "v1.0.0"))
	for _, name := range []string{"dedicated-hosts", "rosa-network"} {
		feature, err := e.Feature(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range feature.Uses {
			for _, needed := range u.Actions {
				if !u.Implicit && strings.HasSuffix(needed.Action, "Hosts") && needed.CalledInRelease || !needed.Granted && needed.OtherResources {
					t.Errorf("%s: %+v", name, needed)
				}
			}
		}
	}
}

// TestFeatureOnOtherResources checks that a call of a feature is marked if CAPA
// grants it only on other resources.
func TestFeatureOnOtherResources(t *testing.T) {
	e := explainDefault(t, newestRelease(t))
	feature, err := e.Feature("eks-identity-provider")
	if err != nil {
		t.Fatal(err)
	}
	for _, needed := range feature.Uses[0].Actions {
		want := slices.Contains([]string{"eks:DescribeIdentityProviderConfig", "eks:DisassociateIdentityProviderConfig", "eks:UntagResource"}, needed.Action)
		if !needed.Granted || needed.OtherResources != want {
			t.Errorf("%+v", needed)
		}
	}
}

// TestRefusedStatementsGrantNothing checks that a statement that IAM refuses
// counts neither for calls nor for needs.
func TestRefusedStatementsGrantNothing(t *testing.T) {
	release := releaseOf(t, "v2.13.0")
	for name, test := range map[string]struct {
		statement string
		isGranted bool
	}{
		"accepted":                {`{"Effect": "Allow", "Action": ["ec2:RunInstances", "kms:*"], "Resource": "*"}`, true},
		"refused actions":         {`{"Effect": "Allow", "Action": [" ec2:RunInstances", "km?:*"], "Resource": "*"}`, false},
		"a Principal in a policy": {`{"Effect": "Allow", "Action": ["ec2:RunInstances", "kms:*"], "Resource": "*", "Principal": "*"}`, false},
	} {
		set, err := document.ReadSet("t.json", []byte(`{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": `+test.statement+`}}}}}`))
		if err != nil {
			t.Fatal(err)
		}
		_, settings := generate(t, release, defaultConfiguration)
		found := ungrantedInSet(t, release, set, settings)
		hasCall := slices.ContainsFunc(found.Elsewhere, func(e explain.Elsewhere) bool { return slices.Contains(e.Actions, "ec2:RunInstances") })
		hasNeed := slices.ContainsFunc(found.Needs, func(g explain.Gap) bool { return slices.Contains(g.Actions, "kms:Decrypt") })
		if hasCall == test.isGranted || hasNeed == test.isGranted {
			t.Errorf("%s: ungranted call: %t, ungranted need: %t", name, hasCall, hasNeed)
		}
	}
}
