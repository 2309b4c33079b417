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

// Attached returns the embedded AWS managed policies that are attached to a role
// or user, each with the template conditions of its attachment, and the ARNs of
// the attached policies with unknown content.
func Attached(h *document.Holder) (known []document.Policy, unknown []string) {
	for _, arn := range h.Attached {
		p, ok := Read(arn)
		if !ok {
			unknown = append(unknown, arn)
			continue
		}
		if len(h.AttachedWhen[arn]) == 0 {
			known = append(known, p)
		}
		for _, conditions := range h.AttachedWhen[arn] {
			known = append(known, p.WithConditions(conditions))
		}
	}
	return known, unknown
}
