// AWS partitions: separate sets of regions, whose ARNs begin differently.

package arn

import (
	"slices"
	"strings"
)

// DefaultPartition is the one of most accounts.
const DefaultPartition = "aws"

// partition is a row of the table of partitions.
type partition struct {
	name string
	// beginnings are what the names of its regions begin with. A region is
	// called beginning-word-number, and where there are countries
	// beginning-country-word-number.
	beginnings, countries []string
	// domain is what AWS::URLSuffix stands for in its templates, and control
	// the region of its IAM; "" where the sources do not say.
	domain, control string
}

// partitions is taken from the partitions.json that the AWS SDKs share
// (botocore 1.43.11, data/partitions.json). Its "aws" names the continents it
// has regions on; what matches no partition at all counts as "aws" too.
//
// Of domain: CloudFormation Template Reference, "AWS::URLSuffix". Of control:
// AWS Fault Isolation Boundaries, "Global services", the region of each
// partition's IAM control plane.
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

// IsPartition reports whether AWS has a partition of that name.
func IsPartition(name string) bool { return find(name).name != "" }

// Domain returns the domain under which the services of a partition are known,
// as AWS::URLSuffix has it; "" for one that no source tells.
func Domain(partition string) string { return find(partition).domain }

// ControlRegion returns the region in which a partition's global services are
// changed; "" for one that no source tells.
func ControlRegion(partition string) string { return find(partition).control }

func find(name string) partition {
	for i := range partitions {
		if partitions[i].name == name {
			return partitions[i]
		}
	}
	return partition{}
}

// PartitionOf returns the partition of a region, and whether the name of the region
// shows it; [DefaultPartition] if it does not.
func PartitionOf(region string) (name string, known bool) {
	parts := strings.Split(region, "-")
	if len(parts) < 3 {
		return DefaultPartition, false
	}
	beginning := strings.Join(parts[:len(parts)-2], "-")
	word, number := parts[len(parts)-2], parts[len(parts)-1]
	if !isWord(word) || number == "" || strings.Trim(number, "0123456789") != "" {
		return DefaultPartition, false
	}
	for i := range partitions {
		if partitions[i].begins(beginning) {
			return partitions[i].name, true
		}
	}
	return DefaultPartition, false
}

// begins reports whether the names of the partition's regions have that before
// word and number.
func (p *partition) begins(beginning string) bool {
	if len(p.countries) == 0 {
		return slices.Contains(p.beginnings, beginning)
	}
	i := strings.LastIndexByte(beginning, '-')
	return i >= 0 && slices.Contains(p.beginnings, beginning[:i]) && slices.Contains(p.countries, beginning[i+1:])
}

// PartitionOfPattern returns the partition that the regions of a pattern, such
// as "us-gov-*", are in by their beginning; "" if that does not tell.
func PartitionOfPattern(region string) string {
	found, longest := "", 0
	for i := range partitions {
		for _, b := range partitions[i].beginnings {
			if len(b) > longest && len(region) > len(b) && region[len(b)] == '-' && region[:len(b)] == b {
				found, longest = partitions[i].name, len(b)
			}
		}
	}
	return found
}

// isWord reports whether a text has letters, digits and underscores alone, and
// one of them at least.
func isWord(text string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return text != ""
}
