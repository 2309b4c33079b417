// Tests the comparison with the calls of CAPA's controllers: releases,
// settings, and which principal is compared.

package review

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"capaboot/policies/authz"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
)

// Every call must be an action of AWS and have a feature. Otherwise a message
// would have a gap in place of the feature.
func TestFitFacts(t *testing.T) {
	facts, err := loadFit.Get()
	if err != nil {
		t.Fatal(err)
	}
	released, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	grants := released.Gates(catalog.Release{})
	for key, call := range facts.calls {
		if _, ok := authz.Lookup(key); !ok {
			t.Errorf("%s is not an action", key)
		}
		if _, exempt := authz.NeedsNoPermission(key); exempt {
			continue
		}
		if facts.features[key] == "" {
			t.Errorf("%s has no feature: called from %v, with %v", key, call.CalledFrom, facts.gates[key])
		}
		if len(grants[key]) == 0 && !strings.Contains(fitTSV, "call\t"+call.Action+"\t") {
			t.Errorf("%s is never granted, and fit.tsv does not say what it is for", key)
		}
	}
	for _, row := range rows(fitTSV, 4) {
		if row[0] == "call" && facts.calls[strings.ToLower(row[1])] == nil {
			t.Errorf("%s %s is not a call", row[0], row[1])
		}
	}
	for action, calls := range facts.implied {
		for _, call := range calls {
			if facts.calls[call] == nil {
				t.Errorf("%s is implied by %s, which no part calls", action, call)
			}
		}
	}
	// If no call uses a granted action, one of two must hold: a call implies the
	// action, or the story of the action says that no controller calls it. Both
	// together is an error.
	catalogue, err := catalog.LoadStories()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range catalogue.Policies {
		for _, s := range p.Statements {
			for _, g := range s.Actions {
				_, implied := facts.implied[strings.ToLower(g.Name)]
				if strings.HasPrefix(p.LogicalID, controllersPolicyID) && len(g.UsedBy) == 0 && implied == strings.Contains(g.Why, "no controller up to") {
					t.Errorf("%s: implied %t, and the story: %s", g.Name, implied, g.Why)
				}
			}
		}
	}
}

// fitFindings reviews a template or a policy document with the fit rules. It
// returns the findings as "SEVERITY RULE: actions", and the notes.
func fitFindings(t *testing.T, text string, options Options) (findings []string, notes string) {
	t.Helper()
	set, err := document.ReadSet("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	options.Rules = []string{Fit}
	report, err := Review(set, options)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		findings = append(findings, fmt.Sprintf("%s %s: %s", f.Severity, strings.TrimPrefix(f.Rule, "fit-"), strings.Join(f.Actions, " ")))
	}
	return findings, notesText(report)
}

// A denied call must be reported as missing unless the settings turn its
// feature off. The policy allows everything except the actions that a case
// denies, so all findings are about these actions.
func TestFitMissingBySettings(t *testing.T) {
	const text = `{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}, {Effect: Deny, Action: [%s], Resource: "*"}]}`
	settingsWith := func(change func(*catalog.Settings)) *catalog.Settings {
		s := catalog.Settings{Flags: maps.Clone(defaultSettings.Flags), Lists: maps.Clone(defaultSettings.Lists)}
		change(&s)
		return &s
	}
	for _, test := range []struct {
		name, denied string
		options      Options
		want         string
	}{
		{"always called", `"ec2:RunInstances"`, Options{}, "medium ec2:RunInstances"},
		{"needs no permission", `"sts:GetCallerIdentity"`, Options{}, ""},
		{"granted, and not called", `"ec2:DescribeTags"`, Options{}, ""},
		{"a feature that may be off", `"s3:*"`, Options{}, "info s3:CreateBucket s3:DeleteBucket s3:DeleteObject s3:GetObject s3:ListBucket s3:PutBucketPolicy s3:PutBucketTagging s3:PutLifecycleConfiguration s3:PutObject"},
		{"half a feature", `"s3:PutObject"`, Options{}, "medium s3:PutObject"},
		{"a feature that is off", `"s3:*"`, Options{Settings: &defaultSettings}, ""},
		{"a feature that is on", `"s3:*Object"`, Options{Settings: settingsWith(func(s *catalog.Settings) { s.Flags["s3Buckets.enable"] = true })}, "medium s3:DeleteObject s3:GetObject s3:PutObject"},
		{"a backend that is off", `"secretsmanager:*"`, Options{Settings: settingsWith(func(s *catalog.Settings) { s.Lists["secureSecretBackends"] = []string{"ssm-parameter-store"} })}, ""},
		{"a backend that is on", `"secretsmanager:*"`, Options{Settings: &defaultSettings}, "medium secretsmanager:CreateSecret secretsmanager:DeleteSecret"},
		{"EKS off", `"eks:CreateCluster"`, Options{Settings: settingsWith(func(s *catalog.Settings) { s.Flags["eks.disable"] = true })}, ""},
		{"EKS on", `"eks:CreateCluster"`, Options{Settings: &defaultSettings}, "medium eks:CreateCluster"},
		{"never granted, of a feature that is off", `"iam:UntagRole"`, Options{Settings: &defaultSettings}, ""},
		{"never granted, of a feature that is on", `"iam:UntagRole"`, Options{Settings: settingsWith(func(s *catalog.Settings) { s.Flags["eks.iamRoleCreation"] = true })}, "medium iam:UntagRole"},
		{"before the release that adds it", `"ec2:DescribeIpamPools"`, Options{Release: parseRelease(t, "v2.2.4")}, ""},
		{"in the release that adds it", `"ec2:DescribeIpamPools"`, Options{Release: parseRelease(t, "v2.3.0")}, "medium ec2:DescribeIpamPools"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Controllers = "policy"
			found, notes := fitFindings(t, fmt.Sprintf(text, test.denied), test.options)
			found = slices.DeleteFunc(found, func(f string) bool { return strings.Contains(f, "unused-permission") })
			if got := strings.ReplaceAll(strings.Join(found, "; "), "missing-permission: ", ""); got != test.want {
				t.Errorf("missing %q, want %q", got, test.want)
			}
			if other := cmp.Or(test.options.Release, catalog.FeaturesRelease) != catalog.FeaturesRelease; other != strings.Contains(notes, "were determined for v2.11.1") {
				t.Errorf("the notes are %q", notes)
			}
		})
	}
}

func TestFitUnusedBySettings(t *testing.T) {
	enabled := catalog.Settings{Flags: maps.Clone(defaultSettings.Flags), Lists: defaultSettings.Lists}
	enabled.Flags["s3Buckets.enable"], enabled.Flags["allowAssumeRole"], enabled.Flags["eks.disable"] = true, true, true
	for _, test := range []struct {
		name, action string
		options      Options
		want         string
	}{
		{"called", "ec2:RunInstances", Options{}, ""},
		{"called, in another case", "EC2:runinstances", Options{}, ""},
		{"never granted, and called", "ec2:AllocateHosts", Options{}, ""},
		{"unused", "dynamodb:PutItem", Options{}, "low"},
		{"unused, only reads", "dynamodb:GetItem", Options{}, "info"},
		{"of a feature that may be on", "s3:PutObject", Options{}, ""},
		{"of a feature that is off", "s3:PutObject", Options{Settings: &defaultSettings}, "low"},
		{"implied by a feature that is off", "s3:ListBucket", Options{Settings: &defaultSettings}, "info"},
		{"of a feature that is on", "s3:PutObject", Options{Settings: &enabled}, ""},
		{"implied by a feature that is on", "s3:ListBucket", Options{Settings: &enabled}, ""},
		{"used by the SDK, off", "sts:AssumeRole", Options{Settings: &defaultSettings}, "low"},
		{"used by the SDK, on", "sts:AssumeRole", Options{Settings: &enabled}, ""},
		{"EKS off", "kms:CreateGrant", Options{Settings: &enabled}, "low"},
		{"EKS on", "kms:CreateGrant", Options{Settings: &defaultSettings}, ""},
		{"a call that needs no permission", "sts:GetCallerIdentity", Options{}, "info"},
		{"used by the cloud provider", "ec2:AttachVolume", Options{}, ""},
		{"used by the CSI driver", "ec2:CreateSnapshot", Options{}, ""},
		{"granted by a release, and not called by it", "ec2:AttachNetworkInterface", Options{Release: parseRelease(t, "v2.5.0")}, "low"},
		{"called by later releases", "ec2:AllocateHosts", Options{Release: parseRelease(t, "v1.0.0")}, "low"},
		{"called by earlier releases", "ec2:GetConsoleOutput", Options{Release: parseRelease(t, "v1.3.0")}, "info"},
		{"called by the release", "ec2:GetConsoleOutput", Options{Release: parseRelease(t, "v1.2.0")}, ""},
		{"used for ROSA", "cloudformation:CreateStack", Options{Settings: &defaultSettings}, ""},
		{"granted since a later release", "ec2:DescribeIpamPools", Options{Release: parseRelease(t, "v2.2.4")}, "info"},
		{"unused in every release", "dynamodb:PutItem", Options{Release: parseRelease(t, "v2.5.0")}, "low"},
		{"an unknown action", "ec2:RunInstance", Options{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Controllers = "policy"
			found, _ := fitFindings(t, fmt.Sprintf(`{Version: "2012-10-17", Statement: {Effect: Allow, Action: %q, Resource: "*"}}`, test.action), test.options)
			got := ""
			for _, f := range found {
				if severity, isUnused := strings.CutSuffix(f, " unused-permission: "+test.action); isUnused {
					got = severity
				}
			}
			if got != test.want {
				t.Errorf("%s is unused %q, want %q: %q", test.action, got, test.want, found)
			}
		})
	}
}

func parseRelease(t *testing.T, text string) catalog.Release {
	t.Helper()
	var r catalog.Release
	if err := r.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return r
}

// Tests how an Allow or a Deny counts if it depends on conditions, or if an
// attached policy is unknown.
func TestFitConditions(t *testing.T) {
	const role = `
Conditions: {C: !Equals [a, b]}
Resources:
  AWSIAMRoleControllers:
    Type: AWS::IAM::Role
    Properties:
      RoleName: capa
      ManagedPolicyArns: [%s]
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, NotAction: "ec2:RunInstances", Resource: "*"}, %s]}}]
`
	for _, test := range []struct{ name, attached, statement, want string }{
		{"a key that requests have", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*", Condition: {StringEquals: {ec2:InstanceType: t3.small}}}`, ""},
		{"a key that no request has", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*", Condition: {StringEquals: {s3:prefix: x}}}`, "medium missing-permission: ec2:RunInstances"},
		{"a key that no request needs", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*", Condition: {StringEqualsIfExists: {s3:prefix: x}}}`, ""},
		{"a deny", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*"}, {Effect: Deny, Action: "ec2:RunInstances", Resource: "*"}`, "medium missing-permission: ec2:RunInstances"},
		{"a deny that the template may leave out", "", `{Effect: Allow, Action: "ec2:RunInstances", Resource: "*"}, !If [C, {Effect: Deny, Action: "ec2:RunInstances", Resource: "*"}, !Ref AWS::NoValue]`, ""},
		{"an unknown policy", "arn:aws:iam::123456789012:policy/x", `{Effect: Allow, Action: "s3:GetObject", Resource: "*"}`, "low missing-permission: ec2:RunInstances"},
		{"a deny, and an unknown policy", "arn:aws:iam::123456789012:policy/x", `{Effect: Deny, Action: "ec2:RunInstances", Resource: "*"}`, "medium missing-permission: ec2:RunInstances"},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, _ := fitFindings(t, fmt.Sprintf(role, test.attached, test.statement), Options{})
			if got := strings.Join(found, "; "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// If there is no principal to compare, the report must say so; it must not look
// like a comparison without findings.
func TestFitControllers(t *testing.T) {
	const bare = `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "dynamodb:*", Resource: "*"}}`
	for _, test := range []struct {
		text, controllers, note string
		principal               string
	}{
		{bare, "", "no role AWSIAMRoleControllers or policy AWSIAMManagedPolicyControllers found", ""},
		{bare, "policy", "", ""},
		{"Resources: {X: {Type: AWS::IAM::Role, Properties: {RoleName: controllers.cluster-api-provider-aws.sigs.k8s.io, AssumeRolePolicyDocument: " + bare + "}}}", "", "", "controllers.cluster-api-provider-aws.sigs.k8s.io"},
		{"Resources: {AWSIAMManagedPolicyControllers: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: " + bare + "}}}", "", "", ""},
		{"Resources: {AWSIAMManagedPolicyControllers: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [own], PolicyDocument: " + bare + "}}}", "", "", "own"},
		{"{Parameters: {E: {Type: String}}, Conditions: {C: !Equals [!Ref E, a]}, Resources: {X: {Type: AWS::IAM::Role, Properties: {RoleName: !If [C, one, two], AssumeRolePolicyDocument: " + bare + "}}}}", "two", "", "${If:C|one|two}"},
	} {
		set, err := document.ReadSet("policy.yaml", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{Fit}, Controllers: test.controllers, Release: parseRelease(t, "v2.13.0")})
		if err != nil {
			t.Fatal(err)
		}
		notes := notesText(report)
		if strings.Contains(notes, "were determined for") != (test.note == "") {
			t.Errorf("%s: notes %q, and nothing was compared: %t", test.text, notes, test.note != "")
		}
		if strings.Contains(notes, "nothing was compared") != (test.note != "") || !strings.Contains(notes, test.note) || (len(report.Findings) == 0) != (test.note != "") {
			t.Errorf("%s: %d findings, notes %q, want %q", test.text, len(report.Findings), notes, test.note)
		}
		for _, f := range report.Findings {
			if strings.Join(f.Principals, " ") != test.principal {
				t.Errorf("%s: about %v, want %q", test.text, f.Principals, test.principal)
			}
		}
	}
}

// A misspelt name of the controllers would skip rules, so it is an error, whichever
// rules run.
func TestUnknownControllers(t *testing.T) {
	for _, test := range []struct{ text, controllers, want string }{
		{`{Version: "2012-10-17", Statement: []}`, "Policy", `no principal or policy "Policy", did you mean "policy"?`},
		{"Resources: {X: {Type: AWS::IAM::User, Properties: {UserName: capa}}}", "cappa", `no principal or policy "cappa", did you mean "capa"?`},
		{"Resources: {AWSIAMRoleControllers: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}}", "other", `no principal or policy "other"`},
	} {
		set, err := document.ReadSet("policy.yaml", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range []string{Fit, Exposure} {
			_, err = Review(set, Options{Rules: []string{group}, Controllers: test.controllers})
			if unknown, ok := errors.AsType[*UnknownControllers](err); !ok || unknown.Name != test.controllers || err.Error() != test.want {
				t.Errorf("%s, rules %s: %v, want %s", test.controllers, group, err, test.want)
			}
		}
	}
}

// Unattached policies of the controllers are compared as if one principal had
// all of them.
func TestFitUnattachedPolicies(t *testing.T) {
	set := defaultSet(t)
	policiesOnly := &document.Set{}
	for _, h := range set.Principals {
		if h.LogicalID == controllersRoleID {
			for _, p := range h.Policies {
				policiesOnly.Principals = append(policiesOnly.Principals, &document.Holder{Kind: document.PolicyKind, Name: p.Name, LogicalID: p.LogicalID, Policies: []document.Policy{p}})
				// This policy belongs to another template and has a logical ID
				// with the same prefix, so it must not be joined with the
				// others.
				other := &document.Document{Statements: []document.Statement{{Effect: document.Allow, Actions: []string{"*"}, Resources: []string{"*"}}}}
				policiesOnly.Principals = append(policiesOnly.Principals, &document.Holder{Kind: document.PolicyKind, Name: "other", LogicalID: controllersPolicyID + "Other", File: "other", Policies: []document.Policy{{Name: "other", Document: other}}})
			}
		}
	}
	actions := func(set *document.Set) string {
		report, err := Review(set, Options{Rules: []string{Fit}, Settings: &defaultSettings})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, f := range report.Findings {
			all = append(all, f.Actions...)
		}
		return strings.Join(sortedList(all), " ")
	}
	if got, want := actions(policiesOnly), actions(set); got != want || want == "" {
		t.Errorf("as unattached policies: %s\nas a role: %s", got, want)
	}
}

// The rules compare with the calls of the release: calls that were added later
// or removed earlier are not missing.
func TestFitReleases(t *testing.T) {
	for _, test := range []struct {
		release, action string
		want            bool
	}{
		{"v1.0.0", "ec2:AllocateHosts", false},
		{"v1.0.0", "ec2:GetConsoleOutput", true},
		{"v1.3.0", "ec2:GetConsoleOutput", false},
		{"v2.1.0", "elasticloadbalancing:CreateListener", true},
		{"v2.0.3", "elasticloadbalancing:CreateListener", false},
		{"v2.5.1", "ec2:DescribePublicIpv4Pools", true},
		{"v2.5.2", "ec2:DescribePublicIpv4Pools", false},
		{"v2.9.1", "cloudformation:CreateStack", false},
		{"v2.9.2", "cloudformation:CreateStack", true},
		{"v2.11.1", "ec2:AllocateHosts", true},
		{"v2.11.1", "ec2:DeleteNetworkInterface", false},
		{"v2.12.1", "ec2:DeleteNetworkInterface", true},
		{"v2.13.0", "ec2:DeleteNetworkInterface", true},
	} {
		if got := slices.Contains(missingIn(t, parseRelease(t, test.release)), test.action); got != test.want {
			t.Errorf("%s lacks %s: %t, want %t", test.release, test.action, got, test.want)
		}
	}
}

// No setting says whether ROSA clusters exist, so their missing permissions
// have severity info.
func TestFitROSA(t *testing.T) {
	report, err := Review(setForRelease(t, parseRelease(t, "v2.13.0")), Options{Rules: []string{Fit}, Settings: &defaultSettings, Release: parseRelease(t, "v2.13.0")})
	if err != nil {
		t.Fatal(err)
	}
	rosa := 0
	for _, f := range report.Findings {
		if text := WriteSentence(f.Message); strings.Contains(text, "ROSA") {
			rosa++
			if f.Severity != Info || !strings.Contains(text, `CAPA makes these calls only with the setting "feature gate ROSA=true"`) {
				t.Errorf("%s: %s", f.Severity, text)
			}
		}
	}
	if rosa != 2 {
		t.Errorf("%d findings about ROSA, want those of ROSANetwork and ROSARoleConfig", rosa)
	}
}

// missingIn returns the actions that the default configuration lacks in a
// release.
func missingIn(t *testing.T, release catalog.Release) []string {
	t.Helper()
	report, err := Review(setForRelease(t, release), Options{Rules: []string{Fit}, Settings: &defaultSettings, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range report.Findings {
		if f.Rule == "fit-unused-permission" {
			continue
		}
		all = append(all, f.Actions...)
	}
	return all
}
