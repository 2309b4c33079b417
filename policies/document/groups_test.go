// Tests of users in groups under template conditions.

package document

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A user who is a member of a group in some stacks has the group's policies in
// these stacks only. A Deny that counted in every stack would hide grants.
func TestMembershipsUnderConditions(t *testing.T) {
	const groups = `
  G: {Type: "AWS::IAM::Group", Properties: {GroupName: g, ManagedPolicyArns: [x, !If [D, y, !Ref AWS::NoValue]], Policies: [{PolicyName: in, PolicyDocument: {Statement: [{Effect: Deny, Action: "a:g", Resource: "*"}, !If [C, !Ref AWS::NoValue, {Effect: Deny, Action: "a:h", Resource: "*"}]]}}]}}
`
	for _, c := range []struct{ name, resources, want string }{
		{"in Groups", `
  U: {Type: "AWS::IAM::User", Properties: {Groups: [!If [C, g, !Ref AWS::NoValue]]}}
`, "user U (U) [in of group g inline=true: a:g if C] attached=x,y when=map[x:[[C]] y:[[C D]]]\n"},
		{"in Users", `
  U: {Type: "AWS::IAM::User", Properties: {}}
  M: {Type: "AWS::IAM::UserToGroupAddition", Properties: {GroupName: !Ref G, Users: [!If [C, !Ref U, !Ref AWS::NoValue]]}}
`, "user U (U) [in of group g inline=true: a:g if C] attached=x,y when=map[x:[[C]] y:[[C D]]]\n"},
		{"of the resource", `
  U: {Type: "AWS::IAM::User", Properties: {}}
  M: {Type: "AWS::IAM::UserToGroupAddition", Condition: C, Properties: {GroupName: g, Users: [!Ref U]}}
`, "user U (U) [in of group g inline=true: a:g if C] attached=x,y when=map[x:[[C]] y:[[C D]]]\n"},
		{"under a condition and always", `
  U: {Type: "AWS::IAM::User", Properties: {Groups: [!If [C, g, !Ref AWS::NoValue], g]}}
`, "user U (U) [in of group g inline=true: a:g a:h if !C] attached=x,y when=map[y:[[D]]]\n"},
		{"one policy directly too", `
  U: {Type: "AWS::IAM::User", Properties: {Groups: [!If [C, g, !Ref AWS::NoValue]], ManagedPolicyArns: [x]}}
`, "user U (U) [in of group g inline=true: a:g if C] attached=x,y when=map[y:[[C D]]]\n"},
	} {
		set, err := ReadSet("t", []byte("Parameters: {P: {Type: String}}\nConditions: {C: !Equals [!Ref P, c], D: !Equals [!Ref P, !Ref AWS::Region]}\nResources:"+c.resources+groups))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var users Set
		for _, h := range set.Principals {
			if h.Kind == UserKind {
				users.Principals = append(users.Principals, h)
			}
		}
		if d := cmp.Diff(c.want, describeSet(&users)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}
