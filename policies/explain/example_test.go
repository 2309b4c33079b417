// An example of a program that finds out who is allowed an action, and what the
// action is for.

package explain_test

import (
	"fmt"

	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/explain"
)

func Example() {
	set, err := document.ReadSet("template.yaml", []byte(`
Resources:
  Deployer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deployer
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies:
      - PolicyName: network
        PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "ec2:CreateVpc", Resource: "*"}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	catalogue, err := catalog.LoadStories()
	if err != nil {
		fmt.Println(err)
		return
	}
	explainer, err := explain.New(set, catalogue)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := explainer.Explain("ec2:CreateVpc")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range result.Actions {
		fmt.Println(a.Action, a.AccessLevel, a.DependentActions)
		for _, g := range a.Grants {
			fmt.Println(g.Effect, g.Kind, g.Name, g.Policy, g.Statement)
		}
	}
	// Output:
	// ec2:CreateVpc Write [ec2:CreateTags]
	// Allow role deployer network Statement[0]
}
