// Tests of instance profiles and access keys that belong to other principals
// than before.

package diff

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capaboot/policies/document"
)

// sourcesTemplate returns a template with two roles and two users, and further
// resources.
func sourcesTemplate(t *testing.T, resources string) *document.Set {
	t.Helper()
	const trust = `AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}`
	set, err := document.ReadSet("t.yaml", []byte("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, a]}\nResources:\n"+
		"  A: {Type: AWS::IAM::Role, Properties: {RoleName: a, "+trust+"}}\n  B: {Type: AWS::IAM::Role, Properties: {"+trust+"}}\n"+
		"  U: {Type: AWS::IAM::User, Properties: {UserName: u}}\n  V: {Type: AWS::IAM::User}\n"+resources))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// sourcesText lists the changes of a result: the principals that are gained and
// lost, without the notes.
func sourcesText(r Result) string {
	var all []string
	for _, p := range r.Principals {
		all = append(all, p.Kind+" "+p.Name+" "+string(p.Status))
		for _, g := range p.Gained {
			all = append(all, "+"+g.Policy)
		}
		for _, g := range p.Lost {
			all = append(all, "-"+g.Policy)
		}
	}
	return strings.Join(all, ", ")
}

func TestCredentialSources(t *testing.T) {
	t.Parallel()
	profile := func(roles string) string {
		return "  I: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: i, Roles: " + roles + "}}\n"
	}
	key := func(rest string) string { return "  K: {Type: AWS::IAM::AccessKey, Properties: {" + rest + "}}\n" }
	function := func(role string) string {
		return "  F: {Type: AWS::Lambda::Function, Properties: {Role: " + role + "}}\n"
	}
	user := func(rest string) string {
		return "  W: {Type: AWS::IAM::User, Properties: {UserName: w" + rest + "}}\n"
	}
	for _, test := range []struct{ name, before, after, want, mirrored string }{
		{"another role", profile("[!Ref A]"), profile("[!Ref B]"), "instance profile i changed, +role B, -role a", "instance profile i changed, +role a, -role B"},
		{"the same role by name", profile("[!Ref A]"), profile("[a]"), "", ""},
		{"a role by ARN", function("'arn:aws:iam::111122223333:role/a'"), function("'arn:aws:iam::111122223333:role/a'"), "", ""},
		{"the role of another account", function("'arn:aws:iam::111122223333:role/a'"), function("'arn:aws:iam::444455556666:role/a'"),
			"resource AWS::Lambda::Function F changed, +role a in account 444455556666, -role a in account 111122223333", "resource AWS::Lambda::Function F changed, +role a in account 111122223333, -role a in account 444455556666"},
		{"a role by ARN that may be in another account", function("!GetAtt A.Arn"), function("'arn:aws:iam::444455556666:role/a'"),
			"resource AWS::Lambda::Function F changed, +role a in account 444455556666, -role a in the account of the stack", "resource AWS::Lambda::Function F changed, +role a in the account of the stack, -role a in account 444455556666"},
		{"a role by ARN in the account of the stack", function("!GetAtt A.Arn"), function("!Sub 'arn:aws:iam::${AWS::AccountId}:role/a'"), "", ""},
		{"two roles of this name", "  F: {Type: AWS::X::Y, Properties: {ARole: 'arn:aws:iam::111122223333:role/a', BRole: 'arn:aws:iam::444455556666:role/a'}}\n", "  F: {Type: AWS::X::Y, Properties: {ARole: 'arn:aws:iam::111122223333:role/a'}}\n",
			"resource AWS::X::Y F changed, -role a in account 444455556666", "resource AWS::X::Y F changed, +role a in account 444455556666"},
		{"a role of another template", profile("[other]"), profile("[!Ref A]"), "instance profile i changed, +role a, unread AWS::IAM::InstanceProfile I of the role other gone, -AWS::IAM::InstanceProfile I of the role other",
			"instance profile i changed, -role a, unread AWS::IAM::InstanceProfile I of the role other new, +AWS::IAM::InstanceProfile I of the role other"},
		{"another logical ID", profile("[!Ref A]"), strings.Replace(profile("[!Ref B]"), "  I:", "  J:", 1), "instance profile i changed, +role B, -role a", "instance profile i changed, +role a, -role B"},
		{"a new instance profile", "", profile("[!Ref A]"), "instance profile i new, +role a", "instance profile i gone, -role a"},
		{"a new instance profile of a new role", "", "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}}}\n" + profile("[!Ref R]"), "role r new", "role r gone"},
		{"an instance profile that moves to a new role", profile("[!Ref A]"), "  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}}}\n" + profile("[!Ref R]"),
			"instance profile i changed, +role r, -role a, role r new", "instance profile i changed, +role a, -role r, role r gone"},
		{"a role for an instance profile without one", "  I: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: i}}\n", profile("[!Ref A]"), "instance profile i changed, +role a", "instance profile i changed, -role a"},
		{"no role", "  I: {Type: AWS::IAM::InstanceProfile}\n", profile("[!Ref \"AWS::NoValue\"]"), "", ""},
		{"a role that is listed twice", profile("[!Ref A]"), profile("[!Ref B, !Ref B]"), "instance profile i changed, +role B, -role a", "instance profile i changed, +role a, -role B"},
		{"under a condition", profile("[!If [C, !Ref A, !Ref B]]"), profile("[!Ref A]"), "instance profile i changed, +role a, -role B (when !C)", "instance profile i changed, +role B (when !C), -role a"},
		{"the same user by name", key("UserName: !Ref U"), key("UserName: u"), "", ""},
		{"an access key of another user", key("UserName: !Ref U"), key("UserName: !Ref V"), "access key K changed, +user V, -user u", "access key K changed, +user u, -user V"},
		{"an active access key", key("UserName: !Ref U, Status: Inactive"), key("UserName: !Ref U"), "access key K changed, +user u", "access key K changed, -user u"},
		{"a function with another role", function("!GetAtt A.Arn"), function("!GetAtt B.Arn"), "resource AWS::Lambda::Function F changed, +role B, -role a", "resource AWS::Lambda::Function F changed, +role a, -role B"},
		{"a new function", "", function("!GetAtt A.Arn"), "resource AWS::Lambda::Function F new, +role a", "resource AWS::Lambda::Function F gone, -role a"},
		{"a new function with a role of another template", "", function("arn:aws:iam::111122223333:role/x"),
			"unread AWS::Lambda::Function F with the role arn:aws:iam::111122223333:role/x new, +AWS::Lambda::Function F with the role arn:aws:iam::111122223333:role/x",
			"unread AWS::Lambda::Function F with the role arn:aws:iam::111122223333:role/x gone, -AWS::Lambda::Function F with the role arn:aws:iam::111122223333:role/x"},
		{"other code", function("!GetAtt A.Arn, Handler: a"), function("!GetAtt A.Arn, Handler: b"), "", ""},
		{"other code with a role of another template", function("x, Handler: a"), function("x, Handler: b"), "", ""},
		{"a new password", user(""), user(", LoginProfile: {Password: x}"), "password w new, +user w", "password w gone, -user w"},
	} {
		before, after := sourcesTemplate(t, test.before), sourcesTemplate(t, test.after)
		if diff := cmp.Diff(test.want, sourcesText(Compare(before, after))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.mirrored, sourcesText(Compare(after, before))); diff != "" {
			t.Errorf("%s, mirrored: -want +got:\n%s", test.name, diff)
		}
		if got := sourcesText(Compare(before, before)); got != "" {
			t.Errorf("%s, with itself: %s", test.name, got)
		}
	}
}

// TestCredentialSourceOfRenamedRole checks that renaming a role does not count as a change
// of its instance profile.
func TestCredentialSourceOfRenamedRole(t *testing.T) {
	t.Parallel()
	text := func(name, condition string) string {
		return `{"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "` + condition + `"]}}, "Resources": {
			"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "` + name + `", "AssumeRolePolicyDocument": {"Statement": []}}},
			"I": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Fn::If": ["C", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}]}}}}`
	}
	read := func(text string) *document.Set {
		set, err := document.ReadSet("t.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	if got := sourcesText(Compare(read(text("a", "x")), read(text("b", "x")))); got != "role b renamed" {
		t.Errorf("another name: %s", got)
	}
	if got := Compare(read(text("a", "x")), read(text("a", "x"))); !slices.Equal(got.Unknown, []string{"the condition C"}) {
		t.Errorf("the same condition: unknown %q", got.Unknown)
	}
	if got := sourcesText(Compare(read(text("a", "x")), read(text("a", "y")))); got != "instance profile I changed, +role a (when C), -role a (when C before the change)" {
		t.Errorf("another condition: %s", got)
	}
}

// A role that an instance profile keeps in some stacks is not shown as lost in all
// stacks.
func TestRoleKeptInSomeStacks(t *testing.T) {
	t.Parallel()
	profile := func(role string) *document.Set {
		return sourcesTemplate(t, "  I: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: i, Roles: ["+role+"]}}\n")
	}
	always, some := profile("!Ref B"), profile("!If [C, !Ref A, !Ref B]")
	if got, want := Compare(always, some).Principals[0].Lost, "instances with this instance profile lose the permissions of this role; afterwards, only role B (when !C)"; len(got) != 1 || got[0].Note != want {
		t.Errorf("%+v, want the note %q", got, want)
	}
	if got, want := Compare(some, always).Principals[0].Gained, "instances with this instance profile gain the permissions of this role; before, only role B (when !C)"; len(got) != 1 || got[0].Note != want {
		t.Errorf("%+v, want the note %q", got, want)
	}
}

// If a resource gets a role of the same name in another account, the notes
// name the account of the other role.
func TestNoteOnRoleOfAnotherAccount(t *testing.T) {
	t.Parallel()
	function := func(account string) *document.Set {
		return sourcesTemplate(t, "  F: {Type: AWS::Lambda::Function, Properties: {Role: 'arn:aws:iam::"+account+":role/a'}}\n")
	}
	p := Compare(function("111122223333"), function("444455556666")).Principals[0]
	if got, want := p.Gained[0].Note, "this resource gains the permissions of this role; before, the role of this name in account 111122223333"; got != want {
		t.Errorf("gained: %q, want %q", got, want)
	}
	if got, want := p.Lost[0].Note, "this resource loses the permissions of this role; afterwards, the role of this name in account 444455556666"; got != want {
		t.Errorf("lost: %q, want %q", got, want)
	}
}

// If the account of the stack is known, the ARN of a role shows whether the template
// creates the role.
func TestRoleByARNInKnownAccount(t *testing.T) {
	t.Parallel()
	read := func(role string) *document.Set {
		set, err := document.ReadSetWith("t.yaml", []byte("Resources:\n  A: {Type: AWS::IAM::Role, Properties: {RoleName: a, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n  F: {Type: AWS::Lambda::Function, Properties: {Role: "+role+"}}\n"),
			document.Options{Parameters: map[string]string{"AWS::AccountId": "111122223333"}})
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for role, want := range map[string]int{"'arn:aws:iam::111122223333:role/a'": 0, "!Sub 'arn:aws:iam::${AWS::AccountId}:role/a'": 0, "'arn:aws:iam::444455556666:role/a'": 1} {
		r := Compare(read("!GetAtt A.Arn"), read(role))
		if len(r.Principals) != want {
			t.Errorf("%s: %s", role, sourcesText(r))
		}
	}
}
