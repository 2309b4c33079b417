// End to end: "verify" against moto_server, where the account is changed by hand.

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

// verification is what the tests read of "verify -o json".
type verification struct {
	Outcome     string
	Differences []struct{ Kind, LogicalID, What string }
	Unseen      []struct{ Action, Reason string }
}

// differences are the kinds, logical IDs and subjects.
func (c *cloud) verified(t *testing.T, code int, args ...string) (all []string, v verification) {
	t.Helper()
	stdout, _ := c.do(t, code, append([]string{"verify", "-o", "json", "--exit-code"}, args...)...)
	validate(t, "verify", "stack-verify", stdout)
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
	all, _ := c.verified(t, 3)
	if len(all) != 12 || all[0] != "stack-missing  " {
		t.Errorf("before the deployment: %q", all)
	}
	// moto 5.2 leaves out the policies of AWS that a role attaches.
	flag := c.config(t, "  eks: {disable: true}\n")
	// A role that exists already is found by "check".
	role := &awsiam.CreateRoleInput{RoleName: aws.String(nodesRole), AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": []}`)}
	if _, err := account.CreateRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	found := c.checked(t, 1, flag)
	if result, kinds := found.result("names"); result != "failed" || !slices.Equal(kinds, []string{"name-outside"}) {
		t.Errorf("names: %s, %q", result, kinds)
	}
	if result, _ := found.result("permissions"); result != "not possible" { // moto does not simulate
		t.Errorf("permissions: %s", result)
	}
	if _, err := account.DeleteRole(t.Context(), &awsiam.DeleteRoleInput{RoleName: role.RoleName}); err != nil {
		t.Fatal(err)
	}
	c.do(t, 0, "deploy", flag)
	if all, v := c.verified(t, 0, flag); len(all) > 0 || v.Outcome != "same" {
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
	all, v := c.verified(t, 3, flag)
	want := []string{"inline-policy-added AWSIAMRoleControlPlane by-hand", "policy-detached AWSIAMRoleControllers " + detached, "trust-changed AWSIAMRoleNodes "}
	slices.Sort(all)
	if diff := cmp.Diff(want, all); diff != "" || v.Outcome != "different" {
		t.Errorf("%s, differences (-want +got):\n%s", v.Outcome, diff)
	}
	c.do(t, 0, "verify", flag)
	stdout, stderr := c.do(t, 3, "verify", flag, "--exit-code")
	wantText(t, stdout, "9 resources checked: 3 differences", "inline policy by-hand added", "detached\n", "trust policy changed\n", "+ allow\n", "s3:*")
	wantText(t, stderr, "--exit-code: the account is not as configured")

	// CloudFormation's detection, which moto does not have, next to the same account.
	double := newCloud(t)
	double.environment["AWS_ENDPOINT_URL_IAM"] = c.environment["AWS_ENDPOINT_URL"]
	template, _ := c.do(t, 0, "print-cloudformation-template", "-o", "json", flag)
	double.Put(stackName, "CREATE_COMPLETE", template, nil)
	double.Changed(stackName, "AWSIAMRoleNodes", "/AssumeRolePolicyDocument")
	double.Changed(stackName, "AWSIAMManagedPolicyControllers", "/Roles/0")
	double.PageSize = 3
	if got, _ := double.verified(t, 3, flag, "--drift"); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("next to the double: %q", got)
	}
	stdout, _ = double.do(t, 0, "verify", flag, "--drift")
	wantText(t, stdout, "CloudFormation's drift detection: DRIFTED\n",
		"  * AWSIAMManagedPolicyControllers is MODIFIED (/Roles/0): the same change", "AWSIAMRoleControllers\n",
		"  * AWSIAMRoleControlPlane is IN_SYNC: CloudFormation only compares", "for 6 resources it reports the same as the comparison above\n")
	stdout, _ = double.do(t, 3, "plan", "--revert-drift", flag, "--exit-code")
	wantText(t, stdout, "2 to change\n", "~ change  AWSIAMRoleNodes  Role\n", "AssumeRolePolicyDocument: see the permissions\n",
		"- allow assuming the role\n    in trust policy, Statement[0]\n      sts:AssumeRole [Write]\n    by AWS 444455556666\n")
	if strings.Contains(stdout, "by-hand") {
		t.Errorf("the plan has what the change set does not change: %s", stdout)
	}
	if left := double.ChangeSets(); len(left) > 0 {
		t.Errorf("the plan left %q", left)
	}
	double.FailDetection(stackName, "AWSIAMRoleControllers")
	stdout, stderr = double.do(t, 1, "verify", flag, "--drift", "--exit-code")
	wantText(t, stdout, "? drift of "+stackName+": Failed to detect drift on")
	wantText(t, stderr, "1 read denied or failed")
}
