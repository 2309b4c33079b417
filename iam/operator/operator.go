// Package operator writes the IAM policy for the user of capaboot. The policy allows
// exactly the calls of the commands that it is for, and the IAM calls that
// CloudFormation makes for the resources of one template, with the permissions of the
// caller or of a service role.
//
// Two tables, calls.tsv and handlers.tsv, list the calls. The template limits them by
// its names, paths, permissions boundaries and attached policies. [Calls] returns the
// single calls, for simulating them; [PoliciesFor] returns policies.
package operator

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/internal/nearword"
	"capaboot/policies/arn"
	"capaboot/policies/catalog"
)

// Target is the stack, and optionally the EKS cluster, that the operator works
// on.
type Target struct {
	Template  *iam.Template
	StackName string
	Partition string // such as "aws"
	Account   string // 12 digits; "" for any account
	Region    string // of the stack; "" for any region
	// ServiceRole is the ARN of the role that CloudFormation uses; "" for the caller's
	// permissions.
	ServiceRole string
	// Cluster is the name of the controllers' EKS cluster; "" for any cluster.
	Cluster string
}

// Check returns an error for an invalid account or cluster name, and for a service role
// in another account or partition.
func (t Target) Check() error {
	if t.Account != "" && !arn.IsAccount(t.Account) {
		return fmt.Errorf("invalid account %q: want 12 digits", t.Account)
	}
	if strings.ContainsAny(t.Cluster, "*?/:$ ") {
		return &invalidError{fmt.Sprintf("invalid EKS cluster name %q: want letters, digits, hyphens and underscores", t.Cluster), "to list the names: aws eks list-clusters"}
	}
	role, _ := arn.Parse(t.ServiceRole)
	switch {
	case t.ServiceRole == "":
	case t.Account != "" && role.Account != t.Account:
		return &invalidError{fmt.Sprintf("invalid service role %s: it is in account %s, want account %s", t.ServiceRole, role.Account, t.Account),
			"CloudFormation accepts only a role in the account of the stack: use --role-arn to pass a role in that account, or --account to select another account"}
	case role.Partition != t.Partition:
		return &invalidError{fmt.Sprintf("invalid service role %s: it is in partition %s, want partition %s", t.ServiceRole, role.Partition, t.Partition),
			"pass another role with --role-arn, or set spec.partition in the configuration"}
	}
	return nil
}

// invalidError is the error for an invalid field of a target, or for a policy
// that does not fit into IAM's quota. hint is the next step.
type invalidError struct{ problem, hint string }

func (e *invalidError) Error() string { return e.problem }

// Hint returns the next step.
func (e *invalidError) Hint() string { return e.hint }

// Purposes returns the commands that a policy can be for: the commands for the
// stack, and the commands for the controllers in which capaboot itself calls
// AWS.
func Purposes() []string {
	return append(stackPurposes(), "controller", "use-pod-identity", "use-irsa")
}

// stackPurposes returns the default purposes: the commands on the stack.
func stackPurposes() []string { return []string{"plan", "check", "deploy", "verify", "delete"} }

// Policies are the permissions of the operator, and of the service role if there is
// one.
type Policies struct {
	Caller []catalog.PolicyStatement
	// Service and Trust are the permissions and the trust policy of the service
	// role. Both are nil without a service role, or if the purposes do not need
	// one.
	Service, Trust []catalog.PolicyStatement
}

// PoliciesFor returns the policies for some purposes; no purposes mean the commands on the
// stack.
func PoliciesFor(target Target, purposes ...string) (Policies, error) {
	calls, err := Calls(target, purposes...)
	if err != nil {
		return Policies{}, err
	}
	var p Policies
	caller, service := calls, []Call(nil)
	if target.ServiceRole != "" {
		isDirect := func(c Call) bool { return !c.ByCloudFormation() }
		caller, service = filterCalls(calls, isDirect), filterCalls(calls, Call.ByCloudFormation)
	}
	if len(service) > 0 {
		p.Trust = trustPolicy()
	}
	p.Caller, p.Service = statements(caller), statements(service)
	return p, nil
}

// CheckPurposes returns an error for an unknown purpose.
func CheckPurposes(purposes []string) error {
	for _, purpose := range purposes {
		if !slices.Contains(Purposes(), purpose) {
			return fmt.Errorf("unknown command %q%s", purpose, nearword.Allowed(purpose, Purposes()))
		}
	}
	return nil
}

// handlersFor returns the CloudFormation handlers that run for a purpose. A deployment
// also deletes resources that left the configuration. Change sets that adopt resources
// or are drift-aware run the read handlers, and so does drift detection.
func handlersFor(purpose string) []string {
	switch purpose {
	case "deploy":
		return []string{"create", "read", "update", "delete"}
	case "delete":
		return []string{"read", "delete"}
	case "plan", "verify":
		return []string{"read"}
	}
	return nil
}

// Grants reports whether there is a configuration for which the policies for a
// purpose contain an action.
func Grants(action, purpose string) bool {
	for _, row := range commandRows() {
		if row.action == action && slices.Contains(row.purposes, purpose) {
			return true
		}
	}
	handlers := handlersFor(purpose)
	for _, row := range handlerRows() {
		if row.action == action && slices.ContainsFunc(row.handlers, func(h string) bool { return slices.Contains(handlers, h) }) {
			return true
		}
	}
	return false
}

func filterCalls(calls []Call, filter func(Call) bool) (kept []Call) {
	for _, call := range calls {
		if filter(call) {
			kept = append(kept, call)
		}
	}
	return kept
}
