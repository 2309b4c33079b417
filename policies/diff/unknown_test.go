// Tests of what a result says about parts that are unknown on both sides, and about
// parts that were not read.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

func TestUnknownOnBothSidesIsNamed(t *testing.T) {
	read := func(text string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	template := func(extra, statement string) *document.Set {
		return read(`Parameters: {P: {Type: String}, Q: {Type: String}, D: {Type: String, Default: x}}
Conditions: {A: !Equals [!Ref P, a]}
Resources:
  U: {Type: AWS::IAM::User, Properties: {UserName: u, Groups: [g]` + extra + `, Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [` + statement + `]}}]}}
`)
	}
	all := `{Effect: Allow, Action: !If [A, "s3:*", "sqs:*"], Resource: !Sub "arn:aws:s3:::${Q}"}, {Effect: Deny, Action: !Ref D, Resource: "*", Condition: !Ref Q}`
	before := template(`, ManagedPolicyArns: ["arn:aws:iam::111122223333:policy/x", "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"], PermissionsBoundary: "arn:aws:iam::111122223333:policy/b"`, all)
	result := Compare(before, before)
	want := "${Ref:Q}, the condition A, the group g, the policy arn:aws:iam::111122223333:policy/b, the policy arn:aws:iam::111122223333:policy/x"
	if got := strings.Join(result.Unknown, ", "); !result.Empty() || got != want {
		t.Errorf("got  %s\nwant %s\n%+v", got, want, result.Principals)
	}
	after := template("", `{Effect: Allow, Action: "s3:*", Resource: "*"}`)
	if got := strings.Join(Compare(before, after).Unknown, ", "); got != "the group g" {
		t.Errorf("unknown on one side only: %s", got)
	}
}

// A part that only limits permissions is like a Deny: a new one takes permissions
// away. Any other part may grant permissions.
func TestPartsThatWereNotRead(t *testing.T) {
	read := func(resources string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  U: {Type: AWS::IAM::User, Properties: {UserName: u}}\n"+resources))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	const (
		endpoint = "  X: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: v, ServiceName: s, PolicyDocument: {Version: '2012-10-17', Statement: {Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}}}}\n"
		nested   = "  X: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: a}}\n"
	)
	for _, test := range []struct {
		name, before, after string
		gained, lost        string // a part of the note, "" if there is none
	}{
		{"a new limit", "", endpoint, "", "the part grants nothing, but can limit"},
		{"a removed limit", endpoint, "", "the part grants nothing, but can limit", ""},
		{"another limit", endpoint, strings.Replace(endpoint, "s3:*", "s3:Get*", 1), "(new content)", "(old content)"},
		{"a new part", "", nested, "its grants are unknown", ""},
		{"a removed part", nested, "", "", "its grants are unknown"},
	} {
		result := Compare(read(test.before), read(test.after))
		if len(result.Principals) != 1 {
			t.Errorf("%s: %+v", test.name, result.Principals)
			continue
		}
		for _, side := range []struct {
			grants []Grant
			want   string
		}{{result.Principals[0].Gained, test.gained}, {result.Principals[0].Lost, test.lost}} {
			if len(side.grants) > 0 != (side.want != "") || len(side.grants) > 0 && !strings.Contains(side.grants[0].Note, side.want) {
				t.Errorf("%s: %+v, want %q", test.name, side.grants, side.want)
			}
		}
	}
}

// The note on a role that a resource uses says whether the role is missing in the
// input, or whether it is unknown which role it is.
func TestNotesOnRolesOfResources(t *testing.T) {
	before := sourcesTemplate(t, "")
	for role, want := range map[string]string{
		"'arn:aws:iam::111122223333:role/Admin'":                 "the policies of this role are not in the input, so the grants of the role are unknown",
		"!Sub 'arn:aws:iam::${AWS::AccountId}:role/Admin'":       "the policies of this role are not in the input, so the grants of the role are unknown",
		"!ImportValue admin":                                     "this role is known only at deployment, so its grants are unknown",
		"!Ref P":                                                 "this role is known only at deployment, so its grants are unknown",
		"!Sub 'arn:aws:iam::111122223333:role/${AWS::Region}-x'": "this role is known only at deployment, so its grants are unknown",
	} {
		after := sourcesTemplate(t, "  F: {Type: AWS::Lambda::Function, Properties: {Role: "+role+"}}\n")
		result := Compare(before, after)
		if len(result.Principals) != 1 || len(result.Principals[0].Gained) != 1 {
			t.Fatalf("%s: %+v", role, result.Principals)
		}
		if got := result.Principals[0].Gained[0].Note; got != want {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
}
