// Tests of changes that AWS would refuse: a plan warns about replacements, and a
// deployment refuses placeholders in ARNs.

package cli

import (
	"strings"
	"testing"
)

func TestPlanWarnsThatANewPathIsRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	const refused = "capaboot: warning: CloudFormation will refuse this change, because the change replaces resources with resources of the same name"
	stdout, stderr := c.do(t, 0, "plan", c.config(t, "  path: /capa/\n"))
	wantText(t, stdout, "-/+ replace  AWSIAMRoleNodes", "Path: none -> /capa/ (replaces the resource)")
	wantText(t, stderr, refused, "AWSIAMRoleNodes nodes.cluster-api-provider-aws.sigs.k8s.io (Path)", "AWSIAMRoleEKSControlPlane eks-controlplane.cluster-api-provider-aws.sigs.k8s.io (Path)",
		"capaboot: hint: undo the change", "namePrefix or nameSuffix", "eks.defaultControlPlaneRole.disable: true")
	for name, spec := range map[string]string{
		"a new name too": "  nodes: {path: /capa/}\n  nameSuffix: .capa\n",
		"a boundary":     "  permissionsBoundary: arn:aws:iam::123456789012:policy/b\n",
		"only the name":  "  nameSuffix: .capa\n",
		"no new path":    "  stackTags: {a: b}\n",
	} {
		if _, stderr := c.do(t, 0, "plan", c.config(t, spec)); strings.Contains(stderr, refused) {
			t.Errorf("%s: %s", name, stderr)
		}
	}
	// A deployment warns before it asks for confirmation.
	_, stderr = c.do(t, 1, "deploy", c.config(t, "  nodes: {path: /capa/}\n"))
	wantText(t, stderr, refused, "not confirmed: nothing was changed")
}

func TestThePathOfTheUserReplacesNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy", c.config(t, "  bootstrapUser: {enable: true}\n"))
	stdout, stderr := c.do(t, 0, "plan", c.config(t, "  bootstrapUser: {enable: true, path: /capa/}\n"))
	wantText(t, stdout, "~ change  AWSIAMUserBootstrapper")
	if strings.Contains(stderr, "refuse") {
		t.Error(stderr)
	}
}

// TestADeploymentNeedsPolicyARNs checks that an ARN with a placeholder is
// refused: AWS would refuse it, and the stack would be rolled back.
func TestADeploymentNeedsPolicyARNs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::<AWS_ACCOUNT>:policy/p\"]}\n")
	_, stderr := c.do(t, 2, "deploy", "--yes", config)
	wantText(t, stderr, "the ARN of a policy has a placeholder", "spec.nodes.extraPolicyAttachments[0]: <AWS_ACCOUNT>")
	if requests := c.stackChanges(); len(requests) != 0 {
		t.Errorf("requests %v", requests)
	}
	c.do(t, 0, "print-cloudformation-template", config)
}
