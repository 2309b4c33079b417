// Tests of completing shortened ARNs.

package arn

import "testing"

func TestComplete(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{"arn:aws:sqs", "arn:aws:sqs:*:*:*"},
		{"arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:*:*"},
		{"arn:aws:iam::123456789012", "arn:aws:iam::123456789012:*"},
		{"arn:aws:iam:", "arn:aws:iam::*:*"},
		{"arn:aws", "arn:aws:*:*:*:*"},
		{"arn:*:iam", "arn:*:iam:*:*:*"},
		{"arn:aws:iam::${AWS::AccountId}", "arn:aws:iam::${AWS::AccountId}:*"},
		{"arn:${AWS::Partition}:iam", "arn:${AWS::Partition}:iam:*:*:*"},
		{"arn:aws:iam::${aws:PrincipalAccount}", "arn:aws:iam::${aws:PrincipalAccount}:*"},
		// The wildcard matches the rest.
		{"arn:*", "arn:*"},
		{"arn:aws:ec2:*", "arn:aws:ec2:*"},
		{"arn:aws:iam::*role/x", "arn:aws:iam::*role/x"},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b/*"},
		{"arn:aws:s3:::", "arn:aws:s3:::"},
		{"arn:aws:logs:eu-west-1:123456789012:log-group:x:y", "arn:aws:logs:eu-west-1:123456789012:log-group:x:y"},
		// The value may contain the missing parts.
		{"arn:aws:${Ref:Rest}", "arn:aws:${Ref:Rest}"},
		{"arn:aws:${AWS::StackId}", "arn:aws:${AWS::StackId}"},
		{"${GetAtt:Bucket.Arn}", "${GetAtt:Bucket.Arn}"},
		{"", ""}, {"*", "*"}, {"foo", "foo"}, {"arn", "arn"}, {"bucket/*", "bucket/*"}, {"ARN:aws:s3", "ARN:aws:s3"}, {"a:b:c", "a:b:c"},
	} {
		if got := Complete(test.pattern); got != test.want {
			t.Errorf("%q: %q, want %q", test.pattern, got, test.want)
		}
		if got := Complete(test.want); got != test.want {
			t.Errorf("%q is completed again: %q", test.want, got)
		}
	}
	if got := Extend("arn:aws:ec2:*"); got != "arn:aws:ec2:*:*:*" {
		t.Errorf("extended: %q", got)
	}
}
