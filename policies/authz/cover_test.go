// Tests of whether a resource covers everything, or every resource of a type.

package authz

import "testing"

func TestCoversEverything(t *testing.T) {
	for resource, want := range map[string]bool{
		"*": true, "**": true, "*?*": true, "?*": true, "arn:*": true, "arn:aws:*": true, "arn:aws*:*": true, "arn:${AWS::Partition}:*": true,
		"arn:*:*:*:*:*": true, "arn:aws:*:*:*:*": true, "arn:aws": true, "*:*": true, "arn:aws:*:?*": true,
		"": false, "?": false, "arn:aws:s3:::*": false, "arn:aws:iam": false, "arn:aws:*:*:123456789012:*": false, "arn:aws:*:eu-west-1:*:*": false,
		"${Ref:X}": false, "arn:*:s*": false, "*x": false, "aws:*": false,
	} {
		if got := CoversEverything(resource); got != want {
			t.Errorf("CoversEverything(%q) = %v, want %v", resource, got, want)
		}
	}
}

func TestCoveredBy(t *testing.T) {
	for _, test := range []struct {
		service, resourceType, resource string
		want                            bool
	}{
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/*", true},
		{"ec2", "instance", "arn:aws:ec2:*:123456789012:instance/*", true},
		{"ec2", "instance", "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*", true},
		{"ec2", "instance", "arn:aws:ec2:*:${Ref:Account}:instance/*", true},
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/i-*", true}, // every ID has this prefix
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/i-?*", true},
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/i-0*", false},
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/vol-*", false},
		{"ec2", "volume", "arn:aws:ec2:*:*:volume/vol-*", true},
		{"ec2", "snapshot", "arn:aws:ec2:*::snapshot/snap-*", true},
		{"ec2", "image", "arn:aws:ec2:*::image/ami-*", false}, // kernels are images too
		{"ec2", "key-pair", "arn:aws:ec2:*:*:key-pair/key-*", false},
		{"connect", "instance", "arn:aws:connect:*:*:instance/i-*", false},
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/?*", true},
		{"ec2", "instance", "arn:aws:ec2:*:*:*/*", true},
		{"ec2", "instance", "arn:aws:ec2:*:*:i*", true},
		{"ec2", "instance", "arn:aws:ec2:eu-west-1:*:instance/*", false},
		{"ec2", "instance", "arn:aws:ec2:eu-*:*:instance/*", false},
		{"ec2", "instance", "arn:aws:ec2:*-*-*:????????????:instance/*", true},
		{"ec2", "instance", "arn:aws:ec2:*:1*:instance/*", false},
		{"ec2", "instance", "arn:aws:ec2", true},
		{"ec2", "instance", "arn:aws:ec2:*:*:volume/*", false},
		{"ec2", "instance", "arn:aws:ec2:*:*:instance/${aws:PrincipalTag/i}", false},
		{"iam", "user", "arn:aws:iam::*:user/*", true},
		{"iam", "user", "arn:aws:iam::123456789012:user/*", true},
		{"iam", "user", "arn:aws:iam::*:*", true},
		{"iam", "user", "arn:aws:iam::*:user/path/*", false},
		{"iam", "user", "arn:aws:iam:us-east-1:*:user/*", false},
		{"s3", "bucket", "arn:*:s3:::*", true},
		{"s3", "object", "arn:aws:s3:::*", true},
		{"s3", "object", "arn:aws:s3:::*/*", true},
		{"s3", "object", "arn:aws:s3:::b*/*", false},
		{"s3", "bucket", "arn:aws:s3:::*/*", false},
		{"cloudtrail", "trail", "arn:*:cloudtrail:*:*:trail/*", true},
		{"sqs", "queue", "*", true},
		{"sqs", "queue", "${Ref:Queue}", false},
	} {
		service, _ := ForPrefix(test.service)
		resourceType, ok := service.ResourceType(test.resourceType)
		if !ok {
			t.Fatalf("%s has no %s", test.service, test.resourceType)
		}
		if got := resourceType.CoveredBy(test.resource); got != test.want {
			t.Errorf("%s %s by %s: %v, want %v", test.service, test.resourceType, test.resource, got, test.want)
		}
	}
}
