// Tests of the features in a configuration: which are rejected, which have no
// effect, and the resulting policy.

package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

const featuresHeader = header + "  clusterAPIControllers:\n    features:\n"

func TestRejectedFeatures(t *testing.T) {
	const at = "spec.clusterAPIControllers.features"
	const key = "arn:aws:kms:eu-west-1:123456789012:key/1"
	for _, test := range []struct {
		name, item string // item begins in line 6, indented by four spaces
		want       string // line and column, and what is reported; "..." at the end stands for the rest
	}{
		{"an unknown name", "- dedicated-host\n", `6:7: ` + at + `[0]: unknown feature "dedicated-host", did you mean "dedicated-hosts"? allowed: classic-elb, dedicated-hosts, ...`},
		{"a feature that a configuration cannot enable", "- nat-gateways\n", `6:7: ` + at + `[0]: unknown feature "nat-gateways"; allowed: ...`},
		{"an unknown name in a mapping", "- {keys: [x], name: fargat}\n", `6:25: ` + at + `[0].name: unknown feature "fargat", did you mean "fargate"?...`},
		{"no name", "- {keys: [x]}\n", `6:7: ` + at + `[0]: missing name of the feature; allowed: ...`},
		{"a number", "- 5\n", `6:7: ` + at + `[0]: want the name of a feature, or a mapping with the field name, got the number 5`},
		{"a list", "- [dedicated-hosts]\n", `6:7: ` + at + `[0]: want a mapping, got a list`},
		{"an empty item", "-\n", `6:6: ` + at + `[0]: the list item is empty: write a value, or remove the item`},
		{"an unknown field", "- {name: fargate, role: [x]}\n", `6:23: unknown field "role" in ` + at + `[0], did you mean "roles"? allowed: name, keys, prefixes, roles, stacks`},
		{"twice", "- dedicated-hosts\n    - {name: dedicated-hosts}\n", `7:7: ` + at + `[1]: "dedicated-hosts" is already in the list, at index 0`},
		{"a missing value", "- ebs-encryption-cmk\n", `6:7: ` + at + `[0].keys: the feature ebs-encryption-cmk needs keys: the ARNs of the KMS keys...`},
		{"an empty value", "- {name: rosa-network, stacks: []}\n", `6:36: ` + at + `[0].stacks: the feature rosa-network needs stacks: the stack names in...`},
		{"a null value", "- {name: lifecycle-hooks, roles: }\n", `6:38: ` + at + `[0].roles: the feature lifecycle-hooks needs roles: names of...`},
		{"a superfluous value", "- {name: dedicated-hosts, keys: [" + key + "]}\n", `6:37: ` + at + `[0].keys: the feature dedicated-hosts does not take keys; write only the name of the feature`},
		{"another value", "- {name: rosa-role-config, prefixes: [a], roles: [b]}\n", `6:54: ` + at + `[0].roles: the feature rosa-role-config does not take roles; the feature takes prefixes instead: the name prefixes...`},
		{"a value that is not a list", "- {name: fargate, roles: x}\n", `6:30: ` + at + `[0].roles: want a list, got the string "x"`},
		{"a key by its alias", "- {name: ebs-encryption-cmk, keys: ['arn:aws:kms:eu-west-1:123456789012:alias/x']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws:kms:eu-west-1:123456789012:alias/x" is the ARN of an alias, and...`},
		{"a key by its ID", "- {name: ebs-encryption-cmk, keys: [1234abcd-12ab]}\n", `6:41: ` + at + `[0].keys[0]: "1234abcd-12ab" is not an ARN, want the ARN of a KMS key, such as arn:aws:kms:...`},
		{"every key", "- {name: ebs-encryption-cmk, keys: ['arn:aws:kms:eu-west-1:123456789012:key/*']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws:kms:eu-west-1:123456789012:key/*" is not the ARN of a KMS key,...`},
		{"a key of every account", "- {name: ebs-encryption-cmk, keys: ['arn:aws:kms:eu-west-1:*:key/1']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws:kms:eu-west-1:*:key/1" names the account "*", want 12 digits`},
		{"a key of every region", "- {name: ebs-encryption-cmk, keys: ['arn:aws:kms:*:123456789012:key/1']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws:kms:*:123456789012:key/1" names the region "*", want one such as eu-west-1`},
		{"a key of another partition", "- {name: ebs-encryption-cmk, keys: ['arn:aws-cn:kms:cn-north-1:123456789012:key/1']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws-cn:kms:cn-north-1:123456789012:key/1" is in the partition aws-cn, but...`},
		{"the ARN of something else", "- {name: ebs-encryption-cmk, keys: ['arn:aws:iam::123456789012:role/x']}\n", `6:41: ` + at + `[0].keys[0]: "arn:aws:iam::123456789012:role/x" is not the ARN of a KMS key, such as...`},
		{"a key twice", "- {name: ebs-encryption-cmk, keys: ['" + key + "', '" + key + "']}\n", `6:85: ` + at + `[0].keys[1]: "` + key + `" is already in the list, at index 0`},
		{"a role by its ARN", "- {name: lifecycle-hooks, roles: ['arn:aws:iam::123456789012:role/x']}\n", `6:39: ` + at + `[0].roles[0]: "arn:aws:iam::123456789012:role/x" is an ARN, want the path and name of a role, which can contain the wildcards * and ?, did you mean "x"?`},
		{"every role", "- {name: fargate, roles: ['*']}\n", `6:31: ` + at + `[0].roles[0]: "*" matches every role of the account: name the roles that the feature needs`},
		{"every role with a path", "- {name: fargate, roles: ['*/?*']}\n", `6:31: ` + at + `[0].roles[0]: "*/?*" matches every role of the account:...`},
		{"every prefix", "- {name: rosa-role-config, prefixes: ['']}\n", `6:43: ` + at + `[0].prefixes[0]: "" matches every role and policy: write the prefix...`},
		{"a prefix with a wildcard", "- {name: rosa-role-config, prefixes: ['a*']}\n", `6:43: ` + at + `[0].prefixes[0]: "a*" has a wildcard: remove the wildcard (a prefix already matches...`},
		{"a prefix with a space", "- {name: rosa-role-config, prefixes: ['a b']}\n", `6:43: ` + at + `[0].prefixes[0]: "a b" has a space; allowed:...`},
		{"no stack", "- {name: rosa-network, stacks: ['']}\n", `6:37: ` + at + `[0].stacks[0]: missing name of the stack`},
		{"every stack", "- {name: rosa-network, stacks: ['*']}\n", `6:37: ` + at + `[0].stacks[0]: "*" is not the name of a stack; allowed:...`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load("f.yaml", []byte(featuresHeader+"    "+test.item), options(t))
			want, open := strings.CutSuffix(test.want, "...")
			want = "f.yaml:" + want
			if got := fmt.Sprint(err); got != want && !(open && strings.HasPrefix(got, want)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestFeaturesWithoutEffect(t *testing.T) {
	for _, test := range []struct {
		name, release, features, others string
		want                            string // the warnings
		sids                            string // of the statements in the features policy
	}{
		{"a feature of a later release", "v2.9.3", "[dedicated-hosts, suspend-processes]", "",
			"spec.clusterAPIControllers.features: dedicated-hosts has no effect with CAPA v2.9.3: CAPA added the feature in v2.10.0", "SuspendProcesses"},
		{"a feature that the release lacks", "v2.5.2", "[elastic-ip-pool]", "",
			"spec.clusterAPIControllers.features: elastic-ip-pool has no effect with CAPA v2.5.2: this release does not have the feature", ""},
		{"a feature that the release has", "v2.5.1", "[elastic-ip-pool]", "", "", "ElasticIPPool ElasticIPPoolDescribe"},
		{"a feature that needs EKS", "v2.13.0", "[eks-identity-provider, dedicated-hosts]", "  eks: {disable: true}\n",
			"spec.clusterAPIControllers.features: eks-identity-provider has no effect unless eks.disable is false", "DedicatedHosts"},
		{"roles that the controllers may pass anyway", "v2.13.0", "[{name: lifecycle-hooks, roles: [hook, hook.cluster-api-provider-aws.sigs.k8s.io]}]", "",
			`f.yaml:5:54: spec.clusterAPIControllers.features[0].roles[1]: clusterAPIControllers.allowedEC2InstanceProfiles already lets the controllers pass "hook.cluster-api-provider-aws.sigs.k8s.io", so this value has no effect`, "LifecycleHooks"},
		{"none", "v2.13.0", "[]", "", "", ""},
		{"a feature that the release partly grants", "v1.1.0", "[eks-identity-provider]", "", "", "EKSIdentityProvider"},
		{"a feature that the release does not grant yet", "v1.0.0", "[eks-identity-provider]", "", "", "EKSIdentityProvider EKSIdentityProviderClusters"},
		{"in the order of the file", "v2.13.0", "[suspend-processes, classic-elb]", "", "", "SuspendProcesses ClassicELB"},
		{"Fargate with iamRoleCreation", "v2.13.0", "[fargate]", "  eks: {iamRoleCreation: true}\n", "", "FargateProfiles SLRFargate FargateRoles FargatePolicies"},
		{"Fargate without iamRoleCreation", "v2.13.0", "[fargate]", "", "", "FargateProfiles SLRFargate FargateRoles FargateAttach FargatePolicies"},
	} {
		t.Run(test.name, func(t *testing.T) {
			opts := options(t)
			var err error
			if opts.Release, err = opts.Catalogue.Resolve(test.release); err != nil {
				t.Fatal(err)
			}
			loaded, err := Load("f.yaml", []byte(header+"  clusterAPIControllers:\n    features: "+test.features+"\n"+test.others), opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(append(loaded.Warnings, loaded.Template.Warnings...), "\n"); got != test.want {
				t.Errorf("warnings:\n%s\nwant\n%s", got, test.want)
			}
			var sids []string
			document, _ := loaded.Template.Document(featuresPolicy)
			for _, s := range document.Statement {
				sids = append(sids, s.Sid)
			}
			if got := strings.Join(sids, " "); got != test.sids {
				t.Errorf("statements %s, want %s", got, test.sids)
			}
		})
	}
}

// TestViaServices checks that the EC2 service names are those of the regions of
// the keys.
func TestViaServices(t *testing.T) {
	got := viaServices([]string{"arn:aws:kms:eu-west-1:123456789012:key/1", "arn:aws:kms:eu-west-1:123456789012:key/2", "arn:aws-cn:kms:cn-north-1:123456789012:key/1", "arn:aws-iso:kms:us-iso-east-1:123456789012:key/1"})
	want := []string{"ec2.eu-west-1.amazonaws.com", "ec2.cn-north-1.amazonaws.com", "ec2.cn-north-1.amazonaws.com.cn", "ec2.us-iso-east-1.amazonaws.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if arn.Domain("aws-iso") != "" {
		t.Error("the domain of aws-iso is known now: use it alone")
	}
}

// TestEveryFeatureHasStatements checks that every feature has statements in the
// features policy, and that every statement of that policy belongs to a
// feature.
func TestEveryFeatureHasStatements(t *testing.T) {
	switches, err := catalog.Switches()
	if err != nil {
		t.Fatal(err)
	}
	tested := map[string]bool{}
	for _, s := range catalogue(t).Policy(featuresPolicy).Statements {
		name, ok := s.When.Switch()
		if _, known := catalog.SwitchNamed(name); !ok || !known || s.Sid == "" {
			t.Errorf("%s belongs to no feature or has no Sid", s.Name)
		}
		tested[name] = true
	}
	features, err := catalog.Features()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range features {
		known[f.Name] = true
	}
	for _, s := range switches {
		if !tested[s.Name] || !known[s.Name] {
			t.Errorf("%s has no statements or is not a feature", s.Name)
		}
	}
}

func TestTooManyKMSKeys(t *testing.T) {
	var keys []string
	for i := range 70 {
		keys = append(keys, fmt.Sprintf("'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-%012d'", i))
	}
	_, err := Load("f.yaml", []byte(featuresHeader+"    - {name: ebs-encryption-cmk, keys: ["+strings.Join(keys, ", ")+"]}\n"), options(t))
	if got := fmt.Sprint(err); !strings.HasPrefix(got, "f.yaml:6:5: spec.clusterAPIControllers.features: the policy AWSIAMManagedPolicyControllersFeatures would have ") {
		t.Errorf("got %s", got)
	}
}
