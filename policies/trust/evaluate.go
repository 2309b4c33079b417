// Evaluation: whether a trust policy that exists lets in whom a statement would be written
// for. It is that of policy simulate.

package trust

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"capaboot/policies/arn"
	"capaboot/policies/catalog"
	"capaboot/policies/document"
	"capaboot/policies/simulate"
)

// Evaluation is what a trust policy says to somebody.
type Evaluation struct {
	Allowed bool
	// Unknown: it depends on what the policy does not say; Allowed is false then.
	Unknown bool
	// Reason says why it is not allowed, or what is unknown; "" when it is allowed.
	Reason string
}

// Evaluate asks a trust policy whether the pods of the service accounts may assume a role.
// The cluster must be an ARN. The error is about the policy, or a [Fault].
func (p PodIdentity) Evaluate(roleARN string, policy []byte) (Evaluation, error) {
	made, err := p.Trust()
	if err != nil {
		return Evaluation{}, err
	}
	cluster, ok := arn.Parse(p.Cluster)
	if !ok {
		return Evaluation{}, faultf(InputCluster, "is not an ARN")
	}
	// What EKS says of itself besides the tags: Amazon EKS Best Practices Guide, "Identity
	// and Access Management".
	more := map[string]string{"aws:SourceAccount": cluster.Account, "aws:SourceArn": p.Cluster, requestTag + "eks-cluster-name": cluster.Name()}
	without := ""
	if p.Untagged {
		without = requestTag
	}
	return evaluate(made.Statements[0], roleARN, policy, more, without)
}

// requestTag begins the condition keys of the tags in a request.
const requestTag = "aws:RequestTag/"

// Evaluate asks a trust policy whether the pods of the service accounts may assume a role.
// The error is about the policy, or a [Fault].
func (i IRSA) Evaluate(roleARN string, policy []byte) (Evaluation, error) {
	made, err := i.Trust()
	if err != nil {
		return Evaluation{}, err
	}
	return evaluate(made.Statements[0], roleARN, policy, nil, "")
}

// evaluate asks for each action of a statement, by its principal and with what its
// conditions demand and more. The requests have no key that begins with without, unless it
// is "".
func evaluate(wanted catalog.PolicyStatement, roleARN string, policy []byte, more map[string]string, without string) (Evaluation, error) {
	read, err := document.Read("the trust policy", policy)
	if err != nil {
		return Evaluation{}, err
	}
	s := simulate.Simulation{Policies: simulate.Policies{Resource: &document.Policy{Name: "the trust policy", Document: read}, ResourceAlone: true}}
	for _, action := range wanted.Action {
		if _, err := s.AddAction(action); err != nil {
			return Evaluation{}, err
		}
	}
	for kind, ids := range wanted.Principal {
		s.By(document.Principal{Kind: kind, ID: ids[0]})
	}
	lacks := func(key string) bool { return without != "" && strings.HasPrefix(key, without) }
	context := map[string]string{}
	maps.Copy(context, more)
	for _, keys := range wanted.Condition {
		for key, value := range keys {
			context[key] = firstText(value)
		}
	}
	for key, value := range context {
		if !lacks(key) {
			s.AddContext(key, value)
		}
	}
	if err := s.AddResource(roleARN); err != nil {
		return Evaluation{}, err
	}
	outcomes, err := s.Run()
	if err != nil {
		return Evaluation{}, err
	}
	for i := range outcomes {
		outcome := &outcomes[i]
		outcome.Conditional = slices.DeleteFunc(outcome.Conditional, func(c simulate.Conditional) bool {
			return slices.ContainsFunc(c.Needs, func(n simulate.Need) bool { return len(n.Or) == 0 && lacks(n.Key) })
		})
		if !outcome.As(simulate.ExpectAllowed) {
			return refusedBy(outcome), nil
		}
	}
	return Evaluation{Allowed: true}, nil
}

// refusedBy is the evaluation of an outcome that is not certainly allowed.
func refusedBy(o *simulate.Outcome) Evaluation {
	e := Evaluation{Unknown: o.Unknown || len(o.Conditional) > 0 && o.Decision != simulate.ExplicitDeny, Reason: o.Action + ": " + o.Reason}
	var labels []string
	for _, one := range o.Statements {
		labels = append(labels, one.Label)
	}
	switch {
	case o.Decision == simulate.ExplicitDeny && len(labels) > 0:
		e.Reason = fmt.Sprintf("%s is denied by %s", o.Action, strings.Join(labels, ", "))
	case len(o.Conditional) > 0:
		var needs []string
		for _, need := range o.Conditional[0].Needs {
			needs = append(needs, need.Text)
		}
		e.Reason = fmt.Sprintf("%s is allowed only if %s", o.Action, strings.Join(needs, ", and "))
	case o.Unknown && len(o.Notes) > 0:
		e.Reason = o.Action + ": " + strings.Join(o.Notes, "; ")
	}
	return e
}

// firstText is a value of a condition, or the first of several.
func firstText(value any) string {
	if list, ok := value.([]any); ok {
		value = list[0]
	}
	return fmt.Sprint(value)
}
