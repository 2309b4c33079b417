// Tests of the types and properties of IAM resources.

package document

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/awslabs/goformation/v7/cloudformation/iam"
	"github.com/awslabs/goformation/v7/cloudformation/sso"
)

func TestPropertiesAreThoseOfCloudFormation(t *testing.T) {
	types := map[string]any{
		"AWS::IAM::Group": iam.Group{}, "AWS::IAM::GroupPolicy": iam.GroupPolicy{}, "AWS::IAM::InstanceProfile": iam.InstanceProfile{},
		"AWS::IAM::ManagedPolicy": iam.ManagedPolicy{}, "AWS::IAM::OIDCProvider": iam.OIDCProvider{}, "AWS::IAM::Policy": iam.Policy{},
		"AWS::IAM::Role": iam.Role{}, "AWS::IAM::RolePolicy": iam.RolePolicy{}, "AWS::IAM::User": iam.User{}, "AWS::IAM::UserPolicy": iam.UserPolicy{},
		"AWS::IAM::UserToGroupAddition": iam.UserToGroupAddition{}, "AWS::SSO::PermissionSet": sso.PermissionSet{},
	}
	for _, row := range iamProperties {
		var want []string
		for f := range reflect.TypeOf(types[row.name]).Fields() {
			if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
				want = append(want, key)
			}
		}
		if slices.Sort(want); !slices.Equal(row.properties, want) {
			t.Errorf("%s: %q, want %q", row.name, row.properties, want)
		}
	}
}

// A misspelt type or property would otherwise hide what it was meant to grant.
func TestMisspeltProperties(t *testing.T) {
	for name, test := range map[string]struct{ resource, problem, unread string }{
		"a property":       {`{"Type": "AWS::IAM::Role", "Properties": {"Polices": []}}`, `unknown property "Polices" of AWS::IAM::Role R, did you mean "Policies"?`, ""},
		"another ending":   {`{"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArn": []}}`, `unknown property "ManagedPolicyArn" of AWS::IAM::Role R, did you mean "ManagedPolicyArns"?`, ""},
		"the letter case":  {`{"Type": "AWS::IAM::User", "Properties": {"policies": []}}`, `unknown property "policies" of AWS::IAM::User R, did you mean "Policies"?`, ""},
		"a permission set": {`{"Type": "AWS::SSO::PermissionSet", "Properties": {"InlinePolicies": {}}}`, `unknown property "InlinePolicies" of AWS::SSO::PermissionSet R, did you mean "InlinePolicy"?`, ""},
		"a function":       {`{"Type": "AWS::Serverless::Function", "Properties": {"Polices": "ReadOnlyAccess"}}`, `unknown property "Polices" of AWS::Serverless::Function R, did you mean "Policies"?`, ""},
		"a type":           {`{"Type": "AWS::IAM::Rol", "Properties": {}}`, `unknown type "AWS::IAM::Rol" of resource R, did you mean "AWS::IAM::Role"?`, ""},
		"a new property":   {`{"Type": "AWS::IAM::Group", "Properties": {"Xylophone": 1}}`, "", "Xylophone of AWS::IAM::Group R"},
		"a new type":       {`{"Type": "AWS::IAM::Xylophone", "Properties": {"A": 1}}`, "", "AWS::IAM::Xylophone R"},
		"known properties": {`{"Type": "AWS::IAM::Group", "Properties": {"Path": "/", "GroupName": "x"}}`, "", ""},
	} {
		set, err := ReadSet("t.json", []byte(`{"Resources": {"R": `+test.resource+`}}`))
		if test.problem != "" {
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		names := []string{}
		for _, u := range set.Unread {
			names = append(names, u.Name())
		}
		if got := strings.Join(names, "; "); got != test.unread {
			t.Errorf("%s: not read: %s", name, got)
		}
	}
}
