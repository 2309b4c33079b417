// Tests of the notes about what was not read.

package report

import (
	"slices"
	"strings"
	"testing"

	"capaboot/policies/document"
)

// There is no note about the role of a resource, because the reports of review and
// diff show it.
func TestUnreadNotes(t *testing.T) {
	set, err := document.ReadSet("t.yaml", []byte("Resources:\n  A: {Type: Custom::T}\n  B: {Type: Custom::T}\n  C: {Type: AWS::Organizations::Policy}\n  D: {Type: AWS::Lambda::Url}\n  E: {Type: AWS::Lambda::Function, Properties: {Role: r}}\n"+
		"  F: {Type: AWS::S3::BucketPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Principal: a, Action: 's3:*', Resource: '*'}]}}}\n  G: {Type: AWS::S3::BucketPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Resource: '*'}]}}}\n"))
	want := []string{
		"t.yaml:2:3: Custom::T A and 1 more of this type: grants of this type are not evaluated",
		"t.yaml:4:3: AWS::Organizations::Policy C: policies of this type are not evaluated: they grant nothing, but can limit what other policies allow",
		"t.yaml:5:3: AWS::Lambda::Url D: this type affects what is granted, and is not evaluated",
		`t.yaml:7:3: AWS::S3::BucketPolicy F: not evaluated, because the policy has a mistake: Principal: want "*", or a mapping whose keys are AWS or Service or Federated or CanonicalUser, got the string "a"`,
		"t.yaml:8:3: AWS::S3::BucketPolicy G: not evaluated, because the policy has a mistake: missing Action or NotAction in the statement",
	}
	if err != nil || !slices.Equal(UnreadNotes(set), want) {
		t.Errorf("got %q, %v", UnreadNotes(set), err)
	}
}

// A resource with a role must not hide that another resource of its type was not read.
func TestUnreadNotesOfTypeWithAndWithoutRoles(t *testing.T) {
	set := &document.Set{Unread: []document.UnreadPart{{Type: "X", LogicalID: "A", Role: "r", Grants: true}, {Type: "X", LogicalID: "B", Grants: true}, {Type: "X", LogicalID: "C", Role: "s", Grants: true}}}
	notes := UnreadNotes(set)
	if len(notes) != 1 || !strings.HasSuffix(notes[0], "X B: grants of this type are not evaluated") {
		t.Errorf("got %q", notes)
	}
}
