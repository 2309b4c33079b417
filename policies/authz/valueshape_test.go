package authz

import "testing"

func TestShapedKeysExist(t *testing.T) {
	for key, shape := range loadShapes.Get() {
		if _, ok := Key(key); !ok {
			t.Errorf("AWS has no condition key %s", key)
		}
		if _, ok := shapes.Get()[shape]; !ok {
			t.Errorf("%s has the unknown shape %q", key, shape)
		}
	}
}

func TestValueProblem(t *testing.T) {
	for _, test := range []struct{ key, value, want string }{
		{"iam:PassedToService", "ec2.amazonaws.com", ""},
		{"iam:PassedToService", "ec2.amazonaws.com.cn", ""},
		{"IAM:passedToService", "eks", `is not a service principal, did you mean "eks.amazonaws.com"?`},
		{"iam:PassedToService", "what ever", "is not a service principal, such as ec2.amazonaws.com"},
		{"iam:PassedToService", "lamda.amazonaws.com", `is not a service principal, did you mean "lambda.amazonaws.com"?`},
		{"aws:RequestedRegion", "eu-west-1", ""},
		{"aws:RequestedRegion", "eu-cental-1", `is not a known region, did you mean "eu-central-1"?`},
		{"aws:RequestedRegion", "eu-west-4", ""}, // the region may be new
		{"aws:RequestedRegion", "", "is not the name of a region"},
		{"aws:RequestedRegion", "eu-west-1a", `is a zone, not a region, did you mean "eu-west-1"?`},
		{"kms:ViaService", "ec2.eu-west-1.amazonaws.com", ""},
		{"kms:ViaService", "ec2.eu-west-4.amazonaws.com", ""}, // the region may be new
		{"kms:ViaService", "ec2.eu-wets-1.amazonaws.com", `has the region "eu-wets-1", which is not a known region, did you mean "eu-west-1"?`},
		{"kms:ViaService", "ec2.amazonaws.com", "is not a service with its region, such as ec2.eu-west-1.amazonaws.com"},
		{"ec2:AvailabilityZone", "eu-west-1a", ""},
		{"ec2:AvailabilityZone", "us-west-2-lax-1a", ""},
		{"ec2:AvailabilityZone", "eu-west-4a", ""},
		{"ec2:AvailabilityZone", "eu-wets-1a", `has the region "eu-wets-1", which is not a known region, did you mean "eu-west-1"?`},
		{"ec2:AvailabilityZone", "eu-west-1", "is not a zone, such as eu-west-1a"},
		{"aws:SourceVpc", "vpc-12345678", ""},
		{"aws:sourcevpc", "vpc-0123456789abcdef0", ""},
		{"aws:SourceVpc", "vpc-1", "is not a VPC ID, such as vpc-0123456789abcdef0"},
		{"aws:SourceVpce", "vpce-0123456789abcdef0", ""},
		{"aws:SourceVpce", "vpc-0123456789abcdef0", "is not a VPC endpoint ID, such as vpce-0123456789abcdef0"},
		{"aws:SourceVpce", "vpce-012345678", "is not a VPC endpoint ID, such as vpce-0123456789abcdef0"},
		{"aws:PrincipalOrgID", "o-a1b2c3d4e5", ""},
		{"aws:PrincipalOrgID", "o-a1b2c3d4e", "is not an organization ID, such as o-a1b2c3d4e5"},
		{"aws:PrincipalOrgPaths", "o-a1b2c3d4e5/", ""},
		{"aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/", ""},
		{"aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111", "is not an organization path, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"},
		{"ec2:AvailabilityZoneId", "usw2-lax1-az1", ""},
		{"ec2:AvailabilityZoneId", "eu-west-1a", "is not a zone ID, such as euw1-az1"},
		{"ec2:InstanceType", "u-6tb1.metal", ""},
		{"ec2:InstanceType", "c7i.metal-24xl", ""},
		{"ec2:InstanceType", "large", "is not an instance type, such as t3.large"},
		{"s3:x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-west-1:111122223333:key/k", ""},
		{"s3:x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-west-1:111122223333:alias/k", "is not the ARN of a KMS key, such as arn:aws:kms:eu-west-1:111122223333:key/KEY-ID"},
		{"s3:x-amz-server-side-encryption-aws-kms-key-id", "arn:aws:kms:eu-wets-1:111122223333:key/k", `has the region "eu-wets-1", which is not a known region, did you mean "eu-west-1"?`},
		{"aws:SourceArn", "arn:aws:sns:eu-wets-1:111122223333:t", `has the region "eu-wets-1", which is not a known region, did you mean "eu-west-1"?`},
		{"aws:SourceArn", "arn:aws:sns:eu-west-4:111122223333:t", ""}, // the region may be new
		{"aws:SourceArn", "arn:aws:s3:::b", ""},
		{"ecs:cluster", "arn:aws:ecs:eu-wets-1:111122223333:cluster/c", `has the region "eu-wets-1", which is not a known region, did you mean "eu-west-1"?`},
		{"aws:PrincipalTag/x", "arn:aws:sns:eu-wets-1:111122223333:t", ""},
		{"aws:SourceIp", "203.0.113.7", ""},
		{"aws:SourceIp", " 203.0.113.7", ""}, // the comparison also ignores spaces
		{"aws:SourceIp", "2001:db8::1", ""},
		{"aws:SourceIp", "10.1.2.3/33", "is not an IP address, such as 203.0.113.7"},
		{"aws:SourceIp", "203.0.113.0/24", "is not an IP address, such as 203.0.113.7"}, // a request has one address
		{"aws:SecureTransport", "False", ""},
		{"aws:SecureTransport", "no", "is not true or false"},
		{"aws:MultiFactorAuthAge", "3600", ""},
		{"aws:MultiFactorAuthAge", "1h", "is not a number"},
		{"aws:CurrentTime", "2026-01-31T12:00:00Z", ""},
		{"aws:CurrentTime", "tomorrow", "is not a date such as 2026-01-31T12:00:00Z"},
		{"aws:EpochTime", "1764500000", ""},
		{"aws:EpochTime", "2026-01-31", ""},
		{"aws:EpochTime", "soon", "is not a date such as 2026-01-31T12:00:00Z or a number"},
		{"aws:SourceArn", "arn:aws:s3:::bucket", ""},
		{"aws:SourceArn", "bucket", "is not an ARN with six parts"},
		{"aws:FederatedProvider", "accounts.google.com", ""}, // a text or an ARN
		{"aws:PrincipalAccount", "11112222333", "is not a 12-digit account ID"},
		{"aws:PrincipalTag/team", "a b/c", ""},
		{"kms:GrantIsForAWSResource", "1", "is not true or false"},
		{"sagemaker:VolumeKmsKey", "1234abcd-12ab-34cd-56ef-1234567890ab", ""}, // of type ARN, but the request may name the key by its ID
		{"aws:NoSuchKey", "x", ""},
	} {
		if got := ValueProblem(test.key, test.value); got != test.want {
			t.Errorf("%s=%s: %q, want %q", test.key, test.value, got, test.want)
		}
	}
}

func TestRegionIn(t *testing.T) {
	for _, test := range []struct{ key, value, want string }{
		{"aws:RequestedRegion", "us-west-3", "us-west-3"},
		{"ec2:AvailabilityZone", "us-west-3a", "us-west-3"},
		{"ec2:AvailabilityZone", "us-west-2-lax-1a", "us-west-2"},
		{"ec2:AvailabilityZone", "us-west-3", ""},
		{"kms:ViaService", "ec2.us-west-3.amazonaws.com", "us-west-3"},
		{"kms:ViaService", "ec2", ""},
		{"aws:SourceArn", "arn:aws:sns:us-west-3:111122223333:t", "us-west-3"},
		{"aws:SourceArn", "sns:aws:sns:us-west-3:111122223333:t", ""},
		{"aws:PrincipalTag/region", "us-west-3", ""},
	} {
		if got := RegionIn(test.key, test.value); got != test.want {
			t.Errorf("%s of %s: %q, want %q", test.value, test.key, got, test.want)
		}
	}
}
