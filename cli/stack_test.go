// Tests of the stack commands, over HTTP with a double of CloudFormation: the
// messages, the exit code, and what was changed.

package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"capaboot/internal/stackview"
	"capaboot/policies/report"
)

func TestDeployFirstTime(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Duration = time.Millisecond
		stdout, stderr := c.do(t, 0, "create-cloudformation-stack")
		wantText(t, stderr, "capaboot: account 123456789012, region eu-west-1, as arn:", "stack "+stackName,
			"11 to add", "CREATE_COMPLETE AWSIAMRoleNodes", "stack "+stackName+" is created")
		wantText(t, stdout, "LOGICAL ID", "AWSIAMRoleNodes", "nodes.cluster-api-provider-aws.sigs.k8s.io", "CREATE_COMPLETE")
		if strings.Index(stderr, "11 to add") > strings.Index(stderr, "CREATE_IN_PROGRESS") {
			t.Error("the plan comes after the first event")
		}
		stdout, stderr = c.do(t, 0, "deploy", "-o", "json")
		wantText(t, stderr, "no changes")
		var got stackview.Result
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		if got.Result != "unchanged" || got.Account != "123456789012" || got.Region != "eu-west-1" || len(got.Resources) != 11 {
			t.Errorf("got %+v", got)
		}
		for _, resource := range got.Resources {
			if resource.LogicalID == "AWSIAMRoleNodes" && resource.ARN != "arn:aws:iam::123456789012:role/nodes.cluster-api-provider-aws.sigs.k8s.io" {
				t.Errorf("ARN %q", resource.ARN)
			}
			if !strings.HasPrefix(resource.ARN, "arn:aws:iam::123456789012:") || strings.Contains(resource.Name, ":") {
				t.Errorf("got %+v", resource)
			}
		}
	})
}

func TestPlanShowsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	stdout, stderr := c.do(t, 3, "plan", "--exit-code")
	wantText(t, stdout, "stack "+stackName+" in account 123456789012, region eu-west-1\n11 to add\n", "+ add  AWSIAMRoleNodes ")
	wantText(t, stderr, "capaboot: account 123456789012, region eu-west-1")
	if status := c.Status(stackName); status != "" && !strings.HasPrefix(status, "DELETE_") || len(c.ChangeSets()) != 0 {
		t.Errorf("the plan leaves a stack that is %q, and change sets %v", status, c.ChangeSets())
	}

	c.do(t, 0, "deploy")
	stdout, _ = c.do(t, 0, "plan", "--exit-code")
	wantText(t, stdout, "no changes\n")

	config := c.config(t, "  stackTags: {env: prod}\n  controlPlane:\n    disableCloudProviderPolicy: true\n  nodes:\n    tags: {team: a}\n")
	stdout, _ = c.do(t, 3, "plan", "--exit-code", config)
	wantText(t, stdout, "- remove  AWSIAMManagedPolicyCloudProviderControlPlane  ManagedPolicy\n", "~ change  AWSIAMRoleNodes", "tags of the stack\n  env: none -> prod\n")
	stdout, _ = c.do(t, 0, "plan", "-o", "markdown", config)
	wantText(t, stdout, "| **remove** | `AWSIAMManagedPolicyCloudProviderControlPlane` | AWS::IAM::ManagedPolicy |", "| env | none | prod |")
	stdout, _ = c.do(t, 0, "plan", "-o", "json", config)
	var got struct {
		Stack, Account, Region string
		Changes                []struct{ Action, LogicalID, Type string }
		Tags                   []struct{ Key, After string }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Stack != stackName || got.Account != "123456789012" || len(got.Changes) == 0 || got.Changes[0].Action != "remove" ||
		len(got.Tags) != 1 || got.Tags[0].After != "prod" {
		t.Errorf("got %+v", got)
	}
}

func TestPlanOffline(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.environment = nil // no endpoint and no credentials
	stdout, stderr := c.do(t, 3, "plan", "--offline", "--exit-code")
	wantText(t, stdout, "first deployment of stack "+stackName+"\n11 to add\n")
	if stderr != "capaboot: --exit-code: the stack would change: 11 to add\n" || len(c.Requests()) != 0 {
		t.Errorf("stderr %q, %d requests", stderr, len(c.Requests()))
	}
}

func TestRemovingNeedsConfirmation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := len(c.stackChanges())
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	stdout, stderr := c.do(t, 1, "update-cloudformation-stack", config)
	wantText(t, stderr, "capaboot:   remove AWSIAMManagedPolicyCloudProviderControlPlane (AWS::IAM::ManagedPolicy ",
		"removing or replacing resources of stack "+stackName+" (AWSIAMManagedPolicyCloudProviderControlPlane): not confirmed: nothing was changed", "capaboot: hint: check the plan, then run the command again with --yes\n")
	if stdout != "" || len(c.stackChanges()) != before {
		t.Errorf("stdout %q, and requests that change something: %v", stdout, c.stackChanges()[before:])
	}
	stdout, stderr = c.do(t, 0, "update-cloudformation-stack", config, "--yes")
	wantText(t, stderr, "is updated, after")
	if strings.Contains(stdout, "AWSIAMManagedPolicyCloudProviderControlPlane") {
		t.Errorf("the policy still exists:\n%s", stdout)
	}
}

func TestDeleteCommand(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, stderr := c.do(t, 0, "delete-cloudformation-stack", "--yes")
	wantText(t, stderr, "stack "+stackName+" does not exist: nothing to delete", "hint: if the stack is in another region, name that region with --region; if the stack has another name, pass the configuration of the stack with --config (spec.stackName is the name of the stack)\n")
	c.do(t, 0, "deploy")
	before := len(c.stackChanges())
	_, stderr = c.do(t, 1, "delete")
	wantText(t, stderr, "the command deletes the stack and its resources:", "AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io)", "again with --yes")
	if len(c.stackChanges()) != before {
		t.Errorf("requests that change something without confirmation: %v", c.stackChanges()[before:])
	}
	_, stderr = c.do(t, 1, "delete", "--yes", "--retain", "Nope")
	wantText(t, stderr, `no resource "Nope" to retain`, "AWSIAMRoleNodes")
	stdout, stderr := c.do(t, 0, "delete", "--yes", "--retain", "AWSIAMRoleNodes", "-o", "json")
	wantText(t, stderr, "is deleted, after", "kept: AWSIAMRoleNodes")
	wantText(t, stdout, `"result": "deleted"`, `"logicalID": "AWSIAMRoleNodes"`)
	if names := c.AccountResources(); !slices.Contains(names, "AWS::IAM::Role/nodes.cluster-api-provider-aws.sigs.k8s.io") || len(names) != 1 {
		t.Errorf("left: %v", names)
	}
}

func TestDetach(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	stdout, stderr := c.do(t, 0, "deploy", "--detach")
	if !strings.HasPrefix(stdout, "arn:aws:cloudformation:eu-west-1:123456789012:stack/"+stackName+"/") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("stdout: %q", stdout)
	}
	wantText(t, stderr, "run the same command without --detach")
	_, stderr = c.do(t, 0, "deploy")
	wantText(t, stderr, "no changes")
}

// TestPlanOfAnUpgrade checks that the plan shows the permissions that an
// upgrade of CAPA adds, and no others.
func TestPlanOfAnUpgrade(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy", "--capa-version", "v2.9")
	stdout, _ := c.do(t, 0, "plan", "--capa-version", "v2.10")
	wantText(t, stdout, "~ change  AWSIAMManagedPolicyControllers", "PolicyDocument: see the permissions\n", "\npermissions\nrole control-plane.cluster-api-provider-aws.sigs.k8s.io\n",
		"      autoscaling:CancelInstanceRefresh [Write]\n", "      ec2:RevokeSecurityGroupEgress [Write]\n")
	if strings.Contains(stdout, "ec2:RunInstances") || strings.Contains(stdout, "\n  - ") {
		t.Errorf("an unchanged permission is shown:\n%s", stdout)
	}
	stdout, _ = c.do(t, 0, "plan", "--capa-version", "v2.10", "-o", "markdown")
	wantText(t, stdout, " and role controllers.cluster-api-provider-aws.sigs.k8s.io\n", "| gained | `autoscaling:CancelInstanceRefresh` | Write | ")
	_, stderr := c.do(t, 0, "deploy", "--capa-version", "v2.10")
	wantText(t, stderr, "capaboot:       autoscaling:CancelInstanceRefresh [Write]\n", "is updated")

	// A downgrade shows the permissions that are lost.
	stdout, _ = c.do(t, 0, "plan", "--capa-version", "v2.9", "-o", "json")
	var got report.Plan
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	lostCount := 0
	for _, p := range got.Permissions.Principals {
		if len(p.Gained) > 0 {
			t.Errorf("%s gains %v", p.Name, p.Gained)
		}
		for _, grant := range p.Lost {
			lostCount += len(grant.Actions)
		}
	}
	if lostCount == 0 {
		t.Errorf("nothing is lost: %s", stdout)
	}
}

// TestPlanNamesTheReleaseOfTheStack checks that a plan for the default release names
// the release that the stack was deployed for, and that no other plan does.
func TestPlanNamesTheReleaseOfTheStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const note = "the template of the stack is that of CAPA "
	deployed := func(release string, args ...string) {
		t.Helper()
		_, stderr := c.do(t, 0, args...)
		if release == "" && strings.Contains(stderr, note) || release != "" && !strings.Contains(stderr, "\ncapaboot: warning: "+note+release+"; to keep this release, pass --capa-version "+release+"\n") {
			t.Errorf("%v: want release %q:\n%s", args, release, stderr)
		}
	}
	changed := c.config(t, "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::123456789012:policy/x\"]}\n")
	deployed("", "plan")
	deployed("", "deploy", "--capa-version", "v2.9.3")
	deployed("v2.9.3", "plan")
	deployed("", "plan", "--capa-version", "v2.10")
	deployed("", "plan", changed) // the stack has another release and another configuration
	deployed("v2.9.3", "deploy", "--yes")
	deployed("", "plan")
	deployed("", "plan", changed) // the stack has the same release, but another configuration
}

// An offline plan does not use the region, but still checks its name.
func TestOfflinePlanChecksTheRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]struct {
		code int
		text string
	}{
		"eu-west-1":    {exitDone, ""},
		"eu-west-1a":   {exitUsage, "error: invalid value \"eu-west-1a\" for --region: it is a zone, not a region, did you mean \"eu-west-1\"?"},
		"mars-north-1": {exitDone, "warning: --region is \"mars-north-1\", which is not a known region, did you mean \"eu-north-1\"?"},
	} {
		_, stderr, code := run(t, nil, strings.NewReader(""), "bootstrap", "iam", "plan", "--offline", "--region", region)
		if code != want.code || !strings.Contains(stderr, want.text) || want.text == "" && strings.Contains(stderr, "region") {
			t.Errorf("%s: exit code %d, stderr %q", region, code, stderr)
		}
	}
}

func TestOfflinePlanComparesPartitions(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{
		"us-gov-west-1": "warning: region us-gov-west-1, from AWS_REGION, is in partition aws-us-gov, but the template is for aws\n",
		"eu-west-1":     "",
	} {
		_, stderr, code := run(t, map[string]string{"AWS_REGION": region}, strings.NewReader(""), "bootstrap", "iam", "plan", "--offline")
		if code != exitDone || !strings.Contains(stderr, want) || want == "" && strings.Contains(stderr, "partition") || want != "" && !strings.Contains(stderr, "hint: set spec.partition to aws-us-gov") {
			t.Errorf("%s: exit code %d, stderr %q", region, code, stderr)
		}
	}
}

// TestPlanOfUnknownChanges checks that a plan says what it does not know, instead
// of showing no changes.
func TestPlanOfUnknownChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status, template, text, field string
	}{
		{"UPDATE_ROLLBACK_FAILED", "", "the changes of resources and permissions are unknown until the stack is repaired", `"changesUnknown": true`},
		{"UPDATE_COMPLETE", `{"Resources": {"AWSIAMRoleNodes": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x"}}}}`,
			"it is unknown which permissions are gained or lost, because the permissions could not be compared: ", `"permissionsUnknown": "`},
	} {
		c := newCloud(t)
		template := test.template
		if template == "" {
			template, _ = c.do(t, 0, "print-cloudformation-template", "-o", "json")
		}
		c.Put(stackName, test.status, template, nil)
		for _, format := range []string{"text", "markdown"} {
			stdout, _ := c.do(t, 0, "plan", "-o", format)
			wantText(t, strings.ToLower(strings.Join(strings.Fields(stdout), " ")), strings.TrimSpace(test.text))
			if strings.Contains(stdout, "no resource changes") || strings.Contains(stdout, "sts:AssumeRole") {
				t.Errorf("%s, %s: %s", test.status, format, stdout)
			}
		}
		stdout, _ := c.do(t, 0, "plan", "-o", "json")
		wantText(t, stdout, test.field)
		checkSchema(t, "plan", "stack-plan", stdout)
	}
}

// A stack that no deployment can change is an error for "plan" too.
func TestPlanOfAStackThatCannotBeChanged(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	c.Put(stackName, "IMPORT_ROLLBACK_FAILED", template, nil)
	for _, command := range []string{"plan", "deploy"} {
		stdout, stderr := c.do(t, 1, command)
		wantText(t, stderr, "error: stack "+stackName+" is IMPORT_ROLLBACK_FAILED and cannot be changed", "hint: check the events of the stack")
		if stdout != "" {
			t.Errorf("%s: %s", command, stdout)
		}
	}
}
