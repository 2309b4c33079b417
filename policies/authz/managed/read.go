// AWS managed policies in the model of package document.

package managed

import (
	"strings"

	"capaboot/policies/document"
)

// Read returns the AWS managed policy with the given ARN, and whether it is
// embedded. The partition may be a CloudFormation reference
// ("arn:${AWS::Partition}:iam::aws:policy/...").
func Read(arn string) (document.Policy, bool) {
	if rest, ok := strings.CutPrefix(arn, "arn:${AWS::Partition}:"); ok {
		arn = "arn:aws:" + rest
	}
	known, ok := Lookup(arn)
	if !ok {
		return document.Policy{}, false
	}
	text, err := known.Document()
	if err != nil {
		return document.Policy{}, false
	}
	doc, err := document.Read(known.Name, text)
	if err != nil {
		return document.Policy{}, false
	}
	return document.Policy{Name: known.Name, AWS: true, Document: doc}, true
}
