// An example that generates a template from a configuration.

package iam_test

import (
	"fmt"

	"capaboot/iam"
	"capaboot/policies/catalog"
)

// Lists the managed policies in the template of a configuration.
func Example() {
	releases, err := catalog.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	release, err := releases.Resolve("v2.8.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	loaded, err := iam.Load("config.yaml", []byte(`
apiVersion: bootstrap.aws.infrastructure.cluster.x-k8s.io/v1beta1
kind: AWSIAMConfiguration
spec:
  stackName: capa-team-a
  eks:
    disable: true
`), iam.Options{Catalogue: releases, Release: release})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(loaded.Configuration.Spec.StackName)
	for _, id := range loaded.Template.PolicyIDs() {
		fmt.Println(id, loaded.Template.Name(id))
	}
	// Output:
	// capa-team-a
	// AWSIAMManagedPolicyCloudProviderControlPlane control-plane.cluster-api-provider-aws.sigs.k8s.io
	// AWSIAMManagedPolicyCloudProviderNodes nodes.cluster-api-provider-aws.sigs.k8s.io
	// AWSIAMManagedPolicyControllers controllers.cluster-api-provider-aws.sigs.k8s.io
}
