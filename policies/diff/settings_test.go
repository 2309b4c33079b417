// Tests of comparing the settings of roles and users.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestCompareSettings(t *testing.T) {
	const (
		trust       = `AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}`
		allow       = `{Version: "2012-10-17", Statement: {Effect: Allow, Action: "a:b", Resource: "*"}}`
		tagOfExport = "{Version: '2012-10-17', Statement: {Effect: Allow, Action: 'a:b', Resource: !Join ['', ['arn:aws:s3:::${aws:PrincipalTag/', !ImportValue k, '}/*']]}}"
	)
	role := func(properties string) string {
		return `R: {Type: AWS::IAM::Role, Properties: {` + trust + `, ` + properties + `}}`
	}
	underC := func(resource string) string {
		return strings.Replace(resource, "Properties", "Condition: C, Properties", 1)
	}
	policy := func(properties string) string {
		return "\nP: {Type: AWS::IAM::ManagedPolicy, Properties: {" + properties + "}}"
	}
	const byTag = "{Version: '2012-10-17', Statement: {Effect: Allow, Action: 'a:b', Resource: '*', Condition: {StringEquals: {'aws:PrincipalTag/team': b}}}}"
	const tagInResource = "{Version: '2012-10-17', Statement: {Effect: Allow, Action: 'a:b', Resource: 'arn:aws:s3:::${aws:PrincipalTag/team}/*'}}"
	for _, c := range []struct{ name, before, after, want string }{
		{"longer sessions", role("MaxSessionDuration: 7200"), role("MaxSessionDuration: 43200"), "+sessions of up to 12 hours"},
		{"shorter sessions", role("MaxSessionDuration: 5400"), role("Path: /"), "-sessions of up to 90 minutes"},
		{"the default of the session duration", role("MaxSessionDuration: '3600'"), role("Path: /"), ``},
		{"an unknown session duration", role("MaxSessionDuration: !ImportValue x"), role("MaxSessionDuration: 3600"), "+sessions of up to 1 hour\n-sessions of up to ${ImportValue:x}"},
		{"a new role with long sessions", `{}`, role("MaxSessionDuration: 43200"), "new role R\n+trust Allow sts:AssumeRole by Service ec2.amazonaws.com\n+sessions of up to 12 hours"},
		{"longer sessions of a permission set", `S: {Type: AWS::SSO::PermissionSet, Properties: {Name: s}}`, `S: {Type: AWS::SSO::PermissionSet, Properties: {Name: s, SessionDuration: PT1H30M}}`, "+sessions of up to 90 minutes"},
		{"another path", role("Path: /a/"), role("RoleName: R"), "+path /\n-path /a/"},
		{"the default path", role("Path: /"), role("Description: x"), ``},
		{"a tag that no policy compares", role("Tags: [{Key: a, Value: b}]"), role("Tags: [{Key: a, Value: c}]"), ``},
		{"a tag that a condition compares", role("Tags: [{Key: Team, Value: b}, {Key: x, Value: y}]") + policy("PolicyDocument: "+byTag), role("Tags: [{Key: Team, Value: c}]") + policy("PolicyDocument: "+byTag), "+tag Team=c\n-tag Team=b"},
		{"a tag in a resource", role("Path: /") + policy("PolicyDocument: "+tagInResource), role("Tags: [{Key: team, Value: c}]") + policy("PolicyDocument: "+tagInResource), "+tag team=c"},
		{"a tag with a default", role("Path: /") + policy("PolicyDocument: "+strings.Replace(tagInResource, "team", "team, ''x''", 1)), role("Tags: [{Key: team, Value: c}]") + policy("PolicyDocument: "+strings.Replace(tagInResource, "team", "team, ''x''", 1)), "+tag team=c"},
		{"a tag in an attached AWS managed policy", role("ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEKSNetworkingPolicy'], Tags: [{Key: 'eks:eks-cluster-name', Value: a}]"),
			role("ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEKSNetworkingPolicy'], Tags: [{Key: 'eks:eks-cluster-name', Value: b}]"), "+tag eks:eks-cluster-name=b\n-tag eks:eks-cluster-name=a"},
		{"a tag in a boundary that AWS manages", role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonEKSNetworkingPolicy'"),
			role("PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonEKSNetworkingPolicy', Tags: [{Key: 'eks:eks-cluster-name', Value: b}]"), "+tag eks:eks-cluster-name=b"},
		{"a tag that CloudFormation adds", role("Tags: [{Key: 'aws:team', Value: b}]") + policy("PolicyDocument: "+strings.ReplaceAll(tagInResource, "team", "aws:team")), role("Path: /") + policy("PolicyDocument: "+strings.ReplaceAll(tagInResource, "team", "aws:team")), ``},
		{"a session duration that becomes unknown", role("MaxSessionDuration: 3600"), role("MaxSessionDuration: !ImportValue x"), "+sessions of up to ${ImportValue:x}\n-sessions of up to 1 hour"},
		{"a new role with a path and a tag", policy("PolicyDocument: " + byTag), role("Path: /x/, Tags: [{Key: team, Value: b}]") + policy("PolicyDocument: "+byTag), "new role R\n+trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"a removed role with settings", role("Path: /x/, MaxSessionDuration: 7200, Tags: [{Key: team, Value: b}]") + policy("PolicyDocument: "+byTag), policy("PolicyDocument: " + byTag), "gone role R\n-trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"the path of a role of another template", policy("PolicyDocument: " + allow + ", Roles: [x]"), role("RoleName: x, Path: /a/") + policy("PolicyDocument: "+allow+", Roles: [x]"), "+trust Allow sts:AssumeRole by Service ec2.amazonaws.com"},
		{"another path of a policy", policy("Path: /a/, PolicyDocument: " + allow), policy("Path: /b/, PolicyDocument: " + allow), ``},
		{"another path of a user", "U: {Type: AWS::IAM::User}", "U: {Type: AWS::IAM::User, Properties: {Path: /b/}}", "+path /b/\n-path /"},
		{"an unknown tag that no policy compares", role("Tags: [{Key: !ImportValue x, Value: b}]"), role("Tags: [{Key: !ImportValue x, Value: c}]"), ``},
		{"a tag that may be the compared one", role("Tags: [{Key: x, Value: b}]") + policy("PolicyDocument: "+tagOfExport), role("Tags: [{Key: x, Value: c}]") + policy("PolicyDocument: "+tagOfExport), "+tag x=c\n-tag x=b"},
		{"a tag of a role under a condition", underC(role("Tags: [{Key: team, Value: b}]")) + policy("PolicyDocument: "+byTag), underC(role("Tags: [{Key: team, Value: c}]")) + policy("PolicyDocument: "+byTag), "+tag team=c (when C)\n-tag team=b (when C)"},
		{"a tag that a new policy compares", role("Tags: [{Key: team, Value: b}]"), role("Tags: [{Key: team, Value: c}]") + policy("PolicyDocument: "+byTag), "new policy P\n+Allow a:b on * if StringEquals(aws:PrincipalTag/team: b)\n+tag team=c\n-tag team=b"},
		{"a tag that a removed policy compares", role("Tags: [{Key: team, Value: b}]") + policy("PolicyDocument: "+byTag), role("Tags: [{Key: team, Value: c}]"), "gone policy P\n+tag team=c\n-Allow a:b on * if StringEquals(aws:PrincipalTag/team: b)\n-tag team=b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			read := func(text string) *document.Set {
				s, err := document.ReadSet("p.yaml", []byte("Resources:\n"+indent(strings.TrimPrefix(text, "\n"))))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if got := formatResult(Compare(read(c.before), read(c.after))); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSessionNotes(t *testing.T) {
	role := func(duration string) *document.Holder {
		return &document.Holder{Kind: document.RoleKind, MaxSession: duration}
	}
	for want, before := range map[string]*document.Holder{
		"the maximum session duration changes from 61 seconds to 2 hours": role("61"),
		"the default of the maximum session duration is 1 hour":           nil,
	} {
		if gained, _ := compareSettings(before, role("7200"), nil); len(gained) != 1 || gained[0].Note != want {
			t.Errorf("got %+v, want %s", gained, want)
		}
	}
}
