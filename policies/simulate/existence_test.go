// Tests of requests that cannot exist: misspelt or contradictory parts make the
// outcome unknown.

package simulate_test

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// existenceTest is a simulation of a caller with s3:*, eks:* and iam:* on everything,
// and ec2:DescribeInstances on instances. If resourcePolicy is set, it simulates
// instead who can assume a role that trusts batch.amazonaws.com.
type existenceTest struct {
	name                         string
	actions, resources           []string
	principal                    string
	region                       string   // the region of the template
	context                      []string // KEY=VALUE
	unknown                      []string // the requests whose outcome is unknown, "ACTION RESOURCE"; "all" for all
	note                         string   // part of a note of one of the outcomes
	decision                     simulate.Decision
	resourcePolicy, withoutCheck bool
}

const account = "111122223333"

func existenceTests() []existenceTest {
	const (
		object, bucket = "arn:aws:s3:::b/k", "arn:aws:s3:::b"
		cluster        = "arn:aws:eks:eu-west-1:" + account + ":cluster/c"
		instance       = "arn:aws:ec2:eu-west-1:" + account + ":instance/i-1"
		role           = "arn:aws:iam::" + account + ":role/r"
	)
	all := []string{"all"}
	one := func(s string) []string { return []string{s} }
	return []existenceTest{
		{name: "an object", actions: one("s3:PutObject"), resources: one(object)},
		{name: "a bucket instead of an object", actions: one("s3:PutObject"), resources: one(bucket), unknown: all, note: "lists no resource of this form for s3:PutObject: want arn:${Partition}:s3:::${BucketName}/${ObjectName}"},
		{name: "an object instead of a bucket", actions: one("s3:ListBucket"), resources: one(object), unknown: all, note: "for s3:ListBucket", decision: simulate.Allowed},
		{name: "without the check", actions: one("s3:PutObject"), resources: one(bucket), withoutCheck: true},
		{name: "an access point", actions: one("s3:PutObject"), resources: one("arn:aws:s3:eu-west-1:" + account + ":accesspoint/a/object/k")},
		{name: "a resource of another service", actions: one("eks:DeleteCluster"), resources: one(instance), unknown: all, note: ":cluster/${ClusterName}"},
		{name: "no resource", actions: one("eks:DeleteCluster"), resources: one("*")},
		{name: "wildcards", actions: one("eks:DeleteCluster"), resources: one("arn:aws:eks:*:*:cluster/*")},
		{name: "every pair has a reason", actions: []string{"s3:PutObject", "s3:ListBucket"}, resources: []string{object, bucket}, note: "lists no resource of this form for s3:PutObject"},
		{name: "an action that fits nothing", actions: []string{"s3:PutObject", "eks:DeleteCluster"}, resources: []string{object, bucket}, unknown: []string{"s3:PutObject " + bucket, "eks:DeleteCluster " + object, "eks:DeleteCluster " + bucket}},
		{name: "a resource that fits nothing", actions: one("s3:PutObject"), resources: []string{object, cluster}, unknown: one("s3:PutObject " + cluster)},
		{name: "actions found by a wildcard", actions: one("s3:*Object"), resources: one(object)},
		{name: "an action that is named before a wildcard finds it", actions: []string{"s3:PutObject", "eks:DeleteCluster", "eks:DeleteC*"}, resources: one(object), unknown: one("eks:DeleteCluster " + object)},
		{name: "an action that is named after a wildcard found it", actions: []string{"s3:PutObject", "eks:DeleteC*", "EKS:deletecluster"}, resources: one(object), unknown: one("eks:DeleteCluster " + object)},
		{name: "no action of the wildcard fits", actions: one("eks:Delete*"), resources: one(instance), unknown: all, note: "lists no resource of this form"},
		{name: "an action without resources, allowed on everything", actions: one("eks:ListInsightsOfNothing"), resources: one(cluster), unknown: all, note: "AWS has no action"},
		{name: "an action without resources, allowed on one", actions: one("ec2:DescribeInstances"), resources: one(instance), unknown: all, note: "ec2:DescribeInstances does not support resource-level permissions: AWS evaluates the action with the resource *, for which the decision is implicitDeny"},
		{name: "an action without resources, denied", actions: one("ec2:DescribeVpcs"), resources: one(instance), decision: simulate.ImplicitDeny},
		{name: "an unknown region in the resource", actions: one("eks:DeleteCluster"), resources: one(strings.Replace(cluster, "west", "wets", 1)), unknown: all, note: `the region "eu-wets-1" in the ARN of the resource is not a known region, did you mean "eu-west-1"?`},
		{name: "a misspelt partition", actions: one("eks:DeleteCluster"), resources: one(strings.Replace(cluster, ":aws:", ":awss:", 1)), unknown: all, note: `the ARN of the resource: AWS has no partition "awss"`},
		{name: "a region of another partition", actions: one("eks:DeleteCluster"), resources: one(strings.Replace(cluster, "eu-west-1", "cn-north-1", 1)), unknown: all, note: "the ARN of the resource: region cn-north-1 is in the partition aws-cn"},
		{name: "another partition", actions: one("eks:DeleteCluster"), resources: one(strings.NewReplacer(":aws:", ":aws-cn:", "eu-west-1", "cn-north-1").Replace(cluster))},
		{name: "any partition", actions: one("eks:DeleteCluster"), resources: one("arn:*:eks:eu-west-1:" + account + ":cluster/c")},
		{name: "any partition and a caller", actions: one("eks:DeleteCluster"), resources: one("arn:*:eks:eu-west-1:" + account + ":cluster/c"), principal: "arn:aws:iam::" + account + ":user/u"},
		{name: "a region instead of a zone", actions: one("ec2:DescribeInstances"), context: one("ec2:AvailabilityZone=eu-west-4"), unknown: all, note: "is not a zone"},
		{name: "a caller of another partition", actions: one("eks:DeleteCluster"), resources: one(cluster), principal: "arn:aws-cn:iam::" + account + ":user/u", unknown: all, note: "the caller is in the partition aws-cn, and the resource in the partition aws"},
		{name: "a caller of the partition", actions: one("eks:DeleteCluster"), resources: one(cluster), principal: "arn:aws:iam::" + account + ":user/u"},
		{name: "a caller of another partition than the region", actions: one("iam:PassRole"), resources: one("*"), principal: "arn:aws-cn:iam::" + account + ":user/u", context: one("aws:RequestedRegion=us-east-1"), unknown: all, note: `the value "us-east-1" of aws:RequestedRegion is in the partition aws, and the caller in the partition aws-cn`},
		{name: "a resource of another partition than the region", actions: one("s3:GetObject"), resources: one("arn:aws:s3:::b/k"), context: one("aws:RequestedRegion=cn-north-1"), unknown: all, note: `the value "cn-north-1" of aws:RequestedRegion is in the partition aws-cn, and the resource in the partition aws`},
		{name: "a region of the partition", actions: one("s3:GetObject"), resources: one("arn:aws-cn:s3:::b/k"), principal: "arn:aws-cn:iam::" + account + ":user/u", context: one("aws:RequestedRegion=cn-north-1")},
		{name: "a region, and any partition", actions: one("s3:GetObject"), resources: one("arn:*:s3:::b/k"), context: one("aws:RequestedRegion=cn-north-1")},
		{name: "the account of the resource", actions: one("eks:DeleteCluster"), resources: one(cluster), context: one("aws:ResourceAccount=444455556666"), unknown: all, note: `the value "444455556666" of aws:ResourceAccount says that the account of the resource is 444455556666, and the resource says that it is 111122223333`},
		{name: "the same account of the resource", actions: one("eks:DeleteCluster"), resources: one(cluster), context: one("aws:ResourceAccount=" + account)},
		{name: "the account of a resource without one", actions: one("s3:GetObject"), resources: one(object), context: one("aws:ResourceAccount=444455556666")},
		{name: "a wildcard as account", actions: one("eks:DeleteCluster"), resources: one("arn:aws:eks:eu-west-1:*:cluster/c"), context: one("aws:ResourceAccount=444455556666")},
		{name: "another ARN of the caller", actions: one("s3:GetObject"), resources: one(object), principal: role, context: one("aws:PrincipalArn=arn:aws:iam::444455556666:role/r"), unknown: all, note: "says that the account of the caller is 444455556666"},
		{name: "another name of the caller", actions: one("s3:GetObject"), resources: one(object), principal: role, context: one("aws:PrincipalArn=arn:aws:iam::" + account + ":role/other"), unknown: all, note: "says that the caller is role other, and the caller says that it is role r"},
		{name: "another partition of the caller", actions: one("s3:GetObject"), resources: one("*"), principal: role, context: one("aws:PrincipalArn=arn:aws-cn:iam::" + account + ":role/r"), unknown: all, note: "is in the partition aws-cn, and the caller in the partition aws"},
		{name: "the role of a session", actions: one("s3:GetObject"), resources: one(object), principal: "arn:aws:sts::" + account + ":assumed-role/r/s", context: []string{"aws:PrincipalArn=arn:aws:iam::" + account + ":role/team/r", "aws:PrincipalAccount=" + account}},
		{name: "another role than that of the session", actions: one("s3:GetObject"), resources: one(object), principal: "arn:aws:sts::" + account + ":assumed-role/r/s", context: one("aws:PrincipalArn=arn:aws:iam::" + account + ":role/s"), unknown: all, note: "says that the caller is role s"},
		{name: "another account of the caller", actions: one("s3:GetObject"), resources: one(object), principal: role, context: one("aws:PrincipalAccount=444455556666"), unknown: all, note: "of aws:PrincipalAccount says that the account of the caller is 444455556666, and the caller says that it is 111122223333"},
		{name: "keys that contradict each other", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:PrincipalAccount=444455556666", "aws:PrincipalArn=" + role}, unknown: all, note: "says that the account of the caller"},
		{name: "the name of another user", actions: one("s3:GetObject"), resources: one(object), principal: "arn:aws:iam::" + account + ":user/team/u", context: one("aws:username=other"), unknown: all, note: `the value "other" of aws:username says that the caller is user other, and the caller says that it is user u`},
		{name: "the name of the user", actions: one("s3:GetObject"), resources: one(object), principal: "arn:aws:iam::" + account + ":user/team/u", context: one("aws:username=u")},
		{name: "a user name of a role", actions: one("s3:GetObject"), resources: one(object), principal: role, context: one("aws:username=r"), unknown: all, note: "says that the caller is user r, and the caller says that it is role r"},
		{name: "any user name of a role", actions: one("s3:GetObject"), resources: one(object), principal: role, context: one("aws:username=*")},
		{name: "an account as the caller", actions: one("s3:GetObject"), resources: one(object), principal: account},
		{name: "any role of an account", actions: one("s3:GetObject"), resources: one(object), principal: "arn:aws:iam::" + account + ":role/*", context: one("aws:PrincipalArn=" + role)},
		{name: "a user name without a caller", actions: one("s3:GetObject"), resources: one(object), context: one("aws:username=u")},
		{name: "a user name and an ARN", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:username=u", "aws:PrincipalArn=" + role}, unknown: all, note: "says that the caller is user u"},
		{name: "the ARN of no account", actions: one("s3:GetObject"), resources: one(object), context: one("aws:PrincipalArn=arn:aws:iam::1:root"), unknown: all, note: `the account "1" in the ARN of the caller is not a 12-digit account ID`},
		{name: "regions of two partitions", actions: one("s3:ListAllMyBuckets"), context: []string{"aws:RequestedRegion=us-east-1", "aws:RequestedRegion=cn-north-1"}, unknown: all, note: `the value "cn-north-1" of aws:RequestedRegion is in the partition aws-cn, and the value "us-east-1" of aws:RequestedRegion in the partition aws`},
		{name: "two values of a key with one value", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:SecureTransport=true", "aws:securetransport=false"}, unknown: all, note: `aws:securetransport has one value in a request, not several: "false", "true"`},
		{name: "the same value twice", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:SecureTransport=true", "aws:SecureTransport=true"}},
		{name: "two values of a key with several", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:TagKeys=a", "aws:TagKeys=b", "aws:CalledVia=athena.amazonaws.com", "aws:CalledVia=glue.amazonaws.com"}},
		{name: "two times", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:CurrentTime=2020-01-01T00:00:00Z", "aws:EpochTime=2000000000"}, unknown: all, note: "says that the time of the request is 2033-05-18T03:33Z, and"},
		{name: "one time", actions: one("s3:GetObject"), resources: one(object), context: []string{"aws:CurrentTime=2020-01-01T00:00:00Z", "aws:EpochTime=1577836800"}},
		{name: "a caller of a misspelt partition", resourcePolicy: true, principal: "arn:awss:iam::" + account + ":user/u", unknown: all, note: `the ARN of the caller: AWS has no partition "awss"`},
		{name: "a new region", actions: one("eks:DeleteCluster"), resources: one(strings.Replace(cluster, "eu-west-1", "eu-west-4", 1)), note: `the region "eu-west-4" in the ARN of the resource is not a known region, and may be new: the decision is the same in every known region with a similar name`},
		{name: "a new region in a condition", actions: one("iam:PassRole"), resources: one(role), context: one("aws:RequestedRegion=eu-east-1"), note: `the value "eu-east-1" of aws:RequestedRegion is not a known region, and may be new`},
		{name: "a misspelt region of the template", actions: one("iam:PassRole"), resources: one(role), region: "eu-wets-1", unknown: all, note: `the value "eu-wets-1" of AWS::Region is not a known region, did you mean "eu-west-1"?`},
		{name: "a new region of the template", actions: one("iam:PassRole"), resources: one(role), region: "eu-west-4"},
		{name: "an account with 11 digits", actions: one("eks:DeleteCluster"), resources: one(strings.Replace(cluster, account, "11112222333", 1)), unknown: all, note: `the account "11112222333" in the ARN of the resource is not a 12-digit account ID`},
		{name: "an account of AWS", actions: one("iam:GetPolicy"), resources: one("arn:aws:iam::aws:policy/AdministratorAccess")},

		{name: "a value", actions: one("iam:PassRole"), resources: one(role), context: one("iam:PassedToService=eks.amazonaws.com")},
		{name: "not a service", actions: one("iam:PassRole"), resources: one(role), context: one("iam:PassedToService=eks"), unknown: all, note: `the value "eks" of iam:PassedToService is not a service principal, did you mean "eks.amazonaws.com"?`},
		{name: "not a region", actions: one("iam:PassRole"), resources: one(role), context: one("aws:RequestedRegion=eu-cental-1"), unknown: all, note: `did you mean "eu-central-1"?`},
		{name: "not an address", actions: one("iam:PassRole"), resources: one(role), context: one("aws:SourceIp=10.1.2.3/33"), unknown: all, note: "is not an IP address"},
		{name: "the second value", actions: one("iam:PassRole"), resources: one(role), context: []string{"aws:PrincipalOrgPaths=o-a1b2c3d4e5/", "aws:PrincipalOrgPaths=x"}, unknown: all, note: `the value "x" of aws:PrincipalOrgPaths`},
		{name: "a value with a wildcard", actions: one("iam:PassRole"), resources: one(role), context: one("aws:RequestedRegion=eu-*")},
		{name: "a claim", actions: one("iam:PassRole"), resources: one(role), context: one("token.actions.githubusercontent.com:sub=repo:a/b:ref:refs/heads/main")},
		{name: "an unknown key", actions: one("iam:PassRole"), resources: one(role), context: one("iam:PassedToServices=eks.amazonaws.com"), unknown: all, note: "AWS has no condition key iam:PassedToServices: no request has this key"},
		{name: "an action that needs no permission", actions: one("sts:GetCallerIdentity"), resources: one(instance), context: one("aws:RequestedRegion=eu-cental-1")},

		{name: "a service", resourcePolicy: true, principal: "ec2.amazonaws.com"},
		{name: "another service", resourcePolicy: true, principal: "ops.apigateway.amazonaws.com"},
		{name: "not in the list", resourcePolicy: true, principal: "entirely-new-thing.amazonaws.com"},
		{name: "a misspelt service", resourcePolicy: true, principal: "lamda.amazonaws.com", unknown: all, note: `the caller lamda.amazonaws.com is not a service principal, did you mean "lambda.amazonaws.com"?`},
		{name: "a misspelt subdomain", resourcePolicy: true, principal: "pod.eks.amazonaws.com", unknown: all, note: `did you mean "pods.eks.amazonaws.com"?`},
		{name: "a misspelt domain", resourcePolicy: true, principal: "ec2.amazonaws.con", unknown: all, note: `did you mean the service principal "ec2.amazonaws.com"?`},
		{name: "only a name", resourcePolicy: true, principal: "Service x", unknown: all, note: "is not a service principal; want a name such as ec2.amazonaws.com"},
		{name: "an issuer instead of a provider", resourcePolicy: true, principal: "token.actions.githubusercontent.com", unknown: all, note: "want the ARN of the provider"},
		{name: "a provider", resourcePolicy: true, principal: "arn:aws:iam::" + account + ":oidc-provider/token.actions.githubusercontent.com"},
		{name: "a public issuer", resourcePolicy: true, principal: "accounts.google.com"},
		{name: "everyone", resourcePolicy: true, principal: "*"},
		{name: "an account", resourcePolicy: true, principal: account},
		{name: "a session", resourcePolicy: true, principal: "arn:aws:sts::" + account + ":assumed-role/r/s"},
		{name: "a group", resourcePolicy: true, principal: "arn:aws:iam::" + account + ":group/g", unknown: all, note: "is not an account, user, role or session"},
		{name: "a user of an account with 11 digits", resourcePolicy: true, principal: "arn:aws:iam::11112222333:user/u", unknown: all, note: "in the ARN of the caller is not a 12-digit account ID"},
	}
}

func TestRequestsThatCannotExist(t *testing.T) {
	identity, err := document.Read("identity.json", []byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": ["s3:*", "eks:*", "iam:*"], "Resource": "*"},
		{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "arn:aws:ec2:*:*:instance/*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := document.Read("trust.json", []byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "batch.amazonaws.com"}, "Action": "sts:AssumeRole"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range existenceTests() {
		t.Run(test.name, func(t *testing.T) {
			s := simulate.Simulation{ChecksExistence: !test.withoutCheck, Parameters: map[string]string{"AWS::Region": test.region}}
			if test.resourcePolicy {
				test.actions = []string{"sts:AssumeRole"}
				s.Policies = simulate.Policies{Resource: &document.Policy{Name: "trust.json", Document: trust}, ResourceAlone: true}
			} else {
				s.Policies.Identity = []document.Policy{{Name: "identity.json", Document: identity}}
			}
			for _, action := range test.actions {
				if _, err := s.AddAction(action); err != nil {
					t.Fatal(err)
				}
			}
			for _, resource := range test.resources {
				if err := s.AddResource(resource); err != nil {
					t.Fatal(err)
				}
			}
			for _, pair := range test.context {
				key, value, _ := strings.Cut(pair, "=")
				s.AddContext(key, value)
			}
			if test.principal != "" {
				p, ok := simulate.ParsePrincipal(test.principal)
				if !ok {
					t.Fatalf("%s is not a principal", test.principal)
				}
				s.SetCaller(p)
			}
			outcomes, err := s.Run()
			if err != nil {
				t.Fatal(err)
			}
			var unknown, notes []string
			for _, o := range outcomes {
				if o.Unknown {
					unknown = append(unknown, o.Action+" "+o.Resource)
				}
				for _, note := range o.Notes {
					if !strings.Contains(note, "the policy of the resource") {
						notes = append(notes, note)
					}
				}
				if test.decision != "" && o.Decision != test.decision {
					t.Errorf("%s on %s is %s, want %s", o.Action, o.Resource, o.Decision, test.decision)
				}
			}
			want := test.unknown
			if slices.Equal(want, []string{"all"}) && len(unknown) == len(outcomes) {
				want = unknown
			}
			if !slices.Equal(unknown, want) {
				t.Errorf("unknown: %q, want %q", unknown, want)
			}
			if test.note != "" && !strings.Contains(strings.Join(notes, "\n"), test.note) {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
			if test.note == "" && test.unknown == nil && len(notes) > 0 && test.name != "an action that needs no permission" {
				t.Errorf("notes %q, want none", notes)
			}
		})
	}
}

// The ARN and the user name of the caller must be those of the simulated role or user.
func TestKeysOfSimulatedCaller(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte("Resources:\n  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, "+ec2Trust+", Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]}}\n"+
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: 's3:*', Resource: '*'}]}}]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		kind       document.Kind
		key, value string
		note       string // "" for a certain decision
	}{
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/r", ""},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/team/r", ""},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/r/session", ""},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::*:role/other", ""},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/other", "is not the ARN of the role r, which is the caller"},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:user/r", "is not the ARN of the role r"},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:root", "is not the ARN of the role r"},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:iam::1:role/r", "is not a 12-digit account ID"},
		{document.RoleKind, "aws:PrincipalArn", "arn:aws:sts::111122223333:federated-user/r", "is not the ARN of the role r"},
		{document.UserKind, "aws:PrincipalArn", "arn:aws:sts::111122223333:federated-user/session", ""},
		{document.RoleKind, "aws:username", "*", ""},
		{document.RoleKind, "aws:username", "r", "is not the user name of the role r, which is the caller"},
		{document.UserKind, "aws:username", "u", ""},
		{document.UserKind, "aws:username", "U", ""}, // the logical ID of the user
		{document.UserKind, "aws:username", "other", "is not the user name of the user u, which is the caller"},
		{document.UserKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:user/u", ""},
		{document.UserKind, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/u", "is not the ARN of the user u"},
	} {
		h, err := simulate.FindHolder(set, "t", test.kind, map[document.Kind]string{document.RoleKind: "r", document.UserKind: "u"}[test.kind])
		if err != nil {
			t.Fatal(err)
		}
		s := simulate.Simulation{ChecksExistence: true}
		s.SetHolder(h, set)
		s.AddContext(test.key, test.value)
		o := run(t, &s, "s3:GetObject", "arn:aws:s3:::b/k")
		if notes := strings.Join(o.Notes, "\n"); o.Unknown != (test.note != "") || o.Decision != simulate.Allowed || !strings.Contains(notes, test.note) || test.note == "" && strings.Contains(notes, "which is the caller") {
			t.Errorf("%s %s=%s: %s, unknown %t, notes %q", test.kind, test.key, test.value, o.Decision, o.Unknown, o.Notes)
		}
	}
}
