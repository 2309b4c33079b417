// Tests of the messages about what an earlier run left behind, and about
// warnings from AWS.

package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
)

func TestLeftoversOfAPlanAreRemovedByTheNextRun(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "DeleteChangeSet", Kind: cfndouble.Denied})
	_, stderr := c.do(t, 0, "plan")
	changeSets := c.AllChangeSets()
	if len(changeSets) != 1 || !changeSets[0].Pending {
		t.Fatalf("change sets: %+v", changeSets)
	}
	wantText(t, stderr,
		"capaboot: warning: change set "+changeSets[0].Name+" of stack "+stackName+" could not be removed: User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: cloudformation:DeleteChangeSet",
		"capaboot: hint: remove the change set: aws cloudformation delete-change-set --change-set-name "+changeSets[0].Name+" --stack-name "+changeSets[0].StackID+" --region eu-west-1\n",
		"capaboot: hint: if the empty stack is still REVIEW_IN_PROGRESS, remove the stack: aws cloudformation delete-stack --stack-name "+changeSets[0].StackID+" --region eu-west-1\n")

	c.RemoveFaults()
	_, stderr = c.do(t, 0, "plan")
	wantText(t, stderr, "capaboot: removed change set "+changeSets[0].Name+", which an earlier run left\n",
		"capaboot: removed the empty stack "+stackName+", which an earlier run left\n")
	for _, changeSet := range c.AllChangeSets() {
		if changeSet.Pending {
			t.Errorf("%s is left", changeSet.Name)
		}
	}
	c.Finish()
	if status := c.Status(stackName); status != "DELETE_COMPLETE" {
		t.Errorf("the stack is %s", status)
	}
}

// TestChangeSetsOfOthers: when CloudFormation executes a change set, it
// deletes the other change sets of the stack. The plan and the deployment warn
// about that.
func TestChangeSetsOfOthers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json", "--capa-version", "v2.8.4")
	if err := c.AddChangeSet(stackName, "release-7", template); err != nil {
		t.Fatal(err)
	}
	const want = "warning: a deployment also deletes these change sets of the stack, which are not executed yet: release-7\n"
	for _, args := range [][]string{{"plan"}, {"deploy"}} {
		_, stderr := c.do(t, 0, append(args, "--tag", "team=a", "--capa-version", "v2.8.4")...)
		wantText(t, stderr, want)
	}
	_, stderr := c.do(t, 0, "plan", "--capa-version", "v2.8.4", "--tag", "team=a")
	if strings.Contains(stderr, "release-7") {
		t.Errorf("the change set was deleted:\n%s", stderr)
	}
}

func TestDeniedSearchForLeftovers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	c.Break(cfndouble.Fault{Operation: "ListChangeSets", Kind: cfndouble.Denied})
	_, stderr := c.do(t, 0, "plan")
	wantText(t, stderr, "capaboot: warning: cannot find out whether an earlier run left change sets of stack "+stackName+": User: ")
}

func TestAWSWarnsBeforeTheDeployment(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const reason = "The quota of roles in this account would be exceeded \u202e@everyone"
	c.Warnings = map[string]string{"AWSIAMRoleNodes": reason}
	const line = "AWSIAMRoleNodes (/Resources/AWSIAMRoleNodes): The quota of roles in this account would be exceeded"

	stdout, _ := c.do(t, 0, "plan")
	wantText(t, stdout, "AWS warns\n  "+line, "[SERVICE_QUOTA_VALIDATION]\n")
	stdout, _ = c.do(t, 0, "plan", "-o", "markdown")
	wantText(t, stdout, "AWS warns:\n\n- AWSIAMRoleNodes")
	if strings.Contains(stdout, "\u202e") {
		t.Error("the Markdown has a character that reverses the direction of text")
	}
	stdout, _ = c.do(t, 0, "plan", "-o", "json")
	var plan struct {
		Warnings []struct{ LogicalID, Reason, Mode string }
	}
	if err := json.Unmarshal([]byte(stdout), &plan); err != nil {
		t.Fatal(err)
	}
	if len(plan.Warnings) != 1 || plan.Warnings[0].LogicalID != "AWSIAMRoleNodes" || plan.Warnings[0].Reason != reason || plan.Warnings[0].Mode != "WARN" {
		t.Errorf("warnings: %+v", plan.Warnings)
	}

	_, stderr := c.do(t, 0, "deploy")
	shownAt, startedAt := strings.Index(stderr, line), strings.Index(stderr, "started, stack ID")
	if shownAt < 0 || startedAt < shownAt {
		t.Errorf("the warning does not come before the deployment:\n%s", stderr)
	}
}

func TestPlanWithoutAWSValidation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "DescribeEvents", Kind: cfndouble.Denied})
	stdout, _ := c.do(t, 0, "plan")
	wantText(t, strings.Join(strings.Fields(stdout), " "), "note: the result of AWS's validation before the deployment is unknown: User: arn:aws:sts::123456789012:assumed-role/dev/me is not authorized to perform: cloudformation:DescribeEvents")
}
