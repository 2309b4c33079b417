// Tests of actions that policies do not decide, and of actions that AWS
// refuses.

package authz

import (
	"capaboot/internal/table"
	"strings"
	"testing"
)

func TestSpecialTables(t *testing.T) {
	for _, row := range append(table.Rows("exempt.tsv", exemptTSV, 3), table.Rows("reserved.tsv", reservedTSV, 4)...) {
		for _, name := range strings.Fields(row[0]) {
			if a, ok := Lookup(name); !ok || a.String() != name {
				t.Errorf("AWS has no action %s", name)
			}
		}
		if !strings.Contains(row[len(row)-1], "https://docs.aws.amazon.com/") {
			t.Errorf("%s has no source", row[0])
		}
	}
}

func TestNeedsNoPermission(t *testing.T) {
	for action, want := range map[string]bool{
		"sts:GetCallerIdentity": true, "STS:getsessiontoken": true, "sts:GetAccessKeyInfo": false, "sts:DecodeAuthorizationMessage": false,
		"sts:GetFederationToken": false, "sts:AssumeRole": false, "sts:*": false, "": false,
	} {
		if _, got := NeedsNoPermission(action); got != want {
			t.Errorf("%s: %t", action, got)
		}
	}
}

func TestAWSRefuses(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/AdministratorAccess", true},
		{"iam:createpolicyversion", "arn:aws-cn:iam::aws:policy/service-role/*", true},
		{"iam:CreatePolicyVersion", "arn:aws:iam::123456789012:policy/x", false},
		{"iam:CreatePolicyVersion", "arn:aws:iam::*:policy/x", false},
		{"iam:CreatePolicyVersion", "*", false},
		{"iam:GetPolicy", "arn:aws:iam::aws:policy/AdministratorAccess", false},
		{"iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", true},
		{"iam:AttachRolePolicy", "arn:aws:iam::*:role/aws-service-role/*", true},
		{"iam:AttachRolePolicy", "arn:aws:iam::123456789012:role/aws-service-rolex", false},
		{"sts:AssumeRole", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", true},
		{"iam:DeleteRole", "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef", true},
		{"iam:PutRolePolicy", "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef", true},
		{"iam:GetRole", "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef", false},
		{"sts:AssumeRole", "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef", false},
		{"iam:DeleteRole", "arn:aws:iam::123456789012:role/aws-reservedx", false},
		// Auto Scaling accepts service-linked roles that are passed to it.
		{"iam:PassRole", "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_x", false},
		{"iam:DeleteServiceLinkedRole", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", false},
		{"iam:UpdateRole", "arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", false},
		{"kms:CreateAlias", "arn:aws:kms:eu-west-1:123456789012:alias/aws/ebs", true},
		{"kms:CreateAlias", "arn:aws:kms:eu-west-1:123456789012:alias/awsome", false},
		{"kms:UpdateAlias", "arn:aws:kms:eu-west-1:123456789012:key/1", false},
	} {
		if _, got := AWSRefuses(test.action, test.resource); got != test.want {
			t.Errorf("%s on %s: %t", test.action, test.resource, got)
		}
	}
}

func TestUsesKMSKey(t *testing.T) {
	for action, want := range map[string]bool{"kms:Decrypt": true, "KMS:createGrant": true, "kms:ListKeys": false, "kms:CreateKey": false, "kms:NewerThanThis": true, "s3:GetObject": false, "": false} {
		if got := UsesKMSKey(action); got != want {
			t.Errorf("%s: %t", action, got)
		}
	}
}
