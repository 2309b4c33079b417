// Tests of the partition of a region name and of a region pattern.

package arn

import "testing"

func TestPartitionOf(t *testing.T) {
	for _, test := range []struct {
		region, want string
		known        bool
	}{
		{"eu-central-1", "aws", true},
		{"mx-central-1", "aws", true},
		{"ap-southeast-7", "aws", true},
		{"cn-northwest-1", "aws-cn", true},
		{"us-gov-east-1", "aws-us-gov", true},
		{"us-iso-west-1", "aws-iso", true},
		{"us-isob-east-1", "aws-iso-b", true},
		{"eu-isoe-west-1", "aws-iso-e", true},
		{"us-isof-south-1", "aws-iso-f", true},
		{"eusc-de-east-1", "aws-eusc", true},
		{"eusc-east-1", "aws", false},
		{"eusc-fr-east-1", "aws", false},
		{"nz-north-1", "aws", false}, // a prefix that AWS may add
		{"us-east-", "aws", false},
		{"us-east-1a", "aws", false},
		{"us--1", "aws", false},
		{"", "aws", false},
	} {
		if got, known := PartitionOf(test.region); got != test.want || known != test.known {
			t.Errorf("PartitionOf(%q) = %s, %v; want %s, %v", test.region, got, known, test.want, test.known)
		}
	}
}

func TestPartitionOfPattern(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "eu-*": "aws", "us-gov-*": "aws-us-gov", "us-iso-east-?": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-*": "aws-iso-f", "cn-*": "aws-cn", "eusc-de-east-1": "aws-eusc", "eusc-*": "aws-eusc",
		"": "", "*": "", "us": "", "nz-north-1": "", "${AWS::Region}": "", "logs": "",
	} {
		if got := PartitionOfRegionPattern(region); got != want {
			t.Errorf("PartitionOfRegionPattern(%q) = %q, want %q", region, got, want)
		}
	}
}

// Values that the sources do not document are empty.
func TestPartitions(t *testing.T) {
	for name, want := range map[string][2]string{
		"aws": {"amazonaws.com", "us-east-1"}, "aws-cn": {"amazonaws.com.cn", "cn-north-1"}, "aws-us-gov": {"amazonaws.com", "us-gov-west-1"},
		"aws-iso": {"", "us-iso-east-1"}, "aws-iso-b": {"", "us-isob-east-1"}, "aws-iso-e": {}, "aws-iso-f": {}, "aws-eusc": {},
	} {
		if got := [2]string{Domain(name), ControlRegion(name)}; got != want || !IsPartition(name) {
			t.Errorf("%s: %q, want %q; a partition: %t", name, got, want, IsPartition(name))
		}
	}
	if len(Partitions()) != 8 || Partitions()[0] != DefaultPartition {
		t.Errorf("the partitions are %q", Partitions())
	}
	for _, name := range []string{"", "aws-moon", "AWS"} {
		if IsPartition(name) || Domain(name) != "" || ControlRegion(name) != "" {
			t.Errorf("%q is a partition", name)
		}
	}
}

func TestPartitionProblem(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:sqs:eu-west-1:111122223333:q": "", "arn:aws:iam::111122223333:role/r": "", "arn:aws-cn:sqs:cn-north-1:111122223333:q": "",
		"arn:aws:sqs:ap-southeast-8:111122223333:q": "", "arn:aws:sqs:nz-north-1:111122223333:q": "", "arn:aws:sqs:us-eats-1:111122223333:q": "",
		"arn:awss:sqs:eu-west-1:111122223333:q": `AWS has no partition "awss"`, "arn::sqs:eu-west-1:111122223333:q": `AWS has no partition ""`,
		"arn:aws-us-gov:sqs:us-west-2:111122223333:q": "region us-west-2 is in the partition aws", "arn:aws:sqs:cn-south-1:111122223333:q": "region cn-south-1 is in the partition aws-cn",
		"arn:aws:ec2:us-gov-*:*:instance/*": "region us-gov-* is in the partition aws-us-gov", "arn:aws:ec2:us-*:*:instance/*": "", "arn:aws-us-gov:ec2:us-*:*:instance/*": "", "arn:aws:ec2:*:*:instance/*": "",
		"arn:*:ec2:us-gov-west-1:*:instance/*": "", "arn:${AWS::Partition}:ec2:cn-north-1:*:instance/*": "", "arn:aws:ec2:${AWS::Region}:*:instance/*": "", "arn:aws-cn:ec2:eu-*:*:instance/*": "", "arn:aws-cn:ec2:eu-central-*:*:instance/*": "region eu-central-* is in the partition aws",
	} {
		if got := ParsePattern(text).PartitionProblem(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
