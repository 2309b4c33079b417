// Evaluation: whether an existing trust policy already allows what a statement would
// allow. It uses the evaluation of "policy simulate".

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

// Evaluation says whether a trust policy allows a caller.
type Evaluation struct {
	Allowed bool
	// Unknown means that the policy alone does not decide whether the caller is
	// allowed. If Unknown is true, Allowed is false.
	Unknown bool
	// Reason says why the caller is denied or why the decision is unknown; ""
	// when the caller is allowed.
	Reason string
}

// Evaluate evaluates whether a trust policy allows the pods of the first
// service account to assume a role. The cluster must be an ARN. The error is
// about the policy or roleARN, or is a [Fault].
func (p PodIdentity) Evaluate(roleARN string, policy []byte) (Evaluation, error) {
	result, err := p.Trust()
	if err != nil {
		return Evaluation{}, err
	}
	cluster, ok := arn.Parse(p.Cluster)
	if !ok {
		return Evaluation{}, invalid(InputCluster, p.Cluster, "the ARN of an EKS cluster")
	}
	// EKS sends these keys in addition to the tags: Amazon EKS Best Practices
	// Guide, "Identity and Access Management".
	extra := map[string]string{"aws:SourceAccount": cluster.Account, "aws:SourceArn": p.Cluster, requestTag + "eks-cluster-name": cluster.Name()}
	absentPrefix := ""
	if p.Untagged {
		absentPrefix = requestTag
	}
	return evaluateStatement(result.Statements[0], roleARN, policy, extra, absentPrefix)
}

// requestTag is the prefix of the condition keys for tags in a request.
const requestTag = "aws:RequestTag/"

// Evaluate evaluates whether a trust policy allows the pods of the first
// service account to assume a role. The error is about the policy or roleARN,
// or is a [Fault].
func (i IRSA) Evaluate(roleARN string, policy []byte) (Evaluation, error) {
	result, err := i.Trust()
	if err != nil {
		return Evaluation{}, err
	}
	return evaluateStatement(result.Statements[0], roleARN, policy, nil, "")
}

// evaluateStatement evaluates a request for each action of a statement, and
// returns the first evaluation that is not allowed, if there is one. The
// request has the statement's first principal, the first value of each key that
// its conditions require, and the keys in extra. If absentPrefix is not "", the
// request has no key with that prefix.
func evaluateStatement(statement catalog.PolicyStatement, roleARN string, policy []byte, extra map[string]string, absentPrefix string) (Evaluation, error) {
	doc, err := document.Read("the trust policy", policy)
	if err != nil {
		return Evaluation{}, err
	}
	s := simulate.Simulation{OnlyGiven: true, Policies: simulate.Policies{Resource: &document.Policy{Name: "the trust policy", Document: doc}, ResourceAlone: true}}
	for _, action := range statement.Action {
		if _, err := s.AddAction(action); err != nil {
			return Evaluation{}, err
		}
	}
	for kind, ids := range statement.Principal {
		s.SetCaller(document.Principal{Kind: kind, ID: ids[0]})
	}
	isAbsent := func(key string) bool { return absentPrefix != "" && strings.HasPrefix(key, absentPrefix) }
	context := map[string]string{}
	maps.Copy(context, extra)
	for _, keys := range statement.Condition {
		for key, value := range keys {
			context[key] = firstText(value)
		}
	}
	for key, value := range context {
		if !isAbsent(key) {
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
			return slices.ContainsFunc(c.Needs, func(n simulate.Need) bool { return len(n.Or) == 0 && isAbsent(n.Key) })
		})
		if !outcome.Meets(simulate.ExpectAllowed) {
			return notAllowed(outcome), nil
		}
	}
	return Evaluation{Allowed: true}, nil
}

// notAllowed converts an outcome that is denied, unknown, or allowed only under
// conditions.
func notAllowed(o *simulate.Outcome) Evaluation {
	e := Evaluation{Unknown: o.Unknown || len(o.Conditional) > 0 && o.Decision != simulate.ExplicitDeny, Reason: o.Action + ": " + o.Reason}
	var labels []string
	for _, s := range o.Statements {
		labels = append(labels, s.Label)
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

// firstText returns the value of a condition; the first one of a list.
func firstText(value any) string {
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	return fmt.Sprint(value)
}
