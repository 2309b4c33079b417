// Tests of Overlap. The tests of policies/authz use the patterns of AWS.

package arn

import (
	"strings"
	"testing"
)

func TestOverlap(t *testing.T) {
	const (
		bucket   = "arn:${Partition}:s3:::${BucketName}"
		instance = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}"
		document = "arn:${Partition}:ssm:${Region}:${Account}:document/${DocumentName}"
	)
	for _, test := range []struct {
		resource, pattern     string
		optionalAccount, want bool
	}{
		{"*", bucket, false, true},
		{"arn:aws:s3:::images-*", bucket, false, true},
		{"arn:aws:s3:::a/b", bucket, false, false},
		{"arn:aws:ec2:*", instance, false, true},
		{"arn:aws:ec2:*:*:inst*", instance, false, true},
		{"arn:${AWS::Partition}:ec2:*:*:instance/*", instance, false, true},
		{"arn:aws:ec2:*:*:volume/*", instance, false, false},
		{"arn:aws:ssm:*::document/AWS-RunShellScript", document, false, false},
		{"arn:aws:ssm:*::document/AWS-RunShellScript", document, true, true},
		{"arn:aws:ssm:::document/AWS-RunShellScript", document, true, false}, // the region is required
		{strings.Repeat("?", 1<<20), instance, false, false},
		// A variable stands for whole characters, not for bytes.
		{"é", "${A}${B}", false, false},
		{"é?", "${A}${B}", false, true},
		{"\xff", "${A}${B}", false, false},
		{"é", "é", false, true},
		{"${?}", "x", false, false}, // a literal question mark
	} {
		if got := Overlap(test.resource, test.pattern, test.optionalAccount); got != test.want {
			t.Errorf("Overlap(%.60q, %q, %t) is %t", test.resource, test.pattern, test.optionalAccount, got)
		}
	}
}
