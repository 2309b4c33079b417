// An example of a comparison as text.

package report_test

import (
	"fmt"

	"capaboot/policies/diff"
	"capaboot/policies/report"
	"capaboot/policies/source"
)

func Example() {
	document := func(action string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "` + action + `", "Resource": "*"}]}`
	}
	before, err := source.FromText("policy", document("sqs:ReceiveMessage"))
	if err != nil {
		fmt.Println(err)
	}
	after, err := source.FromText("policy", document("sqs:*Message"))
	if err != nil {
		fmt.Println(err)
	}
	result, err := diff.CompareAnnotated(before.Set, after.Set)
	if err != nil {
		fmt.Println(err)
	}
	text, _ := report.Diff{Version: 1, A: "a.json", B: "b.json", Result: result}.Format("text")
	fmt.Print(string(text))
	// Output:
	// from a.json to b.json: + is gained, - is lost
	//
	// policy policy
	//   + allow
	//     in policy policy, Statement[0]
	//       sqs:*Message [Write]
	//     on *
	//     note: was already allowed for sqs:ReceiveMessage on *
}
