// Tests of action patterns, and of resource patterns with missing parts.

package document

import "testing"

func TestMatchAction(t *testing.T) {
	for _, test := range []struct {
		pattern, action  string
		matches, refused bool
	}{
		{"*", "s3:GetObject", true, false},
		{"*:*", "s3:GetObject", true, false},
		{"s3:*", "s3:GetObject", true, false},
		{"S3:get*", "s3:GetObject", true, false},
		{"s3:Get?bject", "s3:GetObject", true, false},
		{"s3:Put*", "s3:GetObject", false, false},
		{"s3:GetObject,PutObject", "s3:GetObject", false, false},
		{"${Ref:Service}:Get*", "s3:GetObject", false, false},
		{"*:GetObject", "s3:GetObject", true, true},
		{"*:PutObject", "s3:GetObject", false, true},
		{"*:**", "s3:GetObject", true, true},
		{"s?:GetObject", "s3:GetObject", true, true},
		{"s3*:*", "s3:GetObject", true, true},
		{"ec2*:*", "s3:GetObject", false, true},
		{"**", "s3:GetObject", true, true},
		{"GetObject", "s3:GetObject", true, true},
		{"s3", "s3:GetObject", false, true},
		{"s3*", "s3:GetObject", true, true},
		{" s3:GetObject", "s3:GetObject", true, true},
		{"s3:GetObject\n", "s3:GetObject", true, true},
		{"s3:Get\u00a0Object", "s3:GetObject", true, true},
		{":GetObject", "s3:GetObject", false, true},
		{"", "s3:GetObject", false, true},
	} {
		matches, refused := MatchAction(test.pattern, test.action)
		if matches != test.matches || refused != test.refused {
			t.Errorf("%q, %s: matches %t, refused %t", test.pattern, test.action, matches, refused)
		}
	}
}

func TestCoversResource(t *testing.T) {
	for _, test := range []struct {
		a, b               string
		covers, intersects bool
	}{
		{"arn:aws:sqs", "arn:aws:sqs:eu-west-1:123456789012:q", true, true},
		{"arn:aws:sqs", "arn:aws:sqs:eu-west-1", true, true},
		{"arn:aws:sqs:eu-west-1", "arn:aws:sqs", false, true},
		{"arn:aws:iam::123456789012", "arn:aws:iam::123456789012:role/*", true, true},
		{"arn:aws:sqs", "arn:aws:sns", false, false},
	} {
		if got := CoversResource(test.a, test.b); got != test.covers {
			t.Errorf("%s covers %s: %t", test.a, test.b, got)
		}
		if got := IntersectsResource(test.a, test.b); got != test.intersects {
			t.Errorf("%s and %s: %t", test.a, test.b, got)
		}
	}
}
