// AWS partitions: separate sets of regions, whose ARNs begin differently.

package iam

import (
	"slices"
	"strings"
)

// partition is an AWS partition and what the names of its regions begin with:
// a region is called beginning-word-number.
type partition struct {
	name       string
	beginnings []string
}

// partitions is taken from the partitions.json that the AWS SDKs share
// (botocore 1.43.11, data/partitions.json). Its "aws" names the continents it
// has regions on; what matches no partition at all counts as "aws" too.
var partitions = []partition{
	{"aws", []string{"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"}},
	{"aws-cn", []string{"cn"}},
	{"aws-us-gov", []string{"us-gov"}},
	{"aws-iso", []string{"us-iso"}},
	{"aws-iso-b", []string{"us-isob"}},
	{"aws-iso-e", []string{"eu-isoe"}},
	{"aws-iso-f", []string{"us-isof"}},
	{"aws-eusc", []string{"eusc-de"}},
}

const defaultPartition = "aws"

// knownPartition returns the partition that a region is in, and whether the
// region's name tells.
func knownPartition(region string) (string, bool) {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return defaultPartition, false
	}
	beginning := strings.Join(parts[:len(parts)-2], "-")
	word, number := parts[len(parts)-2], parts[len(parts)-1]
	if !isActionPart(word, "_") || number == "" || strings.Trim(number, "0123456789") != "" {
		return defaultPartition, false
	}
	for _, p := range partitions {
		if slices.Contains(p.beginnings, beginning) {
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
