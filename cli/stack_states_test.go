// Tests of the states that a stack may be in, and of operations that fail.

package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/cfndouble"
)

// TestDeployInEachStackState deploys to a stack in each state that needs a
// preparation. Where the preparation needs a confirmation, deploy without --yes
// must fail and change nothing, and deploy with --yes must prepare and deploy
// the stack.
func TestDeployInEachStackState(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status        string
		reasons       map[string]string
		exitCode      int      // exit code without --yes
		wantStderr    []string // texts on stderr without --yes
		wantConfirmed []string // texts on stderr with --yes
		withMutation  string   // with --yes, the request that prepares the stack
	}{
		{status: "ROLLBACK_COMPLETE", exitCode: 0, wantStderr: []string{"the stack is ROLLBACK_COMPLETE and has no resources: deleting and recreating it", "is created"}},
		{status: "REVIEW_IN_PROGRESS", exitCode: 0, wantStderr: []string{"the stack is REVIEW_IN_PROGRESS and empty: using it", "is created"}},
		{status: "UPDATE_ROLLBACK_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "Access denied"}, exitCode: 1,
			wantStderr:    []string{"is UPDATE_ROLLBACK_FAILED", "AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io): Access denied", "continue-update-rollback", "nothing was changed"},
			wantConfirmed: []string{"continuing its rollback", "no changes"}, withMutation: "ContinueUpdateRollback"},
		{status: "ROLLBACK_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "Cannot delete entity, must detach all policies first."}, exitCode: 1,
			wantStderr:    []string{"is ROLLBACK_FAILED", "which still has:", "AWSIAMRoleNodes", "must detach all policies first", "nothing was changed"},
			wantConfirmed: []string{"deleting and recreating it", "is created"}, withMutation: "DeleteStack"},
		{status: "CREATE_FAILED", exitCode: 1, wantStderr: []string{"is CREATE_FAILED", "which still has:", "AWSIAMRoleNodes", "nothing was changed"},
			wantConfirmed: []string{"is created"}, withMutation: "DeleteStack"},
		{status: "DELETE_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "in use"}, exitCode: 1,
			wantStderr: []string{"is DELETE_FAILED", "AWSIAMRoleNodes", "in use", "nothing was changed"}, wantConfirmed: []string{"is created"}, withMutation: "DeleteStack"},
	} {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
			c.Put(stackName, test.status, template, test.reasons)
			_, stderr := c.do(t, test.exitCode, "deploy")
			wantText(t, stderr, test.wantStderr...)
			if test.exitCode == 0 {
				return
			}
			if len(c.stackChanges()) != 0 {
				t.Errorf("requests that change something without confirmation: %v", c.stackChanges())
			}
			_, stderr = c.do(t, 0, "deploy", "--yes")
			wantText(t, stderr, test.wantConfirmed...)
			if !slices.Contains(c.stackChanges(), test.withMutation) {
				t.Errorf("requests with --yes: %v, want one %s", c.stackChanges(), test.withMutation)
			}
		})
	}
}

func TestHintsOfFailedDeployments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, reason, hint string }{
		{"no permission", `Resource handler returned message: "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreatePolicy on resource: policy x because no identity-based policy allows the iam:CreatePolicy action (Service: Iam, Status Code: 403)" (HandlerErrorCode: AccessDenied)`, "iam:CreatePolicy"},
		{"service control policy", `User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreatePolicy on resource: policy x with an explicit deny in a service control policy`, "organization"},
		{"permissions boundary", `User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreatePolicy on resource: policy x because no permissions boundary allows the iam:CreatePolicy action`, "boundary"},
		{"name exists", `controllers.cluster-api-provider-aws.sigs.k8s.io already exists`, "--import-existing"},
		{"in another stack", `controllers.cluster-api-provider-aws.sigs.k8s.io already exists in stack arn:aws:cloudformation:us-east-1:123456789012:stack/other/1`, "stack/other"},
		{"policy too large", `Cannot exceed quota for PolicySize: 6144 (Service: Iam, Status Code: 409)`, "6"},
		{"invalid principal", `Invalid principal in policy: "AWS":"arn:aws:iam::999999999999:role/gone" (Service: Iam, Status Code: 400)`, "principal"},
		{"throttling", `Rate exceeded (Service: Iam, Status Code: 400)`, "again"},
		{"expired", `The security token included in the request is expired`, "credentials"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.Fail(cfndouble.PhaseCreate, "AWSIAMManagedPolicyControllers", test.reason)
			stdout, stderr := c.do(t, 1, "deploy")
			wantText(t, stderr, "capaboot: error: ", "AWSIAMManagedPolicyControllers", test.reason)
			_, hint, ok := strings.Cut(stderr, "capaboot: hint: ")
			if !ok || !strings.Contains(hint, test.hint) {
				t.Errorf("the hint is %q, want something with %q", hint, test.hint)
			}
			if stdout != "" {
				t.Errorf("stdout: %s", stdout)
			}
			// When the cause has been removed, the next run succeeds: the
			// failed run left nothing that blocks it.
			c.Heal("AWSIAMManagedPolicyControllers")
			_, stderr = c.do(t, 0, "deploy")
			wantText(t, stderr, "is created")
		})
	}
}

func TestExpiredCredentialsEndTheWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Durations["AWSIAMRoleNodes"] = 3 * time.Second
		c.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: cfndouble.Expired, Skip: 1})
		_, stderr := c.do(t, 1, "deploy")
		wantText(t, stderr, "the credentials expired and cannot be refreshed", "get new credentials and run the same command again")
		c.RemoveFaults()
		_, stderr = c.do(t, 0, "deploy")
		wantText(t, stderr, "stack "+stackName)
	})
}

func TestDeniedPlan(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Denied})
	_, stderr := c.do(t, 1, "plan")
	wantText(t, stderr, "capaboot: error: ", "capaboot: hint: ")
}

func TestBlockedDeletion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	c.Fail(cfndouble.PhaseDelete, "AWSIAMRoleNodes", "Cannot delete entity, must detach all policies first.")
	c.Fail(cfndouble.PhaseDelete, "AWSIAMRoleControllers", "Cannot delete entity, must remove roles from instance profile first.")
	_, stderr := c.do(t, 1, "delete", "--yes")
	if strings.Contains(stderr, "Initiated): ") || strings.Contains(stderr, "): Resource creation") {
		t.Errorf("resources are shown with reasons from an earlier operation:\n%s", stderr)
	}
	_, reasons, _ := strings.Cut(stderr, "DELETE_FAILED "+stackName)
	wantText(t, reasons, "AWSIAMRoleNodes (nodes.cluster-api-provider-aws.sigs.k8s.io) is DELETE_FAILED: Cannot delete entity, must detach all policies first.",
		"failed too: ", "DELETE_FAILED AWSIAMRoleControllers: Cannot delete entity, must remove roles from instance profile first.",
		"capaboot: hint: something outside the stack uses the resource")
	c.Heal("AWSIAMRoleNodes")
	c.Heal("AWSIAMRoleControllers")
	c.do(t, 0, "delete", "--yes")
	c.do(t, 0, "deploy", "--termination-protection")
	_, stderr = c.do(t, 1, "delete", "--yes")
	wantText(t, stderr, "has termination protection and was not deleted", "--no-enable-termination-protection")
}

// Termination protection is reported in the plan, and before any question.
func TestTerminationProtectionIsShownFirst(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	c.Put(stackName, "ROLLBACK_FAILED", template, nil)
	c.SetProtection(stackName, true)
	stdout, _ := c.do(t, 0, "plan")
	wantText(t, stdout, "first: the stack is ROLLBACK_FAILED and would have to be deleted first, but has termination protection\n")
	const off = "aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name " + stackName + " --region eu-west-1; "
	before := len(c.stackChanges())
	_, stderr := c.do(t, 1, "deploy", "--yes")
	wantText(t, stderr, "has termination protection and was not deleted", "hint: to delete the stack, first disable termination protection: "+off+"then run the command again: the command shows what it will delete")
	_, stderr = c.do(t, 1, "delete", "--yes")
	wantText(t, stderr, "has termination protection and was not deleted", off+"then run the command again: the command shows what it will delete")
	if changed := c.stackChanges()[before:]; len(changed) > 0 {
		t.Errorf("changed: %v", changed)
	}
}

// TestNestedStack checks that each command on a nested stack names its root
// stack before something changes.
func TestNestedStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	stdout, _ := c.do(t, 0, "check")
	wantText(t, stdout, "which capaboot does not read, can deny updates")
	c.Nest(stackName, "platform")
	stdout, _ = c.do(t, 1, "check")
	wantText(t, stdout, "is nested in the stack platform")
	for _, format := range []string{"text", "markdown"} {
		stdout, _ = c.do(t, 0, "plan", "-o", format, "--capa-version", "v2.0.0")
		wantText(t, stdout, "the stack is nested in the stack platform")
	}
	stdout, _ = c.do(t, 0, "plan", "-o", "json", "--capa-version", "v2.0.0")
	wantText(t, stdout, `"rootStack": "platform"`)
	checkSchema(t, "plan", "stack-plan", stdout)
	_, stderr := c.do(t, 0, "deploy", "--yes", "--capa-version", "v2.0.0")
	wantText(t, stderr, "the stack is nested in the stack platform")
	_, stderr = c.do(t, 1, "delete")
	wantText(t, stderr, "note: the stack is nested in the stack platform")
}
