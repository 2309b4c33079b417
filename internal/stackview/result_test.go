// Tests of the resource table at several widths.

package stackview

import (
	"strings"
	"testing"

	"capaboot/cfnstack"
)

// TestResourceTable: the table of resources fits the terminal. In a pipe, it
// has one line for each resource, however long.
func TestResourceTable(t *testing.T) {
	t.Parallel()
	stack := &cfnstack.Stack{Resources: []cfnstack.Resource{
		{LogicalID: "AWSIAMManagedPolicyCloudProviderControlPlane", Type: "AWS::IAM::ManagedPolicy", Status: "CREATE_COMPLETE",
			PhysicalID: "arn:aws:iam::123456789012:policy/control-plane.cluster-api-provider-aws.sigs.k8s.io"},
		{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", Status: "UPDATE_COMPLETE", PhysicalID: "nodes\x1b[31m"},
	}}
	const narrow = `CREATE_COMPLETE  AWSIAMManagedPolicyCloudProviderControlPlane
  ManagedPolicy control-plane.cluster-api-provider-aws.sigs.k8s.io
UPDATE_COMPLETE  AWSIAMRoleNodes
  Role nodes\u001b[31m
`
	if got := Table(stack, 80); got != narrow {
		t.Errorf("at 80 columns:\n%s\nwant\n%s", got, narrow)
	}
	for _, width := range []int{0, 200} {
		lines := strings.Split(Table(stack, width), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[0], "LOGICAL ID  ") || strings.Index(lines[1], "CREATE_COMPLETE") != strings.Index(lines[2], "UPDATE_COMPLETE") {
			t.Errorf("at %d columns:\n%s", width, strings.Join(lines, "\n"))
		}
	}
}

// A resource without a name, such as one that was not created, has no space after
// its type.
func TestQuestionAboutResourceWithoutName(t *testing.T) {
	text := questionText(cfnstack.Question{Kind: cfnstack.QuestionApply, StackName: "s", Changes: []cfnstack.Change{
		{Action: "Remove", LogicalID: "R", Type: "AWS::IAM::Role"}, {Action: "Remove", LogicalID: "Q", Type: "AWS::IAM::Role", PhysicalID: "q"}}})
	if !strings.Contains(text, "  remove R (AWS::IAM::Role)\n  remove Q (AWS::IAM::Role q)\n") {
		t.Error(text)
	}
}

// The heading of a deletion does not cover the resources that are kept.
func TestQuestionAboutKeptResources(t *testing.T) {
	q := cfnstack.Question{Kind: cfnstack.QuestionDelete, StackName: "s", Retained: []cfnstack.Resource{{LogicalID: "R", Type: "AWS::IAM::Role", PhysicalID: "r"}},
		Resources: []cfnstack.Resource{{LogicalID: "AWSIAMRoleNodes", Type: "AWS::IAM::Role", PhysicalID: "q"}}}
	const want = "stack s: the command deletes the stack and its resources, except those after \"kept:\":\n  AWSIAMRoleNodes (AWS::IAM::Role q)\n  kept: R (AWS::IAM::Role r)\n"
	if got := questionText(q); got != want {
		t.Errorf("got %q", got)
	}
}

// A question about the deletion of a stack without resources of CAPA says so: the name
// of the stack may be wrong.
func TestQuestionAboutStackOfAnotherApplication(t *testing.T) {
	for _, test := range []struct {
		kind      cfnstack.QuestionKind
		logicalID string
		want      bool
	}{
		{cfnstack.QuestionDelete, "Queue", true},
		{cfnstack.QuestionRecreate, "Queue", true},
		{cfnstack.QuestionDelete, "AWSIAMRoleNodes", false},
		{cfnstack.QuestionContinueRollback, "Queue", false},
	} {
		text := questionText(cfnstack.Question{Kind: test.kind, StackName: "s", Resources: []cfnstack.Resource{{LogicalID: test.logicalID, Type: "AWS::SQS::Queue"}}})
		if got := strings.Contains(text, "note: the stack has no resource of CAPA, so it is probably the stack of another application\n"); got != test.want {
			t.Errorf("%v, %s:\n%s", test.kind, test.logicalID, text)
		}
	}
	if text := questionText(cfnstack.Question{Kind: cfnstack.QuestionDelete, StackName: "s"}); strings.Contains(text, "CAPA") {
		t.Errorf("a stack without resources:\n%s", text)
	}
}
