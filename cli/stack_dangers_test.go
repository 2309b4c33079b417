// Tests that a deployment does not hide changes of trust and of permissions
// boundaries among many other changes.

package cli

import (
	"strings"
	"testing"
)

func TestDeployShowsTrustAndBoundaries(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const boundary = "arn:aws:iam::123456789012:policy/Boundary"
	bounded := c.config(t, "  permissionsBoundary: "+boundary+"\n  eks: {fargate: {}}\n")
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json", "--capa-version", "v2.5", bounded)
	c.Put(stackName, "CREATE_COMPLETE", template, nil)
	const spec = "  nodes:\n    trustStatements:\n    - {Effect: Allow, Principal: {AWS: \"ACCOUNT\"}, Action: \"sts:AssumeRole\"}\n"
	const lost, outside = "capaboot: warning: role nodes.cluster-api-provider-aws.sigs.k8s.io would lose its permissions boundary " + boundary + "\n",
		"capaboot: warning: role nodes.cluster-api-provider-aws.sigs.k8s.io would trust principals outside of account 123456789012: AWS 999988887777\n"
	_, stderr := c.do(t, 0, "plan", c.config(t, strings.Replace(spec, "ACCOUNT", "999988887777", 1)))
	wantText(t, stderr, lost, outside)
	_, stderr = c.do(t, 0, "plan", c.config(t, "  permissionsBoundary: "+boundary+"\n"+strings.Replace(spec, "ACCOUNT", "123456789012", 1)))
	if strings.Contains(stderr, "would lose its") || strings.Contains(stderr, "would trust") {
		t.Errorf("trust within the account, and the same boundary: %s", stderr)
	}
	_, stderr = c.do(t, 0, "plan", c.config(t, "  permissionsBoundary: arn:aws:iam::123456789012:policy/Other\n"))
	wantText(t, stderr, "capaboot: warning: role nodes.cluster-api-provider-aws.sigs.k8s.io would have the permissions boundary arn:aws:iam::123456789012:policy/Other instead of "+boundary+"; it is unknown whether the new one allows more\n")
	_, stderr = c.do(t, 0, "deploy", "--yes", c.config(t, strings.Replace(spec, "ACCOUNT", "999988887777", 1)))
	wantText(t, stderr, lost, outside, "\ncapaboot: hint: to list every permission before a deployment: capaboot bootstrap iam plan --config ")
	_, nodes, _ := strings.Cut(stderr, "permissions\n")
	_, nodes, _ = strings.Cut(nodes, "role nodes.cluster-api-provider-aws.sigs.k8s.io\n")
	trust, removed, counts := strings.Index(nodes, "by AWS 999988887777\n"), strings.Index(nodes, "+ boundary removed: "+boundary+"\n"), strings.Index(nodes, "- 4 Read, 1 List\n")
	if trust < 0 || removed < trust || counts < removed {
		t.Errorf("trust at %d, boundary at %d, counts at %d:\n%s", trust, removed, counts, stderr)
	}
	if _, fargate, _ := strings.Cut(stderr, ", which is removed\n"); strings.Contains(fargate, "boundary") {
		t.Errorf("a removed role does not gain: %s", fargate)
	}
}
