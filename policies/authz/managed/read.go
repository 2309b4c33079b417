// AWS managed policies in the model of package document.

package managed

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"capaboot/policies/arn"
	"capaboot/policies/document"
)

// content is what a policy ARN gives.
type content struct {
	policy document.Policy
	// isAssumed is the result of [IsAssumed].
	isAssumed bool
}

// contents has the contents that were read, by ARN. A template can attach one long
// policy to thousands of roles.
var contents sync.Map

// Read returns the AWS managed policy with the given ARN, and whether there is one.
// The partition may be a CloudFormation reference
// ("arn:${AWS::Partition}:iam::aws:policy/..."), which counts as the partition aws.
// Callers share the document, and must not change it.
//
// AWS publishes the documents of the partition aws. For another partition, Read
// returns the document with the ARNs of that partition; see [IsAssumed].
//
// Source: AWS GovCloud (US) User Guide, "Amazon Resource Names (ARNs) in GovCloud
// (US) Regions": every ARN has the identifier of its partition.
func Read(policyARN string) (document.Policy, bool) {
	c, ok := read(policyARN)
	return c.policy, ok
}

func read(policyARN string) (content, bool) {
	if c, ok := contents.Load(policyARN); ok {
		return c.(content), true
	}
	known, text, isAssumed, ok := readText(policyARN)
	if !ok {
		return content{}, false
	}
	doc, err := document.Read(known.Name, text)
	if err != nil {
		return content{}, false
	}
	c := content{policy: document.Policy{Name: known.Name, AWS: true, Document: doc}, isAssumed: isAssumed}
	contents.Store(policyARN, c)
	return c, true
}

// Text returns the document that [Read] reads, as JSON.
func Text(policyARN string) ([]byte, bool) {
	_, text, _, ok := readText(policyARN)
	return text, ok
}

func readText(policyARN string) (known Policy, text []byte, isAssumed, ok bool) {
	known, partition, ok := find(policyARN)
	if !ok {
		return Policy{}, nil, false, false
	}
	text, err := known.Document()
	if err != nil {
		return Policy{}, nil, false, false
	}
	if partition != arn.DefaultPartition {
		isAssumed = bytes.Contains(text, []byte(publishedARNPrefix))
		text = bytes.ReplaceAll(text, []byte(publishedARNPrefix), []byte("arn:"+partition+":"))
	}
	return known, text, isAssumed, true
}

// publishedARNPrefix begins the ARNs in the documents that AWS publishes.
const publishedARNPrefix = "arn:" + arn.DefaultPartition + ":"

// find returns the AWS managed policy with the given ARN, and the partition of the
// ARN. The partition is "aws" for an ARN that begins with "arn:${AWS::Partition}:".
// find does not find a policy by its name alone, which IAM and CloudFormation refuse.
func find(policyARN string) (known Policy, partition string, ok bool) {
	partition = arn.DefaultPartition
	if rest, isReference := strings.CutPrefix(policyARN, "arn:${AWS::Partition}:"); isReference {
		policyARN = publishedARNPrefix + rest
	} else if a, isARN := arn.Parse(policyARN); isARN {
		partition = a.Partition
	} else {
		return Policy{}, "", false
	}
	if !arn.IsPartition(partition) {
		return Policy{}, "", false
	}
	known, ok = Lookup(policyARN)
	return known, partition, ok
}

// IsAssumed reports whether the content of the AWS managed policy with the given ARN
// is assumed: the ARN names a partition other than aws, and the document has ARNs.
func IsAssumed(policyARN string) bool {
	c, ok := read(policyARN)
	return ok && c.isAssumed
}

// AssumedNote returns a note about a policy whose content is assumed.
func AssumedNote(policyARN string) string {
	a, _ := arn.Parse(policyARN)
	return fmt.Sprintf("the content of %s is assumed: the content that AWS publishes for partition aws, with the ARNs of partition %s", policyARN, a.Partition)
}

// Attached returns the embedded AWS managed policies that are attached to a role
// or user, each with the template conditions of its attachment, and the ARNs of
// the attached policies with unknown content.
func Attached(h *document.Holder) (known []document.Policy, unknown []string) {
	for _, attached := range h.Attached {
		p, ok := Read(attached)
		if !ok {
			unknown = append(unknown, attached)
			continue
		}
		if len(h.AttachedWhen[attached]) == 0 {
			known = append(known, p)
		}
		for _, conditions := range h.AttachedWhen[attached] {
			known = append(known, p.WithConditions(conditions))
		}
	}
	return known, unknown
}
