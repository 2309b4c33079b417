// AWS partitions: separate sets of regions, whose ARNs begin differently.

package arn

import (
	"fmt"
	"slices"
	"strings"
)

// DefaultPartition is the partition of most accounts.
const DefaultPartition = "aws"

type partition struct {
	name string
	// prefixes are the prefixes of the partition's region names. A region is named
	// prefix-word-number or, if there are countries, prefix-country-word-number.
	prefixes, countries []string
	// domain is the value of AWS::URLSuffix in the partition, and controlRegion
	// the region of its IAM control plane; "" if the sources do not say.
	domain, controlRegion string
}

// partitions is from the partitions.json that the AWS SDKs share (botocore
// 1.43.11, data/partitions.json). Its entry for "aws" lists the region prefixes
// that exist; a region that matches no partition also counts as "aws".
//
// Source of domain: CloudFormation Template Reference, "AWS::URLSuffix". Source
// of controlRegion: AWS Fault Isolation Boundaries, "Global services", the
// region of each partition's IAM control plane.
var partitions = [...]partition{
	{"aws", []string{"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"}, nil, "amazonaws.com", "us-east-1"},
	{"aws-cn", []string{"cn"}, nil, "amazonaws.com.cn", "cn-north-1"},
	{"aws-us-gov", []string{"us-gov"}, nil, "amazonaws.com", "us-gov-west-1"},
	{"aws-iso", []string{"us-iso"}, nil, "", "us-iso-east-1"},
	{"aws-iso-b", []string{"us-isob"}, nil, "", "us-isob-east-1"},
	{"aws-iso-e", []string{"eu-isoe"}, nil, "", ""},
	{"aws-iso-f", []string{"us-isof"}, nil, "", ""},
	{"aws-eusc", []string{"eusc"}, []string{"de"}, "", ""},
}

// Partitions returns the names of the partitions, the default first.
func Partitions() []string {
	names := make([]string, len(partitions))
	for i := range partitions {
		names[i] = partitions[i].name
	}
	return names
}

// IsPartition reports whether AWS has a partition with this name.
func IsPartition(name string) bool { return findPartition(name).name != "" }

// Domain returns the domain of the services in a partition, the value of
// AWS::URLSuffix; "" if no source documents it.
func Domain(partition string) string { return findPartition(partition).domain }

// ControlRegion returns the region in which the global services of a partition
// are configured; "" if no source documents it.
func ControlRegion(partition string) string { return findPartition(partition).controlRegion }

func findPartition(name string) partition {
	for i := range partitions {
		if partitions[i].name == name {
			return partitions[i]
		}
	}
	return partition{}
}

// PartitionOf returns the partition of a region. If the name of the region fits
// no partition, PartitionOf returns [DefaultPartition] and false.
func PartitionOf(region string) (name string, known bool) {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return DefaultPartition, false
	}
	prefix := strings.Join(parts[:len(parts)-2], "-")
	word, number := parts[len(parts)-2], parts[len(parts)-1]
	if !isWord(word) || number == "" || strings.Trim(number, "0123456789") != "" {
		return DefaultPartition, false
	}
	for i := range partitions {
		if partitions[i].hasPrefix(prefix) {
			return partitions[i].name, true
		}
	}
	return DefaultPartition, false
}

// hasPrefix reports whether the names of the partition's regions have this
// prefix before word and number.
func (p *partition) hasPrefix(prefix string) bool {
	if len(p.countries) == 0 {
		return slices.Contains(p.prefixes, prefix)
	}
	i := strings.LastIndexByte(prefix, '-')
	return i >= 0 && slices.Contains(p.prefixes, prefix[:i]) && slices.Contains(p.countries, prefix[i+1:])
}

// PartitionOfRegionPattern returns the partition of a region pattern, such as
// "us-gov-*", by its prefix; "" if the prefix is unknown.
func PartitionOfRegionPattern(region string) string {
	found, longest := "", 0
	for i := range partitions {
		for _, b := range partitions[i].prefixes {
			if len(b) > longest && len(region) > len(b) && region[len(b)] == '-' && region[:len(b)] == b {
				found, longest = partitions[i].name, len(b)
			}
		}
	}
	return found
}

// PartitionProblem says what is wrong with the partition of an ARN or ARN
// pattern. It returns "" if nothing is wrong, or if the partition has a
// wildcard or a variable.
func (a ARN) PartitionProblem() string {
	if strings.ContainsAny(a.Partition, "*?$") {
		return ""
	}
	if !IsPartition(a.Partition) {
		return fmt.Sprintf("AWS has no partition %q", a.Partition)
	}
	of, known := PartitionOf(a.Region)
	if strings.ContainsAny(a.Region, "*?$") {
		of = PartitionOfRegionPattern(a.Region)
		known = of != "" && !strings.ContainsAny(a.Region[:min(len(a.Region), len("us-gov-"))], "*?$")
	}
	if known && of != a.Partition {
		return fmt.Sprintf("region %s is in the partition %s", a.Region, of)
	}
	return ""
}

// isWord reports whether a text consists of letters, digits and underscores,
// and is not empty.
func isWord(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return text != ""
}
