// Tests of the problems that Load reports and of their positions.

package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/internal/problem"
)

// header is the beginning of a configuration. The spec of a test starts at line
// 4, indented by two spaces.
const header = "apiVersion: " + V1Beta1 + "\nkind: AWSIAMConfiguration\nspec:\n"

func TestLoadReports(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, test := range []struct {
		name string
		text string
		want []string // the problems; "..." at the end stands for the rest
	}{
		{"an unknown field with a suggestion", header + "  nodez: {}\n",
			[]string{`f.yaml:4:3: unknown field "nodez" in spec, did you mean "nodes"? allowed: namePrefix, nameSuffix, ...`}},
		{"an unknown field without a suggestion", header + "  controlPlane:\n    zebra: 1\n",
			[]string{`f.yaml:5:5: unknown field "zebra" in spec.controlPlane; allowed: disable, path, ...`}},
		{"an unknown field at the top", "metadata: {}\n" + header + "  {}\n",
			[]string{`f.yaml:1:1: unknown field "metadata"; allowed: apiVersion, kind, spec`}},
		{"a string instead of a list", header + "  clusterAPIControllers:\n    allowedEC2InstanceProfiles: node\n",
			[]string{`f.yaml:5:33: spec.clusterAPIControllers.allowedEC2InstanceProfiles: want a list, got the string "node"`}},
		{"a boolean instead of a mapping", header + "  eks: true\n",
			[]string{`f.yaml:4:8: spec.eks: want a mapping, got the boolean true`}},
		{"a number instead of a string", header + "  namePrefix: 5\n",
			[]string{`f.yaml:4:15: spec.namePrefix: want a string, got the number 5; if you mean a string, quote it: "5"`}},
		{"a string instead of a boolean", header + "  allowAssumeRole: \"true\"\n",
			[]string{`f.yaml:4:20: spec.allowAssumeRole: want true or false, got the string "true"`}},
		{"a tag of a template language", header + "  namePrefix: !Sub x\n",
			[]string{`f.yaml:4:15: spec.namePrefix: want a string, got a value with the tag !Sub`}},
		{"an empty item of a list", header + "  secureSecretBackends:\n  -\n",
			[]string{`f.yaml:5:4: spec.secureSecretBackends[0]: the list item is empty: write a value, or remove the item`}},
		{"a duplicate key", header + "  region: eu-west-1\n  region: eu-west-2\n",
			[]string{`f.yaml:5:3: duplicate key "region": it is already on line 4`}},
		{"a key that is not a string", header + "  ? [a]\n  : b\n",
			[]string{`f.yaml:4:5: the key of a mapping must be a string, not a list`}},
		{"an unknown apiVersion", "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta2\nkind: AWSIAMConfiguration\n",
			[]string{`f.yaml:1:13: apiVersion: unknown value "bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta2", did you mean "` + V1Beta1 + `"? allowed: ...`}},
		{"no apiVersion and no kind", "spec: {}\n",
			[]string{`f.yaml:1:1: missing apiVersion; write "apiVersion: ` + V1Beta1 + `"`, `f.yaml:1:1: missing kind; write "kind: AWSIAMConfiguration"`}},
		{"a field that v1alpha1 lacks", strings.Replace(header, "v1beta1", "v1alpha1", 1) + "  s3Buckets: {enable: true}\n",
			[]string{`f.yaml:4:3: unknown field "s3Buckets": v1alpha1 does not have the field; write apiVersion: ` + V1Beta1}},
		{"a second document", header + "  {}\n---\nspec: {}\n",
			[]string{"f.yaml:5:1: a second YAML document begins here: a configuration file can have only one document"}},
		{"an empty file", "", []string{"f.yaml: it is empty: a configuration needs at least..."}},
		{"a file of comments", "# nothing\n", []string{"f.yaml: it is empty: a configuration needs at least..."}},
		{"a CloudFormation template", "AWSTemplateFormatVersion: \"2010-09-09\"\nResources: {}\n",
			[]string{"f.yaml:1:1: the file is a CloudFormation template, not a configuration: want apiVersion: " + V1Beta1 + " and kind: AWSIAMConfiguration"}},
		{"a policy document", `{"Version": "2012-10-17", "Statement": []}` + "\n",
			[]string{"f.yaml:1:1: the file is an IAM policy document, not a configuration: want apiVersion: " + V1Beta1 + " and kind: AWSIAMConfiguration"}},
		{"a configuration with a key of a template", header + "  {}\nResources: {}\n", []string{`f.yaml:5:1: unknown field "Resources"; allowed: apiVersion, kind, spec`}},
		{"a list instead of a mapping", "- a\n", []string{"f.yaml:1:1: want a mapping with apiVersion, kind and spec, got a list"}},
		{"a scalar instead of a mapping", "hello\n", []string{`f.yaml:1:1: want a mapping with apiVersion, kind and spec, got a single value`}},
		{"a binary file", "\x7fELF\x00\x01", []string{"f.yaml: it is a binary file, not a configuration in YAML or JSON"}},
		{"bytes that are not UTF-8", header + "  namePrefix: \xff\n", []string{"f.yaml:4:15: invalid UTF-8"}},
		{"a file over 1 MiB", strings.Repeat("# x\n", 1<<18) + "\n", []string{"f.yaml: it is larger than 1 MiB, the limit for a configuration"}},
		{"a tab as indentation", "spec:\n\tnodes: {}\n", []string{"f.yaml:2:1: invalid YAML: found character that cannot start any token; indent with spaces, not with tabs; quote a text that begins with %, @ or a backquote"}},
		{"a bracket that is not closed", "spec: [a\n\n", []string{"f.yaml:3:1: invalid YAML: did not find expected ',' or ']' (while parsing a flow sequence that begins on line 1); close the bracket, and separate the items with commas"}},
		{"an unknown anchor", "spec: *x\n", []string{`f.yaml:1:7: invalid YAML: unknown anchor 'x' referenced; quote a text that begins with *, such as "*"`}},
		{"a value outside its enumeration", header + "  secureSecretBackends: [secret-manager]\n",
			[]string{`f.yaml:4:26: spec.secureSecretBackends[0]: unknown value "secret-manager", did you mean "secrets-manager"? allowed: secrets-manager, ssm-parameter-store`}},
		{"a duplicate backend", header + "  secureSecretBackends: [secrets-manager, secrets-manager]\n",
			[]string{`f.yaml:4:43: spec.secureSecretBackends[1]: "secrets-manager" is already in the list, at index 0`}},
		{"an unknown partition", header + "  partition: aws-gov\n",
			[]string{`f.yaml:4:14: spec.partition: unknown value "aws-gov"...`}},
		{"a region outside the partition", header + "  region: cn-north-1\n  partition: aws\n",
			[]string{"f.yaml:5:14: spec.partition: region cn-north-1 is in partition aws-cn, not aws; to derive the partition from the region, remove the field"}},
		{"a text that is not a region", header + "  region: EU West\n", []string{`f.yaml:4:11: spec.region: "EU West" is not the name of a region, did you mean "eu-west-1"?`}},
		{"an invalid character in a name", header + "  namePrefix: \"a b\"\n",
			[]string{`f.yaml:4:15: spec.namePrefix: "a b" has a space at character 2; allowed: letters, digits and +=,.@_-`}},
		{"a role name that is too long with its suffix", header + "  namePrefix: " + long + "\n",
			[]string{`f.yaml:4:15: spec.namePrefix: the name of the control-plane role, "` + long + `control-plane.clust...`}},
		{"a user name that is too long", header + "  bootstrapUser:\n    userName: " + long + "12345\n",
			[]string{`f.yaml:5:15: spec.bootstrapUser.userName: "` + long + `12345" has 65 characters; allowed: 64`}},
		{"a stack name with a dot", header + "  stackName: a.b\n",
			[]string{`f.yaml:4:14: spec.stackName: "a.b" is not the name of a stack; allowed: letters, digits and hyphens, beginning with a letter`}},
		{"a path without slashes", header + "  nodes: {path: capa}\n",
			[]string{`f.yaml:4:17: spec.nodes.path: "capa" does not begin and end with a slash, did you mean "/capa/"?`}},
		{"a policy name instead of an ARN", header + "  nodes: {extraPolicyAttachments: [ReadOnlyAccess]}\n",
			[]string{`f.yaml:4:36: spec.nodes.extraPolicyAttachments[0]: "ReadOnlyAccess" is the name of a policy, want its ARN, did you mean "arn:aws:iam::aws:policy/ReadOnlyAccess"?`}},
		{"a policy name with a path instead of an ARN", header + "  nodes: {extraPolicyAttachments: [AmazonEBSCSIDriverPolicy]}\n",
			[]string{`f.yaml:4:36: spec.nodes.extraPolicyAttachments[0]: "AmazonEBSCSIDriverPolicy" is the name of a policy, want its ARN, did you mean "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"?`}},
		{"an unknown policy name instead of an ARN", header + "  nodes: {extraPolicyAttachments: [Boundary]}\n",
			[]string{`f.yaml:4:36: spec.nodes.extraPolicyAttachments[0]: "Boundary" is not an ARN, want the ARN of a managed policy...`}},
		{"the ARN of a role instead of a policy", header + "  nodes: {permissionsBoundary: \"arn:aws:iam::123456789012:role/x\"}\n",
			[]string{`f.yaml:4:32: spec.nodes.permissionsBoundary: "arn:aws:iam::123456789012:role/x" is not the ARN of a managed policy...`}},
		{"an ARN with a bad account", header + "  nodes: {permissionsBoundary: \"arn:aws:iam::1234:policy/x\"}\n",
			[]string{`f.yaml:4:32: spec.nodes.permissionsBoundary: "arn:aws:iam::1234:policy/x" names the account "1234", want "aws" or 12 digits`}},
		{"an ARN of another partition", header + "  partition: aws-cn\n  nodes: {permissionsBoundary: \"arn:aws:iam::aws:policy/x\"}\n",
			[]string{`f.yaml:5:32: spec.nodes.permissionsBoundary: "arn:aws:iam::aws:policy/x" is in the partition aws, but this configuration is for aws-cn`}},
		{"a duplicate ARN", header + "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/x\", \"arn:aws:iam::aws:policy/x\"]}\n",
			[]string{`f.yaml:4:65: spec.nodes.extraPolicyAttachments[1]: "arn:aws:iam::aws:policy/x" is already in the list, at index 0`}},
		{"an ARN instead of a role name", header + "  clusterAPIControllers: {allowedEC2InstanceProfiles: [\"arn:aws:iam::123456789012:role/a\"]}\n",
			[]string{`f.yaml:4:56: spec.clusterAPIControllers.allowedEC2InstanceProfiles[0]: "arn:aws:iam::123456789012:role/a" is an ARN, want the path and name of a role, which can contain the wildcards * and ?, did you mean "a"?`}},
		{"a pattern with a leading slash", header + "  clusterAPIControllers: {allowedEC2InstanceProfiles: [/capa/*]}\n",
			[]string{`f.yaml:4:56: spec.clusterAPIControllers.allowedEC2InstanceProfiles[0]: "/capa/*" begins with a slash or has an empty part, did you mean "capa/*"?`}},
		{"a zone", header + "  region: us-east-1a\n", []string{`f.yaml:4:11: spec.region: "us-east-1a" is a zone, not a region, did you mean "us-east-1"?`}},
		{"an invalid prefix and an invalid suffix", header + "  namePrefix: a b\n  nameSuffix: c d\n",
			[]string{`f.yaml:4:15: spec.namePrefix: "a b" has a space at character 2; allowed: letters, digits and +=,.@_-`, `f.yaml:5:15: spec.nameSuffix: "c d" has a space at character 2; allowed: letters, digits and +=,.@_-`}},
		{"a string instead of a statement", header + "  nodes: {extraStatements: [x]}\n",
			[]string{`f.yaml:4:29: spec.nodes.extraStatements[0]: want a statement (a mapping with Effect, Action and so on), got the string "x"`}},
		{"an apiVersion of a wrong type", "apiVersion: 5\nkind: AWSIAMConfiguration\n", []string{`f.yaml:1:13: apiVersion: want a string, got the number 5; if you mean a string, quote it: "5"`}},
		{"an invalid boolean in a condition", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {BoolIfExists: {"aws:a": "maybe"}, "Null": {"aws:b": yes}}}`),
			[]string{`f.yaml:5:106: spec.nodes.extraStatements[0].Condition.BoolIfExists.aws:a: "maybe" is not a boolean; allowed: true, false`, `f.yaml:5:134: spec.nodes.extraStatements[0].Condition.Null.aws:b: "yes" is not a boolean; allowed: true, false`}},
		{"an invalid address in a condition", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {NotIpAddress: {"aws:SourceIp": ["10.0.0.0/8", "999.1.1.1"]}}}`),
			[]string{`f.yaml:5:113: spec.nodes.extraStatements[0].Condition.NotIpAddress.aws:SourceIp: "999.1.1.1" is not an IP address or range, want one such as 203.0.113.0/24`}},
		{"an invalid number in a condition", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {NumericLessThan: {"s3:max-keys": many}}}`),
			[]string{`f.yaml:5:115: spec.nodes.extraStatements[0].Condition.NumericLessThan.s3:max-keys: "many" is not a number`}},
		{"Principal and NotPrincipal", withTrustStatement(`{Effect: Deny, Action: "sts:AssumeRole", Principal: {AWS: "*"}, NotPrincipal: {AWS: "*"}}`),
			[]string{`f.yaml:5:101: spec.nodes.trustStatements[0].NotPrincipal: a statement has Principal or NotPrincipal, not both`}},
		{"every service", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: "*"}}`),
			[]string{`f.yaml:5:86: spec.nodes.trustStatements[0].Principal.Service: "*" is not a service principal, want one such as ec2.amazonaws.com`}},
		{"an account with 13 digits", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "1234567890123"}}`),
			[]string{`f.yaml:5:82: spec.nodes.trustStatements[0].Principal.AWS: "1234567890123" is not a principal...`}},
		{"a character that policy documents cannot contain", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::ā"}`),
			[]string{`f.yaml:5:65: spec.nodes.extraStatements[0].Resource: "arn:aws:s3:::ā" has 'ā', which a policy document cannot contain...`}},
		{"an alias with its prefix", header + "  eks: {kmsAliasPrefix: alias/x-*}\n",
			[]string{`f.yaml:4:25: spec.eks.kmsAliasPrefix: "alias/x-*" begins with "alias/", which is added automatically: remove this prefix`}},
		{"a bucket prefix with capitals", header + "  s3Buckets: {namePrefix: Acme-}\n",
			[]string{`f.yaml:4:27: spec.s3Buckets.namePrefix: "Acme-" cannot begin the name of a bucket...`}},
		{"tags of a role and of the stack that differ only in letter case", header + "  stackTags: {Team: a}\n  nodes: {tags: {team: b}}\n",
			[]string{`f.yaml:5:18: spec.nodes.tags: the tag "team" and the tag "Team" of the stack differ only in letter case, which IAM ignores`}},
		{"too many tags of a role and of the stack", header + "  stackTags: {a: b}\n  nodes:\n    tags:\n" + manyTags(50),
			[]string{"f.yaml:7:7: spec.nodes.tags: with the tags of the stack, the resource would have 51 tags; allowed: 50"}},
		{"groups that differ only in letter case", header + "  bootstrapUser: {enable: true, extraGroups: [Ops, ops]}\n",
			[]string{`f.yaml:4:52: spec.bootstrapUser.extraGroups[1]: "ops" is already a group of the user`}},
		{"a number that loses a digit as text", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "123456789012"}, Condition: {StringEquals: {sts:ExternalId: 1.10}}}`),
			[]string{`f.yaml:5:140: spec.nodes.trustStatements[0].Condition.StringEquals.sts:ExternalId: the number 1.10 can become 1.1 when CloudFormation reads it; if you mean a string, quote it: "1.10"`}},
		{"a number with too many digits", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRole, Principal: {AWS: "123456789012"}, Condition: {StringEquals: {sts:ExternalId: [12345678901234567890]}}}`),
			[]string{`f.yaml:5:141: spec.nodes.trustStatements[0].Condition.StringEquals.sts:ExternalId[0]: the number 12345678901234567890 can become 12345678901234567000 when CloudFormation reads it; if you mean a string, quote it: "12345678901234567890"`}},
		{"an identity provider without an account", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRoleWithWebIdentity, Principal: {Federated: "arn:aws:iam::1:oidc-provider/example.com"}}`),
			[]string{`f.yaml:5:101: spec.nodes.trustStatements[0].Principal.Federated: "arn:aws:iam::1:oidc-provider/example.com" names the account "1", want 12 digits`}},
		{"an identity provider of another service", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRoleWithWebIdentity, Principal: {Federated: "arn:aws:s3:::oidc-provider/example.com"}}`),
			[]string{`f.yaml:5:101: spec.nodes.trustStatements[0].Principal.Federated: "arn:aws:s3:::oidc-provider/example.com" is not an identity provider, want the ARN of an oidc-provider or saml-provider`}},
		{"an identity provider without a name", withTrustStatement(`{Effect: Allow, Action: sts:AssumeRoleWithWebIdentity, Principal: {Federated: "arn:aws:iam::123456789012:oidc-provider/"}}`),
			[]string{`f.yaml:5:101: spec.nodes.trustStatements[0].Principal.Federated: "arn:aws:iam::123456789012:oidc-provider/" is not an identity provider, want the ARN of an oidc-provider or saml-provider`}},
		{"tags that differ only in letter case", header + "  nodes: {tags: {Team: a, team: b}}\n",
			[]string{`f.yaml:4:27: spec.nodes.tags: the tags "Team" and "team" differ only in letter case, which IAM ignores`}},
		{"a tag that begins with aws:", header + "  stackTags: {\"aws:x\": a}\n",
			[]string{`f.yaml:4:15: spec.stackTags: the tag "aws:x" begins with "aws:", which only AWS can use`}},
		{"a statement without Effect, Action and Resource", header + "  nodes:\n    extraStatements:\n    - Sid: a\n",
			[]string{"f.yaml:6:7: spec.nodes.extraStatements[0].Effect: missing; allowed: Allow, Deny",
				`f.yaml:6:7: spec.nodes.extraStatements[0].Action: missing or empty, want one or more actions, such as "s3:GetObject"`,
				`f.yaml:6:7: spec.nodes.extraStatements[0].Resource: missing or empty, want "*" or ARNs`}},
		{"a statement in lower case", withExtraStatement(`{effect: Allow, Action: "s3:*", Resource: "*"}`),
			[]string{`f.yaml:5:24: unknown field "effect" in spec.nodes.extraStatements[0], did you mean "Effect"? allowed: Sid, Effect, Principal, NotPrincipal, Action, Resource, Condition`}},
		{"an effect in lower case", withExtraStatement(`{Effect: allow, Action: "s3:*", Resource: "*"}`),
			[]string{`f.yaml:5:32: spec.nodes.extraStatements[0].Effect: unknown value "allow", did you mean "Allow"? allowed: Allow, Deny`}},
		{"an action without a service", withExtraStatement(`{Effect: Allow, Action: GetObject, Resource: "*"}`),
			[]string{`f.yaml:5:47: spec.nodes.extraStatements[0].Action: "GetObject" is not an action, want service:Action...`}},
		{"an action of a wrong type", withExtraStatement(`{Effect: Allow, Action: 5, Resource: "*"}`),
			[]string{`f.yaml:5:47: spec.nodes.extraStatements[0].Action: want a string or a list of strings, got the number 5`}},
		{"a resource that is not an ARN", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: ["*", bucket]}`),
			[]string{`f.yaml:5:71: spec.nodes.extraStatements[0].Resource[1]: "bucket" is not an ARN, want "*" or arn:partition:service:region:account:resource...`}},
		{"a resource of another partition", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws-cn:s3:::x"}`),
			[]string{`f.yaml:5:65: spec.nodes.extraStatements[0].Resource: "arn:aws-cn:s3:::x" is in the partition aws-cn, but this configuration is for aws`}},
		{"a wildcard as the service of a resource", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "arn:aws:*:::x"}`),
			[]string{`f.yaml:5:65: spec.nodes.extraStatements[0].Resource: "arn:aws:*:::x" has "*" as the service; allowed: letters, digits and hyphens, no wildcard`}},
		{"a number that is invalid in JSON", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {NumericEquals: {"aws:a": 0x10}}}`),
			[]string{`f.yaml:5:107: spec.nodes.extraStatements[0].Condition.NumericEquals.aws:a: want a decimal number, got the number 0x10`}},
		{"a number with an exponent", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {NumericEquals: {"aws:a": 1e3}}}`),
			[]string{`f.yaml:5:107: spec.nodes.extraStatements[0].Condition.NumericEquals.aws:a: want a decimal number, got the number 1e3`}},
		{"a boolean in quotes", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {Bool: {"aws:a": [!!bool "true"]}}}`),
			[]string{`f.yaml:5:99: spec.nodes.extraStatements[0].Condition.Bool.aws:a[0]: want a string, boolean or number, got the boolean true`}},
		{"a tag on a mapping", header + "  nodes: !foo {}\n", []string{`f.yaml:4:10: spec.nodes: unsupported YAML tag !foo: remove the tag`}},
		{"a null tag on a string", header + "  namePrefix: !!null foo\n", []string{"f.yaml:4:15: spec.namePrefix: want a string, got nothing"}},
		{"merge keys that multiply", header + "  nodes: &a {x: 1, " + manyKeys(600) + "}\n  <<: [" + strings.Repeat("*a, ", 600) + "]\n", []string{"..."}},
		{"ForAllValues and ForAnyValue together", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {"ForAllValues:ForAnyValue:StringEquals": {"aws:a": b}}}`),
			[]string{`f.yaml:5:82: spec.nodes.extraStatements[0].Condition: unknown operator "ForAllValues:ForAnyValue:StringEquals"...`}},
		{"a policy that is already attached", header + "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy\"]}\n",
			[]string{`f.yaml:4:35: spec.nodes.extraPolicyAttachments: "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy" is already attached to this role: remove it from the configuration`}},
		{"a duplicate group, and the user's own group", header + "  bootstrapUser: {groupName: g, extraGroups: [a, a, G]}\n",
			[]string{`f.yaml:4:50: spec.bootstrapUser.extraGroups[1]: "a" is already a group of the user`, `f.yaml:4:53: spec.bootstrapUser.extraGroups[2]: "G" is already a group of the user`}},
		{"more groups than a user can be in", header + "  bootstrapUser: {extraGroups: [a, b, c, d, e, f, g, h, i, j]}\n",
			[]string{"f.yaml:4:32: spec.bootstrapUser.extraGroups: has 10 groups; allowed: 9 (a user can be in 10 groups, including bootstrapUser.groupName)"}},
		{"an STS action that trust policies cannot have", withTrustStatement(`{Effect: Allow, Action: "sts:GetCallerIdentity", Principal: {Service: ec2.amazonaws.com}}`),
			[]string{`f.yaml:5:47: spec.nodes.trustStatements[0].Action: "sts:GetCallerIdentity" is not an action of a trust policy...`}},
		{"a group as a principal", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::123456789012:group/x"}}`),
			[]string{`f.yaml:5:82: spec.nodes.trustStatements[0].Principal.AWS: "arn:aws:iam::123456789012:group/x" is not a principal...`}},
		{"v1alpha1 through a merge key", "<<: {apiVersion: " + V1Alpha1 + "}\nkind: AWSIAMConfiguration\nspec: {allowAssumeRole: true}\n",
			[]string{`f.yaml:3:8: unknown field "allowAssumeRole": v1alpha1 does not have the field...`}},
		{"two merge keys", header + "  stackTags:\n    <<: {a: b}\n    <<: {c: d}\n",
			[]string{`f.yaml:6:5: duplicate key "<<": it is already on line 5`}},
		{"a principal of another partition", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws-us-gov:iam::123456789012:root"}}`),
			[]string{`f.yaml:5:82: spec.nodes.trustStatements[0].Principal.AWS: "arn:aws-us-gov:iam::123456789012:root" is in the partition aws-us-gov, but this configuration is for aws`}},
		{"a principal in a role's policy", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Principal: {AWS: "*"}}`),
			[]string{`f.yaml:5:81: spec.nodes.extraStatements[0].Principal: not allowed in the policy of a role or user: to say who can assume a role, use trustStatements`}},
		{"a Sid with a space", withExtraStatement(`{Sid: "a b", Effect: Allow, Action: "s3:*", Resource: "*"}`),
			[]string{`f.yaml:5:29: spec.nodes.extraStatements[0].Sid: "a b" has a space; allowed: letters and digits`}},
		{"an unknown condition operator", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {StringEqual: {"aws:a": b}}}`),
			[]string{`f.yaml:5:82: spec.nodes.extraStatements[0].Condition: unknown operator "StringEqual", did you mean "StringEquals"? allowed: ...`}},
		{"a condition without an operator", withExtraStatement(`{Effect: Allow, Action: "s3:*", Resource: "*", Condition: {"aws:a": b}}`),
			[]string{`f.yaml:5:82: spec.nodes.extraStatements[0].Condition: unknown operator "aws:a"...`, `f.yaml:5:91: spec.nodes.extraStatements[0].Condition.aws:a: want a mapping, got the string "b"`}},
		{"a trust statement without a principal", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole"}`),
			[]string{`f.yaml:5:23: spec.nodes.trustStatements[0].Principal: missing, want the principals that may assume the role, such as {Service: ec2.amazonaws.com}`}},
		{"a trust statement about another service", withTrustStatement(`{Effect: Allow, Action: "s3:GetObject", Principal: {Service: ec2.amazonaws.com}}`),
			[]string{`f.yaml:5:47: spec.nodes.trustStatements[0].Action: "s3:GetObject" is not an action of a trust policy...`}},
		{"a trust statement with a resource", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: ec2.amazonaws.com}, Resource: "*"}`),
			[]string{`f.yaml:5:116: spec.nodes.trustStatements[0].Resource: not allowed in a trust policy: the resource is the role itself`}},
		{"an unknown principal type", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {service: ec2.amazonaws.com}}`),
			[]string{`f.yaml:5:77: spec.nodes.trustStatements[0].Principal: unknown principal type "service", did you mean "Service"? allowed: AWS, Service, Federated`}},
		{"a wildcard inside a principal", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::123456789012:role/*"}}`),
			[]string{`f.yaml:5:82: spec.nodes.trustStatements[0].Principal.AWS: "arn:aws:iam::123456789012:role/*" has a wildcard, which...`}},
		{"\"*\" as the principal", withTrustStatement(`{Effect: Allow, Action: "sts:AssumeRole", Principal: "*"}`),
			[]string{`f.yaml:5:76: spec.nodes.trustStatements[0].Principal: want a mapping of principal types, such as {AWS: "*"}, got the string "*"`}},
		{"an inline policy that is too large", header + "  nodes:\n    extraStatements:\n" + manyStatements(120, `Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::`+long+`"`),
			[]string{"f.yaml:6:5: spec.nodes.extraStatements: the inline policy would have 16118 characters; allowed: 10240 (IAM counts characters without white space)"}},
		{"a trust policy that is too large", header + "  nodes:\n    trustStatements:\n" + manyStatements(20, `Effect: Allow, Action: "sts:AssumeRole", Principal: {AWS: "arn:aws:iam::123456789012:role/`+long[:30]+`"}`),
			[]string{"f.yaml:6:5: spec.nodes.trustStatements: the trust policy would have 2791 characters; allowed: 2048 (IAM counts characters without white space); if AWS raised this quota for your account, use --raised-quotas"}},
		{"more policies than a role may have", header + "  nodes:\n    extraPolicyAttachments:\n" + manyARNs(8),
			[]string{"f.yaml:6:5: spec.nodes.extraPolicyAttachments: 11 managed policies would be attached to the role (CAPA needs AWSIAMManagedPolicyCloudProviderNodes); allowed: 10; if AWS raised this quota for your account, use --raised-quotas"}},
		{"a user's inline policy that is too large", header + "  bootstrapUser:\n    enable: true\n    extraStatements:\n" + manyStatements(30, `Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::`+long+`"`),
			[]string{"f.yaml:7:5: spec.bootstrapUser.extraStatements: the inline policy would have 4058 characters; allowed for a user: 2048 (IAM counts characters without white space)"}},
		{"a template that is too large", header + "  nodes:\n    tags:\n" + manyTags(50) + "  controlPlane:\n    tags:\n" + manyTags(50) + "  clusterAPIControllers:\n    tags:\n" + manyTags(50),
			[]string{"f.yaml:4:3: spec: the template would have ..."}},
		{"more tags than AWS allows", header + "  nodes:\n    tags:\n" + manyTags(51),
			[]string{"f.yaml:6:7: spec.nodes.tags: has 51 tags; allowed: 50"}},
		{"an ARN that is too long", header + "  nodes: {permissionsBoundary: \"arn:aws:iam::aws:policy/" + strings.Repeat("x", 2048) + "\"}\n",
			[]string{"f.yaml:4:32: spec.nodes.permissionsBoundary: has 2072 characters; allowed: 2048"}},
		{"a path that is too long", header + "  nodes: {path: \"/" + strings.Repeat("x", 512) + "/\"}\n",
			[]string{"f.yaml:4:17: spec.nodes.path: has 514 characters; allowed: 512"}},
		{"two statements with the same Sid", header + "  nodes:\n    extraStatements:\n" + manyStatements(2, `Sid: One, Effect: Allow, Action: "s3:*", Resource: "*"`),
			[]string{`f.yaml:7:13: spec.nodes.extraStatements[1].Sid: "One" is already the Sid of spec.nodes.extraStatements[0]: Sids must be unique in a policy`}},
		{"a managed policy that is too large", header + "  clusterAPIControllers:\n    allowedEC2InstanceProfiles:\n" + strings.Repeat("    - "+long+"\n", 20),
			[]string{"f.yaml:6:5: spec.clusterAPIControllers.allowedEC2InstanceProfiles: the policy AWSIAMManagedPolicyControllers would have..."}},
		{"aliases that multiply each other", header + "  nodes:\n    extraStatements:\n    - {Effect: Allow, Resource: \"*\", Action: &a [" + strings.Repeat("\"s3:*\",", 500) + "]}\n" + manyStatements(200, `Effect: Allow, Action: *a, Resource: "*"`),
			[]string{"f.yaml:6:715: the file has more than 50000 values..."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load("f.yaml", []byte(test.text), options(t))
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.Split(err.Error(), "\n")
			for i := range got {
				if i < len(test.want) {
					if prefix, cut := strings.CutSuffix(test.want[i], "..."); cut && strings.HasPrefix(got[i], prefix) {
						got[i] = test.want[i]
					}
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// withExtraStatement returns a configuration with one extra statement, at line
// 5. withTrustStatement does the same with a trust statement.
func withExtraStatement(flow string) string {
	return header + "  nodes:\n    extraStatements: [" + flow + "]\n"
}

func withTrustStatement(flow string) string {
	return header + "  nodes:\n    trustStatements: [" + flow + "]\n"
}

func manyStatements(n int, flow string) string {
	return strings.Repeat("    - {"+flow+"}\n", n)
}

func manyARNs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "    - arn:aws:iam::aws:policy/p%d\n", i)
	}
	return b.String()
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1, ", i)
	}
	return b.String()
}

func manyTags(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "      key%d: %s\n", i, strings.Repeat("v", 250))
	}
	return b.String()
}

func TestLoadReportsAllProblemsInOrder(t *testing.T) {
	_, err := Load("f.yaml", []byte(header+"  stackName: 1\n  nodes: {disbale: true}\n  region: x\n  partition: y\n"), options(t))
	problems, ok := err.(problem.List)
	if !ok || len(problems) != 4 {
		t.Fatalf("got %v, want 4 problems", err)
	}
	for i, p := range problems {
		if p.Line != 4+i {
			t.Errorf("problem %d is on line %d: %v", i, p.Line, p)
		}
	}
}

func TestLoadLimitsProblemsOfHostileFile(t *testing.T) {
	var text strings.Builder
	text.WriteString(header)
	for i := range 1000 {
		fmt.Fprintf(&text, "  unknown%d: 1\n", i)
	}
	_, err := Load("f.yaml", []byte(text.String()), options(t))
	problems, ok := err.(problem.List)
	if !ok || len(problems) != maxProblems+1 || problems[maxProblems].Message != "and 800 more problems" {
		t.Errorf("%d problems, the last: %v", len(problems), problems[len(problems)-1])
	}
}
