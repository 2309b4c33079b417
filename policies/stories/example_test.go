// Shows how to look up the catalogue's entries for an action.

package stories_test

import (
	"fmt"

	"capaboot/policies/stories"
)

func Example() {
	catalogue, err := stories.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range catalogue.Entries("ec2:RunInstances") {
		fmt.Println(e.LogicalID, e.Since, e.UsedBy)
		fmt.Println(e.Why)
	}
	// Output:
	// AWSIAMManagedPolicyControllers v1.0.0 [ec2]
	// launch instances for a cluster's machines and for its bastion
}
