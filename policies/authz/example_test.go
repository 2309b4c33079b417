// An example of the reference's facts about an action.

package authz_test

import (
	"fmt"

	"capaboot/policies/authz"
)

func ExampleLookup() {
	action, ok := authz.Lookup("iam:PassRole")
	if !ok {
		return
	}
	fmt.Println(action, "-", action.Level)
	for _, r := range action.Resources {
		fmt.Println(r.Type.Name, r.Required, r.Type.ARNPatterns)
	}
	fmt.Println(action.ConditionKeys)
	fmt.Println(action.Allows("arn:aws:iam::*:role/nodes.*"), action.Allows("arn:aws:iam::*:user/*"))
	// Output:
	// iam:PassRole - Write
	// role true [arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}]
	// [iam:AssociatedResourceArn iam:PassedToService]
	// true false
}
