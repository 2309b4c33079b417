// An example of reading what a release of CAPA grants.

package catalog_test

import (
	"fmt"

	"capaboot/policies/catalog"
)

func Example() {
	catalogue, err := catalog.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	release, err := catalogue.Resolve("v2.8.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	role := catalogue.Role("AWSIAMRoleNodes")
	trust, err := role.TrustPolicy(release, catalog.Settings{})
	fmt.Println(release, role.Name, trust.Statement[0].Principal, err)
	// Output:
	// v2.8.4 nodes map[Service:[ec2.amazonaws.com]] <nil>
}
