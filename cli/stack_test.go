// Tests of the commands on the stack, over HTTP with a double of
// CloudFormation: what a person reads, the exit code, and what was changed.

package cli

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"capaboot/cfnstack"
	"capaboot/credentials"
	"capaboot/internal/cfndouble"
)

// TestMain lets more tests run at once than there are processors: those of the
// stack wait most of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if !isSet("test.parallel") {
		_ = flag.Set("test.parallel", "16")
	}
	os.Exit(m.Run())
}

func isSet(name string) (set bool) {
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

const stackName = "cluster-api-provider-aws-sigs-k8s-io"

// cloud is a double of CloudFormation and STS, and how to reach it.
type cloud struct {
	*cfndouble.Double
	environment map[string]string
	folder      string
	transport   http.RoundTripper // nil for the network
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	double := cfndouble.New()
	double.Duration, double.ChangeSetTime = 0, 0
	server := httptest.NewServer(double)
	t.Cleanup(server.Close)
	return &cloud{Double: double, folder: t.TempDir(), environment: endpoint(server.URL, double.Region)}
}

func endpoint(url, region string) map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": url, "AWS_REGION": region,
		"AWS_ACCESS_KEY_ID": "AKIAFALSEKEYEXAMPLE0", "AWS_SECRET_ACCESS_KEY": "FALSESECRETOFTHETEST",
	}
}

// inBubble runs a test in which time matters: with a double that needs no
// network, in a bubble whose clock goes on as soon as everything waits for it.
func inBubble(t *testing.T, test func(t *testing.T, c *cloud)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		double := cfndouble.New()
		double.Duration, double.ChangeSetTime = 0, 0
		test(t, &cloud{Double: double, folder: t.TempDir(), environment: endpoint("http://aws.test", double.Region), transport: double})
	})
}

// process is the environment of a command.
func (c *cloud) process() credentials.Environment {
	return credentials.Environment{
		Lookup: func(name string) (string, bool) { value, ok := c.environment[name]; return value, ok },
		Home:   c.folder, Transport: c.transport,
	}
}

// do runs a command of "bootstrap iam", and checks its exit code.
func (c *cloud) do(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	return c.run(t, code, append([]string{"bootstrap", "iam"}, args...)...)
}

// policy runs a command of "policy", and checks its exit code.
func (c *cloud) policy(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	return c.run(t, code, append([]string{"policy"}, args...)...)
}

func (c *cloud) run(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, got := runOver(t, c.transport, c.environment, strings.NewReader(""), args...)
	if got != code {
		t.Fatalf("%v: exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", args, got, code, stdout, stderr)
	}
	for _, text := range []string{stdout, stderr} {
		if strings.Contains(text, "FALSESECRET") {
			t.Errorf("%v shows a secret: %s", args, text)
		}
	}
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "capaboot: ") {
			t.Errorf("%v: a line of stderr does not say who speaks: %q", args, line)
		}
	}
	return stdout, stderr
}

// config writes a configuration and returns the flag for it.
func (c *cloud) config(t *testing.T, spec string) string {
	t.Helper()
	path := filepath.Join(c.folder, "config.yaml")
	text := "apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1\nkind: AWSIAMConfiguration\nspec:\n" + spec
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "--config=" + path
}

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
		var got deployedStack
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
	c.environment = nil // no AWS, no credentials
	stdout, stderr := c.do(t, 3, "plan", "--offline", "--exit-code")
	wantText(t, stdout, "stack "+stackName+", as a first deployment\n11 to add\n")
	if stderr != "" || len(c.Requests()) != 0 {
		t.Errorf("stderr %q, %d requests", stderr, len(c.Requests()))
	}
}

// mutations are the requests that change something that exists. Change sets are
// made, and not executed.
func (c *cloud) mutations() []string {
	var all []string
	for _, operation := range c.Mutations() {
		if operation != "CreateChangeSet" && operation != "DeleteChangeSet" {
			all = append(all, operation)
		}
	}
	return all
}

func TestRemovingNeedsAYes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	before := len(c.mutations())
	config := c.config(t, "  controlPlane:\n    disableCloudProviderPolicy: true\n")
	stdout, stderr := c.do(t, 1, "update-cloudformation-stack", config)
	wantText(t, stderr, "capaboot:   remove AWSIAMManagedPolicyCloudProviderControlPlane (AWS::IAM::ManagedPolicy ",
		"removing or replacing resources (AWSIAMManagedPolicyCloudProviderControlPlane): not confirmed: nothing was changed", "capaboot: hint: pass --yes to go on")
	if stdout != "" || len(c.mutations()) != before {
		t.Errorf("stdout %q, and requests that change something: %v", stdout, c.mutations()[before:])
	}
	stdout, stderr = c.do(t, 0, "update-cloudformation-stack", config, "--yes")
	wantText(t, stderr, "is updated, after")
	if strings.Contains(stdout, "AWSIAMManagedPolicyCloudProviderControlPlane") {
		t.Errorf("the policy is there still:\n%s", stdout)
	}
}

// TestStates runs a deployment on a stack in each state that needs something
// first, without a yes and with one.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status       string
		reasons      map[string]string
		no           int      // exit code without a yes
		says, asks   []string // what stderr has without a yes
		with         []string // what it has with a yes
		withMutation string
	}{
		{status: "ROLLBACK_COMPLETE", no: 0, says: []string{"the stack is ROLLBACK_COMPLETE and has no resources: it is deleted and created anew", "is created"}},
		{status: "REVIEW_IN_PROGRESS", no: 0, says: []string{"the stack is REVIEW_IN_PROGRESS, empty, and is used", "is created"}},
		{status: "UPDATE_ROLLBACK_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "Access denied"}, no: 1,
			says: []string{"is UPDATE_ROLLBACK_FAILED", "AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io): Access denied", "continue-update-rollback", "nothing was changed"},
			with: []string{"its rollback is continued", "no changes"}, withMutation: "ContinueUpdateRollback"},
		{status: "ROLLBACK_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "Cannot delete entity, must detach all policies first."}, no: 1,
			says: []string{"is ROLLBACK_FAILED", "it still has:", "AWSIAMRoleNodes", "must detach all policies first", "nothing was changed"},
			with: []string{"it is deleted and created anew", "is created"}, withMutation: "DeleteStack"},
		{status: "CREATE_FAILED", no: 1, says: []string{"is CREATE_FAILED", "it still has:", "AWSIAMRoleNodes", "nothing was changed"},
			with: []string{"is created"}, withMutation: "DeleteStack"},
		{status: "DELETE_FAILED", reasons: map[string]string{"AWSIAMRoleNodes": "in use"}, no: 1,
			says: []string{"is DELETE_FAILED", "AWSIAMRoleNodes", "in use", "nothing was changed"}, with: []string{"is created"}, withMutation: "DeleteStack"},
	} {
		t.Run(test.status, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
			c.Put(stackName, test.status, template, test.reasons)
			_, stderr := c.do(t, test.no, "deploy")
			wantText(t, stderr, test.says...)
			if test.no == 0 {
				return
			}
			if len(c.mutations()) != 0 {
				t.Errorf("without a yes there are requests that change something: %v", c.mutations())
			}
			_, stderr = c.do(t, 0, "deploy", "--yes")
			wantText(t, stderr, test.with...)
			if !slices.Contains(c.mutations(), test.withMutation) {
				t.Errorf("with a yes the requests are %v, want one %s", c.mutations(), test.withMutation)
			}
		})
	}
}

func TestFailures(t *testing.T) {
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
			c.Fail(cfndouble.Create, "AWSIAMManagedPolicyControllers", test.reason)
			stdout, stderr := c.do(t, 1, "deploy")
			wantText(t, stderr, "capaboot: error: ", "AWSIAMManagedPolicyControllers", test.reason)
			_, hint, ok := strings.Cut(stderr, "capaboot: hint: ")
			if !ok || !strings.Contains(hint, test.hint) {
				t.Errorf("the hint is %q, want something with %q", hint, test.hint)
			}
			if stdout != "" {
				t.Errorf("stdout: %s", stdout)
			}
			// The cause is gone, and nothing of the first run is in the way.
			c.Heal("AWSIAMManagedPolicyControllers")
			_, stderr = c.do(t, 0, "deploy")
			wantText(t, stderr, "is created")
		})
	}
}

func TestDeleteCommand(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, stderr := c.do(t, 0, "delete-cloudformation-stack", "--yes")
	wantText(t, stderr, "there is no stack "+stackName+": nothing to delete")
	c.do(t, 0, "deploy")
	before := len(c.mutations())
	_, stderr = c.do(t, 1, "delete")
	wantText(t, stderr, "the stack would be deleted, with:", "AWSIAMRoleNodes (AWS::IAM::Role nodes.cluster-api-provider-aws.sigs.k8s.io)", "pass --yes")
	if len(c.mutations()) != before {
		t.Errorf("without a yes there are requests that change something: %v", c.mutations()[before:])
	}
	_, stderr = c.do(t, 1, "delete", "--yes", "--retain", "Nope")
	wantText(t, stderr, `no resource "Nope" to retain`, "AWSIAMRoleNodes")
	stdout, stderr := c.do(t, 0, "delete", "--yes", "--retain", "AWSIAMRoleNodes", "-o", "json")
	wantText(t, stderr, "is deleted, after", "kept: AWSIAMRoleNodes")
	wantText(t, stdout, `"result": "deleted"`, `"logicalID": "AWSIAMRoleNodes"`)
	if names := c.Names(); !slices.Contains(names, "AWS::IAM::Role/nodes.cluster-api-provider-aws.sigs.k8s.io") || len(names) != 1 {
		t.Errorf("what is left: %v", names)
	}
}

func TestDetach(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	stdout, stderr := c.do(t, 0, "deploy", "--detach")
	if !strings.HasPrefix(stdout, "arn:aws:cloudformation:eu-west-1:123456789012:stack/"+stackName+"/") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("stdout: %q", stdout)
	}
	wantText(t, stderr, "the same command without --detach follows it")
	_, stderr = c.do(t, 0, "deploy")
	wantText(t, stderr, "no changes")
}

func TestTheRegionOfTheConfigurationComesLast(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  region: eu-central-1\n")
	_, stderr := c.do(t, 0, "plan", config)
	wantText(t, stderr, "region eu-west-1")
	_, stderr = c.do(t, 0, "plan", config, "--region", "us-west-2")
	wantText(t, stderr, "region us-west-2")
	delete(c.environment, "AWS_REGION")
	_, stderr = c.do(t, 0, "plan", config)
	wantText(t, stderr, "region eu-central-1")
	requests := len(c.Requests())
	for _, command := range [][]string{{"bootstrap", "iam", "plan"}, {"bootstrap", "iam", "deploy"}, {"bootstrap", "iam", "delete"},
		{"policy", "review", "deployed"}, {"policy", "diff", "release:2.8", "deployed"}, {"policy", "explain", "--deployed", "ec2:RunInstances"}, {"policy", "simulate", "--deployed", "--role", "nodes", "--action", "ec2:RunInstances"}} {
		stdout, stderr := c.run(t, 2, command...)
		if stdout != "" || stderr != "capaboot: error: no region set\ncapaboot: hint: set one with --region, with AWS_REGION, as the region of the profile, or as spec.region in the configuration\n" {
			t.Errorf("%v: stdout %q, stderr %q", command, stdout, stderr)
		}
	}
	if n := len(c.Requests()); n != requests {
		t.Errorf("%d requests without a region", n-requests)
	}
}

func TestAnotherPartition(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, stderr := c.do(t, 2, "deploy", c.config(t, "  partition: aws-cn\n"))
	wantText(t, stderr, "the account is in partition aws, but the template is for aws-cn")
	if len(c.Mutations()) != 0 {
		t.Errorf("requests that change something: %v", c.Mutations())
	}
}

func TestTagsOfTheStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	config := c.config(t, "  stackTags: {env: prod, team: a}\n")
	stdout, _ := c.do(t, 0, "plan", config, "--tag", "team=b", "--tag", "cost=12=3")
	wantText(t, stdout, "  cost: none -> 12=3\n", "  env: none -> prod\n", "  team: none -> b\n")
	for _, bad := range []string{"novalue", "aws:x=y", "a=\x01"} {
		c.do(t, 2, "plan", "--tag", bad)
	}
	c.do(t, 2, "plan", "--tag", "a=b", "--tag", "a=c")
}

func TestExpiredCredentialsEndTheWait(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, c *cloud) {
		c.Durations["AWSIAMRoleNodes"] = 3 * time.Second
		c.Break(cfndouble.Fault{Operation: "DescribeStackEvents", Kind: cfndouble.Expired, Skip: 1})
		_, stderr := c.do(t, 1, "deploy")
		wantText(t, stderr, "the credentials expired and cannot be refreshed", "get new credentials and run the same command again")
		c.Repair()
		_, stderr = c.do(t, 0, "deploy")
		wantText(t, stderr, "stack "+stackName)
	})
}

func TestDeniedIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Break(cfndouble.Fault{Operation: "CreateChangeSet", Kind: cfndouble.Denied})
	_, stderr := c.do(t, 1, "plan")
	wantText(t, stderr, "capaboot: error: ", "capaboot: hint: ")
}

// TestPlanOfAnUpgrade shows what an upgrade of CAPA grants, and nothing else of
// the policies.
func TestPlanOfAnUpgrade(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy", "--capa-version", "v2.9")
	stdout, _ := c.do(t, 0, "plan", "--capa-version", "v2.10")
	wantText(t, stdout, "~ change  AWSIAMManagedPolicyControllers", "PolicyDocument: see the permissions\n", "\npermissions\nrole control-plane.cluster-api-provider-aws.sigs.k8s.io\n",
		"      autoscaling:CancelInstanceRefresh [Write]\n", "      ec2:RevokeSecurityGroupEgress [Write]\n")
	if strings.Contains(stdout, "ec2:RunInstances") || strings.Contains(stdout, "\n  - ") {
		t.Errorf("what did not change is shown:\n%s", stdout)
	}
	stdout, _ = c.do(t, 0, "plan", "--capa-version", "v2.10", "-o", "markdown")
	wantText(t, stdout, " and role controllers.cluster-api-provider-aws.sigs.k8s.io\n", "| gained | `autoscaling:CancelInstanceRefresh` | Write | ")
	_, stderr := c.do(t, 0, "deploy", "--capa-version", "v2.10")
	wantText(t, stderr, "capaboot:       autoscaling:CancelInstanceRefresh [Write]\n", "is updated")

	// The way back is shown too.
	stdout, _ = c.do(t, 0, "plan", "--capa-version", "v2.9", "-o", "json")
	var got plan
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, p := range got.Permissions.Principals {
		if len(p.Gained) > 0 {
			t.Errorf("%s gains %v", p.Name, p.Gained)
		}
		for _, grant := range p.Lost {
			lost += len(grant.Actions)
		}
	}
	if lost == 0 {
		t.Errorf("nothing is lost: %s", stdout)
	}
}

func TestWhatBlocksADeletionIsNamed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.do(t, 0, "deploy")
	c.Fail(cfndouble.Delete, "AWSIAMRoleNodes", "Cannot delete entity, must detach all policies first.")
	c.Fail(cfndouble.Delete, "AWSIAMRoleControllers", "Cannot delete entity, must remove roles from instance profile first.")
	_, stderr := c.do(t, 1, "delete", "--yes")
	if strings.Contains(stderr, "Initiated): ") || strings.Contains(stderr, "): Resource creation") {
		t.Errorf("resources are shown with reasons of another time:\n%s", stderr)
	}
	_, end, _ := strings.Cut(stderr, "DELETE_FAILED "+stackName)
	wantText(t, end, "AWSIAMRoleNodes (nodes.cluster-api-provider-aws.sigs.k8s.io) is DELETE_FAILED: Cannot delete entity, must detach all policies first.",
		"failed too: ", "DELETE_FAILED AWSIAMRoleControllers: Cannot delete entity, must remove roles from instance profile first.",
		"capaboot: hint: something outside the stack uses it")
	c.Heal("AWSIAMRoleNodes")
	c.Heal("AWSIAMRoleControllers")
	c.do(t, 0, "delete", "--yes")
	c.do(t, 0, "deploy", "--termination-protection")
	_, stderr = c.do(t, 1, "delete", "--yes")
	wantText(t, stderr, "has termination protection and is not deleted", "--no-enable-termination-protection")
}

// The table of resources fits a terminal, and is whole in a pipe.
func TestResourceTable(t *testing.T) {
	t.Parallel()
	stack := &cfnstack.Stack{Resources: []cfnstack.Resource{
		{LogicalID: "AWSIAMManagedPolicyCloudProviderControlPlane", Type: "AWS::IAM::ManagedPolicy", Status: "CREATE_COMPLETE",
			PhysicalID: "arn:aws:iam::123456789012:policy/control-plane.cluster-api-provider-aws.sigs.k8s.io"},
		{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", Status: "UPDATE_COMPLETE", PhysicalID: "nodes\x1b[31m"},
	}}
	const narrow = `CREATE_COMPLETE  AWSIAMManagedPolicyCloudProviderControlPlane
  ManagedPolicy control-plane.cluster-api-provider-aws.sigs.k8s.io
UPDATE_COMPLETE  AWSIAMRoleNodes
  Role nodes\u001b[31m
`
	if got := resourceTable(stack, 80); got != narrow {
		t.Errorf("at 80 columns:\n%s\nwant\n%s", got, narrow)
	}
	for _, width := range []int{0, 200} {
		lines := strings.Split(resourceTable(stack, width), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[0], "LOGICAL ID  ") || strings.Index(lines[1], "CREATE_COMPLETE") != strings.Index(lines[2], "UPDATE_COMPLETE") {
			t.Errorf("at %d columns:\n%s", width, strings.Join(lines, "\n"))
		}
	}
}
