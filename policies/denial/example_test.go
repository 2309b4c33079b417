// An example of finding a denial in a log line.

package denial_test

import (
	"fmt"

	"capaboot/policies/denial"
)

func ExampleRead() {
	found := denial.Read([]byte(`E0728 controller.go:474] "Reconciler error" err="api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::111122223333:user/deploy is not authorized to perform: ec2:AllocateHosts on resource: arn:aws:ec2:eu-west-1:111122223333:dedicated-host/* with an explicit deny in a service control policy"`))
	for _, d := range found.Denials {
		fmt.Println(d.Action, "on", d.Resource)
		fmt.Println("denied by a", d.Policy)
	}
	// Output:
	// ec2:AllocateHosts on arn:aws:ec2:eu-west-1:111122223333:dedicated-host/*
	// denied by a service control policy
}
