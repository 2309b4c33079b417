// Tests that the rows of undocumented.tsv are consistent with the data and have
// an effect.

package authz

import "testing"

func TestUndocumentedResources(t *testing.T) {
	for _, rows := range loadUndocumented.Get() {
		for _, row := range rows {
			actions := Match(row.action)
			if len(actions) == 0 {
				t.Errorf("undocumented.tsv: AWS has no action %s", row.action)
			}
			for _, a := range actions {
				a.UndocumentedTypes() // panics for a type that the service lacks
			}
		}
	}
	create, _ := Lookup("eks:CreateCluster")
	for resource, want := range map[string]bool{
		"*": true, "arn:aws:eks:eu-west-1:111122223333:cluster/c": true, "arn:*:eks:*:*:cluster/*": true,
		"arn:aws:eks:eu-west-1:111122223333:nodegroup/c/n/1": false, "": false,
	} {
		if got := create.Allows(resource); got != want {
			t.Errorf("eks:CreateCluster on %q: %t, want %t", resource, got, want)
		}
	}
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"iam:ListRoles", "arn:aws:iam::*:role/*", true}, {"iam:ListRoles", "arn:aws:iam::111122223333:role/app-*", false},
		{"logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:*", true}, {"logs:DescribeLogGroups", "arn:aws:logs:*:*:*", true},
		{"logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group::log-stream:*", true}, {"logs:DescribeLogGroups", "arn:aws:logs:*:*:log-group:/aws/fsx/*", false},
		{"s3:ListAllMyBuckets", "arn:aws:s3:::*", true}, {"s3:ListAllMyBuckets", "arn:aws:s3:::aws-glue-*", false},
		{"organizations:AttachPolicy", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", true},
		{"organizations:AttachPolicy", "arn:aws:organizations::aws:policy/p-FullAWSAccess", false}, // no resource type has this ARN
		{"organizations:UpdatePolicy", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", false},
		{"ssmmessages:OpenDataChannel", "arn:aws:ssm:*:*:session/${aws:userid}-*", true}, {"ssmmessages:OpenDataChannel", "arn:aws:ec2:*:*:instance/*", false},
	} {
		a, _ := Lookup(test.action)
		if got := a.Allows(test.resource); got != test.want {
			t.Errorf("%s on %s: %t, want %t", test.action, test.resource, got, test.want)
		}
	}
}
