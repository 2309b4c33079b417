// Shows how to compare a finding with a suppression file.

package suppress_test

import (
	"fmt"
	"time"

	"capaboot/policies/suppress"
)

func Example() {
	list, err := suppress.Read("accepted.yaml", []byte(`
suppressions:
- rule: any-resource
  action: ec2:Describe*
  reason: reading is harmless here
  expires: "2027-01-31"
`), func(string) error { return nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	matcher := suppress.NewMatcher(list, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	suppressed, rest, remains := matcher.Match(suppress.Finding{Rule: "any-resource", Policy: "nodes", Principals: []string{"nodes"},
		Actions: []string{"ec2:DescribeVpcs", "ec2:RunInstances"}, Resources: []string{"*"}})
	for _, t := range suppressed {
		fmt.Println("accepted:", t.Actions, "-", t.Entry.Reason)
	}
	fmt.Println("remaining:", remains, rest.Actions)
	// Output:
	// accepted: [ec2:DescribeVpcs] - reading is harmless here
	// remaining: true [ec2:RunInstances]
}
