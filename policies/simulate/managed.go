// The policies of a role or user, including the AWS managed policies that are embedded.

package simulate

import (
	"cmp"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/authz/managed"
	"capaboot/policies/document"
)

// ofStackPartition begins the ARN of an AWS managed policy in the partition of the stack.
const ofStackPartition = "arn:${AWS::Partition}:"

// policiesOf returns the policies of a role or user, including AWS managed
// policies that are embedded.
func policiesOf(h *document.Holder) Policies {
	p := Policies{Identity: slices.Clone(h.Policies), UnknownBoundary: h.Boundary != "" && h.BoundaryPolicy == nil}
	if h.BoundaryPolicy != nil {
		p.Boundary = &document.Policy{Name: cmp.Or(h.BoundaryName, h.Boundary), Document: h.BoundaryPolicy}
	} else if known, ok := managed.Read(h.Boundary); ok {
		p.Boundary, p.UnknownBoundary = withoutPositions(known, strings.HasPrefix(h.Boundary, ofStackPartition)), false
	}
	inOpenPartition := map[string]bool{} // the policies whose partition the template leaves open
	for _, name := range h.Attached {
		if managed.IsAssumed(name) {
			p.AssumedIdentity = append(p.AssumedIdentity, name)
		}
		if strings.HasPrefix(name, ofStackPartition) {
			known, _ := managed.Read(name)
			inOpenPartition[known.Name] = true
			p.AssumedIdentity = append(p.AssumedIdentity, name)
		}
	}
	attached, unknown := managed.Attached(h)
	for _, policy := range attached {
		p.Identity = append(p.Identity, *withoutPositions(policy, inOpenPartition[policy.Name]))
	}
	p.UnknownIdentity = unknown
	return p
}

// noteAssumed adds a note about an AWS managed policy whose content is assumed.
// If the template leaves the partition of the policy open, the note names the
// partition of the request, or else the default partition.
func (e *evaluation) noteAssumed(name string) {
	if rest, isOpen := strings.CutPrefix(name, ofStackPartition); isOpen {
		partition, _ := e.parameter("AWS::Partition")
		name = "arn:" + cmp.Or(partition, arn.DefaultPartition) + ":" + rest
	}
	if managed.IsAssumed(name) {
		e.note("%s", managed.AssumedNote(name))
	}
}

// withoutPositions returns an AWS managed policy without line numbers, because
// they refer to an embedded file. If isOpen is true, the ARNs in it are those of the
// partition of the stack.
func withoutPositions(p document.Policy, isOpen bool) *document.Policy {
	doc := *p.Document
	doc.Statements = slices.Clone(doc.Statements)
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Line, s.Column = 0, 0; !isOpen {
			continue
		}
		s.Resources, s.NotResources, s.Conditions = inStackPartition(s.Resources), inStackPartition(s.NotResources), slices.Clone(s.Conditions)
		for k := range s.Conditions {
			s.Conditions[k].Values = inStackPartition(s.Conditions[k].Values)
		}
	}
	p.Document = &doc
	return &p
}

// inStackPartition returns texts in which ARNs have the partition of the stack
// instead of the partition for which AWS publishes the policies.
func inStackPartition(texts []string) []string {
	texts = slices.Clone(texts)
	for i, text := range texts {
		if rest, isARN := strings.CutPrefix(text, "arn:"+arn.DefaultPartition+":"); isARN {
			texts[i] = ofStackPartition + rest
		}
	}
	return texts
}
