// Tests of condition keys: their names and types, and the actions that support
// them.

package authz

import (
	"strings"
	"testing"
)

func TestKeyMatches(t *testing.T) {
	for _, test := range []struct {
		key, name string
		want      bool
	}{
		{"aws:SourceIp", "AWS:sourceip", true},
		{"aws:SourceIp", "aws:SourceI", false},
		{"aws:RequestTag/${TagKey}", "aws:RequestTag/team", true},
		{"aws:RequestTag/${TagKey}", "aws:requesttag/kubernetes.io/cluster/x", true},
		{"aws:RequestTag/${TagKey}", "aws:RequestTag/", false},
		{"aws:RequestTag/${TagKey}", "aws:RequestTag", false},
		{"aws:RequestTag/${TagKey}", "aws:RequestTag/${TagKey}", true},
		{"s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/a", true},
		{"secretsmanager:ResourceTag/tag-key", "secretsmanager:ResourceTag/a", true},
		{"secretsmanager:ResourceTag/tag-key", "secretsmanager:ResourceTag/", false},
		{"elasticloadbalancing:ResourceTag/", "elasticloadbalancing:ResourceTag/a", true},
		{"codebuild:secondarySources/${sourceIdentifier}.auth.type", "codebuild:secondarySources/one.auth.type", true},
		{"codebuild:secondarySources/${sourceIdentifier}.auth.type", "codebuild:secondarySources/.auth.type", false},
		{"codebuild:secondarySources/${sourceIdentifier}.auth.type", "codebuild:secondarySources/one.auth.typ", false},
		{"idcs-${A}.b/${C}:x", "idcs-1.b/2:x", true},
		{"idcs-${A}.b/${C}:x", "idcs-1.b/:x", false},
	} {
		if got := keyMatches(test.key, test.name); got != test.want {
			t.Errorf("keyMatches(%q, %q) is %t", test.key, test.name, got)
		}
	}
}

func TestKey(t *testing.T) {
	for _, test := range []struct {
		name, want  string
		keyType     KeyType
		multivalued bool
	}{
		{"aws:requesttag/team", "aws:RequestTag/${TagKey}", String, false},
		{"aws:TagKeys", "aws:TagKeys", String, true},
		{"aws:SourceVpcArn", "aws:SourceVpcArn", ARN, false},
		{"aws:CurrentTime", "aws:CurrentTime", Date, false},
		{"ec2:region", "ec2:Region", String, false},
		{"ec2:ResourceTag/a", "ec2:ResourceTag/${TagKey}", String, false},
		{"iam:AWSServiceName", "iam:AWSServiceName", String, false},
		{"saml:aud", "saml:aud", String, false},
		{"token.actions.githubusercontent.com:sub", "", 0, false},
		{"token.actions.githubusercontent.com:actor", "token.actions.githubusercontent.com:actor", String, false},
		{"secretsmanager:resource/Type", "secretsmanager:resource/Type", String, false},
		{"ec2:Regio", "", 0, false},
		{"aws:Nonsense", "", 0, false},
		{"nonsense:Key", "", 0, false},
		{"nonsense", "", 0, false},
		{"", "", 0, false},
	} {
		k, ok := Key(test.name)
		if ok != (test.want != "") || k.Name != test.want || k.Type != test.keyType || k.Multivalued != test.multivalued {
			t.Errorf("Key(%q) is %+v, %t; want %q", test.name, k, ok, test.want)
		}
	}
}

func TestKeyOfEveryService(t *testing.T) {
	for _, s := range allServices(t) {
		for _, k := range s.ConditionKeys {
			if got, ok := Key(k.Name); !ok || got.Type == 0 {
				t.Errorf("%s: condition key %s is found as %+v", s.Prefix, k.Name, got)
			}
			if got, ok := s.Key(strings.ToUpper(k.Name)); !ok || got != k {
				t.Errorf("%s: condition key %s is found as %+v in its service", s.Prefix, k.Name, got)
			}
		}
	}
}

func TestSupports(t *testing.T) {
	for _, test := range []struct {
		action, key string
		want        Support
	}{
		{"ec2:RunInstances", "ec2:Region", OfAction},
		{"ec2:RunInstances", "ec2:InstanceType", OfActionResource},
		{"ec2:RunInstances", "aws:RequestTag/team", OfActionResource},
		{"ec2:RunInstances", "aws:SourceIp", OfRequest},
		{"ec2:RunInstances", "aws:PrincipalTag/team", OfRequest},
		{"ec2:RunInstances", "ec2:SourceInstanceArn", OfRequest},
		{"ec2:RunInstances", "ec2:AccepterVpc", Unsupported},
		{"ec2:RunInstances", "iam:PassedToService", Unsupported},
		{"ec2:DescribeVpcs", "aws:ResourceTag/team", Unsupported},
		{"ec2:DescribeVpcs", "aws:RequestTag/team", Unsupported},
		{"ec2:DescribeVpcs", "aws:TagKeys", Unsupported},
		{"eks:DescribeCluster", "aws:ResourceTag/team", OfResourceType},
		{"iam:PassRole", "iam:PassedToService", OfAction},
		{"iam:PassRole", "aws:ResourceTag/team", OfResourceType},
		{"iam:PassRole", "aws:VpceAccount", Unsupported},
		{"iam:GetRole", "aws:VpceAccount", OfRequest},
		{"ec2:RunInstances", "aws:VpceAccount", Unsupported},
		{"ec2:CreateVpcEndpoint", "aws:ResourceAccount", Unsupported},
		{"ec2:CreateVpc", "aws:ResourceAccount", OfRequest},
		{"ebs:GetSnapshotBlock", "aws:ResourceOrgID", Unsupported},
		{"iam:CreateServiceLinkedRole", "iam:AWSServiceName", OfAction},
		{"s3:GetObject", "s3:ExistingObjectTag/a", OfAction},
		{"s3:GetObject", "saml:sub", OfRequest},
		{"elasticloadbalancing:DescribeTags", "elasticloadbalancing:ListenerProtocol", OfResourceType},
		{"elasticloadbalancing:DescribeTags", "ec2:Region", Unsupported},
		// Keys on the service's page that belong to no action and no resource
		// type.
		{"a4b:RegisterAVSDevice", "a4b:amazonId", OfResourceType},
		{"a4b:RegisterAVSDevice", "A4B:AMAZONID", OfResourceType},
		{"a4b:GetDevice", "fsx:IsBackupCopySource", Unsupported},
		{"fsx:CreateBackup", "a4b:amazonId", Unsupported},
	} {
		a, ok := Lookup(test.action)
		if !ok {
			t.Errorf("%s is unknown", test.action)
			continue
		}
		if got := a.Supports(test.key); got != test.want {
			t.Errorf("%s and %s: got %d, want %d", test.action, test.key, got, test.want)
		}
	}
	run, _ := Lookup("ec2:RunInstances")
	if got := run.Resource("instance").Supports(run, "ec2:InstanceType"); got != OfActionResource {
		t.Errorf("ec2:InstanceType with an instance is %d", got)
	}
	if got := run.Resource("subnet").Supports(run, "ec2:InstanceType"); got != Unsupported {
		t.Errorf("ec2:InstanceType with a subnet is %d", got)
	}
}

func TestGlobals(t *testing.T) {
	names := map[string]bool{}
	for _, k := range loadGlobals.Get() {
		if names[k.Name] {
			t.Errorf("%s is listed twice", k.Name)
		}
		names[k.Name] = true
		if (k.Presence == Always) != (k.When == "") {
			t.Errorf("%s is always present, but only if %q", k.Name, k.When)
		}
		for _, s := range k.Services {
			if !Known(s) {
				t.Errorf("%s has the unknown service %q", k.Name, s)
			}
		}
		for _, e := range k.Except {
			if len(Match(e)) == 0 {
				t.Errorf("%s excludes the unknown action %q", k.Name, e)
			}
		}
	}
	// Every aws: key that a service lists is global.
	for _, s := range allServices(t) {
		for _, k := range s.ConditionKeys {
			g, ok := Global(k.Name)
			if strings.HasPrefix(k.Name, "aws:") && !ok {
				t.Errorf("%s lists %s, which is not a global key", s.Prefix, k.Name)
			}
			if ok && g.Type != k.Type && g.OtherType != k.Type {
				t.Logf("%s: %s has type %s, the global key %s", s.Prefix, k.Name, k.Type, g.Type)
			}
		}
	}
	if k, ok := Global("aws:epochtime"); !ok || k.Type != Date || k.OtherType != Numeric || k.Presence != Always {
		t.Errorf("aws:EpochTime is %+v", k)
	}
	if k, ok := Global("aws:PrincipalOrgID"); !ok || !k.Sensitive || k.When != "the principal is in an organization" {
		t.Errorf("aws:PrincipalOrgID is %+v", k)
	}
	for _, text := range []string{"aws:X\tString\n", "aws:X\tText\talways\t\t*\n", "aws:X\tString\tnever\t\t*\n", "aws:X\tString,Text\talways\t\t*\n"} {
		if _, err := parseGlobals(text); err == nil {
			t.Errorf("parseGlobals(%q) gives no error", text)
		}
	}
}

// FuzzKeyMatches checks that matching does not panic, and that a key without
// variables matches only names that are equal except for case.
func FuzzKeyMatches(f *testing.F) {
	f.Add("aws:RequestTag/${TagKey}", "aws:RequestTag/team")
	f.Add("a/${b}.c/${d}e", "a/1.c/2e")
	f.Fuzz(func(t *testing.T, key, name string) {
		keyMatches(key, name)
		if !strings.ContainsAny(key, "$<>/") && keyMatches(key, name) != strings.EqualFold(key, name) {
			t.Errorf("keyMatches(%q, %q) is wrong", key, name)
		}
	})
}

// Only actions that set tags support request tags, although EC2's resource
// types list the keys of all actions.
func TestSupportsRequestTags(t *testing.T) {
	for action, want := range map[string]bool{"ec2:CreateLaunchTemplate": true, "ec2:RunInstances": true, "ec2:CreateTags": true, "ec2:ModifyLaunchTemplate": false, "ec2:TerminateInstances": false, "secretsmanager:CreateSecret": true} {
		a, _ := Lookup(action)
		for _, key := range []string{"aws:RequestTag/team", "aws:TagKeys"} {
			if got := a.Supports(key) != Unsupported; got != want {
				t.Errorf("%s, %s: %t, want %t", action, key, got, want)
			}
		}
	}
}
