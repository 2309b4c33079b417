// Tests that the review and its summary agree on what is every resource of a type.

package review

import (
	"fmt"
	"testing"

	"capaboot/policies/document"
)

func TestOpenIsCountedAsOpen(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		open             bool
	}{
		{"ec2:TerminateInstances", "arn:aws:ec2:*:*:instance/*", true},
		{"ec2:TerminateInstances", "arn:aws:ec2:*:123456789012:*", true},
		{"ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:*:instance/*", false},
		{"iam:CreateAccessKey", "arn:aws:iam::*:user/*", true},
		{"iam:CreateAccessKey", "arn:aws:iam::*:*", true},
		{"iam:CreateAccessKey", "arn:aws:iam::*:user/a*", false},
		{"s3:PutObject", "arn:*:s3:::*", true},
		{"s3:PutObject", "arn:aws:s3:::*/*", true},
		{"s3:PutObject", "arn:aws:s3:::bucket/*", false},
		{"cloudtrail:DeleteTrail", "arn:aws:cloudtrail:*:*:trail/*", true},
		{"sqs:DeleteQueue", "arn:aws*:sqs:*:*:?*", true},
		{"sqs:DeleteQueue", "*?*", true},
		{"sqs:DeleteQueue", "arn:aws:sqs:*:*:q?", false},
	} {
		set, err := document.ReadSet("p.json", fmt.Appendf(nil, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%q,"Resource":%q}]}`, test.action, test.resource))
		if err != nil {
			t.Fatal(err)
		}
		report, err := Review(set, Options{Rules: []string{"any-resource"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(report.Findings) > 0; got != test.open {
			t.Errorf("%s on %s: a finding: %v, want %v", test.action, test.resource, got, test.open)
		}
		everywhere := report.Principals[0].Grants[0].Levels[0].Everywhere > 0
		if everywhere != test.open {
			t.Errorf("%s on %s: the summary counts it as everywhere: %v, want %v", test.action, test.resource, everywhere, test.open)
		}
	}
}
