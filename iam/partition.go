// AWS partitions: separate sets of regions, whose ARNs begin differently.

package iam

import (
	"regexp"
	"strings"
)

// partition is an AWS partition and what its regions are called.
type partition struct {
	name    string
	regions string // a regular expression, without its anchors
}

// partitions is taken from the partitions.json that the AWS SDKs share
// (botocore 1.43.11, data/partitions.json). Its "aws" names the continents it
// has regions on; what matches no partition at all counts as "aws" too.
var partitions = []partition{
	{"aws", `(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+`},
	{"aws-cn", `cn-\w+-\d+`},
	{"aws-us-gov", `us-gov-\w+-\d+`},
	{"aws-iso", `us-iso-\w+-\d+`},
	{"aws-iso-b", `us-isob-\w+-\d+`},
	{"aws-iso-e", `eu-isoe-\w+-\d+`},
	{"aws-iso-f", `us-isof-\w+-\d+`},
	{"aws-eusc", `eusc-(de)-\w+-\d+`},
}

const defaultPartition = "aws"

// knownPartition returns the partition that a region is in, and whether the
// region's name tells.
func knownPartition(region string) (string, bool) {
	for _, p := range partitions {
		// Compiled at use, only when a file names a region: the process
		// starts faster without.
		if ok, _ := regexp.MatchString(`^`+p.regions+`$`, region); ok {
			return p.name, true
		}
	}
	return defaultPartition, false
}

func partitionOf(region string) string {
	if region == "" {
		return defaultPartition
	}
	name, _ := knownPartition(region)
	return name
}

func partitionNames() []string {
	names := make([]string, len(partitions))
	for i, p := range partitions {
		names[i] = p.name
	}
	return names
}

// arnPartition returns the partition that an ARN names.
func arnPartition(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}
