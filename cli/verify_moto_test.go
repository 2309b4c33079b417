// End-to-end test of "verify" against moto_server, with changes that are made
// by hand.

package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
)

// verification holds the fields of "verify -o json" that the tests read.
type verification struct {
	Outcome     string
	Differences []struct{ Kind, LogicalID, What string }
	NotRead     []struct{ Action, Reason string } `json:"unseen"`
}

// verifyResult runs "verify -o json". all lists the kind, the logical ID and the
// subject of each difference.
func (c *cloud) verifyResult(t *testing.T, code int, args ...string) (all []string, v verification) {
	t.Helper()
	stdout, _ := c.do(t, code, append([]string{"verify", "-o", "json", "--exit-code"}, args...)...)
	checkSchema(t, "verify", "stack-verify", stdout)
	if err := json.Unmarshal([]byte(stdout), &v); err != nil {
		t.Fatal(err)
	}
	for _, d := range v.Differences {
		all = append(all, d.Kind+" "+d.LogicalID+" "+d.What)
	}
	return all, v
}

func TestVerifyEndToEnd(t *testing.T) {
	t.Parallel()
	c, config := motoCloud(t)
	account := awsiam.NewFromConfig(config)
	all, _ := c.verifyResult(t, 3)
	if len(all) != 12 || all[0] != "stack-missing  " {
		t.Errorf("before the deployment: %q", all)
	}
	// moto 5.2 does not attach AWS managed policies to a role.
	flag := c.config(t, "  eks: {disable: true}\n")
	// "check" finds a role that exists already.
	role := &awsiam.CreateRoleInput{RoleName: aws.String(nodesRole), AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": []}`)}
	if _, err := account.CreateRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	found := c.checkResult(t, 1, flag)
	if result, kinds := found.result("names"); result != "failed" || !slices.Equal(kinds, []string{"name-outside"}) {
		t.Errorf("names: %s, %q", result, kinds)
	}
	if result, _ := found.result("permissions"); result != "not possible" { // moto has no simulation
		t.Errorf("permissions: %s", result)
	}
	if _, err := account.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: role.RoleName}); err != nil {
		t.Fatal(err)
	}
	c.do(t, 0, "deploy", flag)
	if all, v := c.verifyResult(t, 0, flag); len(all) > 0 || v.Outcome != "same" {
		t.Fatalf("after the deployment: %q, %+v", all, v)
	}

	nodes := aws.String("nodes.cluster-api-provider-aws.sigs.k8s.io")
	if _, err := account.UpdateAssumeRolePolicy(t.Context(), &awsiam.UpdateAssumeRolePolicyInput{RoleName: nodes,
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sts:AssumeRole"}]}`)}); err != nil {
		t.Fatal(err)
	}
	const detached = "arn:aws:iam::123456789012:policy/controllers.cluster-api-provider-aws.sigs.k8s.io"
	if _, err := account.DetachRolePolicy(t.Context(), &awsiam.DetachRolePolicyInput{RoleName: aws.String("controllers.cluster-api-provider-aws.sigs.k8s.io"), PolicyArn: aws.String(detached)}); err != nil {
		t.Fatal(err)
	}
	if _, err := account.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: aws.String("control-plane.cluster-api-provider-aws.sigs.k8s.io"), PolicyName: aws.String("by-hand"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`)}); err != nil {
		t.Fatal(err)
	}
	all, v := c.verifyResult(t, 3, flag)
	want := []string{"inline-policy-added AWSIAMRoleControlPlane by-hand", "policy-detached AWSIAMRoleControllers " + detached, "trust-changed AWSIAMRoleNodes "}
	slices.Sort(all)
	if diff := cmp.Diff(want, all); diff != "" || v.Outcome != "different" {
		t.Errorf("%s, differences (-want +got):\n%s", v.Outcome, diff)
	}
	c.do(t, 0, "verify", flag)
	stdout, stderr := c.do(t, 3, "verify", flag, "--exit-code")
	wantText(t, stdout, "9 resources checked: 3 differences", "inline policy by-hand added", "detached\n", "trust policy changed: + AWS 444455556666; - Service ec2.amazonaws.com\n", "+ allow\n", "s3:*")
	wantText(t, stderr, "--exit-code: the account is not as configured")

	// The double adds CloudFormation's drift detection, which moto does not
	// have, to the same account.
	double := newCloud(t)
	double.environment["AWS_ENDPOINT_URL_IAM"] = c.environment["AWS_ENDPOINT_URL"]
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json", flag)
	double.Put(stackName, "CREATE_COMPLETE", template, nil)
	double.MarkDrifted(stackName, "AWSIAMRoleNodes", "/AssumeRolePolicyDocument")
	double.MarkDrifted(stackName, "AWSIAMManagedPolicyControllers", "/Roles/0")
	double.PageSize = 3
	if got, _ := double.verifyResult(t, 3, flag, "--drift"); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("next to the double: %q", got)
	}
	stdout, _ = double.do(t, 0, "verify", flag, "--drift")
	wantText(t, stdout, "CloudFormation's drift detection: DRIFTED\n",
		"  * AWSIAMManagedPolicyControllers is MODIFIED (/Roles/0): the same change", "AWSIAMRoleControllers\n",
		"  * AWSIAMRoleControlPlane is IN_SYNC: CloudFormation compares only", "for 6 resources, drift detection reports the same as the comparison above\n")
	stdout, _ = double.do(t, 3, "plan", "--revert-drift", flag, "--exit-code")
	wantText(t, stdout, "2 to change\n", "~ change  AWSIAMRoleNodes  Role\n", "AssumeRolePolicyDocument: see the permissions\n",
		"- allow assuming the role\n    in trust policy, Statement[0]\n      sts:AssumeRole [Write]\n    by AWS 444455556666\n")
	if strings.Contains(stdout, "by-hand") {
		t.Errorf("the plan has a change that is not in the change set: %s", stdout)
	}
	if changeSets := double.ChangeSets(); len(changeSets) > 0 {
		t.Errorf("the plan left %q", changeSets)
	}
	double.FailDetection(stackName, "AWSIAMRoleControllers")
	stdout, stderr = double.do(t, 1, "verify", flag, "--drift", "--exit-code")
	wantText(t, stdout, "? drift of "+stackName+": Failed to detect drift on")
	wantText(t, stderr, "1 read denied or failed")
}
