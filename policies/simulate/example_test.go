// An example of how to evaluate a request with this package.

package simulate_test

import (
	"fmt"

	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

func Example() {
	doc, err := document.Read("policy.json", []byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::images/*"},
		{"Sid": "Keep", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	policies := simulate.Policies{Identity: []document.Policy{{Name: "images", Document: doc}}}
	for _, action := range []string{"s3:GetObject", "s3:DeleteObject", "ec2:RunInstances"} {
		result := simulate.Evaluate(policies, simulate.Request{Action: action, Resource: "arn:aws:s3:::images/cat"})
		fmt.Print(action, " ", result.Decision, " ", result.Reason)
		for _, s := range result.Statements {
			fmt.Print(s.Label)
		}
		fmt.Println()
	}
	// Output:
	// s3:GetObject allowed Statement[0]
	// s3:DeleteObject explicitDeny Statement[1] (Keep)
	// ec2:RunInstances implicitDeny no statement allows the request
}
