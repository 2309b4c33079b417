// An example of reading a policy document and comparing patterns.

package document_test

import (
	"fmt"

	"capaboot/policies/document"
)

func Example() {
	doc, err := document.Read("policy.yaml", []byte(`
Version: "2012-10-17"
Statement:
- Effect: Allow
  Action: ["s3:GetObject", "s3:List*"]
  Resource: "arn:aws:s3:::images/*"
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	s := doc.Statements[0]
	fmt.Println(s.Label(), "in line", s.Line, s.Actions)
	fmt.Println(document.Match("s3:List*", "s3:listbucket", true), document.Covers("s3:*", "s3:List*", true))

	_, err = document.Read("policy.yaml", []byte("Statement:\n- Efect: Allow\n"))
	fmt.Println(err)
	// Output:
	// Statement[0] in line 4 [s3:GetObject s3:List*]
	// true true
	// policy.yaml:2:3: unknown element "Efect" of a statement, did you mean "Effect"? allowed: Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition
	// policy.yaml:2:3: missing Effect in the statement: want Allow or Deny
	// policy.yaml:2:3: missing Action or NotAction in the statement
	// policy.yaml:2:3: missing Resource or NotResource in the statement (in a trust policy: Principal)
}
