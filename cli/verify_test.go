// Tests of "verify" and "plan --revert-drift": reads that fail, hints, and
// warnings.

package cli

import (
	"strings"
	"testing"

	"capaboot/iam/verify"
	"capaboot/internal/cfndouble"
	"capaboot/internal/conform"
)

func deployedCloud(t *testing.T) *cloud {
	c := newCloud(t)
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json")
	c.Put(stackName, "CREATE_COMPLETE", template, nil)
	return c
}

func TestVerifyWithDeniedReads(t *testing.T) {
	t.Parallel()
	c := deployedCloud(t)
	if stdout, _ := c.do(t, 0, "verify", "--exit-code", "--drift"); !strings.Contains(stdout, "11 resources checked: everything is as configured\n") {
		t.Fatalf("with all permissions: %s", stdout)
	}
	for _, operation := range []string{"GetRole", "GetPolicy", "GetInstanceProfile"} {
		c.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Denied})
	}
	stdout, stderr := c.do(t, 1, "verify", "--exit-code")
	wantText(t, stdout, "so it is unknown whether\n  everything is as configured\n", "not read\n", "? iam:GetRole was denied for nodes.cluster-api-provider-aws.sigs.k8s.io")
	wantText(t, stderr, "capaboot: error: 11 reads denied or failed: it is unknown whether everything is as configured", "capaboot: hint: ")
	if strings.Contains(stdout, "checked: everything is as configured") {
		t.Errorf("it reports that everything is as configured: %s", stdout)
	}
	for format, schema := range map[string]string{"json": "stack-verify", "sarif": "../../policies/report/testdata/sarif/sarif-2.1.0-rtm.5.json", "markdown": ""} {
		stdout, _ := c.do(t, 1, "verify", "-o", format)
		wantText(t, stdout, "iam:GetInstanceProfile")
		if schema == "" {
			continue
		}
		if err := conform.Check(schema, stdout); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// A hint never names a command that cannot help.
func TestVerifyHintsThatHelp(t *testing.T) {
	t.Parallel()
	changed := []verify.Difference{{Kind: verify.StackFailed}, {Kind: verify.PathChanged, LogicalID: "AWSIAMRoleNodes"}}
	for status, want := range map[string]string{
		"UPDATE_ROLLBACK_COMPLETE": "plan --revert-drift",
		"ROLLBACK_COMPLETE":        "the stack is ROLLBACK_COMPLETE; to see how a deployment repairs the stack, run: capaboot bootstrap iam plan",
		"UPDATE_ROLLBACK_FAILED":   "the stack is UPDATE_ROLLBACK_FAILED; to see how a deployment repairs the stack, run: capaboot bootstrap iam plan",
		"IMPORT_ROLLBACK_FAILED":   "no deployment can change it",
	} {
		hint := verifyHint(&verify.Result{StackStatus: status, Differences: changed})
		if !strings.HasSuffix(hint, want) && !strings.Contains(hint, want+":") || status != "UPDATE_ROLLBACK_COMPLETE" && strings.Contains(hint, "--revert-drift") {
			t.Errorf("%s: %s", status, hint)
		}
	}
	invalid, failed := verify.NotRead{Name: "x", Invalid: true}, verify.NotRead{Name: "y"}
	for _, test := range []struct {
		all  []verify.NotRead
		want string
	}{{[]verify.NotRead{invalid}, "running the command again does not help"}, {[]verify.NotRead{invalid, failed}, "run the command again"}} {
		if hint := partialError(&verify.Result{NotRead: test.all}).(errorWithHint).hint; !strings.Contains(hint, test.want) {
			t.Errorf("%+v: %s", test.all, hint)
		}
	}
}

func TestVerifyHints(t *testing.T) {
	t.Parallel()
	_, stderr := newCloud(t).do(t, 0, "verify")
	wantText(t, stderr, "hint: name the region of the stack with --region, or the configuration of the stack with --config (spec.stackName is the name of the stack); to create the stack, run: capaboot bootstrap iam deploy\n")
	elsewhere := &verify.Result{Differences: []verify.Difference{{Kind: verify.StackMissing}, {Kind: verify.ResourceUnmanaged, LogicalID: "AWSIAMRoleNodes"}}}
	if hint := verifyHint(elsewhere); hint != "resources with the configured names exist; to find the region of the stack that owns them: capaboot bootstrap iam check --all-regions" {
		t.Errorf("a stack in another region: %s", hint)
	}
	c := deployedCloud(t)
	if _, stderr = c.do(t, 0, "verify"); strings.Contains(stderr, "hint: ") {
		t.Errorf("without differences: %s", stderr)
	}
	const plan, revert, older = "hint: to see what a deployment would change: capaboot bootstrap iam plan", "plan --revert-drift", "with --capa-version"
	inResourcePolicy := &verify.Result{Differences: []verify.Difference{{Kind: verify.StackTag}, {Kind: verify.PathChanged, LogicalID: "AWSIAMRoleNodes"}}}
	if hint := verifyHint(inResourcePolicy); hint != "to see which differences a drift-aware change set would undo: capaboot bootstrap iam plan --revert-drift" {
		t.Errorf("a difference of a resource: %s", hint)
	}
	// The stack has the template of a release.
	_, stderr = c.do(t, 0, "verify", "--capa-version", "2.11.1")
	wantText(t, stderr, plan+" --capa-version 2.11.1\n", "hint: to compare the account with CAPA v2.13.0, run the same command with --capa-version v2.13.0\n")
	// No release has the template of the stack.
	other := c.config(t, "  nodes: {extraStatements: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"*\"}]}\n")
	stdout, stderr := c.do(t, 0, "verify", other)
	wantText(t, stderr, plan+" --config ")
	wantText(t, stdout, "the template of the stack differs from the template of the configuration")
	if strings.Contains(stderr, older) || strings.Contains(stderr, revert) {
		t.Errorf("no release has the template: %s", stderr)
	}
	other = c.config(t, "  stackTags: {team: a}\n")
	_, stderr = c.do(t, 0, "verify", other)
	wantText(t, stderr, plan+" --config ")
	for format, want := range map[string]bool{"text": true, "json": false} {
		if _, stderr = c.do(t, 0, "verify", other, "-o", format); strings.Contains(stderr, "hint: ") != want {
			t.Errorf("-o %s: %s", format, stderr)
		}
	}
}

func TestVerifyWhenCloudFormationDenies(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"DescribeStacks", "ListStackResources", "GetTemplate", "DetectStackDrift", "DescribeStackDriftDetectionStatus", "DescribeStackResourceDrifts"} {
		c := deployedCloud(t)
		c.Break(cfndouble.Fault{Operation: operation, Kind: cfndouble.Denied})
		stdout, _ := c.do(t, 1, "verify", "--drift", "--exit-code")
		wantText(t, stdout, "? cloudformation:"+operation+" was denied for")
		for _, unwanted := range []string{"does not exist", "is in the stack", "the template of the stack"} {
			if strings.Contains(stdout, unwanted) {
				t.Errorf("%s is denied, but reported as a difference: %s", operation, stdout)
			}
		}
	}
}

func TestRevertDriftNeedsTheAccount(t *testing.T) {
	t.Parallel()
	c := deployedCloud(t)
	_, stderr := c.do(t, 2, "plan", "--revert-drift", "--offline")
	wantText(t, stderr, "--revert-drift and --offline cannot be combined")
	c.MarkDrifted(stackName, "AWSIAMRoleNodes", "/AssumeRolePolicyDocument")
	c.Break(cfndouble.Fault{Operation: "GetPolicyVersion", Kind: cfndouble.Denied})
	_, stderr = c.do(t, 1, "plan", "--revert-drift")
	wantText(t, stderr, "reading the account: iam:Get")
	if changeSets := c.ChangeSets(); len(changeSets) > 0 {
		t.Errorf("the plan left %q", changeSets)
	}
}

// A comparison of the stack with the configuration reads the configuration twice,
// but prints each of its warnings once.
func TestConfigurationWarningsArePrintedOnce(t *testing.T) {
	t.Parallel()
	c := deployedCloud(t)
	_, stderr := c.policy(t, 0, "diff", "deployed", c.config(t, "  eks: {enable: true}\n"))
	if n := strings.Count(stderr, "spec.eks.enable: clusterawsadm ignores this key"); n != 1 {
		t.Errorf("%d warnings: %s", n, stderr)
	}
}
