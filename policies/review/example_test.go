// Shows how another program reviews a policy document.

package review_test

import (
	"fmt"

	"capaboot/policies/document"
	"capaboot/policies/report"
	"capaboot/policies/review"
)

func Example() {
	set, err := document.ReadSet("policy.json", []byte(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := review.Review(set, review.Options{Rules: []string{review.Correctness}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range found.Findings {
		fmt.Printf("%s:%d: %s %s: %s\n", f.File, f.Line, f.Severity, f.Rule, report.Sentence(f.Message))
	}
	// Output:
	// policy.json:1: medium unknown-action: the Service Authorization Reference of September 2026 does not list this action, so the statement has no known effect for s3:GetObjekt (did you mean "s3:GetObject"?)
}
