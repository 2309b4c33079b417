// Tests of whether the resource of a statement can be of a resource type.

package authz

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestARNPatternAllows(t *testing.T) {
	const (
		instance = "arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}"
		bucket   = "arn:${Partition}:s3:::${BucketName}"
		object   = "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
		role     = "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"
		backup   = "arn:${Partition}:opsworks-cm::${Account}:backup/${ServerName}-{Date-and-Time-Stamp-of-Backup}"
		group    = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}"
		device   = "arn:${Partition}:braket:*:*:device/${DeviceType}/${Provider}/${DeviceId}"
	)
	for _, test := range []struct {
		resource, pattern string
		want              bool
	}{
		{"*", instance, true},
		{"arn:aws:ec2:eu-west-1:123456789012:instance/i-1", instance, true},
		{"arn:*:ec2:*:*:instance/*", instance, true},
		{"arn:*:ec2:*:*:inst*", instance, true},
		{"arn:aws:ec2:*", instance, true},
		{"arn:aws:*", instance, true},
		{"arn:${AWS::Partition}:ec2:*:*:instance/*", instance, true},
		{"arn:aws:ec2:eu-west-1:123456789012:volume/*", instance, false},
		{"arn:aws:ec2:eu-west-1:123456789012:instance/", instance, false},
		{"arn:aws:ec2:eu-west-1:123456789012:Instance/i-1", instance, false},
		{"arn:aws:ec2::123456789012:instance/i-1", instance, false},
		{"arn:aws:ec2:eu/west:123456789012:instance/i-1", instance, false},
		{"arn:aws:ec2:???:*:instance/i-?", instance, true},
		{"i-1", instance, false},
		// Texts that are not ARNs are compared too.
		{"0", "0", true},
		{"a:b", "a:${X}", true},
		{"a:b", "a:${X}:c", false},
		{"a:b:c", "a:${X}", true},
		{"a", "a:b", false},
		{"", instance, false},
		{"arn:aws:ec2:*:*:route-table/*", instance, false},
		{"arn:aws:ec2:*:*:*", instance, true},
		{"arn:aws:ec2:*:instance/i-1", instance, true},
		{"arn:aws:logs:*:*:log-group:/aws/eks/*:*", group, true},
		{"arn:aws:logs:*:*:destination:*", group, false},
		{"arn:aws:s3:::bucket/a:b", object, true},
		{"arn:aws:s3:::bucket", bucket, true},
		{"arn:aws:s3:::bucket/*", bucket, false},
		{"arn:aws:s3:::bucket*", bucket, true},
		{"arn:aws:s3:::*", bucket, true},
		{"arn:aws:s3:::*/*", bucket, false},
		{"arn:aws:s3:::bucket/*", object, true},
		{"arn:aws:s3:::bucket/a/b", object, true},
		{"arn:aws:s3:::bucket", object, false},
		{"arn:aws:s3:::bucket/", object, false},
		{"arn:aws:s3:::bucket*", object, true},
		{"arn:aws:s3:::bucket/${aws:username}/*", object, true},
		{"arn:aws:s3:::bucket/${*}", object, true},
		{"arn:aws:iam::*:role/a/b/c", role, true},
		{"arn:*:iam::*:role/*.cluster-api-provider-aws.sigs.k8s.io", role, true},
		{"arn:aws:iam::123456789012:user/a", role, false},
		{"arn:aws:opsworks-cm::1:backup/x-2026", backup, true},
		{"arn:aws:opsworks-cm::1:backup/x2026", backup, false},
		{"arn:aws:braket:::device/a/b/c", device, true},
		{"arn:aws:braket:::device/a/b", device, false},
	} {
		if got := ARNPatternAllows(test.resource, test.pattern); got != test.want {
			t.Errorf("ARNPatternAllows(%q, %q) is %t", test.resource, test.pattern, got)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, test := range []struct {
		action, resource string
		want             bool
	}{
		{"ec2:DescribeVpcs", "*", true},
		{"ec2:DescribeVpcs", "arn:aws:ec2:*:*:vpc/*", false},
		{"ec2:DescribeVpcs", "", false},
		{"ec2:RunInstances", "arn:aws:ec2:*:*:subnet/*", true},
		{"ec2:RunInstances", "arn:aws:ec2:*:*:route-table/*", false},
		{"s3:ListBucket", "arn:aws:s3:::b/*", false},
		{"s3:GetObject", "arn:aws:s3:::b", false},
		{"iam:CreateServiceLinkedRole", "arn:*:iam::*:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS", true},
		{"secretsmanager:CreateSecret", "arn:*:secretsmanager:*:*:secret:aws.cluster.x-k8s.io/*", true},
		{"ssm:PutParameter", "arn:*:ssm:*:*:parameter/cluster.x-k8s.io/*", true},
		{"ssm:PutParameter", "arn:*:ssm:*:*:document/*", false},
		{"elasticloadbalancing:CreateLoadBalancer", "*", true},
		{"elasticloadbalancing:AddTags", "arn:*:elasticloadbalancing:*:*:listener/net/a/b/c", true},
		{"elasticloadbalancing:AddTags", "arn:*:elasticloadbalancing:*:*:volume/a", false},
		{"elasticloadbalancing:DescribeLoadBalancers", "arn:*:elasticloadbalancing:*:*:listener/net/a/b/c", false},
		{"ssm:SendCommand", "arn:aws:ssm:*::document/AWS-RunShellScript", true},
		{"ssm:GetParameter", "arn:aws:ssm:*::parameter/aws/service/eks/*", true},
		{"eks:DescribeCluster", "arn:aws:eks:*::cluster/a", false},
	} {
		a, ok := Lookup(test.action)
		if !ok {
			t.Errorf("%s is unknown", test.action)
			continue
		}
		if got := a.Allows(test.resource); got != test.want {
			t.Errorf("%s on %q: %t", test.action, test.resource, got)
		}
		if types := a.AllowedTypes(test.resource); !slices.Contains(servicesOnSeveralPages, a.Service) && len(a.Resources) > 0 && (len(types) > 0) != test.want {
			t.Errorf("%s on %q: types %v", test.action, test.resource, types)
		}
	}
}

func TestServiceLists(t *testing.T) {
	for _, prefix := range servicesOnSeveralPages {
		if s, ok := ForPrefix(prefix); !ok || s.IsComplete() {
			t.Errorf("%s: known %t", prefix, ok)
		}
	}
	for _, prefix := range servicesWithoutAccount {
		if s, ok := ForPrefix(prefix); !ok || !s.IsComplete() {
			t.Errorf("%s: known %t", prefix, ok)
		}
	}
}

func TestHostileResourcesAreBounded(t *testing.T) {
	run, ok := Lookup("ec2:RunInstances")
	if !ok {
		t.Fatal("ec2:RunInstances is unknown")
	}
	for _, resource := range []string{
		strings.Repeat("a*", 1<<20) + "b", strings.Repeat("?", 1<<20), strings.Repeat("${a}", 1<<19), strings.Repeat("${", 1<<20),
		"arn:aws:ec2:*:*:instance/" + strings.Repeat("*a", 1000),
	} {
		run.Allows(resource)
	}
	if !run.Allows(strings.Repeat("*", 2<<20)) {
		t.Error("a sequence of wildcards allows nothing")
	}
}

// FuzzOverlap compares ARNPatternAllows with another matcher: a resource
// without wildcards must overlap a pattern without restricted variables if and
// only if the pattern matches it.
func FuzzOverlap(f *testing.F) {
	f.Add("arn:aws:s3:::b/k", "arn:${P}:s3:::${B}/${K}")
	f.Add("ab", "${x}b")
	f.Add("0", "0")
	f.Add("é", "**")
	f.Add("\xff", "**")
	f.Fuzz(func(t *testing.T, resource, pattern string) {
		// Names with colons or slashes, and patterns with other wildcards, follow other
		// rules; see arn.Overlap. Long texts take too long.
		if strings.ContainsAny(resource+pattern, ":/") || len(resource) > 60 || len(pattern) > 60 || strings.ContainsAny(resource, "*?$") || strings.ContainsAny(pattern, "?{}$") || resource == "" {
			return
		}
		// ARNPatternAllows is case-sensitive; document.Match ignores case here.
		resource, pattern = strings.ToLower(resource), strings.ToLower(pattern)
		if strings.ToLower(strings.ToUpper(resource)) != resource || strings.ToLower(strings.ToUpper(pattern)) != pattern {
			return
		}
		withVariables := strings.ReplaceAll(pattern, "*", "${Any}")
		atLeastOne := strings.ReplaceAll(pattern, "*", "?*")
		if got, want := ARNPatternAllows(resource, withVariables), document.Match(atLeastOne, resource, true); got != want {
			t.Errorf("ARNPatternAllows(%q, %q) is %t", resource, withVariables, got)
		}
		if !ARNPatternAllows(atLeastOne, withVariables) {
			t.Errorf("%q does not overlap itself as %q", atLeastOne, withVariables)
		}
	})
}

func BenchmarkAllows(b *testing.B) {
	run, ok := Lookup("ec2:RunInstances")
	if !ok {
		b.Fatal("ec2:RunInstances is unknown")
	}
	for b.Loop() {
		if !run.Allows("arn:*:ec2:*:*:volume/*") {
			b.Fatal("not allowed")
		}
	}
}

func TestWithoutVariables(t *testing.T) {
	for pattern, want := range map[string]string{
		"arn:${Partition}:s3:::${BucketName}/${ObjectName}": "arn:*:s3:::*/*",
		"arn:${Partition}:x:${A}${B}":                       "arn:*:x:*",
		"":                                                  "", "${open": "*",
	} {
		if got := WithoutVariables(pattern); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}
