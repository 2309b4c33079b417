package authz

import "testing"

func TestMisfits(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"backup:DeleteRecoveryPoint", "arn:aws:ec2:eu-west-1::snapshot/snap-0123456789abcdef0", false}, // a resource of another service
		{"s3:PutObject", "arn:aws:s3:::bucket", true},
		{"s3:PutObject", "arn:aws:s3:::bucket/key", false},
		{"s3:PutObject", "arn:aws:s3:::*", false},
		{"s3:PutObject", "arn:aws-new:s3:::bucket/key", false},
		{"s3:PutObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/key", false},
		{"s3:PutObject", "arn:aws:s3::111122223333:accesspoint/a.mrap/object/key", false},
		{"s3:PutObject", "arn:aws:s3-outposts:eu-west-1:111122223333:outpost/op-1/bucket/b/object/key", false},
		{"s3:PutObject", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", true},
		{"s3:ListBucket", "arn:aws:s3:::bucket/key", true},
		{"s3:ListBucket", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a", false},
		{"s3:ListAllMyBuckets", "arn:aws:s3:::bucket", false}, // the action has no resource types
		{"eks:DeleteCluster", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", true},
		{"eks:DeleteCluster", "arn:aws:eks:eu-west-1:111122223333:cluster/c", false},
		{"eks:DeleteCluster", "arn:aws:eks:*:*:*", false},
		{"eks:DeleteCluster", "*", false},
		{"eks:DeleteCluster", "arn:aws:eks", false},
		{"eks:ListClusters", "arn:aws:eks:eu-west-1:111122223333:cluster/*", false}, // the resource type is undocumented
		{"autoscaling:UpdateAutoScalingGroup", "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup/x", true},
		{"autoscaling:UpdateAutoScalingGroup", "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/x", false},
		{"lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:ci-deploy", true},
		{"lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:ci-deploy", false},
		{"iam:PassRole", "arn:aws:iam::111122223333:instance-profile/p", true},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/path/r", false},
		{"kms:CreateGrant", "arn:aws:kms:eu-west-1:111122223333:alias/a", true},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-1", false},
		{"ssm:GetParameter", "arn:aws:ssm:eu-west-1::parameter/aws/service/x", false},
		{"elasticloadbalancing:AddTags", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", false}, // the service is on several pages
	} {
		a, ok := Lookup(test.action)
		if !ok {
			t.Fatalf("no action %s", test.action)
		}
		if got := a.Misfits(test.resource); got != test.want {
			t.Errorf("%s on %s: %v, want %v", test.action, test.resource, got, test.want)
		}
	}
}

func TestResourceFormsBeginWithTheMostSimilar(t *testing.T) {
	const ec2 = "arn:${Partition}:ec2:${Region}:"
	for _, test := range []struct{ action, resource, want string }{
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:subnet:subnet-1", ec2 + "${Account}:subnet/${SubnetId}"},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:image/ami-1", ec2 + ":image/${ImageId}"}, // images have no account
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:snapshot/snap-1", ec2 + ":snapshot/${SnapshotId}"},
		{"ec2:CreateTags", "arn:aws:ec2:eu-west-1:111122223333:snapshot/snap-1", ec2 + ":snapshot/${SnapshotId}"},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1::subnet/subnet-1", ec2 + "${Account}:subnet/${SubnetId}"},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:instances/i-1", ec2 + "${Account}:instance/${InstanceId}"},
		{"ec2:RunInstances", "arn:aws:ec2:eu-west-1:111122223333:network-interfac/eni-1", ec2 + "${Account}:network-interface/${NetworkInterfaceId}"},
		{"s3:PutObject", "arn:aws:s3:::bucket", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"},
		{"s3:PutObject", "arn:aws:s3:::object/bucket", "arn:${Partition}:s3:::${BucketName}/${ObjectName}"},
		{"organizations:AttachPolicy", "arn:aws:organizations::aws:policy/p-FullAWSAccess", "arn:${Partition}:organizations::aws:policy/${PolicyType}/p-${PolicyId}"},
		{"organizations:AttachPolicy", "arn:aws:organizations::111122223333:policy/p-1", "arn:${Partition}:organizations::${Account}:policy/o-${OrganizationId}/${PolicyType}/p-${PolicyId}"},
		{"rds:AddTagsToResource", "arn:aws:rds:eu-west-1:111122223333:snapshots:s", "arn:${Partition}:rds:${Region}:${Account}:snapshot:${SnapshotName}"},
	} {
		a, _ := Lookup(test.action)
		if forms := a.ResourceForms(test.resource); len(forms) < 2 || forms[0] != test.want {
			t.Errorf("%s on %s: %q, want %s first", test.action, test.resource, forms[:min(3, len(forms))], test.want)
		}
	}
}
