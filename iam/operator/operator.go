// Package operator makes the IAM policy of whoever runs capaboot: exactly the
// calls of its commands on one stack, and the calls of IAM that CloudFormation
// makes for the resources of one template, with the permissions of the caller or
// of a service role.
//
// Which calls these are is in two tables, calls.tsv and handlers.tsv; what they
// are limited to follows from the template: names, paths, permissions boundaries
// and attached policies.
package operator

import (
	"fmt"
	"slices"
	"strings"

	"capaboot/iam"
	"capaboot/policies/catalog"
)

// Target is what the operator works on.
type Target struct {
	Template  *iam.Template
	StackName string
	Partition string // "aws"
	Account   string // 12 digits; "" where it is not known: any account
	Region    string // of the stack; "" where it is not known: any region
	// ServiceRole is the ARN of the role that CloudFormation works with; "" means
	// the permissions of the caller.
	ServiceRole string
}

// Purposes are the commands that a policy can be for, in the order of their use.
func Purposes() []string { return []string{"plan", "deploy", "verify", "delete"} }

// Policies is what the operator needs, and with a service role what that needs.
type Policies struct {
	Caller []catalog.PolicyStatement
	// Service and Trust are those of the service role, when there is one.
	Service, Trust []catalog.PolicyStatement
}

// For returns the policies for some purposes; none means all.
func For(target Target, purposes ...string) (Policies, error) {
	if len(purposes) == 0 {
		purposes = Purposes()
	}
	for _, purpose := range purposes {
		if !slices.Contains(Purposes(), purpose) {
			return Policies{}, fmt.Errorf("unknown purpose %q, want one of %s", purpose, strings.Join(Purposes(), ", "))
		}
	}
	resources, err := resourcesOf(target)
	if err != nil {
		return Policies{}, err
	}
	caller := statements{resources: resources}
	for _, call := range ownCalls() {
		if intersects(call.purposes, purposes) {
			caller.add(call.action, call.resource, call.limits)
		}
	}
	service := &caller
	var p Policies
	if target.ServiceRole != "" {
		service = &statements{resources: resources}
		if slices.Contains(purposes, "plan") || slices.Contains(purposes, "deploy") || slices.Contains(purposes, "delete") {
			caller.add(passRole, "service-role", []string{"cloudformation"})
		}
		p.Trust = trustCloudFormation(target)
	}
	for _, call := range handlerCalls() {
		if resources.types[call.resourceType] && intersects(handlersFor(purposes), call.handlers) {
			service.add(call.action, call.resource, call.limits)
		}
	}
	p.Caller = caller.finish()
	if target.ServiceRole != "" {
		p.Service = service.finish()
	}
	return p, nil
}

// handlersFor returns the handlers of CloudFormation that run for some purposes.
// A deployment also removes what a configuration does not have any more.
func handlersFor(purposes []string) []string {
	var handlers []string
	for _, purpose := range purposes {
		switch purpose {
		case "deploy":
			handlers = append(handlers, "create", "read", "update", "delete")
		case "delete":
			handlers = append(handlers, "read", "delete")
		}
	}
	return handlers
}

func intersects(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
