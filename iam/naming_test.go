// Tests of the names of a template's resources, and of finding resources by
// name.

package iam

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/policies/catalog"
)

const configurationWithNames = `apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  namePrefix: a-
  nameSuffix: .b
  bootstrapUser: {enable: true, userName: boot-user, groupName: boot-group}
  controlPlane: {enableCSIPolicy: true}
  eks: {enableUserEKSConsolePolicy: true, managedMachinePool: {}, fargate: {}}
`

func templateWithNames(t *testing.T, release string) *Template {
	t.Helper()
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := catalogue.Resolve(release)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := Load("config.yaml", []byte(configurationWithNames), Options{Catalogue: catalogue, Release: r})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Template
}

// TestNaming checks the naming of every resource, and that namePrefix and
// nameSuffix are in exactly the names of the resources whose naming has these
// fields.
func TestNaming(t *testing.T) {
	template := templateWithNames(t, "v2.11.1")
	eks := map[string]string{roleEKSControlPlane: "eks.defaultControlPlaneRole.disable", roleEKSNodegroup: "eks.managedMachinePool.disable", roleEKSFargate: "eks.fargate.disable"}
	for id := range template.Resources {
		got, exists := template.Naming(id)
		want := Naming{Fields: []string{"namePrefix", "nameSuffix"}}
		switch {
		case id == userBootstrapper:
			want = Naming{Fields: []string{"bootstrapUser.userName"}}
		case id == groupBootstrapper:
			want = Naming{Fields: []string{"bootstrapUser.groupName"}}
		case eks[id] != "":
			want = Naming{DisableField: eks[id]}
		}
		if diff := cmp.Diff(want, got); diff != "" || !exists {
			t.Errorf("%s: exists %t (-want +got)\n%s", id, exists, diff)
		}
		name := template.Name(id)
		affixed := len(name) > 4 && name[:2] == "a-" && name[len(name)-2:] == ".b"
		if affixed != slices.Equal(got.Fields, affixes.Fields) {
			t.Errorf("%s has the name %q, and the naming %v", id, name, got)
		}
	}
	if _, exists := template.Naming("Nothing"); exists || template.Name("Nothing") != "" || template.PhysicalID("Nothing", "aws", "1") != "" {
		t.Error("a resource that the template does not have")
	}
}

// TestIsOwnLogicalID checks the logical IDs of every release.
func TestIsOwnLogicalID(t *testing.T) {
	catalogue, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range catalogue.Releases {
		for id := range templateWithNames(t, release.Release.String()).Resources {
			if !IsOwnLogicalID(id) {
				t.Errorf("%s: %s", release.Release, id)
			}
		}
	}
	if IsOwnLogicalID("CI") {
		t.Error("the logical ID of another application counts as one of CAPA's")
	}
}

func TestNamed(t *testing.T) {
	template := templateWithNames(t, "v2.11.1")
	for name, want := range map[string][]string{
		"a-nodes.b": {"AWSIAMInstanceProfileNodes", "AWSIAMManagedPolicyCloudProviderNodes", "AWSIAMRoleNodes"}, "A-NODES.B": {"AWSIAMInstanceProfileNodes", "AWSIAMManagedPolicyCloudProviderNodes", "AWSIAMRoleNodes"},
		"Boot-User": {userBootstrapper}, "eks-fargate" + DefaultNameSuffix: {roleEKSFargate}, "": nil, "x": nil,
	} {
		if got := template.Named(name); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
	for id, want := range map[string]string{
		policyControllers: "arn:aws-cn:iam::123456789012:policy/a-controllers.b", roleNodes: "a-nodes.b", userBootstrapper: "boot-user", "AWSIAMInstanceProfileNodes": "a-nodes.b",
	} {
		if got := template.PhysicalID(id, "aws-cn", "123456789012"); got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	// Before v2.1.0 CloudFormation chooses the name of the group.
	if name := templateWithNames(t, "v2.0.0").Name(groupBootstrapper); name != "" {
		t.Errorf("the group has the name %q", name)
	}
}
