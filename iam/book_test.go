// Tests that load the configurations in CAPA's own documentation, and
// configurations with keys that clusterawsadm ignores.

package iam

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBookConfigurationsLoad loads the files in testdata/book, which are our
// versions of every AWSIAMConfiguration in CAPA's book and in CAPA's folder
// hack.
func TestBookConfigurationsLoad(t *testing.T) {
	const (
		ignored = ": clusterawsadm ignores this key, and the key has no effect: remove the key"
		left    = " is a variable, and variables are not substituted: write the value, or run the file through envsubst first"
	)
	want := map[string][]string{
		"policies.yaml": {
			`7:7: spec.controlPlane.extraPolicyAttachments[0]: "<AWS_ACCOUNT>" is a placeholder, and placeholders are not substituted: write the value`,
			`11:7: spec.nodes.extraPolicyAttachments[0]: "<AWS_ACCOUNT>" is a placeholder, and placeholders are not substituted: write the value`,
		},
		"user.yaml": nil, "eks.yaml": nil, "eventbridge.yaml": nil, "s3.yaml": nil,
		"manager.yaml": {
			`12:5: spec.clusterAPIControllers.disabled` + ignored,
			`16:18: spec.clusterAPIControllers.extraStatements[0].Resource[0]: "${AWS_MANAGED_ACCOUNT_ID}"` + left,
			`21:21: spec.clusterAPIControllers.trustStatements[0].Principal.Federated[0]: "${AWS_MANAGER_ACCOUNT_ID}"` + left,
			`21:21: spec.clusterAPIControllers.trustStatements[0].Principal.Federated[0]: "${AWS_REGION}"` + left,
			`21:21: spec.clusterAPIControllers.trustStatements[0].Principal.Federated[0]: "${OIDC_PROVIDER_ID}"` + left,
			`24:11: spec.clusterAPIControllers.trustStatements[0].Condition: "${AWS_REGION}"` + left,
			`24:11: spec.clusterAPIControllers.trustStatements[0].Condition: "${OIDC_PROVIDER_ID}"` + left,
		},
		"managed.yaml": {
			`8:5: spec.clusterAPIControllers.disabled` + ignored,
			`13:15: spec.clusterAPIControllers.trustStatements[0].Principal.AWS[0]: "${AWS_MANAGER_ACCOUNT_ID}"` + left,
		},
		"hack-eks.yaml": {
			`13:5: spec.eks.enable` + ignored,
			`21:35: spec.nodes.ec2ContainerRegistryReadOnly: false has no effect: as in clusterawsadm, the presence of spec.eks sets the field to true unless EKS is disabled`,
		},
		"eks-v0.6.yaml": {
			`9:5: spec.eks.enable` + ignored,
			`10:5: spec.eks.eventBridge` + ignored,
		},
	}
	paths := files(t, "book/*.yaml")
	if len(paths) != len(want) {
		t.Errorf("got %d files, want %d", len(paths), len(want))
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := Load("f.yaml", text, options(t))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		var warnings []string
		for _, warning := range loaded.Warnings {
			warnings = append(warnings, strings.TrimPrefix(warning, "f.yaml:"))
		}
		if diff := cmp.Diff(want[filepath.Base(path)], warnings); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
	}
}

func TestIgnoredKeys(t *testing.T) {
	const ignored = ": clusterawsadm ignores this key, and the key has no effect: remove the key"
	alpha := strings.Replace(header, "v1beta1", "v1alpha1", 1)
	for _, test := range []struct {
		name, text string
		warning    string // the expected warning, or "" if a problem is expected
		problem    string
	}{
		{"disabled: true", header + "  nodes: {disabled: true}\n", "", `4:11: unknown field "disabled" in spec.nodes: clusterawsadm ignores the field; write disable: true`},
		{"disabled: false", header + "  nodes: {disabled: false}\n", "4:11: spec.nodes.disabled" + ignored, ""},
		{"disabled: false beside disable: true", header + "  nodes: {disabled: false, disable: true}\n", "", `4:11: unknown field "disabled" in spec.nodes: clusterawsadm ignores the field; write disable: false`},
		{"enable: false of EKS", header + "  eks: {enable: false}\n", "", `4:9: unknown field "enable" in spec.eks: clusterawsadm ignores the field; write disable: true`},
		{"enable: yes of EKS", header + "  eks: {enable: yes}\n", "4:9: spec.eks.enable" + ignored, ""},
		{"enabled: true of a role that its key enables", header + "  eks: {fargate: {enabled: true}}\n", "4:19: spec.eks.fargate.enabled" + ignored, ""},
		{"disabled of EKS", header + "  eks: {disabled: true}\n", "", `4:9: unknown field "disabled" in spec.eks: clusterawsadm ignores the field; write disable: true`},
		{"disable of the user", header + "  bootstrapUser: {disable: true}\n", "4:19: spec.bootstrapUser.disable" + ignored, ""},
		{"disabled: false of the user", header + "  bootstrapUser: {disabled: false}\n", "", `4:19: unknown field "disabled" in spec.bootstrapUser: clusterawsadm ignores the field; write enable: true`},
		{"enabled of S3 buckets", header + "  s3Buckets: {enabled: true}\n", "", `4:15: unknown field "enabled" in spec.s3Buckets: clusterawsadm ignores the field; write enable: true`},
		{"no boolean", header + "  eks: {enable: maybe}\n", "", `4:9: unknown field "enable" in spec.eks: clusterawsadm ignores the field; write disable`},
		{"nothing", header + "  eks: {enable: }\n", "4:9: spec.eks.enable" + ignored, ""},
		{"EventBridge below EKS", header + "  eks: {eventBridge: {enable: true}}\n", "", `4:9: unknown field "eventBridge" in spec.eks: clusterawsadm ignores the field; the field belongs under spec: write spec.eventBridge`},
		{"EventBridge below EKS and in the right place", header + "  eventBridge: {enable: true}\n  eks: {eventBridge: {enable: true}}\n", "5:9: spec.eks.eventBridge" + ignored, ""},
		{"another field in the wrong mapping", header + "  enableCSIPolicy: true\n", "", `4:3: unknown field "enableCSIPolicy" in spec: clusterawsadm ignores the field; the field belongs under spec.controlPlane: write spec.controlPlane.enableCSIPolicy`},
		{"a field of the roles outside them", header + "  extraPolicyAttachments: [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n", "", `4:3: unknown field "extraPolicyAttachments" in spec: clusterawsadm ignores the field; the field belongs under a role, such as spec.nodes`},
		{"a field of the roles in the user", header + "  bootstrapUser: {trustStatements: []}\n", "", `4:19: unknown field "trustStatements" in spec.bootstrapUser: clusterawsadm ignores the field; the field belongs under a role, such as spec.nodes`},
		{"a misspelt field of a role", header + "  nodes: {trustStatement: []}\n", "", `4:11: unknown field "trustStatement" in spec.nodes, did you mean "trustStatements"? allowed: ...`},
		{"a misplaced field without effect", header + "  eks: {s3Buckets: {enable: false}}\n", "4:9: spec.eks.s3Buckets" + ignored, ""},
		{"a misplaced field with the default", header + "  nodes: {stackName: " + DefaultStackName + "}\n", "4:11: spec.nodes.stackName" + ignored, ""},
		{"a misplaced role that its key enables", header + "  fargate: {}\n", "", `4:3: unknown field "fargate" in spec: clusterawsadm ignores the field; the field belongs under spec.eks: write spec.eks.fargate`},
		{"a misplaced role that is disabled", header + "  fargate: {disable: true}\n", "4:3: spec.fargate" + ignored, ""},
		{"a misplaced eks key", header + "  controlPlane: {eks: {}}\n", "", `4:18: unknown field "eks" in spec.controlPlane: clusterawsadm ignores the field; the field belongs under spec: write spec.eks`},
		{"a misplaced eks key with all of its defaults", header + "  nodes: {eks: {managedMachinePool: {disable: true}, fargate: {disable: true}, kmsAliasPrefix: " + DefaultKMSAliasPrefix + "}}\n", "",
			`4:11: unknown field "eks" in spec.nodes: clusterawsadm ignores the field; the field belongs under spec: write spec.eks`},
		{"the name in Go", header + "  secureSecretsBackends: [ssm-parameter-store]\n", "", `4:3: unknown field "secureSecretsBackends" in spec: clusterawsadm ignores the field; write secureSecretBackends`},
		{"the name in Go, without effect", header + "  secureSecretsBackends: [secrets-manager]\n", "4:3: spec.secureSecretsBackends" + ignored, ""},
		{"a capital letter, as in the book of v0.6", alpha + "  nodes:\n    ExtraPolicyAttachments: [\"arn:aws:iam::aws:policy/AmazonEC2FullAccess\"]\n", "",
			`5:5: unknown field "ExtraPolicyAttachments" in spec.nodes, did you mean "extraPolicyAttachments"? allowed: ...`},
		{"a capital letter, without effect", header + "  nodes: {Disable: false}\n", "4:11: spec.nodes.Disable" + ignored, ""},
		{"a field that v1alpha1 lacks, false", alpha + "  s3Buckets: {enable: false}\n", "4:3: spec.s3Buckets" + ignored, ""},
		{"a field that v1alpha1 lacks, true", alpha + "  allowAssumeRole: true\n", "", `4:3: unknown field "allowAssumeRole": v1alpha1 does not have the field; write apiVersion: ` + V1Beta1},
		{"many ignored keys", header + "  nodes:\n" + strings.Repeat(" ", 4) + "Disable: false\n    DISABLE: false\n", "5:5: spec.nodes.Disable" + ignored + "\n6:5: spec.nodes.DISABLE" + ignored, ""},
	} {
		loaded, err := Load("f.yaml", []byte(test.text), options(t))
		warning, problem := "", ""
		if err != nil {
			problem = strings.ReplaceAll(err.Error(), "f.yaml:", "")
		} else {
			warning = strings.ReplaceAll(strings.Join(loaded.Warnings, "\n"), "f.yaml:", "")
		}
		prefix, open := strings.CutSuffix(test.problem, "...")
		if warning != test.warning || problem != test.problem && !(open && strings.HasPrefix(problem, prefix)) {
			t.Errorf("%s:\nwarning %q, want %q\nproblem %q, want %q", test.name, warning, test.warning, problem, test.problem)
		}
	}
}
