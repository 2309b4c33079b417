package authz

import (
	"strings"
	"testing"

	"capaboot/internal/table"
	"capaboot/policies/arn"
)

func TestOwnAccountTable(t *testing.T) {
	for _, row := range table.Rows("ownaccount.tsv", ownAccountTSV, 3) {
		s, ok := ForPrefix(arn.ParsePattern(row[0]).Service)
		hasType := false
		for i := range s.ResourceTypes {
			hasType = hasType || s.ResourceTypes[i].Allows(row[0])
		}
		if !ok || !hasType {
			t.Errorf("%s is not a resource type", row[0])
		}
		if !strings.Contains(row[2], "https://docs.aws.amazon.com/") {
			t.Errorf("%s has no source", row[0])
		}
	}
}

func TestOnlyOwnAccount(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"iam:PassRole", "arn:aws:iam::111122223333:role/path/r", true},
		{"IAM:getpolicy", "arn:aws-cn:iam::111122223333:policy/p", true},
		{"iam:GetPolicy", "arn:aws:iam::aws:policy/AdministratorAccess", false},
		{"iam:GetRole", "arn:aws:iam::*:role/r", false},
		{"iam:GetRole", "*", false},
		{"iam:GetDelegationRequest", "arn:aws:iam::111122223333:delegation-request/d", false}, // the owner's account is not the account in the ARN
		{"sts:AssumeRole", "arn:aws:iam::111122223333:role/r", false},
		{"sts:AssumeRoot", "arn:aws:iam::111122223333:root", false},
		{"eks:CreateAccessEntry", "arn:aws:eks:eu-west-1:111122223333:cluster/c", true},
		{"eks:DescribeClusterVersions", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", false},
		{"autoscaling:UpdateAutoScalingGroup", "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/x", true},
		{"autoscaling:UpdateAutoScalingGroup", "arn:aws:autoscaling:eu-west-1:111122223333:autoscalinggroup:1:autoScalingGroupName/x", false}, // case matters
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1", false},
		{"s3:GetObject", "arn:aws:s3:::b/k", false},
		{"sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q", false},
	} {
		if _, got := OnlyOwnAccount(test.action, test.resource); got != test.want {
			t.Errorf("%s on %s: %t", test.action, test.resource, got)
		}
	}
}
