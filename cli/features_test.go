// Tests of a plan and a deployment when a feature is switched on, and when it
// is switched off again.

package cli

import (
	"strings"
	"testing"
)

func TestPlanOfAFeature(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	config := c.config(t, "  clusterAPIControllers:\n    features: [dedicated-hosts]\n")
	stdout, _ := c.do(t, 3, "plan", "--exit-code", config)
	wantText(t, stdout, "+ add  AWSIAMManagedPolicyControllersFeatures", "\npermissions\nrole control-plane.cluster-api-provider-aws.sigs.k8s.io\n", "      ec2:AllocateHosts [Write]\n")
	if strings.Contains(stdout, "\n  - ") || strings.Contains(stdout, "ec2:RunInstances") {
		t.Errorf("an unchanged permission is shown:\n%s", stdout)
	}
	c.do(t, 0, "deploy", config)
	stdout, _ = c.do(t, 0, "plan", "--exit-code", config)
	wantText(t, stdout, "no changes\n")
	_, stderr := c.do(t, 1, "deploy")
	wantText(t, stderr, "capaboot:   remove AWSIAMManagedPolicyControllersFeatures (AWS::IAM::ManagedPolicy ", "not confirmed: nothing was changed")
}
