// Coverage: whether the resource of a policy statement covers all resources, or
// all resources of a type.
//
// The review of policies and their comparison both use this definition of
// "everything".

package authz

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// Patterns that cover every value of a part of an ARN. Source: IAM User Guide,
// "IAM identifiers", for 12-digit account IDs and for partitions; AWS General
// Reference, "AWS service endpoints", for regions, which have at least the form
// word-word-number.
const (
	anyPartition = "aws*"
	anyRegion    = "?*-?*-?*"
	anyAccount   = "????????????"
)

// CoversEverything reports whether the resource of a statement covers every resource
// of every service in its partition: "*", "arn:aws:*",
// "arn:${AWS::Partition}:*", "*?*".
func CoversEverything(resource string) bool {
	if strings.Trim(resource, "*") == "" {
		return resource != ""
	}
	if !strings.ContainsAny(resource, "*") && !strings.HasPrefix(resource, "arn:") {
		return false
	}
	if namesService(resource) {
		return false
	}
	whole, a := completeARN(resource)
	return document.Covers(whole, "arn:"+fixedOr(a.Partition, anyPartition)+":?*:*:*:?*", false)
}

// namesService reports whether a resource has the form of an ARN whose partition
// has no wildcard and whose service begins with a lower-case letter. No such
// resource covers every service.
func namesService(resource string) bool {
	rest, ok := strings.CutPrefix(resource, "arn:")
	partition, rest, hasService := strings.Cut(rest, ":")
	return ok && hasService && rest != "" && 'a' <= rest[0] && rest[0] <= 'z' && !strings.ContainsAny(partition, "*?")
}

// CoveredBy reports whether the resource of a statement covers every resource of the
// type in every region. If the resource names a partition, an account or
// ${AWS::Region}, only the resources in that partition, account or region count.
func (t *ResourceType) CoveredBy(resource string) bool {
	if !strings.ContainsAny(resource, "*?") && !strings.HasPrefix(resource, "arn:") {
		return false
	}
	whole, a := completeARN(resource)
	region := anyRegion
	if a.Region == "${AWS::Region}" {
		region = a.Region
	}
	return t.covered(whole, fixedOr(a.Partition, anyPartition), region, fixedOr(a.Account, anyAccount))
}

// covered reports whether a resource covers all ARNs of the type that have the
// given parts.
func (t *ResourceType) covered(resource, partition, region, account string) bool {
	return !slices.ContainsFunc(t.ARNPatterns, func(pattern string) bool {
		return !document.Covers(resource, wildcardForm(pattern, partition, region, account), false)
	})
}

// CoveredAs reports whether a statement for the action has the same effect with
// the narrow resources as with the wide resource, because each request that
// matches the wide resource also matches a narrow one. wide must satisfy
// [CoversEverything]. Resources in other accounts and regions count. The result
// is false if requests for the action may have no resource, or if
// [Service.IsComplete] is false for the service.
func (a *Action) CoveredAs(wide string, narrow []string) bool {
	required := slices.ContainsFunc(a.Resources, func(r ActionResource) bool { return r.Required })
	if !required || slices.Contains(servicesOnSeveralPages, a.Service) {
		return false
	}
	accounts := []string{anyAccount}
	if slices.Contains(servicesWithoutAccount, a.Service) {
		accounts = append(accounts, "")
	}
	_, parts := completeARN(wide)
	partition := fixedOr(parts.Partition, anyPartition)
	for _, r := range a.Resources {
		for _, pattern := range r.Type.ARNPatterns {
			for _, account := range accounts {
				covers := func(resource string) bool {
					// The principals of a stack can reach only the partition of
					// the stack, which therefore counts as every partition.
					resource = strings.Replace(resource, "arn:${AWS::Partition}:", "arn:*:", 1)
					return document.Covers(resource, wildcardForm(pattern, partition, anyRegion, account), false)
				}
				if !slices.ContainsFunc(narrow, covers) {
					return false
				}
			}
		}
	}
	return true
}

// completeARN returns the resource of a statement as IAM completes it, and its
// parts.
func completeARN(resource string) (string, arn.ARN) {
	resource = arn.Complete(resource)
	return resource, arn.ParsePattern(resource)
}

// fixedOr returns a part of an ARN, or pattern if the part is missing or has a
// wildcard.
func fixedOr(part, pattern string) string {
	if part == "" || strings.ContainsAny(part, "*?") {
		return pattern
	}
	return part
}

// idPrefixes has the prefixes of the IDs of EC2 resources, by the variable in
// their ARN pattern. Images are omitted because kernels are images too, but
// have a different prefix.
//
// Source: Amazon EC2 User Guide, "Resource IDs": an identifier of the type, a
// hyphen, and letters and digits; Amazon EC2 API Reference, the responses of
// the operations that create a resource.
var idPrefixes = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"CustomerGatewayId": "cgw-", "DhcpOptionsId": "dopt-", "AllocationId": "eipalloc-", "EgressOnlyInternetGatewayId": "eigw-", "InstanceId": "i-",
		"InternetGatewayId": "igw-", "LaunchTemplateId": "lt-", "NaclId": "acl-", "NatGatewayId": "nat-", "NetworkInterfaceId": "eni-", "RouteTableId": "rtb-",
		"SecurityGroupId": "sg-", "SecurityGroupRuleId": "sgr-", "SnapshotId": "snap-", "SubnetId": "subnet-", "TransitGatewayId": "tgw-", "VolumeId": "vol-",
		"VpcId": "vpc-", "VpcEndpointId": "vpce-", "VpcPeeringConnectionId": "pcx-", "VpnConnectionId": "vpn-", "VpnGatewayId": "vgw-",
	}
}}

// wildcardForm returns the ARN pattern of a resource type with partition, region
// and account in place of the variables with these names, and a wildcard in place
// of each other variable. For EC2, the prefix of the ID precedes the wildcard.
func wildcardForm(pattern, partition, region, account string) string {
	var b strings.Builder
	isEC2 := strings.Contains(pattern, ":ec2:")
	for {
		// Search for "{" alone, because one pattern of the reference lacks the "$"
		// of its variable.
		i := strings.IndexByte(pattern, '{')
		if i < 0 {
			b.WriteString(pattern)
			return b.String()
		}
		name, rest, closed := strings.Cut(pattern[i+1:], "}")
		b.WriteString(strings.TrimSuffix(pattern[:i], "$"))
		if !closed {
			b.WriteString("*")
			return b.String()
		}
		switch name {
		case "Partition":
			b.WriteString(partition)
		case "Region":
			b.WriteString(region)
		case "Account":
			b.WriteString(account)
		default:
			if isEC2 {
				b.WriteString(idPrefixes.Get()[name])
			}
			b.WriteString("?*")
		}
		pattern = rest
	}
}
