// Tests what is said about a resource policy that moves to another resource.

package diff

import (
	"strings"
	"testing"

	"capaboot/policies/document"
)

// A statement for "*" applies only to the resources of its policy. So if the
// policy of the other side protects other resources, no note says that the other side
// allows or denies a part of the grant.
func TestNotesOfMovedPolicies(t *testing.T) {
	t.Parallel()
	const notes = "still allowed|already allowed|still denied|already denied"
	allow := `{Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*"}`
	read := func(statements, queues string) *document.Set {
		set, err := document.ReadSet("t.yaml", []byte("Resources:\n  A: {Type: AWS::SQS::Queue}\n  B: {Type: AWS::SQS::Queue}\n"+
			"  P: {Type: AWS::SQS::QueuePolicy, Properties: {PolicyDocument: {Statement: ["+statements+"]}, Queues: ["+queues+"]}}"))
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, test := range []struct {
		name, statements, before, after string
		grants                          int
	}{
		{"another queue", allow, "!Ref A", "!Ref B", 2},
		{"another queue by its URL", allow, "'https://sqs.us-east-1.amazonaws.com/111122223333/a'", "'https://sqs.us-east-1.amazonaws.com/111122223333/b'", 2},
		{"one queue more", allow, "!Ref A", "!Ref A, !Ref B", 1},
		{"a Deny", allow + ", " + strings.Replace(allow, "Allow", "Deny", 1), "!Ref A", "!Ref B", 2},
		{"NotResource", strings.Replace(allow, `Resource: "*"`, "NotResource: 'arn:aws:sqs:*:*:c'", 1), "!Ref A", "!Ref B", 2},
	} {
		var grants []Grant
		for _, p := range Compare(read(test.statements, test.before), read(test.statements, test.after)).Principals {
			grants = append(append(grants, p.Gained...), p.Lost...)
		}
		if len(grants) != test.grants {
			t.Errorf("%s: %d grants differ, want %d", test.name, len(grants), test.grants)
		}
		for _, g := range grants {
			for note := range strings.SplitSeq(notes, "|") {
				if strings.Contains(g.Note, note) {
					t.Errorf("%s: the note %q says %q of another queue", test.name, g.Note, note)
				}
			}
			if !strings.Contains(g.Note, "the policy is attached to ") {
				t.Errorf("%s: the note %q does not say where the policy is attached", test.name, g.Note)
			}
		}
	}
}
