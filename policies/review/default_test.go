// Tests the findings for the default configuration of clusterawsadm.

package review

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"capaboot/iam"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// defaultSettings are the settings of the default configuration in package iam;
// TestDefaultSettings checks that.
var defaultSettings = catalog.Settings{
	Flags: map[string]bool{"allowAssumeRole": false, "s3Buckets.enable": false, "eventBridge.enable": false, "eks.disable": false, "eks.iamRoleCreation": false,
		"eks.enableUserEKSConsolePolicy": false, "controlPlane.enableCSIPolicy": false, "nodes.ec2ContainerRegistryReadOnly": false},
	Lists: map[string][]string{"partition": {"aws"}, "secureSecretBackends": {"secrets-manager"}, "clusterAPIControllers.allowedEC2InstanceProfiles": {"*.cluster-api-provider-aws.sigs.k8s.io"},
		"s3Buckets.namePrefix": {"cluster-api-provider-aws-"}, "eks.kmsAliasPrefix": {"cluster-api-provider-aws-*"}},
}

func defaultSet(t testing.TB) *document.Set { return setForRelease(t, catalog.FeaturesRelease) }

func setForRelease(t testing.TB, release catalog.Release) *document.Set {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, release)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(template.Tree(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	set, err := document.ReadSet("default.json", text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestDefaultSettings(t *testing.T) {
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	template, err := iam.Generate(iam.Default(), catalogue, catalog.FeaturesRelease)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range template.PolicyIDs() {
		want, _ := template.Document(id)
		got, err := catalogue.Policy(id).Document(catalog.FeaturesRelease, defaultSettings)
		if err != nil {
			t.Fatal(err)
		}
		w, _ := json.Marshal(want)
		g, _ := json.Marshal(got)
		if string(w) != string(g) {
			t.Errorf("%s: with the settings of this test it is\n%s\nwith those of package iam\n%s", id, g, w)
		}
	}
}

// The findings must match the golden files. All findings there are correct and
// caused by CAPA; docs/security-review.md explains each.
func TestDefaultConfiguration(t *testing.T) {
	for _, name := range []string{Correctness, Escalation, Trust, Fit} {
		t.Run(name, func(t *testing.T) {
			report, err := Review(defaultSet(t), Options{Rules: []string{name}, Settings: &defaultSettings})
			if err != nil {
				t.Fatal(err)
			}
			for i := range report.Findings {
				report.Findings[i].Line, report.Findings[i].Column = 0, 0 // positions depend on the order of the JSON
			}
			text := notesText(report)
			compareGolden(t, filepath.Join("testdata", "default", name+".golden"), describeWithRules(report.Findings)+"notes:\n"+text+"\n")
		})
	}
}

func describeWithRules(findings []Finding) string {
	var b strings.Builder
	for f := range slices.Values(findings) {
		b.WriteString(f.Rule + ": " + describeFindings([]Finding{f}))
	}
	return b.String()
}

// With a feature enabled, its permissions must be reported neither as unused
// nor as missing, and must cause no new finding above medium.
func TestEnabledFeatures(t *testing.T) {
	t.Parallel()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	release := catalogue.Newest()
	text, err := os.ReadFile("../../testdata/configurations/features.yaml")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := iam.Load("features.yaml", text, iam.Options{Catalogue: catalogue, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	c := loaded.Configuration
	all := c.Spec.ClusterAPIControllers.Features
	findings := func(features ...iam.Feature) []Finding {
		t.Helper()
		c.Spec.ClusterAPIControllers.Features = features
		template, err := iam.Generate(c, catalogue, release)
		if err != nil {
			t.Fatal(err)
		}
		set, err := document.SetOf("template", template.Tree())
		if err != nil {
			t.Fatal(err)
		}
		settings := c.Settings()
		report, err := Review(set, Options{Settings: &settings, Release: release})
		if err != nil {
			t.Fatal(err)
		}
		return report.Findings
	}
	missing := func(all []Finding) (actions []string) {
		for _, f := range all {
			if f.Rule == "fit-missing-permission" {
				actions = append(actions, f.Actions...)
			}
		}
		return actions
	}
	withoutFeatures := findings()
	for _, features := range append([][]iam.Feature{all}, slices.Collect(slices.Chunk(all, 1))...) {
		name := features[0].Name
		found := findings(features...)
		for _, f := range found {
			isOld := slices.ContainsFunc(withoutFeatures, func(g Finding) bool {
				return g.Rule == f.Rule && g.Severity >= f.Severity && slices.Equal(g.Principals, f.Principals)
			})
			if f.Severity > Medium && !isOld {
				t.Errorf("%s and %d more: %s: %s", name, len(features)-1, f.Rule, f.Message.key())
			}
			if f.Rule == "fit-unused-permission" && strings.HasPrefix(f.Policy, "controllers-features") {
				t.Errorf("%s: unused are %s", name, f.Actions)
			}
		}
		for _, action := range missing(found) {
			if len(catalogue.SwitchesFor(action, release)) > 0 && len(features) > 1 {
				t.Errorf("all features are on, and %s is missing", action)
			}
			if names := catalogue.SwitchesFor(action, release); slices.Equal(names, []string{name}) {
				t.Errorf("%s is on, and %s is missing", name, action)
			}
		}
	}
	if got := missing(withoutFeatures); !slices.Contains(got, "ec2:AllocateHosts") || slices.Contains(got, "ec2:DescribeHosts") {
		t.Errorf("missing by default are %s", got)
	}
}
