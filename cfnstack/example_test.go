// An example of a deployment and its question.

package cfnstack_test

import (
	"context"
	"fmt"

	"capaboot/cfnstack"
	"capaboot/internal/cfndouble"
)

// A stack is created, and then a role is removed from its template. The removal
// needs a confirmation, which this caller does not give.
func Example() {
	double := cfndouble.New() // stands in for CloudFormation
	double.Duration, double.ChangeSetTime = 0, 0
	manager := &cfnstack.Manager{
		API: cfnstack.APIOf(double.Client()),
		Confirm: func(_ context.Context, q cfnstack.Question) (bool, error) {
			for _, change := range q.Changes {
				fmt.Println(change.Action, change.LogicalID)
			}
			return false, nil
		},
	}
	deploy := func(template string) {
		outcome, err := manager.Deploy(context.Background(), cfnstack.DeployRequest{StackName: "capa", Template: template})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(outcome.Result)
	}
	deploy(`{"Resources": {"A": {"Type": "AWS::IAM::Role"}, "B": {"Type": "AWS::IAM::Role"}}}`)
	deploy(`{"Resources": {"A": {"Type": "AWS::IAM::Role"}}}`)
	// Output:
	// created
	// Remove B
	// removing or replacing resources of stack capa (B): not confirmed: nothing was changed
}
