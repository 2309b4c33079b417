// Package operator makes the IAM policy of whoever runs capaboot: exactly the
// calls of its commands on one stack, and the calls of IAM that CloudFormation
// makes for the resources of one template, with the permissions of the caller or
// of a service role.
//
// Which calls these are is in two tables, calls.tsv and handlers.tsv; what
// they are limited to follows from the template: names, paths, permissions
// boundaries and attached policies. [Calls] returns each call by itself, for
// whoever asks whether it would be allowed; [For] makes policies of them.
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

// Target is what the operator works on.
type Target struct {
	Template  *iam.Template
	StackName string
	Partition string // "aws"
	Account   string // 12 digits; "" where it is unknown: any account
	Region    string // of the stack; "" where it is unknown: any region
	// ServiceRole is the ARN of the role that CloudFormation works with; "" means
	// the permissions of the caller.
	ServiceRole string
	// Cluster is the name of the EKS cluster of the controllers; "" where it is unknown: any cluster.
	Cluster string
}

// Check says what is wrong with the account of a target, or with its service role in
// that account.
func (t Target) Check() error {
	if t.Account != "" && !arn.IsAccount(t.Account) {
		return fmt.Errorf("invalid account %q: want 12 digits", t.Account)
	}
	if strings.ContainsAny(t.Cluster, "*?/:$ ") {
		return fmt.Errorf("%q is not the name of an EKS cluster: want letters, digits, hyphens and underscores", t.Cluster)
	}
	role, _ := arn.Parse(t.ServiceRole)
	switch {
	case t.ServiceRole == "":
	case t.Account != "" && role.Account != t.Account:
		return fmt.Errorf("the service role is in account %s, and not in %s: CloudFormation accepts only a role of the same account", role.Account, t.Account)
	case role.Partition != t.Partition:
		return fmt.Errorf("the service role is in partition %s, but the template is for %s", role.Partition, t.Partition)
	}
	return nil
}

// Purposes are the commands that a policy can be for, in the order of their use: those on
// the stack, and those on the controllers in a management cluster that ask AWS.
func Purposes() []string {
	return append(stackPurposes(), "controller", "use-pod-identity", "use-irsa")
}

// stackPurposes are those that a policy is for when none is named.
func stackPurposes() []string { return []string{"plan", "check", "deploy", "verify", "delete"} }

// Policies is what the operator needs, and with a service role what that needs.
type Policies struct {
	Caller []catalog.PolicyStatement
	// Service and Trust are those of the service role, when there is one and the
	// purposes need it.
	Service, Trust []catalog.PolicyStatement
}

// For returns the policies for some purposes; none means those of the commands on the
// stack.
func For(target Target, purposes ...string) (Policies, error) {
	calls, err := Calls(target, purposes...)
	if err != nil {
		return Policies{}, err
	}
	var p Policies
	caller, service := calls, []Call(nil)
	if target.ServiceRole != "" {
		own := func(c Call) bool { return !c.ByCloudFormation() }
		caller, service = filter(calls, own), filter(calls, Call.ByCloudFormation)
	}
	if len(service) > 0 {
		p.Trust = trust()
	}
	p.Caller, p.Service = statements(caller), statements(service)
	return p, nil
}

// CheckPurposes returns an error for a purpose that does not exist.
func CheckPurposes(purposes []string) error {
	for _, purpose := range purposes {
		if !slices.Contains(Purposes(), purpose) {
			return fmt.Errorf("unknown command %q%s", purpose, nearword.Allowed(purpose, Purposes()))
		}
	}
	return nil
}

// handlersFor returns the handlers of CloudFormation that run for a purpose. A
// deployment also removes what a configuration does not have any more. A change
// set that adopts resources, or that compares with what is there, and the
// detection of drift read them.
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

// Grants says whether the policies for a purpose can have an action, for some
// configuration.
func Grants(action, purpose string) bool {
	for _, row := range ownRows() {
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

func filter(calls []Call, keep func(Call) bool) (kept []Call) {
	for _, call := range calls {
		if keep(call) {
			kept = append(kept, call)
		}
	}
	return kept
}
