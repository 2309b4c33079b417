// An example of parsing ARNs and finding the partition of a region.

package arn_test

import (
	"fmt"

	"capaboot/policies/arn"
)

func Example() {
	role, ok := arn.Parse("arn:aws-cn:iam::123456789012:role/team/deployer")
	fmt.Println(ok, role.Account, role.Kind(), role.Name())

	pattern := arn.ParsePattern("arn:${AWS::Partition}:s3:::images-*")
	fmt.Println(pattern.Partition, pattern.Resource)

	partition, known := arn.PartitionOf("us-gov-west-1")
	fmt.Println(partition, known, arn.Domain(partition))
	// Output:
	// true 123456789012 role deployer
	// ${AWS::Partition} images-*
	// aws-us-gov true amazonaws.com
}
