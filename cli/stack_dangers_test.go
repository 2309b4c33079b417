// Tests that a deployment does not hide changes of trust and of permissions
// boundaries among many other changes, and that the commands notice a forgotten
// --config.

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
	_, stderr = c.do(t, 1, "deploy", "--capa-version", "v2.5", c.config(t, "  eks: {fargate: {}}\n"+strings.Replace(spec, "ACCOUNT", "999988887777", 1)))
	wantText(t, stderr, lost, outside, "capaboot: stack "+stackName+": the update makes changes that need a confirmation:\n",
		"capaboot:   role nodes.cluster-api-provider-aws.sigs.k8s.io would lose its permissions boundary "+boundary+"\n",
		"capaboot: error: updating stack "+stackName+" (role ", " would lose its permissions boundary "+boundary+", ", "): not confirmed: nothing was changed\n",
		"capaboot: hint: check the plan, then run the command again with --yes\n")
	if changed := c.stackChanges(); len(changed) > 0 {
		t.Errorf("without a confirmation: %q", changed)
	}
	_, stderr = c.do(t, 0, "deploy", "--yes", c.config(t, strings.Replace(spec, "ACCOUNT", "999988887777", 1)))
	wantText(t, stderr, lost, outside, "\ncapaboot: hint: to list every permission before a deployment: capaboot bootstrap iam plan --config ")
	_, nodes, _ := strings.Cut(stderr, "permissions\n")
	_, nodes, _ = strings.Cut(nodes, "role nodes.cluster-api-provider-aws.sigs.k8s.io\n")
	trust, removed, counts := strings.Index(nodes, "by AWS 999988887777\n"), strings.Index(nodes, "+ boundary removed: "+boundary+"\n"), strings.Index(nodes, "- 4 Read, 1 List\n")
	if trust < 0 || removed < trust || counts < removed {
		t.Errorf("trust at %d, boundary at %d, counts at %d:\n%s", trust, removed, counts, stderr)
	}
	_, fargate, _ := strings.Cut(stderr, ", which is removed\n")
	if fargate, _, _ = strings.Cut(fargate, "capaboot: stack "); strings.Contains(fargate, "boundary") {
		t.Errorf("a removed role does not gain: %s", fargate)
	}
}

// TestForgottenConfiguration deploys from a configuration, and then runs commands
// without --config: they say that the stack is not from the default configuration,
// and no limit is removed without a confirmation.
func TestForgottenConfiguration(t *testing.T) {
	t.Parallel()
	const template, tags = "capaboot: hint: the template of the stack is not from the default configuration: if the last deployment used --config, pass the same file\n",
		"capaboot: hint: the stack has tags that the default configuration does not have: if the last deployment used --config or --tag, pass the same again\n"
	for spec, want := range map[string]struct {
		hint string
		code int // of deploy and of verify; verify fails because the boundary cannot be read
	}{
		"  permissionsBoundary: arn:aws:iam::123456789012:policy/Boundary\n": {template, 1},
		"  stackTags: {team: platform}\n":                                    {tags, 0},
		"  secureSecretBackends: [ssm-parameter-store]\n":                    {template, 0},
	} {
		c := newCloud(t)
		c.do(t, 0, "deploy", c.config(t, spec))
		for command, code := range map[string]int{"plan": 0, "verify": want.code, "deploy": want.code} {
			_, stderr := c.do(t, code, command)
			wantText(t, stderr, want.hint)
			if command != "deploy" {
				_, stderr = c.do(t, code, command, c.config(t, spec))
				if strings.Contains(stderr, "hint: the ") {
					t.Errorf("%s with --config: %s", command, stderr)
				}
			} else if want.code == 0 {
				c.do(t, 0, "deploy", c.config(t, spec))
			}
		}
	}
	c := newCloud(t)
	c.do(t, 0, "deploy", "--capa-version", "v2.5")
	if _, stderr := c.do(t, 0, "plan"); strings.Contains(stderr, "hint: the ") {
		t.Errorf("an older release of the default configuration: %s", stderr)
	}
}
