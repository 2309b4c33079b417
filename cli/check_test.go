// Tests of "check" against the doubles: the results of each check, denied reads,
// and the simulated calls.

package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"capaboot/internal/cfndouble"
)

const (
	nodesRole    = "nodes.cluster-api-provider-aws.sigs.k8s.io"
	ownPolicyARN = "arn:aws:iam::123456789012:policy/controllers.cluster-api-provider-aws.sigs.k8s.io"
)

// checkOutputJSON holds the fields of "check -o json" that the tests read.
type checkOutputJSON struct {
	Outcome string
	Checks  []struct {
		Name, Result string
		Findings     []struct {
			Kind, Result, LogicalID, Subject, What string
			Count, Limit                           int
			Places                                 []struct{ Stack, Region string }
			Simulation                             *struct {
				Principal, Decision, For string
				Organizations, Boundary  *bool
				MissingKeys              []string
			}
		}
	}
}

// result returns the result of a check, and the kinds of its findings that did
// not pass.
func (c checkOutputJSON) result(name string) (result string, kinds []string) {
	for _, check := range c.Checks {
		if check.Name != name {
			continue
		}
		for _, f := range check.Findings {
			if f.Result != "passed" && !slices.Contains(kinds, f.Kind) {
				kinds = append(kinds, f.Kind)
			}
		}
		return check.Result, kinds
	}
	return "", nil
}

func (c *cloud) checkResult(t *testing.T, code int, args ...string) (found checkOutputJSON) {
	t.Helper()
	stdout, _ := c.do(t, code, append([]string{"check", "-o", "json"}, args...)...)
	checkSchema(t, "check", "stack-check", stdout)
	if err := json.Unmarshal([]byte(stdout), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCheckOfANewAccount(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	stdout, stderr := c.do(t, 0, "check", "--strict")
	wantText(t, stdout, "stack "+stackName+" in account 123456789012, region", "permissions        passed\n", "names              passed\n", "you are arn:aws:", "does not exist: the deployment\n")
	if strings.Contains(stdout, "!!") || strings.Contains(stdout, "??") || strings.Contains(stderr, "warning") {
		t.Errorf("%s%s", stdout, stderr)
	}
	if found := c.stackChanges(); len(found) > 0 {
		t.Errorf("requests that change something: %q", found)
	}
	deployed := deployedCloud(t)
	if found := deployed.checkResult(t, 0, "--strict"); found.Outcome != "passed" {
		t.Errorf("for a deployed stack: %+v", found)
	}
}

func TestResultsOfEachCheck(t *testing.T) {
	t.Parallel()
	const provider = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"
	trusts := func(principal string) string {
		return "  nodes:\n    trustStatements: [{Effect: Allow, Principal: " + principal + ", Action: [\"sts:AssumeRole\"]}]\n"
	}
	for _, test := range []struct {
		name, check, kind, spec string
		result                  string
		prepare                 func(*cloud)
		args                    []string
	}{
		{name: "another partition", check: "identity", kind: "other-partition", spec: "  partition: aws-cn\n", result: "failed"},
		{name: "a stack that cannot be repaired", check: "stack", kind: "stack-blocked", result: "failed", prepare: func(c *cloud) { c.Put(stackName, "IMPORT_ROLLBACK_FAILED", smallTemplate, nil) }},
		{name: "a stack with an operation in progress", check: "stack", kind: "stack-changing", result: "not possible", prepare: func(c *cloud) {
			c.Put(stackName, "UPDATE_IN_PROGRESS", `{"Resources": {"AWSIAMRoleNodes": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "`+nodesRole+`"}}}}`, nil)
		}},
		{name: "the stack of another application", check: "stack", kind: "stack-of-another-application", result: "failed", prepare: func(c *cloud) { c.Put(stackName, "CREATE_COMPLETE", smallTemplate, nil) }},
		{name: "a role outside the stack", check: "names", kind: "name-outside", result: "failed", prepare: func(c *cloud) { c.AddResource("AWS::IAM::Role", nodesRole) }},
		{name: "a policy outside the stack", check: "names", kind: "name-outside", result: "failed", prepare: func(c *cloud) { c.AddResource("AWS::IAM::ManagedPolicy", ownPolicyARN) }},
		{name: "a role that is imported", check: "names", result: "passed", prepare: func(c *cloud) { c.AddResource("AWS::IAM::Role", nodesRole) }, args: []string{"--import-existing"}},
		{name: "the role of another stack", check: "names", kind: "name-elsewhere", result: "failed", args: []string{"--import-existing"}, prepare: func(c *cloud) {
			c.Put("other", "CREATE_COMPLETE", `{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "`+nodesRole+`"}}}}`, nil)
		}},
		{name: "an attached policy that does not exist", check: "attached-policies", kind: "policy-missing", result: "failed", spec: "  nodes: {extraPolicyAttachments: [\"arn:aws:iam::123456789012:policy/x\"]}\n"},
		{name: "a boundary of another account", check: "attached-policies", kind: "policy-of-other-account", result: "failed", spec: "  permissionsBoundary: arn:aws:iam::444455556666:policy/x\n"},
		{name: "a path that replaces roles", check: "replacements", kind: "replacement", result: "failed", spec: "  path: /capa/\n", prepare: deployDefault},
		{name: "versions without room", check: "policy-versions", kind: "versions-full", result: "failed", spec: "  s3Buckets: {enable: true}\n", prepare: func(c *cloud) {
			deployDefault(c)
			c.Versions = map[string]int{ownPolicyARN: 5}
		}},
		{name: "versions without room, and no change", check: "policy-versions", result: "passed", prepare: func(c *cloud) {
			deployDefault(c)
			c.Versions = map[string]int{ownPolicyARN: 5}
		}},
		{name: "a full account", check: "quotas", kind: "quota-full", result: "failed", prepare: func(c *cloud) { c.Summary = cfndouble.DefaultSummary(); c.Summary["RolesQuota"] = 13 }},
		{name: "an account with just enough room", check: "quotas", result: "passed", prepare: func(c *cloud) { c.Summary = cfndouble.DefaultSummary(); c.Summary["RolesQuota"] = 14 }},
		{name: "a summary without quotas", check: "quotas", kind: "look-failed", result: "not possible", prepare: func(c *cloud) { c.Summary = map[string]int{"Roles": 1} }},
		{name: "a user that does not exist", check: "trust-principals", kind: "principal-missing", result: "failed", spec: trusts(`{AWS: "arn:aws:iam::123456789012:user/ann"}`)},
		{name: "a role under another path", check: "trust-principals", kind: "principal-moved", result: "failed", spec: trusts(`{AWS: "arn:aws:iam::123456789012:role/a/ann"}`), prepare: func(c *cloud) { c.AddResource("AWS::IAM::Role", "ann") }},
		{name: "a role that exists", check: "trust-principals", result: "passed", spec: trusts(`{AWS: "arn:aws:iam::123456789012:role/ann"}`), prepare: func(c *cloud) { c.AddResource("AWS::IAM::Role", "ann") }},
		{name: "another account", check: "trust-principals", kind: "principal-of-other-account", result: "not possible", spec: trusts(`{AWS: "arn:aws:iam::444455556666:root"}`)},
		{name: "a provider that does not exist", check: "trust-principals", kind: "principal-missing", result: "failed", spec: trusts(`{Federated: "` + provider + `"}`)},
		{name: "a provider that exists", check: "trust-principals", result: "passed", spec: trusts(`{Federated: "` + provider + `"}`), prepare: func(c *cloud) { c.AddResource("AWS::IAM::OIDCProvider", provider) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			if test.prepare != nil {
				test.prepare(c)
			}
			code := 0
			if test.result == "failed" {
				code = 1
			}
			args := test.args
			if test.spec != "" {
				args = append(args, c.config(t, test.spec))
			}
			found := c.checkResult(t, code, args...)
			result, kinds := found.result(test.check)
			if result != test.result || test.kind != "" && !slices.Contains(kinds, test.kind) || test.kind == "" && len(kinds) > 0 {
				t.Errorf("%s is %s, %q; want %s, %s", test.check, result, kinds, test.result, test.kind)
			}
		})
	}
}

const smallTemplate = `{"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}}}`

// deployDefault adds the stack of the default configuration to the account.
func deployDefault(c *cloud) {
	var out, stderr strings.Builder
	Run(context.Background(), Process{Args: []string{"capaboot", "bootstrap", "iam", "print-cloudformation-template", "-o", "json"}, Stdout: &out, Stderr: &stderr})
	c.Put(stackName, "CREATE_COMPLETE", out.String(), nil)
}

// When a read is denied, the checks that need it are "not possible". They
// neither pass nor fail.
func TestDeniedReadsMakeChecksNotPossible(t *testing.T) {
	t.Parallel()
	for operation, checks := range map[string][]string{
		"GetRole": {"names"}, "GetInstanceProfile": {"names"}, "ListPolicies": {"names"}, "GetPolicy": {"attached-policies"}, "GetAccountSummary": {"quotas"},
		"SimulatePrincipalPolicy": {"permissions"}, "DescribeStacks": {"stack", "replacements", "policy-versions"},
	} {
		c := newCloud(t)
		c.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Denied})
		found := c.checkResult(t, 0)
		for _, check := range checks {
			if result, _ := found.result(check); result != "not possible" {
				t.Errorf("%s: %s is %s", operation, check, result)
			}
		}
		_, stderr := c.do(t, 1, "check", "--strict")
		wantText(t, stderr, "not possible (", "capaboot: hint: attach the policy that the checks need; to print the policy: capaboot bootstrap iam print-operator-policy --for check")
	}
	// The hint about permissions is only for denied reads.
	broken := newCloud(t)
	broken.Break(cfndouble.Fault{Operation: "GetAccountSummary", Kind: cfndouble.Portal})
	if _, stderr := broken.do(t, 1, "check", "--strict"); !strings.Contains(stderr, "not possible (") || strings.Contains(stderr, "print-operator-policy") {
		t.Errorf("stderr: %s", stderr)
	}
	c := deployedCloud(t)
	c.Break(cfndouble.Fault{Operation: "GetTemplate", Kind: cfndouble.Denied})
	c.Break(cfndouble.Fault{Operation: "ListPolicyVersions", Kind: cfndouble.Denied})
	c.Break(cfndouble.Fault{Operation: "ListAttachedRolePolicies", Kind: cfndouble.Denied})
	found := c.checkResult(t, 0)
	for _, check := range []string{"replacements", "policy-versions", "quotas"} {
		if result, _ := found.result(check); result != "not possible" {
			t.Errorf("%s is %s", check, result)
		}
	}
}

func TestSimulatedPermissions(t *testing.T) {
	t.Parallel()
	const nodes = "arn:aws:iam::123456789012:role/" + nodesRole
	for _, test := range []struct {
		name, result, kind, want string
		response                 cfndouble.SimulatedAnswer
	}{
		{"no policy allows it", "failed", "denied", "iam:CreateRole on " + nodes + " is denied: no policy allows the call", cfndouble.SimulatedAnswer{Decision: "implicitDeny"}},
		{"a policy denies it", "failed", "denied", "is denied: a policy denies the call", cfndouble.SimulatedAnswer{Decision: "explicitDeny"}},
		{"the organization", "failed", "denied", "service control policies of the organization do not allow the call", cfndouble.SimulatedAnswer{Decision: "explicitDeny", ByOrganization: true}},
		{"the boundary", "failed", "denied", "the permissions boundary does not allow the call", cfndouble.SimulatedAnswer{Decision: "implicitDeny", ByBoundary: true}},
		{"a key that is unknown", "not possible", "undecided", "the decision depends on aws:SourceIp", cfndouble.SimulatedAnswer{Decision: "implicitDeny", Missing: []string{"aws:SourceIp"}}},
		{"no answer", "not possible", "unanswered", "the simulation returns no decision", cfndouble.SimulatedAnswer{Unanswered: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.Simulate = func(call cfndouble.SimulatedCall) cfndouble.SimulatedAnswer {
				if call.Action == "iam:CreateRole" && call.Resource == nodes {
					return test.response
				}
				return cfndouble.SimulatedAnswer{}
			}
			code := 0
			if test.result == "failed" {
				code = 1
			}
			found := c.checkResult(t, code)
			if result, kinds := found.result("permissions"); result != test.result || !slices.Equal(kinds, []string{test.kind}) {
				t.Errorf("%s, %q", result, kinds)
			}
			stdout, _ := c.do(t, code, "check")
			oneLine := strings.Join(strings.Fields(stdout), " ")
			wantText(t, oneLine, test.want, "the simulation does not evaluate session policies")
			c.do(t, 0, "check", "--skip", "permissions")
		})
	}
}

// The simulation receives the condition keys that the real requests have.
func TestRequestsToTheSimulation(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	policies, seen := map[string]bool{}, map[string]bool{}
	c.Simulate = func(call cfndouble.SimulatedCall) cfndouble.SimulatedAnswer {
		service, _, _ := strings.Cut(call.Action, ":")
		region := map[string]string{"iam": "us-east-1", "cloudformation": "eu-west-1"}[service]
		if call.Context["aws:RequestedRegion"] != region {
			t.Errorf("%s in %s", call.Action, call.Context["aws:RequestedRegion"])
		}
		if strings.Contains(call.Resource, "*") && call.Resource != "*" {
			t.Errorf("%s on the pattern %s", call.Action, call.Resource)
		}
		if call.Action == "iam:AttachRolePolicy" {
			policies[call.Context["iam:PolicyARN"]] = true
		}
		if calledVia := call.Context["aws:CalledVia"]; call.Action == "iam:CreateRole" && calledVia != "cloudformation.amazonaws.com" || service == "cloudformation" && calledVia != "" {
			t.Errorf("%s: called via %q", call.Action, calledVia)
		}
		if call.Action == "iam:GetGroup" || call.Action == "cloudformation:DescribeStackResources" {
			t.Errorf("%s is simulated, but a deployment does not need it", call.Action)
		}
		seen[call.Action] = true
		return cfndouble.SimulatedAnswer{}
	}
	c.checkResult(t, 0, "--strict")
	if !policies[ownPolicyARN] || len(policies) < 5 {
		t.Errorf("attaching is simulated for %v", policies)
	}
	for _, action := range []string{"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "iam:CreateRole", "iam:PassRole", "iam:CreatePolicyVersion"} {
		if !seen[action] {
			t.Errorf("%s is not simulated", action)
		}
	}
	const role = "arn:aws:iam::123456789012:role/cfn"
	principals := map[string]bool{}
	c.Simulate = func(call cfndouble.SimulatedCall) cfndouble.SimulatedAnswer {
		if call.Action == "iam:CreateRole" || call.Action == "cloudformation:CreateChangeSet" {
			principals[call.Action+" "+call.Principal] = true
		}
		return cfndouble.SimulatedAnswer{}
	}
	c.checkResult(t, 1, "--role-arn", role) // the role does not exist
	if len(principals) > 1 {
		t.Errorf("with a service role that does not exist: %v", principals)
	}
	c.AddResource("AWS::IAM::Role", "cfn")
	c.checkResult(t, 0, "--role-arn", role)
	if !principals["iam:CreateRole "+role] || len(principals) != 2 {
		t.Errorf("with a service role: %v", principals)
	}
}

func TestCheckUsage(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, stderr := c.do(t, 2, "check", "--skip", "permission")
	wantText(t, stderr, `--skip: unknown check "permission"`, `did you mean "permissions"`)
	if found := c.checkResult(t, 0, "--skip", "names"); func() bool { r, _ := found.result("names"); return r != "skipped" }() {
		t.Errorf("%+v", found)
	}
	c.AddResource("AWS::IAM::Role", nodesRole)
	stdout, stderr := c.do(t, 1, "check", "--all-regions")
	wantText(t, strings.Join(strings.Fields(stdout), " "), "already exists, but this command found no stack that owns the resource", "--import-existing")
	wantText(t, stderr, "capaboot: error: 1 check failed: names", "capaboot: hint: fix each problem as the output says, then run the checks again: capaboot bootstrap iam check")
}

func TestDeployChecksFirst(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.checksFirst = true
	c.AddResource("AWS::IAM::Role", nodesRole)
	_, stderr := c.do(t, 1, "deploy", "--yes")
	oneLine := strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " ")
	wantText(t, oneLine, "error: check \"names\" failed: "+nodesRole+" (AWSIAMRoleNodes) already exists, but this command found no stack that owns the resource", "; nothing was changed", "hint: first run \"capaboot bootstrap iam check --all-regions\" to find out whether a stack in another region owns the resource; if no stack owns the resource, import the resource with --import-existing, or choose another name")
	if strings.Contains(oneLine, "--no-check") {
		t.Errorf("the hint offers a deployment that must fail: %s", oneLine)
	}
	if found := c.Mutations(); len(found) > 0 {
		t.Errorf("requests that change something: %q", found)
	}
	// Many failures with one cause are not listed one by one.
	many := newCloud(t)
	many.checksFirst = true
	for _, name := range []string{"control-plane", "controllers", "eks-controlplane", "nodes"} {
		many.AddResource("AWS::IAM::Role", name+".cluster-api-provider-aws.sigs.k8s.io")
	}
	for _, name := range []string{"control-plane", "controllers", "nodes"} {
		many.AddResource("AWS::IAM::InstanceProfile", name+".cluster-api-provider-aws.sigs.k8s.io")
	}
	_, stderr = many.do(t, 1, "deploy")
	wantText(t, stderr, "capaboot: warning: check \"names\": 4 more problems\n", "capaboot: error: 1 check failed: names; nothing was changed", "capaboot: hint: to list all problems: capaboot bootstrap iam check\n")
	if got := strings.Count(stderr, "already exists, but"); got != 3 {
		t.Errorf("%d of 7 names are listed:\n%s", got, stderr)
	}
	// The command in the hint works on the same stack.
	config := c.config(t, "  region: eu-west-1\n")
	path := strings.TrimPrefix(config, "--config=")
	_, stderr = c.do(t, 1, "deploy", "--yes", config, "--region", "eu-west-1", "--capa-version", "2.13")
	wantText(t, stderr, "hint: first run \"capaboot bootstrap iam check --config "+path+" --capa-version 2.13 --region eu-west-1 --all-regions\" to find out")
	c.do(t, 0, "deploy", "--import-existing")
	c.do(t, 0, "deploy")
	_, stderr = c.do(t, 1, "deploy", c.config(t, "  path: /capa/\n"))
	oneLine = strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " ")
	wantText(t, oneLine, "warning: the change to Path replaces "+nodesRole, "error: 1 check failed: replacements; nothing was changed", "hint: undo the change, or choose another name in the configuration (namePrefix, nameSuffix), and set eks.defaultControlPlaneRole.disable: true in the configuration to leave out the resources whose names cannot be changed")

	// Denied reads do not stop a deployment.
	c = newCloud(t)
	c.checksFirst = true
	for _, operation := range []string{"GetRole", "GetPolicy", "ListPolicies", "GetInstanceProfile"} {
		c.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Denied})
	}
	_, stderr = c.do(t, 0, "deploy")
	wantText(t, strings.Join(strings.Fields(strings.ReplaceAll(stderr, "capaboot: ", "")), " "), "not checked before the deployment: names: iam:GetInstanceProfile was denied for ", "\"check\" shows", "not checked before the deployment: attached-policies: iam:GetPolicy was denied for ")
}
