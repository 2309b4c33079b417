// An example of reading the document of an AWS managed policy.

package managed_test

import (
	"fmt"

	"capaboot/policies/authz/managed"
)

func ExampleLookup() {
	policy, ok := managed.Lookup("arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy")
	if !ok {
		return
	}
	document, err := policy.Document()
	fmt.Println(policy.Name, policy.ARNSuffix, len(document) > 0, err)
	// Output: AmazonEBSCSIDriverPolicy service-role/AmazonEBSCSIDriverPolicy true <nil>
}
