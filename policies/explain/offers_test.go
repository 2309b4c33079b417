// Tests of offers for a denied request: they name the settings that grant the
// action on the denied resource.

package explain_test

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/catalog"
	"capaboot/policies/denial"
	"capaboot/policies/explain"
)

func TestOffersFitTheResource(t *testing.T) {
	const bucket, role, parameter = "arn:aws:s3:::b/k", "arn:aws:iam::111122223333:role/capa", "arn:aws:ssm:eu-west-1:111122223333:parameter/foo"
	for _, test := range []struct {
		name, spec, action, resource string
		field, feature               string // of the first offer
		on                           bool   // of the first offer
		covers                       string // the resource of the first offer or, if there is no offer, of the first entry of Elsewhere
		offers, elsewhere            int
	}{
		{"a setting that is on, for another resource", "s3Buckets: {enable: true}", "s3:PutObject", bucket,
			"s3Buckets.namePrefix", "", true, "arn:*:s3:::cluster-api-provider-aws-*", 1, 0},
		{"a setting that is off, for another resource", "", "s3:PutObject", bucket,
			"s3Buckets.namePrefix", "", false, "arn:*:s3:::cluster-api-provider-aws-*", 1, 0},
		{"a setting that is off, for its resource", "", "s3:PutObject", "arn:aws:s3:::cluster-api-provider-aws-x/k", "", "", false, "", 1, 0},
		{"a setting that is on, for its resource", "s3Buckets: {enable: true}", "s3:PutObject", "arn:aws:s3:::cluster-api-provider-aws-x/k", "", "", false, "", 0, 0},
		{"roles to assume", "allowAssumeRole: true", "sts:AssumeRole", role,
			"clusterAPIControllers.allowedEC2InstanceProfiles", "", true, "arn:*:iam::*:role/*.cluster-api-provider-aws.sigs.k8s.io", 1, 0},
		{"a role of nodes", "", "iam:PassRole", "arn:aws:iam::111122223333:role/my-nodes",
			"clusterAPIControllers.allowedEC2InstanceProfiles", "", true, "arn:*:iam::*:role/*.cluster-api-provider-aws.sigs.k8s.io", 1, 0},
		{"a feature that is on, for another role", "clusterAPIControllers: {features: [{name: fargate, roles: [mine]}]}", "iam:AttachRolePolicy", role,
			"clusterAPIControllers.features.fargate.roles", "fargate", true, "arn:*:iam::*:role/mine", 2, 0},
		{"no setting for the resource", "", "ssm:PutParameter", parameter, "", "", false, "arn:*:ssm:*:*:parameter/cluster.x-k8s.io/*", 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := explainSpec(t, newestRelease(t), test.spec)
			got, err := e.ExplainDenial(denial.Denial{Action: test.action, Principal: controllersARN, Resource: test.resource, Policy: denial.Identity})
			if err != nil {
				t.Fatal(err)
			}
			offers := got.WouldGrant
			if test.feature != "" {
				offers = slices.DeleteFunc(slices.Clone(offers), func(o explain.Offer) bool { return o.Feature != test.feature })
			}
			if len(got.WouldGrant) != test.offers || len(got.Elsewhere) != test.elsewhere {
				t.Fatalf("offers %+v, elsewhere %+v", got.WouldGrant, got.Elsewhere)
			}
			var first explain.Offer
			if all := append(offers, got.Elsewhere...); len(all) > 0 {
				first = all[0]
			}
			if first.Field != test.field || first.On != test.on || strings.Join(first.Resources, " ") != test.covers {
				t.Errorf("%+v", first)
			}
		})
	}
}

// A suggested statement for one resource whose ID AWS generates comes with the
// pattern for all such resources.
func TestAllOfType(t *testing.T) {
	e := explainDefault(t, newestRelease(t))
	for action, resources := range map[string][2]string{
		"ec2:DeleteNetworkInterface": {"arn:aws:ec2:eu-west-1:111122223333:network-interface/eni-0abc", "arn:*:ec2:*:*:network-interface/*"},
		"ec2:AllocateHosts":          {"arn:aws:ec2:eu-west-1:111122223333:dedicated-host/*", ""},
		"kms:Decrypt":                {"arn:aws:kms:eu-west-1:111122223333:key/1234", ""},
		"sqs:PurgeQueue":             {"arn:aws:sqs:eu-west-1:111122223333:q", ""},
	} {
		got, err := e.ExplainDenial(denial.Denial{Action: action, Principal: controllersARN, Resource: resources[0], Policy: denial.Identity})
		if err != nil {
			t.Fatal(err)
		}
		if got.AllOfType != resources[1] {
			t.Errorf("%s on %s: %q, want %q", action, resources[0], got.AllOfType, resources[1])
		}
	}
}

// explainSpec returns an explainer for a configuration with fields in spec.
func explainSpec(t *testing.T, release catalog.Release, spec string) *explain.Explainer {
	t.Helper()
	configuration := defaultConfiguration
	if spec != "" {
		configuration += "spec:\n  " + spec + "\n"
	}
	set, settings := generate(t, release, configuration)
	e := explainSet(t, set)
	e.SetRelease(release, &settings)
	return e
}
