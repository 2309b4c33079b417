// Covering: whether a resource that a policy names stands for all resources,
// or for all of a resource type.
//
// This is the one answer to "is that everything?": what a review calls every
// resource, and what a comparison takes for "*".

package authz

import (
	"slices"
	"strings"

	"capaboot/internal/lazy"
	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// What the parts of an ARN can be. Source: IAM User Guide, "IAM identifiers",
// for accounts of 12 digits and for partitions; AWS General Reference, "AWS
// service endpoints", for regions, which are word-word-number at least.
const (
	anyPartition = "aws*"
	anyRegion    = "?*-?*-?*"
	anyAccount   = "????????????"
)

// Everything reports whether the resource of a statement stands for every
// resource of every service in its partition: "*", "arn:aws:*",
// "arn:${AWS::Partition}:*", "*?*".
func Everything(resource string) bool {
	if strings.Trim(resource, "*") == "" {
		return resource != ""
	}
	if !strings.ContainsAny(resource, "*") && !strings.HasPrefix(resource, "arn:") {
		return false
	}
	whole, a := completed(resource)
	return document.Covers(whole, "arn:"+or(a.Partition, anyPartition)+":?*:*:*:?*", false)
}

// CoveredBy reports whether the resource of a statement stands for every
// resource of the type that an account has: in every region, or in that of the
// stack, and of the account and partition that it names.
func (t *ResourceType) CoveredBy(resource string) bool {
	if !strings.ContainsAny(resource, "*?") && !strings.HasPrefix(resource, "arn:") {
		return false
	}
	whole, a := completed(resource)
	region := anyRegion
	if a.Region == "${AWS::Region}" {
		region = a.Region
	}
	return t.covered(whole, or(a.Partition, anyPartition), region, or(a.Account, anyAccount))
}

// covered reports whether a pattern covers all ARNs of the type that have those
// parts.
func (t *ResourceType) covered(resource, partition, region, account string) bool {
	return !slices.ContainsFunc(t.ARNPatterns, func(pattern string) bool {
		return !document.Covers(resource, form(pattern, partition, region, account), false)
	})
}

// CoveredAs reports whether one of the resources stands for all that a request
// for the action can be about and the resource all is about, which must be
// [Everything]: then a statement allows the same with either. Other accounts and
// regions count too. Of an action whose requests may be about no resource at
// all, and of a service that is not [Service.Complete], it says no.
func (a *Action) CoveredAs(all string, resources []string) bool {
	required := slices.ContainsFunc(a.Resources, func(r ActionResource) bool { return r.Required })
	if !required || slices.Contains(severalPages, a.Service) {
		return false
	}
	accounts := []string{anyAccount}
	if slices.Contains(noAccount, a.Service) {
		accounts = append(accounts, "")
	}
	_, given := completed(all)
	partition := or(given.Partition, anyPartition)
	for _, r := range a.Resources {
		for _, pattern := range r.Type.ARNPatterns {
			for _, account := range accounts {
				covers := func(resource string) bool {
					// The partition of the stack is the only one that its principals
					// can reach, so it is as good as any.
					resource = strings.Replace(resource, "arn:${AWS::Partition}:", "arn:*:", 1)
					return document.Covers(resource, form(pattern, partition, anyRegion, account), false)
				}
				if !slices.ContainsFunc(resources, covers) {
					return false
				}
			}
		}
	}
	return true
}

// completed returns the resource of a statement as IAM completes it, and its
// parts.
func completed(resource string) (string, arn.ARN) {
	resource = arn.Complete(resource)
	return resource, arn.ParsePattern(resource)
}

// or returns a part of an ARN if it is certain, and what stands for any if it is
// not there or has a wildcard.
func or(part, any string) string {
	if part == "" || strings.ContainsAny(part, "*?") {
		return any
	}
	return part
}

// idsOfEC2 are what the IDs of EC2 resources begin with, by the variable of their
// ARN. An image is left out, since kernels are images too.
//
// Source: Amazon EC2 User Guide, "Resource IDs": an identifier of the type, a hyphen,
// and letters and digits; Amazon EC2 API Reference, the responses that create one.
var idsOfEC2 = lazy.Value[map[string]string]{Make: func() map[string]string {
	return map[string]string{
		"CustomerGatewayId": "cgw-", "DhcpOptionsId": "dopt-", "AllocationId": "eipalloc-", "EgressOnlyInternetGatewayId": "eigw-", "InstanceId": "i-",
		"InternetGatewayId": "igw-", "LaunchTemplateId": "lt-", "NaclId": "acl-", "NatGatewayId": "nat-", "NetworkInterfaceId": "eni-", "RouteTableId": "rtb-",
		"SecurityGroupId": "sg-", "SecurityGroupRuleId": "sgr-", "SnapshotId": "snap-", "SubnetId": "subnet-", "TransitGatewayId": "tgw-", "VolumeId": "vol-",
		"VpcId": "vpc-", "VpcEndpointId": "vpce-", "VpcPeeringConnectionId": "pcx-", "VpnConnectionId": "vpn-", "VpnGatewayId": "vgw-",
	}
}}

// form is the ARN pattern of a resource type with wildcards for its variables.
func form(pattern, partition, region, account string) string {
	var b strings.Builder
	ofEC2 := strings.Contains(pattern, ":ec2:")
	for {
		// One pattern of the reference has its variable without the "$".
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
			if ofEC2 {
				b.WriteString(idsOfEC2.Get()[name])
			}
			b.WriteString("?*")
		}
		pattern = rest
	}
}
