// An example of how another program compares two templates.

package diff_test

import (
	"fmt"

	"capaboot/policies/diff"
	"capaboot/policies/document"
)

func Example() {
	template := func(action string) *document.Set {
		set, err := document.ReadSet("template.yaml", []byte(`
Resources:
  Deployer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deployer
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}}
      Policies:
      - PolicyName: images
        PolicyDocument: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "`+action+`", Resource: "*"}}
`))
		if err != nil {
			panic(err)
		}
		return set
	}
	result := diff.Compare(template("s3:GetObject"), template("s3:*"))
	for _, p := range result.Principals {
		for _, g := range p.Gained {
			fmt.Println(p.Name, "gains", g.Effect, g.Actions[0].Action, "on", g.Resources)
		}
	}
	// Output:
	// deployer gains Allow s3:* on [*]
}
